#!/usr/bin/env bash
# What each knob and each size does to the speed: sweeps offers, members, the share of
# candidates, lanes, shards and block sizes, one at a time, and measures every point
# against `wc -l` in the same turns.
#
#   bench/scaling.sh [--data DIR] [--sweeps "SWEEP..."] [DUMP...]
#
#   --data DIR   where the inputs are made (a temporary folder); 8 GB. In it afterwards:
#                scaling.csv (a line a point), scaling-runs.csv (every run), scaling.svg
#   --sweeps     some of: offers members candidates lanes shards block-bytes (all)
#   DUMP...      the recording to weave into (../shared/data/spritzer; a made up one)
#
#   SIZE     full: 300 MB and 1.5 GB; small: a few MB and few points, to see that it runs
#   RUNS     how many turns (5); TAGTILL the program; CORES the processors to pin to (0,1)
#
# Figures are slopes, as in bench/peers.sh: by processor time on one core, but for lanes:
# these by wall time on all of CORES. What is not swept is 5,000 offers, 100,000 members, a
# candidate in 1,000 lines, one lane, and the program's own choice of shards and blocks.
set -euo pipefail
cd "$(dirname "$0")/.."

name=scaling.sh
data=""
sweeps="offers members candidates lanes shards block-bytes"
while [ $# -gt 0 ]; do
  case "$1" in
    --data) data="$2" && shift 2 ;;
    --sweeps) sweeps="$2" && shift 2 ;;
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

declare -A points
case "$size" in
  full)
    bytes=300000000 offers=5000 members=100000
    points=(
      [offers]="10 100 1000 5000 10000 100000"
      [members]="1000 10000 100000 1000000"
      [candidates]="0.0001 0.001 0.01 0.03 0.1 0.3"
      [lanes]="1 2 3 4"
      [shards]="1 2 4 8 16 32 64"
      [block-bytes]="4096 16384 65536 131072 262144 524288 1048576 4194304"
    )
    ;;
  small)
    bytes=8000000 offers=500 members=1000
    points=(
      [offers]="10 1000" [members]="1000 10000" [candidates]="0.001 0.1"
      [lanes]="1 2" [shards]="1 8" [block-bytes]="4096 262144"
    )
    ;;
  *) fail "SIZE is full or small." ;;
esac
choose_background "$size" "$@"
begin_csv "$data/scaling-runs.csv"
summary="$data/scaling.csv"
echo "sweep,value,gb_per_s,wc_gb_per_s,ratio,noise" >"$summary"
skipped=()

# Words of $options are options.
# shellcheck disable=SC2086
replay_point() { replay "$(dirname "$1")" "$1" --sink null: $options; }

# One point: a replay with some options on some processors, and wc -l.
measure() { # SWEEP VALUE INPUT wall|cpu CORES OPTION...
  local sweep="$1" value="$2" short="$data/$3-short/posts.json" long="$data/$3-long/posts.json"
  local clock="$4" on="$5" point
  shift 5
  options="$*"
  contestant replay "$on" replay_point "$short" "$long"
  contestant wc "$core" count_lines "$short" "$long"
  race "$sweep=$value"
  point="$sweep,$value,$(slopes "$csv" "$sweep=$value" replay wc "$clock" | tr ' ' ,)"
  echo "$point" | tee -a "$summary"
}

one_lane="$(if_known --lanes 1)"

# An input for each value, gone after its point.
sweep_inputs() { # SWEEP OFFERS MEMBERS CANDIDATES, one of them VALUE
  local value
  for value in ${points[$1]}; do
    weave_pair "$1" "$bytes" --offers "${2/VALUE/$value}" --members "${3/VALUE/$value}" \
      --candidates "${4/VALUE/$value}"
    # shellcheck disable=SC2086
    measure "$1" "$value" "$1" cpu "$core" $one_lane
    rm -rf "${data:?}/$1-short" "$data/$1-long"
  done
}

# One input, an option with each value.
sweep_option() { # SWEEP OPTION
  local value
  if ! has_option "$2"; then
    skipped+=("$1 (this program has no $2)")
    return
  fi
  weave_pair knobs "$bytes" --offers "$offers" --members "$members" --candidates 0.001
  for value in ${points[$1]}; do
    if [ "$1" = lanes ]; then
      measure "$1" "$value" knobs wall "$cores" "$2" "$value"
    else
      # shellcheck disable=SC2086
      measure "$1" "$value" knobs cpu "$core" "$2" "$value" $one_lane
    fi
  done
}

machine
for sweep in $sweeps; do
  case "$sweep" in
    offers) sweep_inputs offers VALUE "$members" 0.001 ;;
    members) sweep_inputs members "$offers" VALUE 0.001 ;;
    candidates) sweep_inputs candidates "$offers" "$members" VALUE ;;
    lanes | shards | block-bytes) sweep_option "$sweep" "--$sweep" ;;
    *) fail "there is no sweep $sweep. See its first lines." ;;
  esac
done

# A panel a sweep: the ratio to wc -l with its noise, the value on a logarithmic axis.
plot() {
  local sweep columns=3 count=0 rows
  for sweep in $sweeps; do
    if grep -q "^$sweep," "$summary"; then
      count=$((count + 1))
      grep "^$sweep," "$summary" >"$scratch/plot-$sweep"
    fi
  done
  rows=$(((count + columns - 1) / columns))
  {
    echo "set terminal svg size 1050,$((320 * rows)) font 'sans-serif,12' background '#ffffff'"
    echo "set output '$data/scaling.svg'"
    echo "set datafile separator ','"
    echo "set multiplot layout $rows,$columns title 'tagtill replay against wc -l on the same bytes'"
    echo "set key off; set grid; set logscale x; set yrange [0:*]; set format x '%g'"
    for sweep in $sweeps; do
      if [ -e "$scratch/plot-$sweep" ]; then
        echo "set title '$sweep'; set ylabel 'x wc -l'; set xtics rotate by -30"
        echo "set xrange [*:*]; set offsets graph 0.05, graph 0.05, 0, 0"
        echo "plot '$scratch/plot-$sweep' using 2:5:(\$5*\$6) with yerrorbars lc '#1f77b4' pt 7 ps 0.5," \
          "'' using 2:5 with lines lc '#1f77b4'"
      fi
    done
    echo "unset multiplot"
  } | gnuplot
}
if command -v gnuplot >/dev/null; then
  plot
else
  skipped+=("the plot (no gnuplot)")
fi

for sweep in "${skipped[@]}"; do
  echo "skipped: $sweep"
done
echo "$summary"
