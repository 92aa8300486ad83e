# For run: the checks while the stack is up. Each aborts the run on failure.
# shellcheck shell=bash

missing_secrets_stop_it() { # COMPOSE
  local said
  : >"$work/nothing" # otherwise an existing .env would be read
  if said=$(cd "$root/compose" && env --ignore-environment PATH="$PATH" "$1" --env-file "$work/nothing" --file docker-compose.yml config 2>&1); then
    fail "$1 accepts a configuration without secrets"
  fi
  grep -q "see .env.example" <<<"$said" || fail "$1 does not say what is missing: $said"
}

understands() { (cd "$root/compose" && "$@" --env-file "$work/env" config --quiet); }

# Finds or builds a Compose v2, and sets compose_v2 to its path.
compose_v2=${COMPOSE_V2:-}
both_composes_understand_the_files() {
  local program
  if [ -z "$compose_v2" ] && command -v go >/dev/null; then
    compose_v2=${COMPOSE_TEST_FOLDER:-$work}/docker-compose-v2
    [ -x "$compose_v2" ] || (cd "$here/compose-v2" && go build -trimpath -o "$compose_v2" github.com/docker/compose/v2/cmd)
  fi
  for program in docker-compose ${compose_v2:+"$compose_v2"}; do
    missing_secrets_stop_it "$program"
    understands "$program" && understands "$program" --profile promtail &&
      understands "$program" --file docker-compose.yml --file docker-compose.aggregate.yml ||
      fail "$program refuses the files"
    echo "  $(basename "$program"): ok"
  done
  [ -n "$compose_v2" ] || echo "!!! Compose v2 was NOT tried: there is no Go to build it with, and COMPOSE_V2 names none"
}

# The image's tool count is that of the running definition; n8n's is that of the definition with an n8n, GitHub's is unknown.
labels_tell_the_number_of_tools() {
  local name label live
  for name in filesystem monitoring memory fetch postgres playwright timescaledb; do
    label=$(docker inspect --format '{{index .Config.Labels "com.mcp.tools"}}' "mcp-$name")
    live=$(docker exec "mcp-$name" mcp-gateway health | python3 -c 'import json,sys; print(*[s["tools"] for s in json.load(sys.stdin)["servers"].values() if "tools" in s])')
    [ "$name" = playwright ] && [ -z "$live" ] && continue # it has no child before the first call
    [ "$label" = "$live" ] || fail "mcp-$name is labelled with $label tools and lists $live"
  done
}

tokens_are_asked_for() {
  local port token status line
  token=$(sed -n 's/^MCP_GATEWAY_TOKEN=//p' "$work/env")
  for port in {8501..8509}; do
    status=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/sse")
    [ "$status" = 401 ] || fail "port $port answers $status to who has no token"
    # The stream does not end; its first line is sufficient.
    IFS= read -r line < <(curl -sN --max-time 10 -H "Authorization: Bearer $token" "http://127.0.0.1:$port/sse")
    [[ $line == "event: endpoint"* ]] || fail "port $port opens no stream to who has the token: $line"
  done
}

containers_are_confined() {
  local name status
  for name in "${services[@]/#/mcp-}"; do
    [ "$(docker exec "$name" id -u)" = 10001 ] || fail "$name runs as another user"
    [ "$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}}' "$name")" = true ] || fail "$name can write to its root"
    status=$(docker exec "$name" cat /proc/1/status)
    grep -qx $'CapBnd:\t0000000000000000' <<<"$status" || fail "$name can have capabilities"
    grep -qx $'NoNewPrivs:\t1' <<<"$status" || fail "$name can get new privileges"
  done
}

# reaches CONTAINER HOST PORT: whether a connection succeeds. By address if the name belongs to another network.
reaches() {
  docker exec "$1" timeout 3 bash -c ": </dev/tcp/$2/$3" 2>/dev/null
}
address_of() { # CONTAINER
  docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" | cut -d' ' -f1
}

