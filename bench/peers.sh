#!/usr/bin/env bash
# Measures the replay side by side with other programs on the same bytes, and with itself
# where a figure is about that, and prints a table: medians of RUNS turns, half the
# quartiles' distances as noise, and the machine.
#
#   bench/peers.sh [--data DIR] [--rows "ROW..."] [DUMP...]
#
#   --data DIR   where the inputs are made, and kept for the next time (a temporary
#                folder); 25 GB with SIZE=full. DIR/peers.csv has every single run
#   --rows       some of: one-core peers hostile busy two-lanes state offers packed zst start
#                memory (all)
#   DUMP...      the recording to weave into (../shared/data/spritzer; a made up one)
#
#   SIZE     full: 600 MB and 3 GB (for peers and in packed files 60 and 300 MB); small: a
#            few MB, to see that it runs
#   RUNS     how many turns (5); TAGTILL the program; CORES the processors to pin to (0,1)
#
# A figure in GB/s is the slope between a stream and one five times as long, so that
# start-up does not count; a ratio is one of two such figures of the same turns. Rows on
# one core count processor time (user and system), the others wall time; both are in the
# CSV. Every stream is replayed once before, and must give the purchases that were woven
# into it. A peer that is not installed is named as skipped. Whether an aim is met is
# `unsure` while the noise is larger than the distance.
set -euo pipefail
cd "$(dirname "$0")/.."

name=peers.sh
data=""
rows="one-core peers hostile busy two-lanes state offers packed zst start memory"
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data="$2" && shift 2 ;;
    --rows) rows="$2" && shift 2 ;;
    -*) echo "$name: unknown option $1. See its first lines." >&2 && exit 2 ;;
    *) break ;;
  esac
done
size="${SIZE:-full}"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
data="${data:-$scratch/data}"
mkdir -p "$data"
# shellcheck source=bench/measure.sh
. bench/measure.sh
tools/setup.sh --bench
need_program

case "$size" in
  full)
    main_bytes=600000000 slice_bytes=60000000
    offers=5000 members=1000000 many_offers=100000
    ;;
  small)
    main_bytes=8000000 slice_bytes=4000000
    offers=500 members=10000 many_offers=5000
    ;;
  *) fail "SIZE is full or small." ;;
esac
choose_background "$size" "$@"
begin_csv "$data/peers.csv"
table="$scratch/table"
skipped=()

# --- The lines of the table --------------------------------------------------------------

# From the runs: the slope of one contestant over that of another.
verdict() { # ROW CONTESTANT BASELINE wall|cpu TARGET WHAT
  slopes "$csv" "$1" "$2" "$3" "$4" | awk -v target="$5" -v what="$6" '{
    printf "%s|%.3f|%.3f|%.2f|%.0f%%|%s|%s\n", what, $1, $2, $3, 100 * $4, target,
           ($3 * (1 - $4) >= target ? "yes" : $3 * (1 + $4) < target ? "no" : "unsure")
  }' >>"$table"
}

# From a figure that is no slope.
figure() { # WHAT FIGURE TARGET
  awk -v what="$1" -v value="$2" -v target="$3" 'BEGIN {
    printf "%s|%s||||%s|%s\n", what, value, target, (value + 0 <= target + 0 ? "yes" : "no")
  }' >>"$table"
}

wants() { [[ " $rows " == *" $1 "* ]]; }

# --- What is measured ------------------------------------------------------------------

one_lane="$(if_known --lanes 1)"
two_lanes="$(if_known --lanes 2)"

