#!/usr/bin/env bash
# Does memory stay flat, whatever the length of the input? Weaves a short and a long
# stream from the same recording, replays both, and compares the peaks.
#
#   bench/flat_memory.sh DUMP [COPIES]      the long one has COPIES times the recording (120)
#
# Needs room for the long stream in the temporary folder. Ends with 1 when the long one
# takes 5% more memory than the short one, or when purchases are not those of the list.
set -euo pipefail
cd "$(dirname "$0")/.."

dump="$(realpath "$1")"
copies="${2:-120}"
tagtill=build/release/tools/tagtill
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

peak_of() {
  local woven="$folder/$1" peak="$folder/peak"
  "$tagtill" corpus weave --background "$dump" --copies "$1" --candidates 0.001 \
    --offers 5000 --members 1000000 --out "$woven" >/dev/null
  /usr/bin/time -f %M -o "$peak" "$tagtill" replay --offers "$woven/offers.jsonl" \
    --members "$woven/members.jsonl" --secret-file "$woven/secret" --summary none \
    --sink "jsonl:$folder/found.jsonl" "$woven/posts.json"
  cmp "$folder/found.jsonl" "$woven/purchases.jsonl" >&2
  printf '%8d KB for %s bytes\n' "$(cat "$peak")" "$(stat -c %s "$woven/posts.json")" >&2
  rm -r "$woven"
  cat "$peak"
}

short="$(peak_of 1)"
long="$(peak_of "$copies")"
awk -v short="$short" -v long="$long" 'BEGIN {
  printf "the long one takes %.3f times as much\n", long / short
  exit long > 1.05 * short
}'
