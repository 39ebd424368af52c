#!/usr/bin/env bash
# Stops a tier by SIGTERM in the middle of the record load, once while a sink is down and once while
# all are up, and starts it again: does it end in time, and is everything there afterwards, once?
# Prints a table, and the machine.
#
#   bench/stops.sh [--seconds N] [--data DIR] [--rows "ROW..."]
#
#   --seconds N  how long the whole stream lasts at the pace that is asked for (10)
#   --data DIR   where state, outputs and input lie (a temporary folder); 0.4 GB a second
#   --rows       some of: sink-down sinks-up (both)
#
#   SIZE      full: 143,199 posts a second, 5,000 offers, 100,000 members; small: 20,000, of fewer, for
#             4 s, to see that it runs and that its checks hold
#   TAGTILL   the program; RECEIVER the webhook (build/release/bench/tier_receiver)
#   SET       more words for `tagtill serve`
#
# `tagtill send` plays a stream with 1 in 1,000 lines of an offer to the tier by TCP, at a pace that
# never slips. Half of it was read when the signal comes. The tier (durability = "machine") has a
# database of all events, a file of purchases, and a webhook of all events, which is the sink that is
# down: nobody listens at its port. Then, with the webhook up, the tier is started again, and the
# sender, which never ended, brings the rest.
#
# Fails unless the tier ends within 30 s, with 75 while the sink is down and with 0 otherwise; and
# unless, in the end, the purchases in file and database are those that the stream must bring, and
# the events in the file, in the database and at the webhook are those of a replay of it, each once.
set -euo pipefail
cd "$(dirname "$0")/.."

name=stops.sh
data=""
rows="sink-down sinks-up"
seconds=""
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds="$2" && shift 2 ;;
    --data) data="$2" && shift 2 ;;
    --rows) rows="$2" && shift 2 ;;
    *) echo "$name: unknown option $1. See its first lines." >&2 && exit 2 ;;
  esac
done
scratch="$(mktemp -d)"
# shellcheck source=bench/measure.sh
. bench/measure.sh
# shellcheck source=bench/tier/serving.sh
. bench/tier/serving.sh
receiver="${RECEIVER:-build/release/bench/tier_receiver}"
[ -x "$receiver" ] || fail "$receiver is not there. Build it (target tier_receiver), or set RECEIVER."

case "${SIZE:-full}" in
  full) rate=143199 offers=5000 members=100000 seconds="${seconds:-10}" ;;
  small) rate=20000 offers=100 members=1000 seconds="${seconds:-4}" ;;
  *) fail "SIZE is full or small." ;;
esac
posts=$((rate * seconds))

# Of the stream's own time it takes twenty minutes, so that people confirm in it.
make_input() {
  "$tagtill" corpus generate --form 2013 --candidates 0.001 --posts "$posts" --offers "$offers" \
    --members "$members" --posts-per-second $((posts / 1200 + 1)) --out "$data/input" >/dev/null
  [ -s "$data/input/purchases.jsonl" ] || fail "the stream brings no purchases: choose more --seconds."
  "$tagtill" replay --offers "$data/input/offers.jsonl" --members "$data/input/members.jsonl" \
    --secret-file "$data/input/secret" --events "$data/input/events.jsonl" --sink null: \
    --summary none --progress off "$data/input/posts.json"
  sort "$data/input/events.jsonl" >"$data/input/events.sorted"
  echo "whsec_$(printf 'a secret of bench/stops.sh' | base64)" >"$data/input/webhook-secret"
}

# Listens at $webhook_port from now on; 0: and chooses one.
listen() {
  : >"$scratch/webhook-port"
  "$receiver" "$webhook_port" "$data/run/webhook.jsonl" >"$scratch/webhook-port" &
  listening=$!
  others=("$listening")
  local tries
  for ((tries = 0; tries < 200; ++tries)); do
    [ ! -s "$scratch/webhook-port" ] || break
    sleep 0.05
  done
  webhook_port="$(cat "$scratch/webhook-port")"
  [ -n "$webhook_port" ] || fail "the webhook does not listen."
}

hang_up() {
  kill -TERM "$listening"
  wait "$listening" 2>/dev/null || true
  others=()
}

serve_all() {
  serve machine "[[sink]]
url = \"jsonl:$data/run/purchases.jsonl\"
[[sink]]
url = \"webhook:http://127.0.0.1:$webhook_port/in?secret-file=$data/input/webhook-secret&events=all&drop-late-prompts=no\""
}

elapsed() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.2f", to - from }'; }

