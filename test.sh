#!/usr/bin/env bash
# Installs test dependencies, builds, and runs all tests; see --help.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/quickstart.sh"
source "$root/scripts/stages.sh"
cd "$root"

fuzz_seconds=20  # per target
storm_seconds=60 # the stateful one
test_packages=(libgtest-dev libgmock-dev libboost-dev clang-14 clang-format-14 libclang-rt-14-dev python3 python3-pytest
               python3-venv curl valgrind prometheus shellcheck systemd dpkg-dev groff-base logrotate)

usage() {
  cat <<'END_OF_USAGE'
./test.sh: installs test dependencies, builds, and runs the tests. Stops when a stage fails.

  ./test.sh          everything, as in CI: real clients, servers, databases and browsers; about an hour. Three lanes run in
                     parallel: the output of two of them is in build/stages/
  ./test.sh quick    builds, then about a minute: unit, component and middle tests, a short storm, lints, the tests of
                     scripts and documentation, and the system tests of the two transports
  ./test.sh --help   show this help

Dependencies come from apt, as root or with sudo, and from npm, PyPI and Go modules, all pinned. It writes to build/, build-asan/,
build-tsan/, build-fuzz/, and .cache/ directories in tests/. To run a single test:

  ctest --test-dir build -R unit                                                    a GoogleTest program, or a lint
  MCP_GATEWAY=$PWD/build/mcp-gateway python3 -m pytest tests/system/test_sse.py     a file of system tests

tests/clean_root/run tests quickstart.sh and the README in a fresh Debian; no stage runs it. See also tests/README.md.
END_OF_USAGE
}

# A lane cannot ask for sudo's password, so without root everything is installed here.
install() {
  local packages
  mapfile -t packages < <(runtime_packages)
  if [ "$EUID" -ne 0 ]; then packages+=(chromium postgresql-15 postgresql-client-15); fi
  install_packages "${build_packages[@]}" "${test_packages[@]}" "${packages[@]}"
}

# build FOLDER "TARGET..." OPTION...: configures and builds; an existing directory keeps its generator.
build() {
  local folder=$1 targets
  read -ra targets <<<"$2"
  shift 2
  [ -f "$folder/CMakeCache.txt" ] || set -- -G Ninja "$@"
  if command -v ccache >/dev/null; then
    # Share compilation results with other checkouts of the same sources, also where they use precompiled headers.
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
    set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
  fi
  cmake -S . -B "$folder" -DGATEWAY_TESTS=ON -DGATEWAY_WERROR=ON "$@"
  nice cmake --build "$folder" --parallel "$jobs" --target "${targets[@]}"
}

run_ctest() { # FOLDER LABELS
  nice ctest --test-dir "$1" --parallel "$jobs" -L "$2" --no-tests=error --output-on-failure --timeout 1800
}

# Compiled as quickstart.sh and the images do it.
build_release() { # "TARGET..."
  build build "$1" -DCMAKE_BUILD_TYPE=Release -DGATEWAY_UNITY=ON -DGATEWAY_BENCH=ON
}

build_sanitized() {
  build build-asan "mcp-gateway unit_tests component_tests middle_tests storm mcp-echo" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGATEWAY_UNITY=ON -DGATEWAY_SANITIZE=address,undefined
}

test_sanitized() {
  run_ctest build-asan '^(unit|component|middle|storm)$'
}

build_for_threads() {
  build build-tsan "mcp-gateway mcp-echo component_tests" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DGATEWAY_UNITY=ON -DGATEWAY_SANITIZE=thread
}

test_threads() {
  run_ctest build-tsan '^component$'
}

# With two loops; the remaining tests exercise nothing more that threads share.
threads_tests=(tests/system/test_{lifetimes,sse,streamable,loops,admin_api,reload,reload_under_load,upgrade,upgrade_under_load,versions,groups}.py)

