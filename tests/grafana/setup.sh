#!/usr/bin/env bash
# Installs the dependencies of the dashboard and log tests: Prometheus from Debian and, into $GRAFANA_CACHE, Grafana's types
# from npm, and Loki and the last Promtail built from their Go modules. There are no packages of these two, and building them
# takes about eight minutes on two cores. Does nothing if it is up to date.
#
#   tests/grafana/setup.sh            everything
#   tests/grafana/setup.sh PART...    only these: debian types loki promtail
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../go/programs.sh"
cache=${GRAFANA_CACHE:-$here/.cache}
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then parts=(debian types loki promtail); fi

install_types() {
  local target=$cache/types stamp
  stamp=$(checksum <"$here/types/package-lock.json")
  if is_current "$target" "$stamp"; then return; fi
  say "Installing Grafana's types from npm"
  rm -rf "$target"
  mkdir -p "$target"
  cp "$here"/types/package*.json "$target/"
  (cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$target/.stamp"
}

install_part() {
  case $1 in
    debian) install_packages prometheus ;;
    types) install_types ;;
    loki) build_go_program "$cache/loki" "$here/programs/loki" loki github.com/grafana/loki/v3/cmd/loki ;;
    promtail) build_go_program "$cache/promtail" "$here/programs/promtail" promtail github.com/grafana/loki/v3/clients/cmd/promtail ;;
    *) die "unknown part '$1'; expected debian, types, loki or promtail" ;;
  esac
}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
for part in "${parts[@]}"; do install_part "$part"; done
