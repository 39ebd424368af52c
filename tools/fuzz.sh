#!/usr/bin/env bash
# Builds the fuzz targets (clang 14, libFuzzer, address and undefined-behaviour
# sanitizers) and runs them one after the other. A finding ends it with 1, and says in
# which file the input lies.
#
#   tools/fuzz.sh [SECONDS [TARGET...]]     30 s each; line scanner hashtag catalogue
#                                           config control dump state
#
# What was learned stays in build/fuzz/corpus and is where the next run begins. Before
# the others the canary, a target with a fault in it, must be found.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-30}"
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  targets=(line scanner hashtag catalogue config control dump state)
fi

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
folder=build/fuzz

# Packed dumps are not kept in the repository: they are made of a plain one.
seed_dumps() {
  local to="$1" line=tests/fuzz/seeds/dump/lines
  gzip -c "$line" >"$to/seed.gz"
  bzip2 -c "$line" >"$to/seed.bz2"
  xz -c "$line" >"$to/seed.xz"
  zstd -qc "$line" >"$to/seed.zst"
  lz4 -qc "$line" >"$to/seed.lz4" 2>/dev/null
  tar -C tests/fuzz/seeds/dump -cf "$to/seed.tar" lines mark
  tar -C "$to" -cf "$to/nested.tar" seed.bz2 seed.tar
  rm -f "$to/seed.zip"
  zip -qj "$to/seed.zip" tests/fuzz/seeds/dump/lines tests/fuzz/seeds/dump/mark
}

run() {
  local target="$1" corpus="$folder/corpus/$1"
  shift
  mkdir -p "$corpus"
  if [ "$target" = dump ]; then
    seed_dumps "$corpus"
  fi
  "$folder/tests/fuzz/fuzz_$target" "$corpus" "tests/fuzz/seeds/$target" \
    -dict=tests/fuzz/post.dict -artifact_prefix="$folder/finding-$target-" \
    -max_len=2048 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 "$@"
}

rm -rf "$folder/corpus/canary"
if run canary -max_total_time=120 >"$folder/canary.log" 2>&1 ||
  ! grep -q heap-buffer-overflow "$folder/canary.log"; then
  echo "fuzz.sh: the canary was not found. See $folder/canary.log." >&2
  exit 1
fi
echo "The canary was found."

for target in "${targets[@]}"; do
  echo "Fuzzing $target for $seconds s"
  if ! run "$target" -max_total_time="$seconds" >"$folder/$target.log" 2>&1; then
    tail -n 40 "$folder/$target.log" >&2
    echo "fuzz.sh: a finding in $target; its input is $folder/finding-$target-…" >&2
    exit 1
  fi
  grep -E "number_of_executed_units|new_units_added" "$folder/$target.log"
done
