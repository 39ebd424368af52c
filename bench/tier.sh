#!/usr/bin/env bash
# Measures `tagtill serve` under load: does it keep up with the record of the firehose, and how
# long after its scheduled time does an intent have its prompt? Prints a table: medians of RUNS
# turns, and the machine.
#
#   bench/tier.sh [--seconds N] [--data DIR] [--rows "ROW..."]
#
#   --seconds N  how long one turn sends (60)
#   --data DIR   where state, outputs and input lie, so: which disk (a temporary folder). DIR/tier.csv
#                has every single run
#   --rows       some of: average record average-process record-process (all)
#
#   SIZE         full: 5,700 and 143,199 posts a second, 5,000 offers, 100,000 members; small: a
#                few seconds in all, to see that it runs and that its checks hold
#   RUNS         how many turns (3); TAGTILL the program; PROBE the sender
#   EVERY        one in how many lines is an intent (1000)
#   SET          more words for `tagtill serve`, as "--set pipeline.pin=none"
#
# One TCP connection with a stream of its own; bench/tier/tier_probe.cc says how it is sent and
# timed. Lines have the sizes of recorded ones of 2013; 1 in 1,000 is an intent, each of a member
# of its own. The tier has a state, a SQLite sink with all events, and the file of events in which
# the prompts are looked for; offers' windows stay open. Everything is on one machine, the sender
# included. Beside durability = "machine" runs a probe that appends 4 KiB and calls fdatasync every
# 10 ms, on the same file system: its p99 is allowed for in the marks.
#
# A run counts only if every intent had one prompt, in the file and in the database, every byte
# sent was acknowledged, and nothing waited at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

name=tier.sh
data=""
rows="average record average-process record-process"
seconds=""
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds="$2" && shift 2 ;;
    --data) data="$2" && shift 2 ;;
    --rows) rows="$2" && shift 2 ;;
    *) echo "$name: unknown option $1. See its first lines." >&2 && exit 2 ;;
  esac
done
RUNS="${RUNS:-3}"
every="${EVERY:-1000}"
scratch="$(mktemp -d)"
# shellcheck source=bench/measure.sh
. bench/measure.sh
# shellcheck source=bench/tier/serving.sh
. bench/tier/serving.sh

case "${SIZE:-full}" in
  full) average=5700 record=143199 posts=40000 offers=5000 members=100000 ;;
  small) average=2000 record=20000 posts=4000 offers=100 members=1000 && seconds="${seconds:-2}" ;;
  *) fail "SIZE is full or small." ;;
esac
seconds="${seconds:-60}"

# --- The input -------------------------------------------------------------------------------

make_input() {
  make_tier_input "$posts" "$offers" "$members" $((record * seconds / every + 1))
}

# --- One run ---------------------------------------------------------------------------------

# What a run must have done; the rest is about how fast.
check_run() {
  local prompts rows
  nothing_waits
  cpu="$(awk -v a="$cpu_before" -v b="$(cpu_seconds "$serving")" 'BEGIN { print b - a }')"
  stop_serving
  prompts="$(sed -n 's/^{"type":"prompt".*"intent_id":"\([0-9]*\)".*/\1/p' \
    "$data/run/events.jsonl" | sort -u | wc -l)"
  rows="$(sqlite3 -readonly "$data/run/purchases.db" 'SELECT count(DISTINCT intent_id) FROM prompts')"
  [ "$prompts.000" = "$(field intents)" ] && [ "$rows" = "$prompts" ] &&
    [ "$(wc -l <"$data/run/events.jsonl")" = "$prompts" ] ||
    fail "of $(field intents) intents $prompts have a prompt in the file, $rows in the database."
}

csv="$data/tier.csv"
columns="posts bytes intents pace sender_late_end sender_late_max ack_after_end prompt_p50 prompt_p99
  prompt_p999 prompt_max disk_p50 disk_p99 disk_p999 disk_max sender_cpu_s follower_cpu_s"