# Words of one_lane and two_lanes are options.
# shellcheck disable=SC2086
replay_one() { replay "$(dirname "$1")" "$1" --sink null: $one_lane; }
# shellcheck disable=SC2086
replay_two() { replay "$(dirname "$1")" "$1" --sink null: $two_lanes; }
# With a database, a file of events, and with or without a state, all of them new.
# shellcheck disable=SC2086
replay_outputs() { # DUMP [OPTION...]
  local dump="$1"
  shift
  rm -f "$scratch"/run.*
  replay "$(dirname "$dump")" "$dump" --sink "sqlite:$scratch/run.db" \
    --events "$scratch/run.events" $two_lanes "$@"
}
replay_without_state() { replay_outputs "$1"; }
replay_with_state() { replay_outputs "$1" --state "$scratch/run.state"; }
# shellcheck disable=SC2086
replay_packed() { replay "$slices" "$1" --sink null: $two_lanes; }
peer_rg() { rg -j1 -c -F -i -f "$slices/signed-tags" "$1"; }
peer_node() { node bench/peers/count_node.js "$slices/tags" "$1"; }
peer_python() { python3 bench/peers/count_python.py "$slices/tags" "$1"; }
peer_jq() { jq -c --slurpfile tags "$slices/tags.json" -f bench/peers/count.jq "$1" | wc -l; }
unpack() { # FOLDER: one after the other
  local file
  for file in "$1"/*; do
    case "$file" in
      *.bz2) bzip2 -dc "$file" ;;
      *.gz) gzip -dc "$file" ;;
      *.zst) zstd -dqc "$file" ;;
    esac
  done
}

# Replay on one core against wc -l on that core.
against_wc() { # ROW INPUT TARGET WHAT
  local short="$data/$2-short/posts.json" long="$data/$2-long/posts.json"
  contestant replay "$core" replay_one "$short" "$long"
  contestant wc "$core" count_lines "$short" "$long"
  race "$1"
  verdict "$1" replay wc cpu "$3" "$4"
}

main_input() {
  weave_pair main "$main_bytes" --candidates 0.001 --offers "$offers" --members "$members"
}

# Two slices of the long stream, whole lines; and the tags in the forms that peers want. They
# lie beside it, and go when it is made anew.
slices="$data/main-long"
make_slices() {
  local file="$data/main-long/posts.json" part
  for part in 1 5; do
    if [ ! -s "$slices/slice-$part" ]; then
      head -c $((part * slice_bytes)) "$file" | sed '$d' >"$slices/slice-$part"
    fi
  done
  sed 's/.*"tag":"\([^"]*\)".*/\L\1/' "$data/main-long/offers.jsonl" | sort -u >"$slices/tags"
  sed 's/^/#/' "$slices/tags" >"$slices/signed-tags"
  awk 'BEGIN { printf "{" } { printf "%s\"%s\":true", (NR > 1 ? "," : ""), $0 } END { print "}" }' \
    "$slices/tags" >"$slices/tags.json"
  warm "$slices/slice-1" "$slices/slice-5"
}

row_one_core() {
  main_input
  if command -v python3 >/dev/null; then
    check_input "$data/main-short"
    local counted said
    counted="$(python3 bench/peers/count_kinds.py "$data/main-short/posts.json")"
    said="$(summary_count lines) $(summary_count posts) $(summary_count delete_notices)"
    [ "$counted" = "$said" ] ||
      fail "lines, posts and delete notices are $counted, and the summary says $said."
  else
    skipped+=("the count of posts by another program (no python3)")
  fi
  against_wc one-core main 1.0 "one lane on one core / wc -l"
}

row_peers() {
  main_input
  make_slices
  local peer command target
  contestant replay "$core" replay_one "$data/main-short/posts.json" "$data/main-long/posts.json"
  local there=()
  for peer in rg:rg:20 node:node:50 python:python3:80 jq:jq:100; do
    IFS=: read -r peer command target <<<"$peer"
    if ! command -v "$command" >/dev/null; then
      skipped+=("$command, which is not installed")
      continue
    fi
    there+=("$peer:$target")
    "peer_$peer" "$slices/slice-5" >"$scratch/count"
    [ "$(cat "$scratch/count")" -gt 0 ] || fail "the peer $peer counts no line at all."
    echo "$peer counts $(cat "$scratch/count") lines with a tag" >&2
    contestant "$peer" "$core" "peer_$peer" "$slices/slice-1" "$slices/slice-5"
  done
  race peers
  for peer in "${there[@]}"; do
    verdict peers replay "${peer%:*}" cpu "${peer#*:}" "one lane on one core / ${peer%:*}"
  done
}

