#!/usr/bin/env bash
# Checks the form of the code (clang 14's tools: tools/setup.sh --dev).
#
#   tools/lint.sh          formatting, seconds
#   tools/lint.sh --fix    formats the files
#   tools/lint.sh --tidy   clang-tidy on all files as well, minutes
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(find engine ingest sinks corpus tools tests bench \
  \( -name '*.h' -o -name '*.cc' \) | LC_ALL=C sort)

case "${1:-}" in
  --fix)
    clang-format-14 -i "${files[@]}"
    ;;
  "" | --tidy)
    clang-format-14 --dry-run -Werror "${files[@]}" || {
      echo "lint.sh: tools/lint.sh --fix formats them." >&2
      exit 1
    }
    ;;
  *)
    echo "lint.sh: unknown option $1. Use no option, --fix or --tidy." >&2
    exit 2
    ;;
esac

if [ "${1:-}" = --tidy ]; then
  cmake --preset clang >/dev/null
  printf '%s\n' "${files[@]}" | grep '\.cc$' |
    xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p build/clang
fi
