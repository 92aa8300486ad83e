#!/usr/bin/env bash
# Installs the checkers of .github/workflows into $WORKFLOWS_CACHE: zizmor from PyPI, and actionlint, built from its Go module.
# Does nothing if it is up to date.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../quickstart.sh"
source "$here/../go/programs.sh"
cache=${WORKFLOWS_CACHE:-$here/.cache}

install_zizmor() {
  local stamp
  stamp=$(checksum <"$here/requirements.txt")
  if is_current "$cache/zizmor" "$stamp"; then return; fi
  say "Installing zizmor from PyPI"
  rm -rf "$cache/zizmor"
  "$(find_python)" -m venv "$cache/zizmor"
  "$cache/zizmor/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: -r "$here/requirements.txt"
  echo "$stamp" >"$cache/zizmor/.stamp"
}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
install_zizmor
build_go_program "$cache/actionlint" "$here/actionlint" actionlint github.com/rhysd/actionlint/cmd/actionlint
