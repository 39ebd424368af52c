#!/usr/bin/env bash
# Checks what is packed, with figures: how exposed the service is, how hardened the program, the
# manual, and the package for Debian, which it builds from build/release.
#
#   tools/package/check.sh             seconds; tools/setup.sh --dev installs what it needs
#   tools/package/check.sh --install   also installs the package into a throw-away Debian 12,
#                                      upgrades, removes and purges it, then boots that Debian in a
#                                      container and does the same with a service that works:
#                                      minutes, as root, with debootstrap, systemd-nspawn and a
#                                      mirror of Debian (MIRROR)
set -euo pipefail
cd "$(dirname "$0")/../.."

build=build/release
program="$build/tools/tagtill"
# Of `systemd-analyze security`, in tenths: 0 is shut, 100 is open.
exposure_max=20
mirror="${MIRROR:-http://deb.debian.org/debian}"

fail() {
  echo "check.sh: $*" >&2
  exit 1
}
case "${1:-}" in
  "" | --install) ;;
  *) echo "check.sh: unknown option $1. Use no option, or --install." >&2 && exit 2 ;;
esac
[ -x "$program" ] || fail "$program is not there. tools/test.sh builds it."
scratch="$(mktemp -d)"
trap 'rm -rf --one-file-system "$scratch"' EXIT

said() { printf '%-34s %s\n' "$1" "$2"; }

# --- The service ---------------------------------------------------------------------------

service() {
  local unit=tools/package/tagtill.service
  systemd-analyze security --no-pager --offline=true --threshold="$exposure_max" "$unit" \
    >"$scratch/exposure" || {
    cat "$scratch/exposure" >&2
    fail "$unit is more exposed than $exposure_max tenths."
  }
  said "exposure of the service" "$(sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p' "$scratch/exposure"), at most $((exposure_max / 10)).$((exposure_max % 10))"
}

# --- The program ---------------------------------------------------------------------------

hardened() { # WHAT PATTERN FILE
  grep -Eq -- "$2" "$3" || fail "$program has no $1 (cmake/Hardening.cmake)."
  said "$1" "$(grep -Ec -- "$2" "$3")"
}

hardening() {
  readelf -hlWd "$program" >"$scratch/headers"
  readelf -W --dyn-syms "$program" >"$scratch/symbols"
  hardened "position-independent executable" 'Type: +DYN \(Position' "$scratch/headers"
  hardened "symbols bound at the start" 'FLAGS.*NOW' "$scratch/headers"
  hardened "relocations read-only (segments)" 'GNU_RELRO' "$scratch/headers"
  hardened "stack without code" 'GNU_STACK .* RW ' "$scratch/headers"
  hardened "stack protector (symbols)" 'UND __stack_chk_fail' "$scratch/symbols"
  hardened "checked copies (symbols)" 'UND __[a-z]+_chk' "$scratch/symbols"
  # What no program shows.
  local files clashing
  files="$(grep -c '"file": .*/\(engine\|ingest\|sinks\|tools\)/' "$build/compile_commands.json")"
  clashing="$(grep -A1 '"command": .*-fstack-clash-protection' "$build/compile_commands.json" |
    grep -c '"file": .*/\(engine\|ingest\|sinks\|tools\)/')"
  [ "$files" -eq "$clashing" ] ||
    fail "only $clashing of $files files are compiled with -fstack-clash-protection."
  said "stack clash protection (files)" "$clashing of $files"
}

# --- The manual ----------------------------------------------------------------------------

manual() {
  tools/package/manual.sh "$program" "$scratch/tagtill.1"
  LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$scratch/tagtill.1" \
    2>"$scratch/warnings" >/dev/null
  # Whether other manuals are installed here is not its fault.
  mandoc -Tlint "$scratch/tagtill.1" 2>&1 | grep -v 'outdated mandoc.db' >>"$scratch/warnings" || true
  if [ -s "$scratch/warnings" ]; then
    cat "$scratch/warnings" >&2
    fail "the manual has warnings."
  fi
  said "manual (lines, without a warning)" "$(wc -l <"$scratch/tagtill.1")"
}

# --- The package ---------------------------------------------------------------------------

# Prints the path.
build_package() { # RELEASE
  cpack --config "$build/CPackConfig.cmake" -B "$scratch/packages" \
    -D "CPACK_DEBIAN_PACKAGE_RELEASE=$1" >"$scratch/cpack" 2>&1 || {
    cat "$scratch/cpack" >&2
    fail "cpack could not make the package."
  }
  find "$scratch/packages" -maxdepth 1 -name "tagtill_*-$1_*.deb"
}

