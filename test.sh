#!/usr/bin/env bash
# Installs test dependencies, builds, and runs all tests; see --help.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/quickstart.sh"
cd "$root"

fuzz_seconds=20  # per target
storm_seconds=60 # the stateful one
test_packages=(libgtest-dev libgmock-dev libboost-dev clang-14 clang-format-14 libclang-rt-14-dev python3 python3-pytest
               python3-venv curl valgrind prometheus shellcheck systemd dpkg-dev groff-base logrotate)

usage() {
  cat <<'END_OF_USAGE'
./test.sh: installs test dependencies, builds, and runs the tests. Stops at the first stage that fails.

  ./test.sh          everything, as in CI: real clients, servers, databases and browsers; about 40 minutes
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

stage_times=() # a line for each stage that passed
print_stage_times() {
  [ ${#stage_times[@]} -eq 0 ] || printf '\nStages:\n%s\n' "$(printf '%s\n' "${stage_times[@]}")"
}

# stage TITLE COMMAND...: runs the command in a subshell that exits on any failure.
stage() {
  local title=$1 begun=$SECONDS code=0
  shift
  printf '\n======== %s (at %d:%02d)\n' "$title" $((SECONDS / 60)) $((SECONDS % 60))
  set +e
  (set -e; "$@")
  code=$?
  set -e
  if [ "$code" -ne 0 ]; then
    print_stage_times
    die "FAILED in stage '$title' (exit code $code, after $((SECONDS - begun)) s); later stages were not run."
  fi
  stage_times+=("$(printf '%5d s  %s' $((SECONDS - begun)) "$title")")
  printf -- '-------- %s: passed in %d s\n' "$title" $((SECONDS - begun))
}

install() {
  local packages
  mapfile -t packages < <(runtime_packages)
  install_packages "${build_packages[@]}" "${test_packages[@]}" "${packages[@]}"
}

# build FOLDER "TARGET..." OPTION...: configures and builds; an existing directory keeps its generator.
build() {
  local folder=$1 targets
  read -ra targets <<<"$2"
  shift 2
  [ -f "$folder/CMakeCache.txt" ] || set -- -G Ninja "$@"
  if command -v ccache >/dev/null; then
    # Share compilation results with other checkouts of the same sources.
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
  fi
  cmake -S . -B "$folder" -DGATEWAY_TESTS=ON -DGATEWAY_WERROR=ON "$@"
  nice cmake --build "$folder" --parallel "$jobs" --target "${targets[@]}"
}

run_ctest() { # FOLDER LABELS
  nice ctest --test-dir "$1" --parallel "$jobs" -L "$2" --no-tests=error --output-on-failure --timeout 300
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
threads_tests=(tests/system/test_{lifetimes,sse,streamable,loops,admin_api}.py)

# The system tests three times in parallel: the release build; under ASan and UBSan; and those of threads_tests
# with two loops under TSan. There are no suppressions: a report makes the gateway exit with a status its test
# does not accept. Children are not sanitized. UBSan opens a pipe to check an object's type, and reports an error
# where no descriptor is left, so the one test that uses up all of them runs in the release build only.
uses_all_descriptors=tests/system/test_descriptors.py::test_whoever_waits_is_refused_when_descriptors_run_out_all_the_same
test_system() {
  local build failed=0
  local -A running
  export SYSTEM_TESTS_PATIENCE=60 MCP_ECHO=$root/build/mcp-echo
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
  if nice "build-fuzz/tests/fuzz_$1" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -print_final_stats=1 \
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
  MCP_GATEWAY=$root/${2-build}/mcp-gateway "$python" -m pytest -ra --durations=5 "$1" "${@:3}" || code=$?
  [ "$code" -ne 5 ] || echo "pytest found no tests in $1, which counts as a failure"
  return "$code"
}

install_servers() {
  services/install everything filesystem memory/file
}

test_status_page() {
  tests/status_page/setup.sh
  node --test tests/status_page/page.test.mjs
}

test_interop() {
  tests/interop/setup.sh
  run_pytest tests/interop
}

# MCP's official conformance suite, through the gateway.
test_conformance() {
  tests/conformance/setup.sh
  run_pytest tests/conformance
}

# Clients of every era against servers of every era; one of the clients is built once from its Go module.
test_eras() {
  tests/eras/setup.sh
  run_pytest tests/eras
}

# The workflows of .github, as their checkers see them. actionlint is built from its Go module, once.
test_workflows() {
  tests/workflows/setup.sh
  run_pytest tests/workflows
}

# Spans as understood by a real OpenTelemetry Collector, which is built once from Go modules.
test_traces() {
  tests/traces/setup.sh
  run_pytest tests/traces
}

# The files of deploy/proxies with real proxies. Caddy is built once from its Go module.
test_proxies() {
  tests/proxies/setup.sh
  run_pytest tests/proxies
}

test_services() {
  tests/services/setup.sh
  run_pytest tests/services
}

# Loki and Promtail are built on the first run, which takes minutes, and cached in tests/grafana/.cache.
test_dashboards() {
  tests/grafana/setup.sh
  run_pytest tests/grafana
}

test_alerts() {
  tests/alerts/setup.sh
  run_pytest tests/alerts
}

# The images and the stack of compose/, on a separate Docker engine, which not every machine can run.
test_compose() {
  local code=0
  tests/compose/run || code=$?
  [ "$code" -eq 77 ] || return "$code"
  echo "the compose stack (see the reason from tests/compose/run above)" >>build/left_out
}

run_stages() { # quick | all
  rm -f build/left_out
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  stage "install test dependencies" install
  # The Node used by the tests themselves; services use the one they were installed with.
  use_node 20 || die "$reason"
  export PATH
  if [ "$1" = quick ]; then
    stage "build (Release)" build build "mcp-gateway mcp-echo unit_tests component_tests middle_tests storm" \
      -DCMAKE_BUILD_TYPE=Release
    stage "unit, component and middle tests, a storm, lints" run_ctest build '^(unit|component|middle|storm|lint)$'
    stage "scripts" run_pytest tests/scripts
    stage "documentation" run_pytest tests/docs
    stage "system tests of the transports" run_pytest tests/system/test_sse.py build tests/system/test_streamable.py
  else
    stage "build (Release)" build build all -DCMAKE_BUILD_TYPE=Release -DGATEWAY_BENCH=ON
    stage "unit, component and corpus tests, lints" run_ctest build '.'
    stage "instructions per call" bench/instructions
    stage "scripts" run_pytest tests/scripts
    stage "documentation" run_pytest tests/docs
    stage "workflows" test_workflows
    stage "build (ASan and UBSan)" build_sanitized
    stage "unit, component and middle tests and storms under ASan and UBSan" test_sanitized
    stage "build (TSan)" build_for_threads
    stage "component tests under TSan" test_threads
    stage "fuzzing, $fuzz_seconds s per target and $storm_seconds s of storms" fuzz
    stage "quick benchmark: checks answers, not figures" bench/run --quick --no-build --build build
    stage "install the servers" install_servers
    stage "system tests, release and sanitized builds" test_system
    stage "the status page in Chromium" test_status_page
    stage "third-party clients" test_interop
    stage "MCP's conformance suite" test_conformance
    stage "clients and servers of every era" test_eras
    stage "traces, with a real OpenTelemetry Collector" test_traces
    stage "TLS proxies: nginx, HAProxy and Caddy" test_proxies
    stage "the nine services with real backends, and through LiteLLM" test_services
    stage "dashboards and logs, with a real Prometheus and Loki" test_dashboards
    stage "alerts, with Prometheus and Alertmanager" test_alerts
    stage "the compose stack" test_compose
  fi
  print_stage_times
  printf '\nAll passed in %d:%02d.\n' $((SECONDS / 60)) $((SECONDS % 60))
  if [ "$1" = all ] && [ -f build/left_out ]; then sed 's/^/!!! LEFT OUT: /' build/left_out; fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case "${1-all}" in
    --help | -h) usage ;;
    all | quick) run_stages "${1-all}" ;;
    *) usage >&2; die "expected no argument or 'quick', found '$1'" ;;
  esac
fi
