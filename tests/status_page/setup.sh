#!/usr/bin/env bash
# Installs what these tests need beside Node: Playwright's driver and axe-core from npm, as the lock file says, and Debian's
# Chromium. A second run takes a moment.
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
