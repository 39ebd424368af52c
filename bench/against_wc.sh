#!/usr/bin/env bash
# Replays a dump and counts its lines with `wc -l`, in turns, and prints the median
# processor time of both and their ratio. Processor time, not wall time, so that
# other programs on the machine count less.
#
#   bench/against_wc.sh [DUMP]     (a generated stream of 200,000 lines, 780 MB)
#
# RUNS is how many turns (7). Checks first that the purchases of the generated
# stream are found, all of them and no others.
set -euo pipefail
cd "$(dirname "$0")/.."

runs="${RUNS:-7}"
program=build/release/tools/tagtill
[ -x "$program" ] || {
  echo "against_wc.sh: $program is not there. Build it: tools/demo.sh does." >&2
  exit 1
}
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$program" corpus generate --out "$folder" >/dev/null
replay=("$program" replay --offers "$folder/offers.jsonl" --members "$folder/members.jsonl"
  --secret-file "$folder/secret" --summary none)
"${replay[@]}" --sink "jsonl:$folder/found.jsonl" "$folder/posts.json"
cmp "$folder/found.jsonl" "$folder/purchases.jsonl"

dump="${1:-$folder/posts.json}"
bytes="$(stat -L -c %s "$dump")"

# User and system seconds of a command.
seconds() {
  local TIMEFORMAT='%U %S'
  { time "$@" >/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for ((run = 0; run < runs; ++run)); do
  seconds wc -l "$dump" >>"$folder/wc"
  seconds "${replay[@]}" --sink null: "$dump" >>"$folder/replay"
done
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //' || uname -m
awk -v bytes="$bytes" -v runs="$runs" -v wc="$(median <"$folder/wc")" \
  -v replay="$(median <"$folder/replay")" 'BEGIN {
    printf "wc -l            %5.2f GB/s\n", bytes / wc / 1e9
    printf "tagtill replay   %5.2f GB/s   %.2f x wc -l   (median of %d, processor time)\n",
           bytes / replay / 1e9, wc / replay, runs
  }'
