#!/usr/bin/env bash
# Makes a tier under load read its offers and members anew, over and over, every second time from
# files with an error, and looks for what that costs: is anything lost, and how long does an intent
# wait? Prints figures of the reloads beside those of rests as long in the same run, and the machine.
#
#   bench/reloads.sh [--reloads N] [--rate N] [--durability process|machine] [--data DIR]
#
#   --reloads N     how many (1000)
#   --rate N        posts a second (20000)
#   --durability X  of the tier (process: so that a slow fsync is not taken for a reload)
#   --data DIR      where state, outputs and input lie (a temporary folder). DIR/reloads.csv has a
#                   line a reload: kind, milliseconds it took, slowest prompt meanwhile
#
#   SIZE     full: 5,000 offers, 1,000,000 members; small: 10 reloads of 100 offers and 20,000
#            members, to see that it runs and that its checks hold
#   EVERY    one in how many lines is an intent (as many as come in 10 ms)
#   TAGTILL  the program; PROBE the sender; SET more words for `tagtill serve`
#
# bench/tier/reloads.h says what is changed, what is wrong with the bad files, and when a reload
# counts as done; bench/tier/tier_probe.cc how posts are sent and timed. Windows are 100 s, so that as
# many are open in the end as come in two minutes.
#
# A pause is what an intent waits: the longest time from when one was due to be sent until its
# prompt stood in the file of events; and the longest time between two prompts.
#
# Fails if an intent has not exactly one prompt, in the file and in the database, at terms that
# were in force; if a byte is not acknowledged; if a good file changed nothing or a bad one anything;
# or if the tier counts other reloads than were asked for.
set -euo pipefail
cd "$(dirname "$0")/.."

name=reloads.sh
data=""
reloads=""
rate=""
durability=process
while [ $# -gt 0 ]; do
  case "$1" in
    --reloads) reloads="$2" && shift 2 ;;
    --rate) rate="$2" && shift 2 ;;
    --durability) durability="$2" && shift 2 ;;
    --data) data="$2" && shift 2 ;;
    *) echo "$name: unknown option $1. See its first lines." >&2 && exit 2 ;;
  esac
done
scratch="$(mktemp -d)"
# shellcheck source=bench/measure.sh
. bench/measure.sh
# shellcheck source=bench/tier/serving.sh
. bench/tier/serving.sh

case "${SIZE:-full}" in
  full) posts=40000 offers=5000 members=1000000 && rate="${rate:-20000}" reloads="${reloads:-1000}" ;;
  small) posts=4000 offers=100 members=20000 && rate="${rate:-4000}" reloads="${reloads:-10}" ;;
  *) fail "SIZE is full or small." ;;
esac
every="${EVERY:-$((rate / 100))}"
corpus_members=1000
most_seconds=$((members * every / rate / 2))
make_tier_input "$posts" "$offers" "$corpus_members" $((members - corpus_members)) ',"window_seconds":100'
begin_run
serve "$durability"
"$probe" --port "$port" --events "$data/run/events.jsonl" --filler "$data/input/posts.json" \
  --start-ms "$start_ms" --rate "$rate" --seconds "$most_seconds" --every "$every" \
  --author "$first_author" --reloads "$reloads" --process "$serving" --http-port "$http_port" \
  --offers "$data/input/offers.jsonl" --members "$data/input/members.jsonl" \
  --table "$data/reloads.csv" >"$scratch/figures" || fail "the check failed."
nothing_waits
windows="$(metric tagtill_open_windows)"
good=$(((reloads + 1) / 2))
[ "$(field reloads_good).$(field reloads_bad)" = "$good.000.$((reloads / 2)).000" ] ||
  fail "$(field reloads_good) reloads were good and $(field reloads_bad) bad, of $reloads."
[ "$(field terms_met)" = "$good.000" ] ||
  fail "of $good good reloads $(field terms_met) brought a member and an offer."
stop_serving
rows="$(sqlite3 -readonly "$data/run/purchases.db" 'SELECT count(DISTINCT intent_id) FROM prompts')"
[ "$rows.000" = "$(field intents)" ] ||
  fail "of $(field intents) intents $rows have a prompt in the database."

echo
machine
echo "$reloads reloads, $((reloads / 2)) of them bad; $offers offers, $members members;" \
  "$rate posts/s, 1 in $every an intent;"
echo "durability = \"$durability\"; $(field seconds | cut -d. -f1) s, $windows windows open in the end;" \
  "0 intents lost, 0 doubled, every byte acknowledged"
if [ "${SIZE:-full}" = small ]; then
  echo "A small input: these figures say that it runs, and nothing else."
fi
echo
{
  echo "prompt after its scheduled time, ms|intents|p50|p99|p99.9|max|longest without a prompt|over 50 ms"
  for of in quiet reload; do
    echo "$([ $of = quiet ] && echo without || echo with) reloads|$(field ${of}_intents | cut -d. -f1)|$(
      field ${of}_p50)|$(field ${of}_p99)|$(field ${of}_p999)|$(field ${of}_max)|$(
      field ${of}_gap_max)|$(field ${of}_over_50ms | cut -d. -f1)"
  done
} | awk -F'|' '{ printf "%-35s %9s %8s %8s %8s %8s %24s %10s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
echo
{
  echo "a reload takes, ms|p50|p99|max"
  for of in good bad; do
    echo "$of|$(field ${of}_p50)|$(field ${of}_p99)|$(field ${of}_max)"
  done
} | awk -F'|' '{ printf "%-35s %9s %8s %8s\n", $1, $2, $3, $4 }'
