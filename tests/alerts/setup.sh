#!/usr/bin/env bash
# Puts Debian's Prometheus and Alertmanager, with promtool and amtool, into $ALERTS_CACHE/bin. The packages are unpacked and
# not installed: installed, both would be started as services of the system. Only Alertmanager's templates go to where they
# belong. A second run takes a moment.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${ALERTS_CACHE:-$here/.cache}
packages=(prometheus prometheus-alertmanager)
templates=usr/share/prometheus/alertmanager # Debian's Alertmanager looks for them there and nowhere else
programs=(prometheus promtool prometheus-alertmanager amtool)

# Elsewhere than on Debian the programs have to be on the PATH.
if ! command -v apt-get >/dev/null; then
  say "No apt here; needed on the PATH are: ${programs[*]}"
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
