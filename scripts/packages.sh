# What mcp-gateway needs of Debian 12, and the installing of it. Sourced.
#
# shellcheck shell=bash
# shellcheck disable=SC2034  # for those who source it

# What builds it. The README has the same list.
build_packages=(g++ cmake ninja-build pkg-config libevent-dev nlohmann-json3-dev libfmt-dev prometheus-cpp-dev
                libcli11-dev libssl-dev)

# Python is taken from wherever it is. Node comes by services/install, which needs Python where there is none.
runtime_packages() {
  printf '%s\n' ca-certificates
  [ -n "$(find_python)" ] || printf '%s\n' python3 python3-venv
}

as_root() { if [ "$EUID" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Those of the packages that are not installed. Elsewhere than on Debian nobody can tell.
missing_packages() { # PACKAGE...
  local package
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "No apt here, so nothing is installed; needed are (names as in Debian 12): $*" >&2
    return
  fi
  for package in "$@"; do
    is_installed "$package" || echo "$package"
  done
}

# Asks for the password now, where one is needed: later nobody could.
become_root() { # PACKAGE...: what for
  [ "$EUID" -ne 0 ] || return 0
  command -v sudo >/dev/null || die "needs root and finds no sudo; as root run: apt-get install $*"
  sudo -v || die "needs root to install packages; as root run: apt-get install $*"
}

# Waits for another apt, such as the one that upgrades by itself. A signal reaches apt alone: while it fetches it ends at once, later when dpkg is through with the packages in its hands.
apt_get() { # ARGUMENT...
  local apt code interrupted='' command=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@")
  [ "$EUID" -eq 0 ] || command=(sudo "${command[@]}")
  set -m # keeps Ctrl-C from dpkg
  "${command[@]}" </dev/null &
  apt=$!
  set +m
  trap 'interrupted=1; as_root kill -INT "$apt"' INT TERM HUP
  while :; do
    code=0
    wait "$apt" || code=$?
    [ -d "/proc/$apt" ] || break
  done
  trap - INT TERM HUP
  [ -z "$interrupted" ] || exit 130
  return "$code"
}

# The packages are not kept once they are installed. A dpkg that was interrupted is helped first.
apt_install() { # PACKAGE...
  as_root dpkg --configure -a
  apt_get update
  apt_get -o APT::Keep-Downloaded-Packages=false -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
}

install_packages() { # PACKAGE...
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing with apt: ${missing[*]}"
  become_root "${missing[@]}"
  apt_install "${missing[@]}"
}
