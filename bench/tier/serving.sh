# shellcheck shell=bash disable=SC2034,SC2154  # variables of who sources it
# What scripts share that measure a running tier; they source it behind measure.sh, from the root
# of the repository. Needs `name`, `scratch` (a folder, which goes at the end) and `data` (a
# folder; empty: one in scratch).
#
#   PROBE  the sender (build/release/bench/tier_probe)
#   SET    more words for `tagtill serve`, as "--set pipeline.pin=none"

serving=""  # process ids
others=()
# shellcheck disable=SC2317  # called by the trap
end() {
  local process
  for process in $serving "${others[@]}"; do
    kill -KILL "$process" 2>/dev/null || true
  done
  rm -rf "${scratch:?}"
}
trap end EXIT
data="${data:-$scratch/data}"
mkdir -p "$data"
need_program
probe="${PROBE:-build/release/bench/tier_probe}"
[ -x "$probe" ] || fail "$probe is not there. Build it (target tier_probe), or set PROBE."
command -v sqlite3 >/dev/null || fail "sqlite3 is needed: tools/setup.sh."

# Members of the probe have numbers that no author of the corpus has.
first_author=7000000000

# Filler, offers, members and secret in $data/input, and an offer and members for the probe.
# PROBE_OFFER: more members of its offer.
make_tier_input() { # POSTS OFFERS MEMBERS PROBE_MEMBERS [PROBE_OFFER]
  "$tagtill" corpus generate --form 2013 --candidates 0 --posts "$1" --offers "$2" \
    --members "$3" --posts-per-second 80000 --start 2026-11-27T06:00:00Z \
    --out "$data/input" >/dev/null
  start_ms="$(date -d 2026-11-27T06:00:00Z +%s)000"
  echo '{"id":"probe","tag":"TierProbe","title":"Tier Probe","price_minor":100,"currency":"EUR",' \
    '"fulfilment":"pickup","starts_at":"2026-11-01T00:00:00Z","ends_at":"2026-12-31T00:00:00Z"' \
    "${5:-}}" >>"$data/input/offers.jsonl"
  seq -f '%.0f' "$first_author" $((first_author + $4 - 1)) |
    sed 's/.*/{"author_id":"&","account":"probe-&"}/' >>"$data/input/members.jsonl"
}

metric() { # NAME: the sum of its rows
  exec 3<>"/dev/tcp/127.0.0.1/$http_port"
  printf 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$http_port" >&3
  tr -d '\r' <&3 | awk -v name="$1" '
    $1 ~ "^" name "([{]|$)" { sum += $2; ++rows }
    END { if (!rows) exit 1; printf "%d", sum }'
  exec 3>&-
}

# Of what the tier says on standard error, what the group of the pattern takes, once it is ready.
said() { # PATTERN
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    if grep -q 'the tier is ready' "$scratch/served"; then
      sed -n "s/.*$1.*/\\1/p" "$scratch/served" | head -n 1
      return
    fi
    kill -0 "$serving" 2>/dev/null || break
    sleep 0.05
  done
  cat "$scratch/served" >&2
  fail "the tier does not become ready."
}

# A new folder $data/run, without a state.
begin_run() {
  rm -rf "$data/run"
  mkdir "$data/run"
}

# Starts a tier in it, or starts it again; it listens at $port and shows /metrics at $http_port.
# Its sinks: a database of all events, and what SINKS says (TOML).
serve() { # DURABILITY [SINKS]
  cat >"$data/run/tagtill.toml" <<TOML
[offers]
file = "$data/input/offers.jsonl"
[members]
file = "$data/input/members.jsonl"
[secret]
file = "$data/input/secret"
[state]
path = "$data/run/state"
durability = "$1"
[[source]]
kind = "tcp"
listen = "127.0.0.1:${port_wanted:-0}"
[[sink]]
url = "sqlite:$data/run/purchases.db?events=all"
${2:-}
[events]
file = "$data/run/events.jsonl"
[http]
listen = "127.0.0.1:0"
[log]
format = "json"
TOML
  : >"$scratch/served"  # what the tier before has said
  # SET is words.
  # shellcheck disable=SC2086
  "$tagtill" serve --config "$data/run/tagtill.toml" ${SET:-} 2>"$scratch/served" &
  serving=$!
  port="$(said '"port":\([0-9]*\)')"
  http_port="$(said 'http:\/\/127\.0\.0\.1:\([0-9]*\)')"
}

nothing_waits() {
  local tries lag=1
  for ((tries = 0; tries < 100; ++tries)); do
    lag="$(metric tagtill_sink_lag_events)" || fail "/metrics has no tagtill_sink_lag_events."
    [ "$lag" != 0 ] || return 0
    sleep 0.05
  done
  fail "5 s after the last ack $lag events wait for their sinks."
}

stop_serving() {
  kill -TERM "$serving"
  wait "$serving" || fail "the tier ended with $?: $(tail -n 3 "$scratch/served")"
  serving=""
}

cpu_seconds() { # PID
  awk -v ticks="$(getconf CLK_TCK)" '{ print ($14 + $15) / ticks }' "/proc/$1/stat"
}

# Of what the probe printed last, into $scratch/figures.
field() { sed -n "s/^$1=//p" "$scratch/figures"; }