# The system tests three times in parallel: the release build; under ASan and UBSan; and those of threads_tests
# with two loops under TSan. There are no suppressions: a report makes the gateway exit with a status its test
# does not accept. Children are not sanitized. UBSan opens a pipe to check an object's type, and reports an error
# where no descriptor is left, so the one test that uses up all of them runs in the release build only.
uses_all_descriptors=tests/system/test_descriptors.py::test_whoever_waits_is_refused_when_descriptors_run_out_all_the_same
test_system() {
  local build failed=0
  local -A running
  export MCP_ECHO=$root/build/mcp-echo
  SYSTEM_TESTS_SANITIZED=1 run_pytest tests/system build-asan "--deselect=$uses_all_descriptors" \
    >build-asan/system_tests.log 2>&1 &
  running[build-asan]=$!
  SYSTEM_TESTS_SANITIZED=1 GATEWAY_LOOPS=2 run_pytest "${threads_tests[0]}" build-tsan "${threads_tests[@]:1}" \
    >build-tsan/system_tests.log 2>&1 &
  running[build-tsan]=$!
  run_pytest tests/system || failed=1
  for build in build-asan build-tsan; do
    wait "${running[$build]}" || { failed=1; tail -n 100 "$build/system_tests.log"; }
    echo "$build: $(tail -n 1 "$build/system_tests.log")"
  done
  return "$failed"
}

# Runs one fuzzer for a while. Inputs it finds are kept in build-fuzz/corpus/, where the next run starts;
# commit inputs worth keeping to tests/fuzz/corpus/.
fuzz_one() { # NAME
  local found=build-fuzz/corpus/$1 kept=tests/fuzz/corpus/$1 log=build-fuzz/$1.log seconds=$fuzz_seconds
  if [ "$1" = storm ]; then seconds=$storm_seconds; fi
  mkdir -p "$found" build-fuzz/crashes
  [ -d "$kept" ] || { echo "fuzz_$1 has no corpus: $kept is missing"; return 1; }
  if nice "build-fuzz/tests/fuzz_$1" -max_total_time="$seconds" -timeout=120 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/crashes/$1-" "$found" "$kept" >"$log" 2>&1; then
    echo "fuzz_$1: $(grep '^Done' "$log"), $(ls "$found" | wc -l) inputs found"
  else
    tail -n 40 "$log"
    echo "fuzz_$1: FAILED; its input is in build-fuzz/crashes/"
    return 1
  fi
}

