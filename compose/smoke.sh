#!/usr/bin/env bash
# Asks the running stack, through LiteLLM, for the tools of all nine services, and calls one tool of each; see --help.
set -euo pipefail

usage() {
  cat <<'END'
compose/smoke.sh [--without SERVICE]... [--patience SECONDS]

Waits until the services are ready (120 s), lists the tools of each through LiteLLM and calls one. Prints a table. The exit
code is 0 when every call came back as it should.

  --without SERVICE   it may be unavailable: github, say, where there is no token. It is in the table, as left out.

Environment: SMOKE_PAGE is what the fetch service is asked for (https://example.com/). Needs Docker and its Compose; what asks
runs within LiteLLM's container, so no key is read or shown.
END
}

case "${1-}" in --help | -h) usage; exit ;; esac
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
compose=(docker compose)
if [ -n "${COMPOSE-}" ]; then read -ra compose <<<"$COMPOSE"; elif ! docker compose version >/dev/null 2>&1; then compose=(docker-compose); fi
cd "$here"
exec "${compose[@]}" exec -T litellm python3 - --page "${SMOKE_PAGE:-https://example.com/}" "$@" <smoke.py
