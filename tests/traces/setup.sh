#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of these tests from its Go modules, pinned by collector/go.sum, into
# $TRACES_CACHE. Takes a minute or two once; a second run takes a moment. Exit code 77: there is no Go.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TRACES_CACHE:-$here/.cache}
stamp=$(cat "$here"/collector/go.mod "$here"/collector/go.sum "$here"/collector/main.go | sha256sum | cut -d' ' -f1)

say() { printf 'traces setup: %s\n' "$*"; }

if [ -x "$cache/collector" ] && [ "$(cat "$cache/.stamp" 2>/dev/null)" = "$stamp" ]; then
  say "collector: up to date"
  exit 0
fi
command -v go >/dev/null || { say "there is no Go: install 1.21 or newer, which fetches what go.mod asks for" >&2; exit 77; }
say "collector: building ..."
begun=$SECONDS
mkdir -p "$cache"
(cd "$here/collector" && nice go build -trimpath -o "$cache/collector" .)
echo "$stamp" >"$cache/.stamp"
say "collector: built in $((SECONDS - begun)) s"