# The commonest words of the JSON itself.
row_hostile() {
  copies_for 1 >/dev/null
  if [ ! -s "$data/one/hostile-tags" ]; then
    LC_ALL=C tr -cs 'A-Za-z0-9_' '\n' <"$data/one/posts.json" | LC_ALL=C tr 'A-Z' 'a-z' |
      awk 'length($0) <= 30 && /[a-z]/ && !/^confirm/ { ++n[$0] } END { for (w in n) print n[w], w }' |
      LC_ALL=C sort -k1,1nr -k2 | awk -v most="$many_offers" 'NR <= most { print $2 }' \
      >"$data/one/hostile-tags"
  fi
  local tags
  tags="$(wc -l <"$data/one/hostile-tags")"
  weave_pair hostile "$main_bytes" --candidates 0.001 --offers "$tags" --members "$members" \
    --tags "$data/one/hostile-tags"
  against_wc hostile hostile 0.5 "hostile catalogue ($tags words of the JSON) / wc -l"
}

row_busy() {
  weave_pair busy "$main_bytes" --candidates 0.1 --offers "$offers" --members "$members"
  against_wc busy busy 0.25 "1 line in 10 a candidate / wc -l"
}

row_two_lanes() {
  if [ -z "$two_lanes" ]; then
    skipped+=("two lanes (this program has no --lanes)")
    return
  fi
  main_input
  local short="$data/main-short/posts.json" long="$data/main-long/posts.json"
  contestant one "$core" replay_one "$short" "$long"
  contestant two "$cores" replay_two "$short" "$long"
  race two-lanes
  verdict two-lanes two one wall 1.7 "two lanes on two cores / one on one"
}

row_state() {
  main_input
  local short="$data/main-short/posts.json" long="$data/main-long/posts.json"
  contestant without "$cores" replay_without_state "$short" "$long"
  contestant with "$cores" replay_with_state "$short" "$long"
  race state
  verdict state with without wall 0.9 "two lanes, outputs and a state / without a state"
}

row_offers() {
  weave_pair few-offers "$main_bytes" --candidates 0.001 --offers 10 --members "$members"
  weave_pair many-offers "$main_bytes" --candidates 0.001 --offers "$many_offers" \
    --members "$members"
  local few="$data/few-offers" many="$data/many-offers"
  contestant few "$core" replay_one "$few-short/posts.json" "$few-long/posts.json"
  contestant many "$core" replay_one "$many-short/posts.json" "$many-long/posts.json"
  race offers
  verdict offers many few cpu 0.87 "$many_offers offers / 10 offers"
}

