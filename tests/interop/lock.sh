#!/usr/bin/env bash
# Updates the lock files after a version below or in node/package.json was changed. Needs `uv` (PyPI) and npm.
# The Python locks are for Debian 12's Python 3.11; the hashes cover the files of all platforms. LiteLLM: an exact, reviewed
# version, never 1.82.7 or 1.82.8, which were malicious.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

lock_python() { # NAME REQUIREMENT
  {
    echo "# $2 and all it needs, for Python 3.11, locked with hashes by ../lock.sh; do not edit by hand."
    echo "$2" | uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-build --python-version 3.11 \
      --no-emit-index-url --no-emit-find-links -
  } >"python/requirements-$1.txt"
}

lock_python mcp1 'mcp==1.30.0'
lock_python mcp2 'mcp==2.3.0'
lock_python fastmcp 'fastmcp==3.4.11' # of tests/fastmcp
lock_python litellm 'litellm[proxy]==1.104.1'
lock_python uv 'uv==0.13.9' # only used to install the others quickly

(cd node && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund)
