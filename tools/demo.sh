#!/usr/bin/env bash
# Shows the program at work: makes a stream of posts, replays it, and looks at
# the purchases that come out. Everything lies in demo/ afterwards.
#
#   tools/demo.sh [POSTS]     (200000)
set -euo pipefail
cd "$(dirname "$0")/.."

posts="${1:-200000}"
folder=demo
program=build/release/tools/tagtill

bold="" plain=""
if [ -t 1 ]; then
  bold=$'\e[1m' plain=$'\e[0m'
fi
heading() {
  printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

heading "Building"
tools/setup.sh
cmake --preset release -DTAGTILL_TESTS=OFF -DTAGTILL_BENCH=OFF >/dev/null
cmake --build --preset release --target tagtill

heading "A stream of $posts lines, made up"
rm -rf "$folder"
mkdir "$folder"
"$program" corpus generate --out "$folder" --posts "$posts" | sed '/^Replay it/,$d'

heading "Replaying it"
"$program" replay --offers "$folder/offers.jsonl" --members "$folder/members.jsonl" \
  --secret-file "$folder/secret" --events "$folder/events.jsonl" \
  --sink "sqlite:$folder/purchases.db?events=all" --sink "jsonl:$folder/found.jsonl" \
  --dead-letter "$folder/malformed.jsonl" "$folder/posts.json"

heading "Are these the purchases that were put into it?"
if cmp -s "$folder/found.jsonl" "$folder/purchases.jsonl"; then
  echo "Yes: all $(wc -l <"$folder/found.jsonl") of them, byte for byte, and no other."
else
  echo "NO: $folder/found.jsonl and $folder/purchases.jsonl differ." >&2
  exit 1
fi

# Prices are integers in the minor unit: cents, but for the yen, which has none.
money() {
  echo "CASE $2 WHEN 'JPY' THEN printf('%d', $1) ELSE printf('%.2f', $1 / 100.0) END || ' ' || $2"
}

heading "The first purchases"
sqlite3 -box -readonly "$folder/purchases.db" "
  SELECT substr(confirmed_at, 12, 8) AS confirmed, offers.title AS offer, account,
         $(money purchases.price_minor purchases.currency) AS price, purchases.fulfilment,
         coalesce(claim_code, '') AS claim_code, reach
  FROM purchases JOIN offers ON offers.id = offer_id
  ORDER BY purchases.rowid LIMIT 10"

heading "What they amount to"
"$program" report --rows 5 "$folder/purchases.db"

heading "Where it lies, and what to try"
cat <<END
  $folder/purchases.db        the purchases, table purchases, and all other events
  $folder/purchases.db.html   what they amount to, with plots; for a browser
  $folder/events.jsonl        every prompt, purchase, expiry, cancellation and rejection

  sqlite3 -box $folder/purchases.db 'SELECT * FROM purchases LIMIT 5'
  sqlite3 -box $folder/purchases.db "SELECT substr(confirmed_at, 1, 16) AS minute, count(*)
    FROM purchases GROUP BY minute"
  sqlite3 -box $folder/purchases.db 'SELECT account, count(*) AS purchases FROM purchases
    GROUP BY account ORDER BY purchases DESC LIMIT 5'
  grep '"reason":"sold_out"' $folder/events.jsonl | head -3
  echo 'I want #KindleFire!' | $program tags
  $program replay --help
END
