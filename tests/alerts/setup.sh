#!/usr/bin/env bash
# Unpacks Debian's Prometheus and Alertmanager, with promtool and amtool, into $ALERTS_CACHE/bin. The packages are not
# installed, because that would start both as system services. Only Alertmanager's templates go to their regular place.
# Does nothing if it is up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${ALERTS_CACHE:-$here/.cache}
packages=(prometheus prometheus-alertmanager)
templates=usr/share/prometheus/alertmanager # the only place where Debian's Alertmanager looks for them
programs=(prometheus promtool prometheus-alertmanager amtool)

# On other systems than Debian the programs must be on the PATH.
if ! command -v apt-get >/dev/null; then
  say "No apt here; required on the PATH: ${programs[*]}"
  exit
fi

stamp=$(apt-cache policy "${packages[@]}" | grep Candidate | checksum)
if is_current "$cache/bin" "$stamp" && [ -e "/$templates" ]; then exit; fi
say "Unpacking ${packages[*]}"
rm -rf "$cache"
mkdir -p "$cache/bin" "$cache/packages"
cd "$cache/packages"
apt-get -q download "${packages[@]}" 2>/dev/null || { as_root apt-get -q update; apt-get -q download "${packages[@]}"; }
for package in *.deb; do
  dpkg --fsys-tarfile "$package" | tar -x -C "$cache/bin" --strip-components=3 --wildcards './usr/bin/*'
done
if [ ! -e "/$templates" ]; then
  dpkg --fsys-tarfile prometheus-alertmanager_*.deb | as_root tar -x -C / "./$templates"
fi
rm -r "$cache/packages"
for program in "${programs[@]}"; do "$cache/bin/$program" --version >/dev/null 2>&1; done
echo "$stamp" >"$cache/bin/.stamp"