fuzz() {
  local names at_work=0 failed=0 name
  mapfile -t names < <(cd tests/fuzz && ls -- *_fuzz.cc | sed 's/_fuzz\.cc$//')
  [ ${#names[@]} -gt 0 ] || { echo "no fuzz target in tests/fuzz"; return 1; }
  build build-fuzz "${names[*]/#/fuzz_}" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14 \
    -DGATEWAY_UNITY=ON -DGATEWAY_FUZZERS=ON -DGATEWAY_SANITIZE=fuzzer-no-link,address,undefined
  for name in "${names[@]}"; do
    if [ "$at_work" -ge "$jobs" ]; then
      wait -n || failed=1
      at_work=$((at_work - 1))
    fi
    fuzz_one "$name" &
    at_work=$((at_work + 1))
  done
  while [ "$at_work" -gt 0 ]; do
    wait -n || failed=1
    at_work=$((at_work - 1))
  done
  return "$failed"
}

# Debian's pytest, unless the Python on the PATH has its own.
run_pytest() { # FOLDER-OR-FILE [BUILD [OPTION...]]
  local python=/usr/bin/python3 code=0
  if python3 -c 'import pytest' 2>/dev/null; then python=python3; fi
  # Unlike other programs in the background, it may be interrupted, because it then stops what it has started.
  MCP_GATEWAY=$root/${2-build}/mcp-gateway env --default-signal=INT "$python" -m pytest -ra --durations=5 "$1" "${@:3}" || code=$?
  [ "$code" -ne 5 ] || echo "pytest found no tests in $1, which counts as a failure"
  return "$code"
}

# The images and the stack of compose/, on a separate Docker engine, which not every machine can run.
test_compose() {
  local code=0
  nice tests/compose/run || code=$?  # it builds images
  [ "$code" -eq 77 ] || return "$code"
  echo "the compose stack (the reason is in build/stages/setup.log)" >>build/left_out
}

# The lane that downloads, and builds third-party programs from their Go modules. In the order of test_lane.
setup_lane() {
  local tests
  stage "install the servers" services/install everything filesystem memory/file
  for tests in workflows status_page interop conformance eras oauth fastmcp traces proxies services alerts grafana; do
    stage "set up tests/$tests" "tests/$tests/setup.sh"
  done
  stage "the compose stack" test_compose
}

# The lane that runs the gateway. The other two are compiling meanwhile, niced.
test_lane() {
  after "set up tests/workflows"
  stage "workflows, in actionlint and zizmor" run_pytest tests/workflows
  after "build the gateway (Release)"
  stage "documentation" run_pytest tests/docs
  after "set up tests/status_page"
  stage "the status page, and a hostile one, in Chromium" node --test tests/status_page/{page,foreign_page}.test.mjs
  after "set up tests/interop"
  stage "third-party clients" run_pytest tests/interop
  after "set up tests/conformance"
  stage "MCP's conformance suite" run_pytest tests/conformance
  after "build tests and benchmarks (Release)"
  stage "scripts" run_pytest tests/scripts
  stage "instructions per call" bench/instructions
  stage "quick benchmark: checks answers, not figures" bench/run --quick --no-build --build build
  after "set up tests/eras"
  stage "clients and servers of every era" run_pytest tests/eras
  after "set up tests/oauth"
  stage "OAuth, with a real authorization server" run_pytest tests/oauth
  after "set up tests/fastmcp"
  stage "FastMCP 3 servers and clients, and their replacement under load" run_pytest tests/fastmcp
  after "set up tests/traces"
  stage "traces, with a real OpenTelemetry Collector" run_pytest tests/traces
  after "set up tests/proxies"
  stage "TLS proxies: nginx, HAProxy and Caddy" run_pytest tests/proxies
  stage "profiles and deployments, with HAProxy" run_pytest tests/deploy
  after "set up tests/services"
  stage "the nine services with real backends, and through LiteLLM" run_pytest tests/services
  after "build (TSan)"
  stage "system tests, release and sanitized builds" test_system
}

run_all() {
  lane setup setup_lane
  lane tests test_lane
  stage "build the gateway (Release)" build_release "mcp-gateway mcp-echo"
  stage "build tests and benchmarks (Release)" build_release all
  stage "unit, component, middle and corpus tests, lints" run_ctest build '.'
  stage "build (ASan and UBSan)" build_sanitized
  stage "build (TSan)" build_for_threads
  stage "unit, component and middle tests and storms under ASan and UBSan" test_sanitized
  stage "component tests under TSan" test_threads
  stage "fuzzing, $fuzz_seconds s per target and $storm_seconds s of storms" fuzz
  join_lanes
  # Their faults have to arrive in time: nothing runs beside them.
  stage "alerts, with Prometheus and Alertmanager" run_pytest tests/alerts
  stage "dashboards and logs, with a real Prometheus and Loki" run_pytest tests/grafana
}

run_quick() {
  stage "build (Release)" build_release "mcp-gateway mcp-echo unit_tests component_tests middle_tests storm"
  stage "unit, component and middle tests, a storm, lints" run_ctest build '^(unit|component|middle|storm|lint)$'
  stage "scripts" run_pytest tests/scripts
  stage "documentation" run_pytest tests/docs
  stage "system tests of the transports" run_pytest tests/system/test_sse.py build tests/system/test_streamable.py
}

run_stages() { # quick | all
  rm -f build/left_out
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  stages_folder=$root/build/stages
  begin_stages
  stage "install test dependencies" install
  # The Node used by the tests themselves; services use the one they were installed with.
  use_node 20 || die "$reason"
  export PATH
  "run_$1"
  print_stage_times
  printf '\nAll passed in %s.\n' "$(clock "$SECONDS")"
  if [ "$1" = all ] && [ -f build/left_out ]; then sed 's/^/!!! LEFT OUT: /' build/left_out; fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case "${1-all}" in
    --help | -h) usage ;;
    all | quick) run_stages "${1-all}" ;;
    *) usage >&2; die "expected no argument or 'quick', found '$1'" ;;
  esac
fi
