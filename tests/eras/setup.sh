#!/usr/bin/env bash
# Installs the SDKs for TypeScript and Python where tests/interop has them, and builds the client on the Go SDK from its
# Go modules into $ERAS_CACHE. Does nothing if they are up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../go/programs.sh"
cache=${ERAS_CACHE:-$here/.cache}

"$root/tests/interop/setup.sh" clients mcp1 mcp2

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
build_go_program "$cache/client" "$here/clients/go" eras-client .
