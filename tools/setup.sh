#!/usr/bin/env bash
# Installs what the build needs, with apt (Debian 12; with sudo when not root).
# Does nothing when all is there.
#
#   tools/setup.sh          to build and run the program, and for the demo
#   tools/setup.sh --test   what the tests need as well
#   tools/setup.sh --bench  what bench/ compares with and plots with, as well as the first
#   tools/setup.sh --dev    all of these, and clang 14 with its tools and sanitizers
set -euo pipefail

# A bare name must be installed as a package; of `command:package` it is enough
# that the command is there, wherever it comes from.
wanted=(
  g++ cmake:cmake ninja:ninja-build pkg-config:pkg-config git:git sqlite3:sqlite3
  libsimdjson-dev libjemalloc-dev libcli11-dev libfmt-dev libsqlite3-dev libutf8proc-dev
  libssl-dev libhwy-dev libicu-dev libconcurrentqueue-dev
  libpq-dev libcurl4-openssl-dev libtomlplusplus-dev libcpp-httplib-dev libspdlog-dev
  libsystemd-dev
  libarchive-dev zlib1g-dev libbz2-dev liblzma-dev libzstd-dev liblz4-dev
)
# Hyperscan is for Intel processors; Vectorscan is the same library for others.
case "$(dpkg --print-architecture 2>/dev/null || uname -m)" in
  amd64 | i386 | x86_64) wanted+=(libhyperscan-dev) ;;
  *) wanted+=(libvectorscan-dev) ;;
esac
test_wanted=(libgtest-dev libbenchmark-dev libyaml-cpp-dev bzip2:bzip2 faketime)
dev_wanted=(clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14
  xz:xz-utils zstd:zstd lz4:lz4 zip:zip time valgrind:valgrind
  systemd-analyze:systemd dpkg-shlibdeps:dpkg-dev file:file man:man-db groff:groff-base mandoc:mandoc
  debootstrap:debootstrap systemd-nspawn:systemd-container)
# Tests compare with an npm package, look at a page in a browser, and start a database server
# of their own, benchmarks compare with other programs; without these they are skipped by name.
optional=()
test_optional=(node:nodejs npm:npm chromium:chromium postgresql openssl:openssl)
bench_optional=(rg:ripgrep node:nodejs python3:python3 jq:jq bzip2:bzip2 zstd:zstd
  gnuplot:gnuplot-nox time)

case "${1:-}" in
  "") ;;
  --test)
    wanted+=("${test_wanted[@]}")
    optional=("${test_optional[@]}")
    ;;
  --bench)
    optional=("${bench_optional[@]}")
    ;;
  --dev)
    wanted+=("${test_wanted[@]}" "${dev_wanted[@]}")
    optional=("${test_optional[@]}" "${bench_optional[@]}")
    ;;
  *)
    echo "setup.sh: unknown option $1. Use no option, --test, --bench or --dev." >&2
    exit 2
    ;;
esac

is_there() {
  case "$1" in
    *:*) command -v "${1%%:*}" >/dev/null ;;
    *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

missing_of() {
  local item
  for item in "$@"; do
    is_there "$item" || echo "${item##*:}"
  done
}

# Names of packages have no spaces. (No <(…): a chroot may lack /dev/fd.)
missing=($(missing_of "${wanted[@]}"))
missing_optional=($(missing_of "${optional[@]}"))
if [ ${#missing[@]} -eq 0 ] && [ ${#missing_optional[@]} -eq 0 ]; then
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "setup.sh: there is no apt-get here. Install by other means: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: packages are missing, and neither are we root nor is there sudo." >&2
    echo "As root: apt-get install ${missing[*]} ${missing_optional[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

log="$(mktemp)"
trap 'rm -f "$log"' EXIT

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1
}

# A broken source of somebody else's does not matter if ours can be found.
apt update || true
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}"
  if ! apt install --no-install-recommends "${missing[@]}"; then
    cat "$log" >&2
    echo "setup.sh: apt-get could not install all of: ${missing[*]}" >&2
    exit 1
  fi
fi
if [ ${#missing_optional[@]} -gt 0 ]; then
  echo "Installing: ${missing_optional[*]}"
  if ! apt install --no-install-recommends "${missing_optional[@]}"; then
    echo "These could not be installed; what needs them will be skipped."
  fi
fi