package() {
  cmake --build "$build" --target tagtill tagtill_manual >"$scratch/build" || {
    cat "$scratch/build" >&2
    fail "the program could not be built."
  }
  deb="$(build_package 1)"
  dpkg-deb -x "$deb" "$scratch/root"
  local path
  for path in usr/bin/tagtill etc/tagtill/tagtill.toml usr/lib/systemd/system/tagtill.service \
    usr/lib/sysusers.d/tagtill.conf usr/share/bash-completion/completions/tagtill \
    usr/share/man/man1/tagtill.1.gz usr/share/doc/tagtill/copyright \
    usr/share/doc/tagtill/docs/serving.md; do
    [ -s "$scratch/root/$path" ] || fail "$path is not in the package."
  done
  "$scratch/root/usr/bin/tagtill" config show \
    --config "$scratch/root/etc/tagtill/tagtill.toml" >/dev/null
  [ "$(dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles)" = /etc/tagtill/tagtill.toml ] ||
    fail "the configuration is no conffile of the package."
  # Another package's.
  install -D /bin/true "$scratch/root/bin/kill"
  systemd-analyze verify --man=no --recursive-errors=no --root="$scratch/root" tagtill.service ||
    fail "systemd does not like the service as it is packed."
  said "package (bytes)" "$(basename "$deb"), $(stat -c %s "$deb")"
  said "needs (packages)" "$(dpkg-deb -f "$deb" Depends | tr , '\n' | wc -l)"
}

# --- Installing it -------------------------------------------------------------------------

inside() { chroot "$scratch/debian" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

# Runs it and shows what it said only if it fails.
quietly() {
  "$@" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "this failed: $*"
  }
}

installed() { # PATH...
  local path
  for path in "$@"; do
    [ -e "$scratch/debian$path" ] || fail "$path should be there."
  done
}
gone() { # PATH...
  local path
  for path in "$@"; do
    [ ! -e "$scratch/debian$path" ] || fail "$path should not be there."
  done
}

installation() {
  [ "$(id -u)" -eq 0 ] || fail "--install makes a root of its own: run it as root."
  local debian="$scratch/debian" conf=/etc/tagtill/tagtill.toml
  quietly debootstrap --variant=minbase bookworm "$debian" "$mirror"
  # No service is to be started in there.
  printf '#!/bin/sh\nexit 101\n' >"$debian/usr/sbin/policy-rc.d"
  chmod 755 "$debian/usr/sbin/policy-rc.d"
  inside find / -xdev \( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log \) -prune \
    -o -print | LC_ALL=C sort >"$scratch/before"

  cp "$deb" "$debian/root/first.deb"
  quietly inside apt-get install -y --no-install-recommends /root/first.deb
  inside tagtill version | grep -q '^tagtill ' || fail "the installed program does not run."
  inside getent passwd tagtill >/dev/null || fail "there is no user tagtill."
  [ "$(inside stat -c '%U %a' "$conf")" = "root 644" ] || fail "$conf is not root's."
  inside tagtill config show --config "$conf" >/dev/null
  said "installed" "tagtill version runs, the configuration is read"

  # What an operator adds, and what a service leaves.
  echo '# ours' >>"$debian$conf"
  openssl rand -hex 32 >"$debian/etc/tagtill/secret"
  inside install -d -o tagtill -g tagtill /var/lib/tagtill
  echo state >"$debian/var/lib/tagtill/programme.state"

  cp "$(build_package 2)" "$debian/root/second.deb"
  quietly inside apt-get install -y /root/second.deb
  inside dpkg-query -W -f '${Version}' tagtill | grep -q -- '-2$' || fail "it is not upgraded."
  grep -q '^# ours$' "$debian$conf" || fail "the upgrade has replaced the configuration."
  inside tagtill version | grep -q '^tagtill ' || fail "the upgraded program does not run."
  installed /var/lib/tagtill/programme.state /etc/tagtill/secret
  said "upgraded" "the changed configuration is kept"

  quietly inside apt-get remove -y tagtill
  gone /usr/bin/tagtill /usr/lib/systemd/system/tagtill.service \
    /usr/share/bash-completion/completions/tagtill /usr/share/doc/tagtill
  installed "$conf" /var/lib/tagtill/programme.state /etc/tagtill/secret
  said "removed" "state, secret and configuration are kept"

  quietly inside apt-get purge -y tagtill
  gone "$conf"
  installed /var/lib/tagtill/programme.state /etc/tagtill/secret
  grep -q '/var/lib/tagtill is kept' "$scratch/log" || fail "a purge does not say what it keeps."
  said "purged" "state and secret are kept, and that is said"

  # Once more without anything of an operator's: nothing is left.
  rm -r "$debian/var/lib/tagtill" "$debian/etc/tagtill"
  quietly inside apt-get install -y /root/first.deb
  quietly inside apt-get purge -y tagtill
  gone /etc/tagtill /var/lib/tagtill /usr/bin/tagtill
  inside dpkg-query -W tagtill >/dev/null 2>&1 && fail "dpkg still knows it."
  inside find / -xdev -path '*tagtill*' -not -path '/proc/*' | LC_ALL=C sort >"$scratch/left"
  comm -13 "$scratch/before" "$scratch/left" >"$scratch/more"
  if [ -s "$scratch/more" ]; then
    cat "$scratch/more" >&2
    fail "a purge leaves these."
  fi
  said "installed and purged" "no file is left"
}

