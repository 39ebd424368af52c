#!/usr/bin/env bash
# Kills replays with a state (kill -9) at random moments, lets the same command go on, and
# compares all that came out with an unbroken run: events, jsonl and dead letters byte for
# byte, the database row by row.
#
#   tools/soak.sh [KILLS] [SEED]     (1000; the clock)
#
# Ends with 0 if nothing was lost, doubled or changed. Needs the release build (tools/demo.sh
# makes it) and sqlite3.
set -euo pipefail
cd "$(dirname "$0")/.."

kills="${1:-1000}"
seed="${2:-$(date +%s)}"
program="${TAGTILL_PROGRAM:-build/release/tools/tagtill}"
RANDOM=$((seed % 32768))
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
echo "soak: $kills kills, seed $seed"

# Several dumps of several kinds, one in ten lines a candidate, some lines malformed.
"$program" corpus generate --out "$folder/corpus" --posts 60000 --candidates 0.1 \
  --seed "$seed" >/dev/null
mkdir "$folder/dumps"
split --number=l/6 --additional-suffix=.json "$folder/corpus/posts.json" "$folder/dumps/day-"
gzip "$folder/dumps/day-ab.json"
printf '{"id":1,"user":{"id":"x"},"text":"no id that could be read"}\n{broken\n' \
  >>"$folder/dumps/day-ac.json"
tar -cf "$folder/dumps/day-ad.tar" -C "$folder/dumps" day-ad.json day-ae.json
rm "$folder/dumps/day-ad.json" "$folder/dumps/day-ae.json"

# Becomes the program: to be run in a subshell.
replay() {
  local out="$1"
  exec "$program" replay --offers "$folder/corpus/offers.jsonl" \
    --members "$folder/corpus/members.jsonl" --secret-file "$folder/corpus/secret" \
    --state "$out/state" --events "$out/events.jsonl" --dead-letter "$out/letters.jsonl" \
    --sink "sqlite:$out/purchases.db?events=all" --sink "jsonl:$out/purchases.jsonl" \
    --block-bytes 65536 --summary none --progress off "$folder/dumps"
}

# The rows, without the sink's place in the stream, which names the state.
rows() {
  local table
  for table in purchases prompts expirations cancellations rejections offers; do
    echo "$table"
    sqlite3 -readonly "$1/purchases.db" "SELECT * FROM $table ORDER BY rowid"
  done
}

mkdir "$folder/whole"
begin="$(date +%s%N)"
(replay "$folder/whole" 2>/dev/null)
took=$((($(date +%s%N) - begin) / 1000000))
rows "$folder/whole" >"$folder/whole/rows"
echo "unbroken: $(wc -l <"$folder/whole/events.jsonl") events," \
  "$(wc -l <"$folder/whole/purchases.jsonl") purchases, $took ms"

killed=0
runs=0
while [ "$killed" -lt "$kills" ]; do
  rm -rf "$folder/broken"
  mkdir "$folder/broken"
  starts=0
  while :; do
    # From at once to somewhat more than a run takes; with many kills in one run it must still
    # come to its end.
    wait_ms=$((RANDOM % (took * 6 / 5 + 1) + 1))
    starts=$((starts + 1))
    replay "$folder/broken" 2>"$folder/broken/said" &
    pid=$!
    if [ "$starts" -le 40 ]; then
      sleep "$((wait_ms / 1000)).$(printf '%03d' $((wait_ms % 1000)))"
      kill -KILL "$pid" 2>/dev/null || true
    fi
    status=0
    wait "$pid" 2>/dev/null || status=$?
    if [ "$status" -eq 0 ]; then
      break
    fi
    if [ "$status" -ne 137 ]; then
      echo "soak: exit code $status after $starts starts (seed $seed):" >&2
      cat "$folder/broken/said" >&2
      exit 1
    fi
    killed=$((killed + 1))
  done
  runs=$((runs + 1))
  rows "$folder/broken" >"$folder/broken/rows"
  for what in events.jsonl purchases.jsonl letters.jsonl rows; do
    if ! cmp -s "$folder/whole/$what" "$folder/broken/$what"; then
      echo "soak: after $starts starts $what differs from the unbroken run (seed $seed)" >&2
      diff "$folder/whole/$what" "$folder/broken/$what" | head -5 >&2
      exit 1
    fi
  done
done
echo "soak: $killed kills in $runs runs: 0 lost, 0 double, all identical to the unbroken run"