# Folders of minute files: each slice in as many files as it would have minutes.
packed_folders() { # SUFFIX COMMAND...
  local suffix="$1" part to
  shift
  for part in 1 5; do
    to="$slices/packed-$suffix-$part"
    if [ ! -d "$to" ]; then
      rm -rf "$to.new"
      mkdir "$to.new"
      split -d -a 3 -n "l/$((10 * part))" --additional-suffix=.json "$slices/slice-$part" \
        "$to.new/minute-"
      "$@" "$to.new"/*.json
      rm -f "$to.new"/*.json
      mv "$to.new" "$to"
    fi
    warm "$to"/*
  done
}

against_unpacking() { # ROW SUFFIX TARGET WHAT
  local of="$slices/packed-$2" bytes
  bytes=("$(size_of "$slices/slice-1")" "$(size_of "$slices/slice-5")")
  contestant replay "$cores" replay_packed "$of-1" "$of-5" "${bytes[@]}"
  contestant unpack "$cores" unpack "$of-1" "$of-5" "${bytes[@]}"
  race "$1"
  verdict "$1" replay unpack wall "$3" "$4"
}

row_packed() {
  main_input
  make_slices
  packed_folders bz2 bzip2
  against_unpacking bz2 bz2 1.8 "folder of .bz2 files, two cores / bzip2 -dc"
  packed_folders gz gzip
  against_unpacking gz gz 1.8 "folder of .gz files, two cores / gzip -dc"
}

row_zst() {
  if ! command -v zstd >/dev/null; then
    skipped+=("the .zst file (no zstd)")
    return
  fi
  main_input
  make_slices
  local part
  for part in 1 5; do
    if [ ! -d "$slices/packed-zst-$part" ]; then
      mkdir "$slices/packed-zst-$part"
      zstd -qf "$slices/slice-$part" -o "$slices/packed-zst-$part/slice.zst"
    fi
  done
  against_unpacking zst zst 0.9 ".zst file, two cores / zstd -dc"
}

ready_after() { # INPUT: seconds until the first byte of a dump could be read, median
  local run
  for ((run = 0; run < runs; ++run)); do
    replay "$1" /dev/null --sink null: 2>&1 |
      sed -n 's/.*"load_seconds":\([0-9.e-]*\).*/\1/p'
  done | median
}

row_start() {
  main_input
  figure "seconds to be ready: $offers offers, $members members" \
    "$(ready_after "$data/main-short")" 0.5
  weave "many-offers-short" "$(copies_for "$main_bytes")" --candidates 0.001 \
    --offers "$many_offers" --members "$members"
  figure "seconds to be ready: $many_offers offers, $members members" \
    "$(ready_after "$data/many-offers-short")" 4
}

peak_of() { # INPUT DUMP MEMBERS: kilobytes
  # shellcheck disable=SC2086
  /usr/bin/time -f %M -o "$scratch/peak" "$tagtill" replay --offers "$1/offers.jsonl" \
    --members "$3" --secret-file "$1/secret" --summary none --sink null: $one_lane "$2"
  cat "$scratch/peak"
}

row_memory() {
  if [ ! -x /usr/bin/time ]; then
    skipped+=("memory (no /usr/bin/time: package time)")
    return
  fi
  main_input
  local long="$data/main-long" with without peak short
  head -n 1 "$long/members.jsonl" >"$scratch/member"
  with="$(peak_of "$long" /dev/null "$long/members.jsonl")"
  without="$(peak_of "$long" /dev/null "$scratch/member")"
  peak="$(peak_of "$long" "$long/posts.json" "$long/members.jsonl")"
  short="$(peak_of "$data/main-short" "$data/main-short/posts.json" "$long/members.jsonl")"
  figure "bytes a member" "$(((with - without) * 1024 / members))" 40
  figure "MB for the long stream, beside the members" "$(((peak - with + without) * 1024 / 1000000))" 64
  figure "long stream's memory / short one's" \
    "$(awk -v a="$peak" -v b="$short" 'BEGIN { printf "%.3f", a / b }')" 1.05
}

for row in $rows; do
  if ! declare -F "row_${row//-/_}" >/dev/null; then
    fail "there is no row $row. See its first lines."
  fi
done
for row in $rows; do
  echo "Measuring: $row" >&2
  "row_${row//-/_}"
done

# --- The table -------------------------------------------------------------------------

echo
machine
echo "median of $runs turns; noise: half the quartiles' distances; GB/s of JSON"
if [ "$size" = small ]; then
  echo "A small input: these figures say that it runs, and nothing else."
fi
echo
{
  echo "what|GB/s|baseline|ratio|noise|aim|met"
  cat "$table"
} | awk -F'|' '{ printf "%-62s %9s %9s %8s %6s %6s  %s\n", $1, $2, $3, $4, $5, $6, $7 }'
for row in "${skipped[@]}"; do
  echo "skipped: $row"
done
