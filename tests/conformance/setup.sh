#!/usr/bin/env bash
# Installs MCP's conformance suite, and a Node that is new enough for it, from npm into $CONFORMANCE_CACHE, pinned by
# package-lock.json. The Python SDK of everything/ is the one of tests/interop. Does nothing if they are up to date.
#
# To update the lock file: npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${CONFORMANCE_CACHE:-$here/.cache}

"$root/tests/interop/setup.sh" mcp2

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
stamp=$(cat "$here/package.json" "$here/package-lock.json" | checksum)
if ! is_current "$cache/suite" "$stamp"; then
  say "Installing the conformance suite from npm"
  rm -rf "$cache/suite"
  mkdir -p "$cache/suite"
  cp "$here"/package*.json "$cache/suite/"
  (cd "$cache/suite" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$cache/suite/.stamp"
fi
