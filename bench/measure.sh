# shellcheck shell=bash
# What the measuring scripts of this folder share; they source it, from the root of the
# repository. Needs `name` (of the script, for messages), `data` and `scratch` (folders).
#
#   TAGTILL  the program (build/release/tools/tagtill)
#   CORES    two processors to pin to (0,1); what runs on one has the first
#   RUNS     how many turns (5)

tagtill="${TAGTILL:-build/release/tools/tagtill}"
cores="${CORES:-0,1}"
core="${cores%%,*}"
runs="${RUNS:-5}"

fail() {
  echo "$name: $*" >&2
  exit 1
}

need_program() {
  [ -x "$tagtill" ] || fail "$tagtill is not there. Build it: tools/demo.sh does. Or set TAGTILL."
}

has_option() { "$tagtill" replay --help | grep -q -e "$1"; }

# An option with its value, or nothing for a program that does not know it. Not quoted
# where it is used: these are two words.
if_known() { # OPTION VALUE
  if has_option "$1"; then
    echo "$1 $2"
  fi
}

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

size_of() { stat -L -c %s "$1"; }

machine() {
  printf '%s, %s processors, Linux %s\n' \
    "$(grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' || uname -m)" "$(nproc)" "$(uname -r)"
}

# Runs a function or command pinned to processors; prints wall and processor seconds.
timed() { # CORES COMMAND...
  local on="$1"
  shift
  rm -f "$scratch/failed"
  (
    taskset -pc "$on" "$BASHPID" >/dev/null
    TIMEFORMAT='%R %U %S'
    { time { "$@" >"$scratch/out" 2>"$scratch/err" || touch "$scratch/failed"; }; } 2>&1
  ) | awk '{ print $1, $2 + $3 }'
  if [ -e "$scratch/failed" ]; then
    cat "$scratch/err" >&2
    fail "this failed: $*"
  fi
}

# Replays the stream of an input folder; the summary goes to standard error.
replay() { # INPUT DUMP [OPTION...]
  local input="$1" dump="$2"
  shift 2
  "$tagtill" replay --offers "$input/offers.jsonl" --members "$input/members.jsonl" \
    --secret-file "$input/secret" --summary json "$@" "$dump"
}

# An input folder, made by `corpus weave` from $background; kept when it is there already
# and was made in the same way.
weave() { # FOLDER COPIES OPTION...
  local to="$data/$1" copies="$2"
  shift 2
  local how="$copies $* $background_id"
  if [ "$(cat "$to/how" 2>/dev/null)" != "$how" ]; then
    rm -rf "$to"
    "$tagtill" corpus weave --background "${background[@]}" --copies "$copies" "$@" \
      --out "$to" >"$scratch/out" 2>"$scratch/err" || {
      cat "$scratch/err" >&2
      fail "the input $to could not be made."
    }
    check_input "$to"
    echo "$how" >"$to/how"
  fi
}

# The purchases must be those that were woven in, and the lines as many as there are.
check_input() { # FOLDER
  local to="$1" lines
  replay "$to" "$to/posts.json" --sink "jsonl:$scratch/found.jsonl" \
    2>"$scratch/summary" || fail "the replay of $to failed: $(cat "$scratch/summary")"
  cmp -s "$scratch/found.jsonl" "$to/purchases.jsonl" ||
    fail "the purchases found in $to are not those that were woven in."
  lines="$(LC_ALL=C grep -ac $'[^ \t\r]' "$to/posts.json" || true)"
  [ "$(summary_count lines)" = "$lines" ] ||
    fail "the summary says $(summary_count lines) lines of $to, and there are $lines."
}

# Of the summary that was made last.
summary_count() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$scratch/summary"; }

# So that a row begins with its files in the page cache.
warm() { cat "$@" >/dev/null; }

