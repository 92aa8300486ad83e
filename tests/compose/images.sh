# For run: builds the images without a registry to pull from.
# shellcheck shell=bash

# A base image is built once and kept in the engine's directory.
has_image() { docker image inspect "$1" >/dev/null 2>&1; }
build() { # TAG FOLDER
  docker build --tag "$1" "$2" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; fail "building $1"; }
}

# Debian's own mirror, as debootstrap knows it.
mirror() { sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' "$(command -v debootstrap)"; }
mirror_host() { mirror | sed -E 's|^[a-z]+://([^/]+)/.*|\1|'; }

# Equivalent to the official image: Debian's minimal set of packages, without documentation. It trusts the CAs of this machine
# and uses its proxies, so that the Dockerfiles need no changes compared to where images can be pulled.
make_debian() {
  local new=$work/debian own=usr/local/share/ca-certificates bundle=etc/ssl/certs/ca-certificates.crt name changes=()
  debootstrap --variant=minbase --include=ca-certificates bookworm "$new" "$(mirror)" >"$work/debootstrap.log" ||
    { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap"; }
  rm -f "$new/etc/apt/sources.list"
  sed "s|@MIRROR@|$(mirror)|" "$here/images/debian/debian.sources.in" >"$new/etc/apt/sources.list.d/debian.sources"
  cp "$here/images/debian/without-documentation" "$new/etc/dpkg/dpkg.cfg.d/"
  cp "$here/images/debian/clean" "$new/etc/apt/apt.conf.d/docker-clean"
  rm -rf "$new"/usr/share/{doc,man,locale,info}/* "$new"/var/lib/apt/lists/* "$new"/var/cache/apt/* "$new"/var/log/*.log
  # Both: a package that regenerates the bundle combines these with its own.
  cp "/$bundle" "$new/$bundle"
  find "/$own" -name '*.crt' -exec cp -t "$new/$own" {} +
  for name in NODE_EXTRA_CA_CERTS PIP_CERT SSL_CERT_FILE; do changes+=(--change "ENV $name=/$bundle"); done
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    if [ -n "${!name:-}" ]; then changes+=(--change "ENV $name=${!name}"); fi
  done
  tar -C "$new" -c . | docker import "${changes[@]}" --change 'CMD ["bash"]' - debian:12.15-slim >/dev/null
  rm -rf "$new"
}

make_node() {
  local new=$work/node npm
  npm=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
  mkdir "$new"
  cp "$here/images/node/Dockerfile" "$new"
  cp --dereference "$(command -v node)" "$new/node"
  cp --recursive "$npm" "$new/npm"
  build node:20.20.2-bookworm-slim "$new"
}

make_timescaledb() {
  mkdir "$work/timescaledb"
  cp "$here"/images/timescaledb/* "$root"/tests/services/database/package*.json "$work/timescaledb"
  build timescaledb-in-webassembly "$work/timescaledb"
}

make_images_of_others() {
  has_image debian:12.15-slim || make_debian
  has_image node:20.20.2-bookworm-slim || make_node
  build ghcr.io/github/github-mcp-server:v1.12.2 "$here/images/github"
  build timescale/timescaledb:2.29.2-pg17 "$here/images/database"
  build prom/prometheus:v3.15.0 "$here/images/prometheus"
  build prom/alertmanager:v0.34.1 "$here/images/alertmanager"
  make_timescaledb
}

# The monitoring image for Grafana is also built, although it is not run without a Grafana.
make_images() {
  local name
  for name in "${services[@]/#/mcp-}" setup litellm; do
    compose build "$name" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; fail "building $name"; }
    printf '  %-16s at %d:%02d\n' "$name" $((SECONDS / 60)) $((SECONDS % 60))
  done
  docker build --file "$root/services/monitoring/Dockerfile" --tag mcp-monitoring-grafana:0.1.0 "$root" >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; fail "building the image of monitoring"; }
}
