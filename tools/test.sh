#!/usr/bin/env bash
# Installs what is missing, builds the program as it is shipped, and runs all
# tests. Arguments go to ctest, as `tools/test.sh -R P5`.
#
# TAGTILL_SEEDS is how many random streams the differential tests try.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/setup.sh --test
cmake --preset release -DTAGTILL_TESTS=ON -DTAGTILL_BENCH=ON >/dev/null
cmake --build --preset release
ctest --preset release --parallel "$(nproc)" "$@"
