#!/usr/bin/env bash
# Installs the proxies of these tests into $PROXIES_CACHE: Debian's nginx and HAProxy, only unpacked (installing would start
# both as system services), and Caddy, built from its Go module. tests/interop/setup.sh installs the MCP client from PyPI.
# Does nothing if it is up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../go/programs.sh"
cache=${PROXIES_CACHE:-$here/.cache}
packages=(nginx haproxy liblua5.3-0 libopentracing1 libopentracing-c-wrapper0)

unpack_debian_packages() {
  local stamp package
  # On other systems than Debian the programs must be on the PATH.
  if ! command -v apt-get >/dev/null; then
    say "No apt here; required on the PATH: nginx haproxy"
    return
  fi
  stamp=$(apt-cache policy "${packages[@]}" | grep Candidate | checksum)
  if is_current "$cache/debian" "$stamp"; then return; fi
  say "Unpacking nginx and haproxy"
  rm -rf "$cache/debian" "$cache/packages"
  mkdir -p "$cache/debian" "$cache/packages"
  (cd "$cache/packages" &&
    { apt-get -q download "${packages[@]}" 2>/dev/null || { as_root apt-get -q update; apt-get -q download "${packages[@]}"; }; })
  for package in "$cache"/packages/*.deb; do
    dpkg --fsys-tarfile "$package" | tar -x -C "$cache/debian"
  done
  rm -r "$cache/packages"
  LD_LIBRARY_PATH=$(echo "$cache"/debian/usr/lib/*-linux-gnu) "$cache/debian/usr/sbin/haproxy" -v >/dev/null
  "$cache/debian/usr/sbin/nginx" -v 2>/dev/null
  echo "$stamp" >"$cache/debian/.stamp"
}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
unpack_debian_packages
"$here/../interop/setup.sh" mcp2 9>&- &
client=$!
build_go_program "$cache/caddy" "$here/caddy" caddy .
wait "$client" || die "the client could not be installed; see above"
