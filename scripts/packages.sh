# The Debian 12 packages mcp-gateway needs, and functions to install them. Sourced.
#
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by scripts that source it

# Build dependencies. The README has the same list.
build_packages=(g++ cmake ninja-build pkg-config libevent-dev nlohmann-json3-dev libfmt-dev libspdlog-dev
                libcli11-dev libssl-dev libcurl4-openssl-dev libseccomp-dev libre2-dev libyaml-dev)

# Any suitable Python will do. Node is provided by services/install, which needs Python if Node is missing.
runtime_packages() {
  printf '%s\n' ca-certificates
  [ -n "$(find_python)" ] || printf '%s\n' python3 python3-venv
}

as_root() { if [ "$EUID" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The packages that are not installed. On other systems than Debian this is unknown.
missing_packages() { # PACKAGE...
  local package
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "No apt here, so nothing is installed; required packages (by their Debian 12 names): $*" >&2
    return
  fi
  for package in "$@"; do
    is_installed "$package" || echo "$package"
  done
}

# Asks for the sudo password now, if needed, because background steps cannot.
become_root() { # PACKAGE...: for the error message
  [ "$EUID" -ne 0 ] || return 0
  command -v sudo >/dev/null || die "needs root, and there is no sudo; as root run: apt-get install $*"
  sudo -v || die "needs root to install packages; as root run: apt-get install $*"
}

# Waits for another apt, such as unattended-upgrades. A signal is only passed to apt: while downloading, apt exits at once;
# later, it exits when dpkg has finished with the packages at hand.
apt_get() { # ARGUMENT...
  local apt code interrupted='' command=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@")
  [ "$EUID" -eq 0 ] || command=(sudo "${command[@]}")
  set -m # so that Ctrl-C does not reach dpkg
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

# Downloaded packages are not kept. Completes an interrupted dpkg run first. With apt_is_updated set, the lists are taken
# to be current.
apt_is_updated=
apt_install() { # PACKAGE...
  as_root dpkg --configure -a
  [ -n "$apt_is_updated" ] || apt_get update
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