# Which recording to weave into: arguments, or those at ../shared/data, or a made up one.
choose_background() { # SIZE [DUMP...]
  local size="$1"
  shift
  background=("$@")
  local recordings="${TAGTILL_SHARED_DATA:-../shared/data}/spritzer"
  if [ ${#background[@]} -eq 0 ] && [ "$size" = full ] && [ -d "$recordings" ]; then
    background=("$recordings")
  fi
  if [ ${#background[@]} -eq 0 ]; then
    local posts=10000
    [ "$size" = full ] || posts=2000
    background=("$data/generated-$posts/posts.json")
    if [ ! -s "${background[0]}" ]; then
      "$tagtill" corpus generate --candidates 0 --posts "$posts" \
        --out "$data/generated-$posts" >/dev/null
    fi
  fi
  background_id="$(find -L "${background[@]}" -type f -printf '%f %s\n' | LC_ALL=C sort | cksum)"
}

# One copy, which says how many copies make how many bytes.
copies_for() { # BYTES
  weave one 1 --candidates 0 --offers 10 --members 10 >&2
  awk -v bytes="$1" -v one="$(size_of "$data/one/posts.json")" \
    'BEGIN { n = int(bytes / one + 0.5); print n < 1 ? 1 : n }'
}

# Two streams, NAME-short and NAME-long, the second five times as long.
weave_pair() { # NAME BYTES_OF_SHORT OPTION...
  local to="$1" copies
  copies="$(copies_for "$2")"
  shift 2
  weave "$to-short" "$copies" "$@"
  weave "$to-long" $((5 * copies)) "$@"
  warm "$data/$to-short/posts.json" "$data/$to-long/posts.json"
}

count_lines() { wc -l "$1"; }

# --- A race: several contestants in turns ------------------------------------------------

begin_csv() { # FILE
  csv="$1"
  echo "row,program,part,bytes,run,wall_s,cpu_s" >"$csv"
}

# What it is called, the processors it gets, a function, what the function is given for the
# short and for the long part, and how many bytes of the stream these are (if they are not
# the sizes of these files).
contestants=()
contestant() { # NAME CORES FUNCTION SHORT LONG [SHORT_BYTES LONG_BYTES]
  local short_bytes="${6:-$(size_of "$4")}" long_bytes="${7:-$(size_of "$5")}"
  contestants+=("$1|$2|$3|$4|$5|$short_bytes|$long_bytes")
}

# All contestants in turns, each on the short part and on the long one; the runs go to the
# CSV.
race() { # ROW
  local row="$1" run entry who on what short long short_bytes long_bytes
  for ((run = 1; run <= runs; ++run)); do
    for entry in "${contestants[@]}"; do
      IFS='|' read -r who on what short long short_bytes long_bytes <<<"$entry"
      echo "$row,$who,short,$short_bytes,$run,$(timed "$on" "$what" "$short" | tr ' ' ,)" >>"$csv"
      echo "$row,$who,long,$long_bytes,$run,$(timed "$on" "$what" "$long" | tr ' ' ,)" >>"$csv"
    done
  done
  contestants=()
}

# Two contestants' slopes (GB/s, from the median time of the short part to that of the long
# one), their ratio, and its noise: half the quartiles' distances of the four times, as a
# share of what the slopes are taken from.
slopes() { # CSV ROW CONTESTANT BASELINE wall|cpu -> "GB/s GB/s ratio noise"
  awk -F, -v row="$2" -v who="$3" -v base="$4" -v clock="$5" '
    $1 == row && ($2 == who || $2 == base) {
      of = $2 "," $3
      bytes[of] = $4
      value = clock == "cpu" ? $7 : $6
      for (j = ++n[of]; j > 1 && t[of, j - 1] > value; --j) t[of, j] = t[of, j - 1]
      t[of, j] = value
    }
    function at(of, part) { return t[of, int(1 + part * (n[of] - 1) + 0.5)] }
    function spread(of) { return (at(of, 0.75) - at(of, 0.25)) / 2 }
    function seconds(of,   d) {
      d = at(of ",long", 0.5) - at(of ",short", 0.5)
      return d > 0.0001 ? d : 0.0001
    }
    function speed(of) { return (bytes[of ",long"] - bytes[of ",short"]) / seconds(of) / 1e9 }
    function noise(of) { return sqrt(spread(of ",long") ^ 2 + spread(of ",short") ^ 2) / seconds(of) }
    END {
      print speed(who), speed(base), speed(who) / speed(base),
            sqrt(noise(who) ^ 2 + noise(base) ^ 2)
    }' "$1"
}
