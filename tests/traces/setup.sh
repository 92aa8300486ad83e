#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of these tests from its Go modules into $TRACES_CACHE, which takes a minute or two. Does
# nothing if it is up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../go/programs.sh"
cache=${TRACES_CACHE:-$here/.cache}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
build_go_program "$cache/collector" "$here/collector" collector .
