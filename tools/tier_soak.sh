#!/usr/bin/env bash
# Kills `tagtill serve` and the `tagtill send` that feeds it (kill -9), in turn and at random
# moments, starts them again, and compares the purchases with those that the stream must bring;
# then the events with those that the tier's journal brings when it is replayed.
#
#   tools/tier_soak.sh [KILLS] [SEED]     (50; the clock)
#
# Ends with 0 if nothing was lost, doubled or changed. Needs the release build (tools/demo.sh
# makes it) and sqlite3.
set -euo pipefail
cd "$(dirname "$0")/.."

kills="${1:-50}"
seed="${2:-$(date +%s)}"
program="${TAGTILL_PROGRAM:-build/release/tools/tagtill}"
case "$program" in
  /*) ;;
  *) program="$PWD/$program" ;;
esac
RANDOM=$((seed % 32768))
folder="$(mktemp -d)"
serving=""
sending=""
end() {
  [ -z "$serving" ] || kill -KILL "$serving" 2>/dev/null || true
  [ -z "$sending" ] || kill -KILL "$sending" 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
echo "tier soak: $kills kills, seed $seed"

"$program" corpus generate --out "$folder/corpus" --posts 60000 --candidates 0.1 \
  --seed "$seed" >/dev/null
cd "$folder"
cat >tagtill.toml <<'TOML'
[offers]
file = "../corpus/offers.jsonl"
[members]
file = "../corpus/members.jsonl"
[secret]
file = "../corpus/secret"
[state]
path = "state"
journal = "all"
[[source]]
kind = "unix"
path = "socket"
[events]
file = "events.jsonl"
[[sink]]
url = "sqlite:purchases.db?events=all"
[[sink]]
url = "jsonl:purchases.jsonl"
[http]
listen = ""
TOML

serve() {
  "$program" serve --config ../tagtill.toml 2>>served &
  serving=$!
}
# At a pace at which the whole takes some seconds, so that kills meet all of it.
send() {
  "$program" send --to unix:socket --stream soak --speed 20000/s --summary none --progress off \
    --give-up-after 60s ../corpus/posts.json 2>>sent &
  sending=$!
}
wait_ms() {
  sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))"
}

# Without the shell's word about it.
kill_sending() {
  kill -KILL "$sending" 2>/dev/null || true
  wait "$sending" 2>/dev/null || true
  send
}
kill_serving() {
  kill -KILL "$serving" 2>/dev/null || true
  wait "$serving" 2>/dev/null || true
  serve
}
is_there() {
  kill -0 "$1" 2>/dev/null
}

fail() {
  echo "tier soak: $1 (seed $seed)" >&2
  tail -n 5 served sent >&2
  [ ! -s differ ] || head -5 differ >&2
  exit 1
}

killed=0
purchases=0
events=0
# The whole stream once, with kills in the middle of it.
run() {
  local status=0
  serve
  send
  while is_there "$sending"; do
    wait_ms $((RANDOM % 500 + 1))
    is_there "$serving" || fail "serve ended by itself"
    # Once there were enough, the two may come to their end.
    if [ "$killed" -lt "$kills" ] && is_there "$sending"; then
      case $((RANDOM % 3)) in
        0) kill_sending ;;
        1) kill_serving ;;
        2)
          kill -KILL "$serving"
          kill_sending
          kill_serving
          ;;
      esac
      killed=$((killed + 1))
    fi
  done
  wait "$sending" || status=$?
  sending=""
  [ "$status" -eq 0 ] || fail "send ended with $status"
  kill -TERM "$serving"
  wait "$serving" || status=$?
  serving=""
  [ "$status" -eq 0 ] || fail "serve was stopped and ended with $status"

  cmp ../corpus/purchases.jsonl purchases.jsonl >differ 2>&1 || fail "the file has other purchases"
  sqlite3 -readonly purchases.db "SELECT purchase_id FROM purchases ORDER BY rowid" |
    diff ../wanted - >differ || fail "the database has other purchases"
  "$program" replay --events replayed.jsonl --sink null: --summary none --progress off \
    journal:state
  cmp events.jsonl replayed.jsonl >differ 2>&1 || fail "the journal brings other events"
  purchases=$((purchases + $(wc -l <purchases.jsonl)))
  events=$((events + $(wc -l <events.jsonl)))
}

sed -e 's/.*"purchase_id":"\([^"]*\)".*/\1/' corpus/purchases.jsonl >wanted
runs=0
while [ "$killed" -lt "$kills" ]; do
  mkdir run
  cd run
  run
  cd ..
  rm -rf run
  runs=$((runs + 1))
done
echo "tier soak: $killed kills in $runs runs: $purchases purchases, 0 lost, 0 double;" \
  "$events events, the same when the journals are replayed"