networks_keep_apart() {
  local other
  reaches mcp_litellm_1 mcp-filesystem 8080 || fail "LiteLLM does not reach the services"
  reaches mcp-memory database 5432 || fail "memory does not reach its database"
  reaches mcp_litellm_1 "$(mirror_host)" 80 || fail "LiteLLM does not get out, to models"
  reaches mcp-fetch "$(mirror_host)" 80 || fail "fetch does not get out"
  for other in mcp-memory mcp-playwright; do
    ! reaches mcp-filesystem "$(address_of "$other")" 8080 || fail "filesystem reaches $other"
  done
  ! reaches mcp-filesystem "$(mirror_host)" 80 || fail "filesystem gets out"
  ! reaches mcp-fetch "$(address_of mcp_database_1)" 5432 || fail "fetch reaches the database"
}

prometheus_sees_all() {
  curl -s --get http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=count(up{job="mcp-gateway"} == 1)' | grep -q '"9"'
}

# The watchdog always fires: it is present once Prometheus has loaded the rules and reaches Alertmanager.
alerts_arrive() {
  curl -s http://127.0.0.1:9093/api/v2/alerts | grep -q '"alertname":"McpWatchdog"'
}
rules_can_be_evaluated() {
  local rules
  rules=$(curl -s http://127.0.0.1:9090/api/v1/rules)
  grep -q '"name":"McpGatewayDown"' <<<"$rules" || fail "Prometheus has not read the rules"
  ! grep -q '"health":"err"' <<<"$rules" || fail "Prometheus cannot evaluate a rule: $(grep -o '"lastError":"[^"]*"' <<<"$rules" | head -n 3)"
}

# From outside, like a crash: containers stopped by `docker kill` are not restarted.
a_killed_service_comes_back() {
  local before
  before=$(docker inspect --format '{{.State.Pid}}' mcp-memory)
  kill -KILL "$before"
  wait_for 60 "mcp-memory was not started again" sh -c "[ \"\$(docker inspect --format '{{.RestartCount}}' mcp-memory)\" -ge 1 ]"
  wait_for 90 "mcp-memory is not well again" is_healthy mcp-memory
}

# The service disconnects from its TimescaleDB, which accepts one client.
setup_may_run_again() {
  compose stop mcp-timescaledb >"$work/setup.log" 2>&1
  compose run --rm setup >>"$work/setup.log" 2>&1 || { cat "$work/setup.log" >&2; fail "the second setup"; }
  compose start mcp-timescaledb >>"$work/setup.log" 2>&1
  wait_for 60 "mcp-timescaledb is not well again" is_healthy mcp-timescaledb
}

# In MiB, as limited by the kernel: memory that is not immediately reclaimable.
memory() {
  docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | awk '
    { value = $2; unit = $2; sub(/[A-Za-z]+$/, "", value); sub(/^[0-9.]+/, "", unit)
      mib = value * (unit == "GiB" ? 1024 : unit == "KiB" ? 1 / 1024 : 1)
      printf "  %-22s %7.1f MiB\n", $1, mib; total += mib; if ($1 ~ /^mcp-[a-z0-9]+$/) services += mib }
    END { printf "  %-22s %7.1f MiB\n  %-22s %7.1f MiB\n", "the services together", services, "everything that ran", total
          exit services >= 2048 }'
}

size_of() { # IMAGE: prints it, and succeeds below 500 MB
  local bytes
  bytes=$(docker image inspect --format '{{.Size}}' "$1")
  printf '  %-30s %5d MB\n' "$1" $((bytes / 1000000))
  [ $((bytes / 1000000)) -lt 500 ]
}

# Chromium and LiteLLM alone are larger.
sizes() {
  local name
  for name in filesystem monitoring monitoring-grafana memory fetch postgres github n8n timescaledb setup; do
    size_of "mcp-$name:0.1.0" || fail "mcp-$name is larger than 500 MB"
  done
  size_of mcp-playwright:0.1.0 || true
  size_of mcp-litellm:1.104.1 || true
}
