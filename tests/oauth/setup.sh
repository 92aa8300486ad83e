#!/usr/bin/env bash
# Installs an authorization server, the TypeScript SDK and mcp-remote from npm into $OAUTH_CACHE, pinned by package-lock.json.
# The Python SDK, the Inspector and LiteLLM are those of tests/interop. Does nothing if they are up to date.
#
# To update the lock file: npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${OAUTH_CACHE:-$here/.cache}

"$root/tests/interop/setup.sh" mcp1 clients litellm

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
stamp=$(cat "$here/package.json" "$here/package-lock.json" | checksum)
if ! is_current "$cache/programs" "$stamp"; then
  say "Installing an authorization server and mcp-remote from npm"
  rm -rf "$cache/programs"
  mkdir -p "$cache/programs"
  cp "$here"/package*.json "$cache/programs/"
  (cd "$cache/programs" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$cache/programs/.stamp"
fi