run_once() { # ROW RATE DURABILITY RUN
  local disk=()
  [ "$3" = process ] || disk=(--disk-probe "$data/run/disk-probe")
  begin_run
  serve "$3"
  cpu_before="$(cpu_seconds "$serving")"
  "$probe" --port "$port" --events "$data/run/events.jsonl" --filler "$data/input/posts.json" \
    --start-ms "$start_ms" --rate "$2" --seconds "$seconds" --every "$every" --author "$first_author" \
    "${disk[@]}" >"$scratch/figures" || fail "row $1 failed its check."
  check_run
  local column line="$1,$2,$4"
  for column in $columns; do
    line="$line,$(field "$column")"
  done
  echo "$line,$cpu" >>"$csv"
}

# --- All turns, and the table ----------------------------------------------------------------

rate_of() { case "$1" in average*) echo "$average" ;; record*) echo "$record" ;; *) return 1 ;; esac }
durability_of() { case "$1" in *-process) echo process ;; *) echo machine ;; esac }
mark_of() { # ROW: milliseconds
  case "$1" in average) echo 2 ;; record) echo 10 ;; average-process) echo 0.5 ;; *) echo 5 ;; esac
}

for row in $rows; do
  [[ " average record average-process record-process " == *" $row "* ]] ||
    fail "there is no row $row. See its first lines."
done
make_input
echo "row,rate,run,$(echo $columns | tr ' ' ,),tier_cpu_s" >"$csv"
for ((run = 1; run <= runs; ++run)); do
  for row in $rows; do
    echo "Measuring: $row, turn $run" >&2
    run_once "$row" "$(rate_of "$row")" "$(durability_of "$row")" "$run"
  done
done

of() { # ROW COLUMN: the median
  awk -F, -v row="$1" -v column="$2" '
    NR == 1 { for (i = 1; i <= NF; ++i) if ($i == column) at = i }
    $1 == row && $at != "" { print $at }' "$csv" | median
}

echo
machine
echo "median of $runs turns of $seconds s; one TCP connection, 1 in $every an intent; milliseconds"
if [ "${SIZE:-full}" = small ]; then
  echo "A small input: these figures say that it runs, and nothing else."
fi
echo
{
  echo "prompt after its scheduled time|posts/s|p50|p99|p99.9|max|disk p99|mark|met"
  for row in $rows; do
    disk="$(of "$row" disk_p99)"
    mark="$(mark_of "$row")"
    echo "$row|$(rate_of "$row")|$(of "$row" prompt_p50)|$(of "$row" prompt_p99)|$(
      of "$row" prompt_p999)|$(of "$row" prompt_max)|${disk:--}|${mark}${disk:+ + disk}|$(
      awk -v p99="$(of "$row" prompt_p99)" -v mark="$mark" -v disk="${disk:-0}" \
        'BEGIN { print p99 <= mark + disk ? "yes" : "no" }')"
  done
} | awk -F'|' '{ printf "%-31s %8s %9s %9s %9s %9s %9s %11s  %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }'
echo
# Held: the last post was taken when it was due, and all were committed within a second.
{
  echo "load|posts/s|pace held|MB/s|sender late, most|last ack after end|tier's cores|sender's|met"
  for row in $rows; do
    cores_of() { awk -v s="$(of "$row" "$1")" -v t="$seconds" 'BEGIN { printf "%.2f", s / t }'; }
    echo "$row|$(rate_of "$row")|$(of "$row" pace | cut -d. -f1)|$(
      awk -v b="$(of "$row" bytes)" -v t="$seconds" 'BEGIN { printf "%.0f", b / t / 1e6 }')|$(
      of "$row" sender_late_max)|$(of "$row" ack_after_end)|$(cores_of tier_cpu_s)|$(
      cores_of sender_cpu_s)|$(
      awk -v late="$(of "$row" sender_late_end)" -v ack="$(of "$row" ack_after_end)" \
        'BEGIN { print late <= 100 && ack <= 1000 ? "yes" : "no" }')"
  done
} | awk -F'|' '{ printf "%-16s %8s %10s %6s %18s %19s %13s %9s  %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }'
