#!/usr/bin/env bash
# Installs the dependencies of these tests besides Node: Playwright's driver and axe-core from npm, pinned by the lock file, and
# Debian's Chromium. Does nothing if they are up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../../services/install"

install_packages chromium
stamp=$({ node --version; cat "$here/package-lock.json"; } | checksum)
if ! is_current "$here/node_modules" "$stamp"; then
  (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$here/node_modules/.stamp"
fi