# --- The service at work ---------------------------------------------------------------------

# What is done in the booted Debian, as its last service.
as_an_operator() {
  cat <<'INSIDE'
#!/bin/bash
exec >/root/log 2>&1
fail() { echo "$*"; journalctl -u tagtill -o cat --no-pager; systemctl poweroff; exit 1; }
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}
main_pid() { systemctl show -P MainPID tagtill; }
works_anew() { [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && systemctl -q is-active tagtill; }
said() { journalctl -u tagtill -o cat --no-pager | grep -q "$1"; }
passed() { echo "$1" >>/root/passed; }

systemctl start tagtill || fail "it does not start"
passed start
tagtill send --to tcp:127.0.0.1:7077 --stream tcp --speed max /root/corpus/posts.json ||
  fail "nothing can be sent to its port"
tagtill send --to unix:/run/tagtill/tagtill.sock --stream unix --speed max /root/corpus/posts.json ||
  fail "nothing can be sent to its socket"
passed send
systemctl reload tagtill || fail "it cannot be told to reload"
until_true 30 said 'were read anew' || fail "it does not reload"
passed reload
pid="$(main_pid)"
systemctl kill -s KILL tagtill
until_true 60 works_anew "$pid" || fail "it is not started again"
passed "kill -9"
pid="$(main_pid)"
dpkg -i /root/second.deb || fail "it cannot be upgraded"
until_true 60 works_anew "$pid" || fail "the upgrade does not restart it"
passed upgrade
dpkg -r tagtill || fail "it cannot be removed"
systemctl -q is-active tagtill && fail "the removal does not stop it"
said 'the tier has ended' || fail "it was not stopped in order"
passed remove
systemctl poweroff
INSIDE
}

boot() {
  local debian="$scratch/debian"
  quietly inside apt-get install -y /root/first.deb
  rm "$debian/usr/sbin/policy-rc.d"
  quietly inside tagtill corpus generate --posts 20000 --out /root/corpus
  cp "$debian"/root/corpus/{offers.jsonl,members.jsonl,secret} "$debian/etc/tagtill/"
  as_an_operator >"$debian/root/operator"
  chmod 755 "$debian/root/operator"
  printf '%s\n' '[Unit]' 'After=multi-user.target' '[Service]' 'Type=oneshot' \
    'ExecStart=/root/operator' >"$debian/etc/systemd/system/operator.service"
  mkdir -p "$debian/etc/systemd/system/multi-user.target.wants"
  ln -s ../operator.service "$debian/etc/systemd/system/multi-user.target.wants/"
  timeout --kill-after=10 300 systemd-nspawn -q -D "$debian" --private-network --register=no --keep-unit \
    --boot </dev/null >"$scratch/boot" 2>&1 || true
  if ! grep -qx remove "$debian/root/passed" 2>/dev/null; then
    tail -n 20 "$scratch/boot" >&2
    cat "$debian/root/log" >&2 || true
    fail "the service does not work as it is packed."
  fi
  local purchases
  purchases="$(sqlite3 "$debian/var/lib/tagtill/purchases.db" 'SELECT count(*) FROM purchases')"
  [ "$purchases" -eq "$(wc -l <"$debian/root/corpus/purchases.jsonl")" ] ||
    fail "the service has found $purchases purchases, which are not all, or too many."
  said "at work, in its sandbox" "$(paste -sd, "$debian/root/passed" | sed 's/,/, /g'); $purchases purchases"
}

service
hardening
manual
package
if [ "${1:-}" = --install ]; then
  installation
  boot
fi
