#!/usr/bin/env bash
# Lists the tools of all nine services through LiteLLM in the running stack, and calls one tool of each; see --help.
set -euo pipefail

usage() {
  cat <<'END'
compose/smoke.sh [--without SERVICE]... [--patience SECONDS]

Waits until the services are ready (120 s), lists the tools of each through LiteLLM and calls one. Prints a table. The exit
code is 0 if every call succeeded.

  --without SERVICE   tolerate that this service is unavailable, such as github without a token; the table shows it as left out

Environment: SMOKE_PAGE is the URL for the fetch service (https://example.com/). Requires Docker and Compose; the requests are
sent from LiteLLM's container, so no key is read or shown.
END
}

case "${1-}" in --help | -h) usage; exit ;; esac
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
compose=(docker compose)
if [ -n "${COMPOSE-}" ]; then read -ra compose <<<"$COMPOSE"; elif ! docker compose version >/dev/null 2>&1; then compose=(docker-compose); fi
cd "$here"
exec "${compose[@]}" exec -T litellm python3 - --page "${SMOKE_PAGE:-https://example.com/}" "$@" <smoke.py
