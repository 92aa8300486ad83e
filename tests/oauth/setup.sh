#!/usr/bin/env bash
# Installs an authorization server and the TypeScript SDK from npm into $OAUTH_CACHE, pinned by package-lock.json. The
# Python SDK is the one of tests/interop. Does nothing if they are up to date.
#
# To update the lock file: npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${OAUTH_CACHE:-$here/.cache}

"$root/tests/interop/setup.sh" mcp1

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
stamp=$(cat "$here/package.json" "$here/package-lock.json" | checksum)
if ! is_current "$cache/programs" "$stamp"; then
  say "Installing an authorization server from npm"
  rm -rf "$cache/programs"
  mkdir -p "$cache/programs"
  cp "$here"/package*.json "$cache/programs/"
  (cd "$cache/programs" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$cache/programs/.stamp"
fi
