#!/usr/bin/env bash
# Guards the hot loops against becoming slower, on any machine: counts their instructions
# with callgrind on small generated streams, and compares them with bench/instructions.txt.
# Ends with 1 when one needs more than TOLERANCE percent (10) more.
#
#   bench/instructions.sh            compares
#   bench/instructions.sh --update   writes bench/instructions.txt anew
#
# What is counted includes what the function calls. The counts belong to a compiler and to
# the vectors that valgrind offers (AVX2; it has no AVX-512): with others the comparison is
# skipped, and said. Instructions are not time: what waits for memory is not seen here.
set -euo pipefail
cd "$(dirname "$0")/.."

name=instructions.sh
case "${1:-}" in
  "" | --update) ;;
  *) echo "$name: unknown option $1. Use no option, or --update." >&2 && exit 2 ;;
esac
tolerance="${TOLERANCE:-10}"
book=bench/instructions.txt
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=bench/measure.sh
. bench/measure.sh
need_program
command -v valgrind >/dev/null || fail "valgrind is not there. tools/setup.sh --dev installs it."

# What the counts depend on beside the code.
built_for() {
  valgrind -q --tool=none "$tagtill" version | awk '
    $1 == "compiler" || $1 == "highway" || $1 == "simdjson" || $1 == "hyperscan" {
      sub(/^ +/, ""); gsub(/ +/, " "); printf "%s%s", (n++ ? "; " : ""), $0
    }'
}

# Replays a generated stream under callgrind; leaves $scratch/NAME.{bytes,functions}, and
# the summary in $scratch/summary.
count_instructions() { # NAME GENERATE_OPTION...
  local input="$scratch/$1"
  shift
  "$tagtill" corpus generate "$@" --out "$input" >/dev/null
  # shellcheck disable=SC2046
  valgrind -q --tool=callgrind --callgrind-out-file="$input.out" \
    "$tagtill" replay --offers "$input/offers.jsonl" --members "$input/members.jsonl" \
    --secret-file "$input/secret" --sink "jsonl:$input/found" --summary json $(if_known --lanes 1) \
    "$input/posts.json" 2>"$scratch/summary"
  cmp "$input/found" "$input/purchases.jsonl" >&2
  size_of "$input/posts.json" >"$input.bytes"
  callgrind_annotate --inclusive=yes --threshold=100 "$input.out" >"$input.functions"
}

# Instructions of a function for each of so many things.
per() { # NAME FUNCTION THINGS LABEL
  awk -v function_name=":tagtill::$2(" -v things="$3" -v label="$4" '
    index($0, function_name) { gsub(",", "", $1); count = $1 }
    END {
      if (!count) exit 1
      printf "%-34s %10.4f\n", label, count / things
    }' "$scratch/$1.functions" ||
    fail "there is no function tagtill::$2 in $tagtill. Name it as it is called now."
}

# One line in a thousand a candidate: the loops over bytes.
count_instructions posts --posts 2000 --candidates 0.001 --offers 100 --members 1000
bytes="$(cat "$scratch/posts.bytes")"
{
  per posts find_marks "$bytes" "find_marks/byte"
  per posts LineScanner::scan "$bytes" "LineScanner::scan/byte"
  per posts Lane::process "$bytes" "Lane::process/byte"
} >"$scratch/counts"

# Every other line a candidate: the decisions. So many that what is done once does not count.
count_instructions decisions --posts 20000 --candidates 0.5 --offers 100 --members 5000
per decisions Decider::apply "$(sed -n 's/.*"candidates":\([0-9]*\).*/\1/p' "$scratch/summary")" \
  "Decider::apply/candidate" >>"$scratch/counts"

target="$(built_for)"
if [ "${1:-}" = --update ]; then
  {
    echo "# Instructions, by bench/instructions.sh --update."
    echo "# $target"
    cat "$scratch/counts"
  } >"$book"
  cat "$book"
  exit 0
fi

[ -s "$book" ] || fail "$book is not there. --update writes it."
wanted="$(sed -n 's/^# //p' "$book" | tail -n 1)"
if [ "$wanted" != "$target" ]; then
  echo "skipped: $book was counted with $wanted; here is $target"
  exit 0
fi
awk -v tolerance="$tolerance" '
  /^#/ { next }
  FNR == NR { before[$1] = $2; next }
  {
    if (!($1 in before)) { printf "%-34s is not in the file: --update\n", $1; bad = 1; next }
    change = 100 * ($2 / before[$1] - 1)
    said = change > tolerance ? "MORE" : change < -tolerance ? "less: --update" : "as before"
    printf "%-34s %10.4f   before %10.4f   %+6.1f%%   %s\n", $1, $2, before[$1], change, said
    bad = bad || change > tolerance
    delete before[$1]
  }
  END {
    for (gone in before) { printf "%-34s is no longer counted: --update\n", gone; bad = 1 }
    exit bad
  }' "$book" "$scratch/counts" ||
  fail "more instructions than $book allows. If that is meant, --update and say why in the commit."
