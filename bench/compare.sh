#!/usr/bin/env bash
# Tells two builds apart: replays the same stream with both in turns, and with the first
# one twice, so that what differs by chance is known.
#
#   bench/compare.sh [--data DIR] A B [DUMP...]     two programs, as build/release/tools/tagtill
#
#   --data DIR   where the stream is made, and kept for the next time (a temporary folder)
#   DUMP...      the recording to weave into (../shared/data/spritzer; a made up one)
#
#   SIZE     full: 1.5 GB, 5,000 offers, 100,000 members (few, so that start-up, which is
#            taken off, does not add its noise); small: a few MB
#   RUNS     how many turns (9); CORES the processors: the first of them is used (0,1)
#
# Compares processor time (user and system) on one core: of start-up, and of the stream
# without it. The noise floor is how far A is from A: the median, or half the quartiles'
# distance of the ratios, whichever is larger.
set -euo pipefail
cd "$(dirname "$0")/.."

name=compare.sh
data=""
if [ "${1:-}" = --data ]; then
  data="$2"
  shift 2
fi
if [ $# -lt 2 ]; then
  echo "$name: name two programs, as in bench/compare.sh old/tagtill build/release/tools/tagtill" >&2
  exit 2
fi
a="$1" b="$2"
shift 2
size="${SIZE:-full}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
data="${data:-$scratch/data}"
mkdir -p "$data"
RUNS="${RUNS:-9}"
# shellcheck source=bench/measure.sh
. bench/measure.sh
for tagtill in "$b" "$a"; do
  need_program
done
choose_background "$size" "$@"
case "$size" in
  full) weave compare "$(copies_for 1500000000)" --candidates 0.001 --offers 5000 --members 100000 ;;
  small) weave compare "$(copies_for 8000000)" --candidates 0.001 --offers 500 --members 1000 ;;
  *) fail "SIZE is full or small." ;;
esac
input="$data/compare"
warm "$input/posts.json"

lanes_of_a="$(tagtill="$a" if_known --lanes 1)"
lanes_of_b="$(tagtill="$b" if_known --lanes 1)"
replay_with() { # PROGRAM DUMP
  local tagtill="$1" lanes="$lanes_of_a"
  [ "$1" != "$b" ] || lanes="$lanes_of_b"
  # shellcheck disable=SC2086
  replay "$input" "$2" --sink null: $lanes
}
cpu_seconds() { # PROGRAM DUMP
  timed "$core" replay_with "$1" "$2" | cut -d' ' -f2
}

# The order turns from turn to turn: nobody is always first.
turns="$scratch/turns"
for ((run = 0; run < runs; ++run)); do
  order=(a again b)
  for ((i = 0; i < 3; ++i)); do
    who="${order[(i + run) % 3]}"
    program="$a"
    [ "$who" != b ] || program="$b"
    echo "$run $who $(cpu_seconds "$program" /dev/null) $(cpu_seconds "$program" "$input/posts.json")"
  done
done >"$turns"

machine
awk -v runs="$runs" -v bytes="$(size_of "$input/posts.json")" '
  function sort_into(to, from,   i, j) {
    for (i = 0; i < runs; ++i) {
      for (j = i; j > 0 && to[j - 1] > from[i]; --j) to[j] = to[j - 1]
      to[j] = from[i]
    }
  }
  function at(v, part) { return v[int(part * (runs - 1) + 0.5)] }
  function abs(x) { return x < 0 ? -x : x }
  function compare(what, t, unit,   i, same, other, first, s, o, f, floor, change, verdict) {
    for (i = 0; i < runs; ++i) {
      same[i] = t["again", i] / t["a", i]
      other[i] = t["b", i] / ((t["a", i] + t["again", i]) / 2)
      first[i] = t["a", i]
    }
    sort_into(s, same); sort_into(o, other); sort_into(f, first)
    floor = abs(at(s, 0.5) - 1)
    if ((at(s, 0.75) - at(s, 0.25)) / 2 > floor) floor = (at(s, 0.75) - at(s, 0.25)) / 2
    change = at(o, 0.5) - 1
    verdict = change < -floor ? "B is faster" : change > floor ? "B is slower" : "no difference"
    printf "%-8s A takes %.3f s%s; B %.1f%% %s; %s above the noise floor of %.1f%%\n", what,
           at(f, 0.5), unit, 100 * abs(change), change < 0 ? "less" : "more", verdict, 100 * floor
  }
  {
    start[$2, $1] = $3 > 0 ? $3 : 0.001
    d = $4 - $3
    stream[$2, $1] = d > 0 ? d : 0.001
  }
  END {
    compare("start-up", start, "")
    compare("stream", stream, sprintf(" for %.0f MB", bytes / 1e6))
  }' "$turns"
