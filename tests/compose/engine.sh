# For run: a separate Docker engine, removed completely at the end.
# shellcheck shell=bash

folder=${COMPOSE_TEST_FOLDER:-}
work=
engine=

install_programs() {
  local program missing=()
  for program in dockerd:docker.io docker:docker.io docker-compose:docker-compose debootstrap:debootstrap iptables:iptables; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program#*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}"
  apt-get -q update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

start_engine() {
  [ "$(id -u)" = 0 ] || leave_out "it needs root"
  [ ! -S /var/run/docker.sock ] && ! pgrep -x dockerd >/dev/null || leave_out "a Docker engine runs here already"
  command -v apt-get >/dev/null || leave_out "it needs Debian's apt-get"
  install_programs
  work=$(mktemp -d /var/tmp/mcp-compose.XXXXXX)
  folder=${folder:-$work/engine}
  mkdir -p "$folder"
  { iptables-save --table filter && iptables-save --table nat; } >"$work/firewall" 2>/dev/null ||
    leave_out "iptables does not work here"
  cat /proc/sys/net/ipv4/ip_forward >"$work/forward"
  dockerd --data-root "$folder/data" --exec-root "$work/exec" --pidfile "$work/pid" --host "unix://$work/docker.sock" \
    >"$work/dockerd.log" 2>&1 &
  engine=$!
  # The builder of Docker 20.10 and docker-compose 1.29: newer ones can build whatever these can.
  export DOCKER_HOST=unix://$work/docker.sock DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
  until docker info >/dev/null 2>&1; do
    kill -0 "$engine" 2>/dev/null || leave_out "dockerd ends at once: $(tail -n 1 "$work/dockerd.log")"
    sleep 0.2
  done
  # Left over in a kept directory by a run that was killed.
  docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker volume prune --force >/dev/null
}

stop_engine() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ -n "$engine" ] && kill -0 "$engine" 2>/dev/null; then
    say "removing everything"
    compose down --volumes --timeout 10 >"$work/down.log" 2>&1 || true
    kill -TERM "$engine"
    wait "$engine" 2>/dev/null || true
  fi
  if [ -f "$work/firewall" ]; then
    iptables-restore <"$work/firewall" || true
    cat "$work/forward" >/proc/sys/net/ipv4/ip_forward || true
    ip link delete docker0 2>/dev/null || true
  fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  exit "$code"
}
