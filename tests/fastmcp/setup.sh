#!/usr/bin/env bash
# Installs FastMCP 3 where tests/interop has its programs, pinned there with hashes. It brings the Python SDK that these
# tests use. Does nothing if it is up to date.
set -euo pipefail

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")/../interop" && pwd)

"$interop/setup.sh" fastmcp
# Importing it takes three seconds without compiled files, and the tests start more than twenty processes.
env -u PYTHONDONTWRITEBYTECODE "${INTEROP_CACHE:-$interop/.cache}/venv-fastmcp/bin/python" -c \
  'import fastmcp, fastmcp.client.transports, mcp.client.sse, mcp.server.stdio'