# Waits until so many posts were read.
read_posts() { # COUNT
  while [ "$(metric tagtill_line_types_total)" -lt "$1" ]; do
    kill -0 "$sending" 2>/dev/null || fail "the sender ended: $(tail -n 3 "$scratch/sent")"
    sleep 0.05
  done
}

same() { # WHAT WANTED FOUND
  cmp -s "$2" "$3" || fail "row $row: $1 has $(wc -l <"$3") lines, and not the $(wc -l <"$2") wanted: $(
    diff "$2" "$3" | head -n 3)"
}

check_run() {
  nothing_waits
  stop_serving
  same "the file of purchases" "$data/input/purchases.jsonl" "$data/run/purchases.jsonl"
  sort "$data/run/events.jsonl" >"$scratch/sorted"
  same "the file of events" "$data/input/events.sorted" "$scratch/sorted"
  sort "$data/run/webhook.jsonl" >"$scratch/sorted"
  same "the webhook" "$data/input/events.sorted" "$scratch/sorted"
  sqlite3 -readonly "$data/run/purchases.db" \
    "SELECT 'confirmed ' || purchase_id FROM purchases UNION ALL SELECT 'prompt ' || purchase_id
     FROM prompts UNION ALL SELECT 'expired ' || purchase_id FROM expirations UNION ALL
     SELECT 'cancelled ' || purchase_id FROM cancellations" | sort >"$scratch/rows"
  sed -n 's/^{"type":"\([a-z]*\)","purchase_id":"\([^"]*\)".*/\1 \2/p' "$data/input/events.jsonl" |
    sort >"$scratch/wanted"
  same "the database" "$scratch/wanted" "$scratch/rows"
}

run_row() { # ROW
  local row="$1" status=0 first first_at last last_at signalled
  begin_run
  webhook_port=0
  port_wanted=0
  listen
  [ "$row" = sinks-up ] || hang_up
  serve_all
  port_wanted="$port"
  "$tagtill" send --to "tcp:127.0.0.1:$port" --stream stops --speed "$rate/s" --give-up-after 60s \
    --summary none --progress off "$data/input/posts.json" 2>"$scratch/sent" &
  sending=$!
  others+=("$sending")
  read_posts $((posts / 10))
  first="$(metric tagtill_line_types_total)" first_at="$EPOCHREALTIME"
  read_posts $((posts / 2))
  last="$(metric tagtill_line_types_total)" last_at="$EPOCHREALTIME"
  pace="$(awk -v n=$((last - first)) -v a="$first_at" -v b="$last_at" \
    'BEGIN { printf "%.0f", n / (b - a) }')"

  signalled="$EPOCHREALTIME"
  kill -TERM "$serving"
  wait "$serving" || status=$?
  serving=""
  ended_after="$(elapsed "$signalled")"
  code="$status"
  case "$row" in sink-down) [ "$code" = 75 ] ;; *) [ "$code" = 0 ] ;; esac ||
    fail "row $row: the tier ended with $code: $(tail -n 3 "$scratch/served")"
  awk -v t="$ended_after" 'BEGIN { exit t > 30 }' || fail "row $row: it took $ended_after s to end."
  at_webhook="$(wc -l <"$data/run/webhook.jsonl")"
  at_stop="$(wc -l <"$data/run/events.jsonl")"
  [ "$row" = sinks-up ] || [ "$at_webhook" = 0 ] || fail "the webhook was not down."
  [ "$at_stop" -lt "$(wc -l <"$data/input/events.jsonl")" ] || fail "the stop came too late."

  [ "$row" = sinks-up ] || listen
  others+=("$sending")
  serve_all
  wait "$sending" || fail "row $row: the sender ended with $?: $(tail -n 3 "$scratch/sent")"
  check_run
  hang_up
}

for row in $rows; do
  [[ " sink-down sinks-up " == *" $row "* ]] || fail "there is no row $row. See its first lines."
done
make_input
{
  echo "stopped with|asked for|posts/s held|ended after, s|exit code|mark|events then|at the webhook|events in the end|purchases"
  for row in $rows; do
    echo "Measuring: $row" >&2
    run_row "$row"
    echo "$row|$rate|$pace|$ended_after|$code|30 s|$at_stop|$at_webhook|$(
      wc -l <"$data/run/events.jsonl")|$(wc -l <"$data/run/purchases.jsonl")"
  done
} >"$scratch/table"
echo
machine
echo "$posts posts, sent to a tier that was stopped by SIGTERM in the middle and started again;" \
  "0 events lost, 0 doubled"
if [ "${SIZE:-full}" = small ]; then
  echo "A small input: these figures say that it runs, and nothing else."
fi
echo
awk -F'|' '{ printf "%-13s %9s %13s %15s %10s %6s %12s %15s %18s %10s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }' \
  "$scratch/table"
