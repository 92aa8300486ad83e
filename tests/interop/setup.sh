#!/usr/bin/env bash
# Installs the programs these tests use, each pinned by a lock file with hashes: MCP clients from npm and PyPI, a LiteLLM
# proxy, and the servers. Clients and proxy go to $INTEROP_CACHE, servers to where services/install puts them. Does nothing
# if they are up to date.
#
#   tests/interop/setup.sh            everything
#   tests/interop/setup.sh PART...    only these: clients services mcp1 mcp2 fetch litellm, or fastmcp, for tests/fastmcp
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${INTEROP_CACHE:-$here/.cache}
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then parts=(clients services mcp1 mcp2 fetch litellm); fi

say() { printf 'interop setup: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

source "$repository/services/install"

install_node_modules() { # NAME FOLDER
  local name=$1 source=$2 target=$cache/$1 stamp begun=$SECONDS
  stamp=$(cat "$source/package.json" "$source/package-lock.json" | checksum)
  if is_current "$target" "$stamp"; then say "$name: up to date"; return; fi
  say "$name: installing from npm ..."
  rm -rf "$target"
  mkdir -p "$target"
  cp "$source/package.json" "$source/package-lock.json" "$target/"
  (cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$target/install.log" 2>&1 ||
    { cat "$target/install.log" >&2; fail "$name: npm ci failed"; }
  echo "$stamp" >"$target/.stamp"
  say "$name: installed in $((SECONDS - begun)) s"
}

install_venv() { # NAME REQUIREMENTS
  local name=$1 requirements=$2 target=$cache/venv-$1 stamp begun=$SECONDS
  stamp=$("$python" --version | cat - "$requirements" | checksum)
  if is_current "$target" "$stamp"; then [ "$name" = uv ] || say "$name: up to date"; return; fi
  [ "$name" = uv ] || (install_venv uv "$here/python/requirements-uv.txt") || say "continuing without uv"
  say "$name: installing from PyPI ..."
  rm -rf "$target"
  install_with_uv "$target" "$requirements" || install_with_pip "$target" "$requirements" ||
    { cat "$target/install.log" >&2; fail "$name: could not be installed"; }
  echo "$stamp" >"$target/.stamp"
  say "$name: installed in $((SECONDS - begun)) s"
}

# uv takes a tenth of pip's time, and lets the environments share files. It ignores pip's settings (a private index, for
# example), so pip is the fallback.
install_with_uv() { # VENV REQUIREMENTS
  local uv=$cache/venv-uv/bin/uv
  [ -f "$cache/venv-uv/.stamp" ] || return 1
  "$python" -m venv --without-pip "$1" &&
    UV_CACHE_DIR=$cache/uv-cache "$uv" pip install --quiet --python "$1/bin/python" --require-hashes --no-build -r "$2" \
      >"$1/install.log" 2>&1
}

install_with_pip() { # VENV REQUIREMENTS
  "$python" -m venv --clear "$1" &&
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: \
      -r "$2" >"$1/install.log" 2>&1
}

install_part() {
  case $1 in
    clients) install_node_modules clients "$here/node" ;;
    services) "$repository/services/install" everything filesystem memory/file ;;
    mcp1 | mcp2 | litellm | fastmcp) install_venv "$1" "$here/python/requirements-$1.txt" ;;
    fetch) "$repository/services/install" fetch ;;
  esac
}

for part in "${parts[@]}"; do
  case $part in
    clients | services | mcp1 | mcp2 | fetch | litellm | fastmcp) ;;
    *) fail "unknown part '$part'; expected clients, services, mcp1, mcp2, fetch, litellm or fastmcp" ;;
  esac
done

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
command -v npm >/dev/null || fail "needs npm (Debian: apt-get install nodejs npm)"
python=$(find_python)
[ -n "$python" ] || fail "needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)"

install_in_order() { # PART...: the requested ones among them
  local part
  for part in "$@"; do
    if [[ " ${parts[*]} " == *" $part "* ]]; then install_part "$part"; fi
  done
}

# npm and PyPI in parallel: half of the time is spent waiting, half unpacking.
failed=0
install_in_order clients services 9>&- &
from_npm=$!
install_in_order litellm fastmcp fetch mcp1 mcp2 9>&- &
from_pypi=$!
wait $from_npm || failed=1
wait $from_pypi || failed=1
[ $failed -eq 0 ] || fail "something could not be installed; see above"
say "ready in $SECONDS s"
