#!/usr/bin/env bash
# Builds the third-party stand-ins of tests/peers from their lock files into .tools/peers; a second run only compares stamps.
# What cannot be built here is left out with a sentence, and the tests that need it are skipped with the reason (tests/needs.py).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/uv.sh"
cd "$ROOT"

peers="$ROOT/.tools/peers"
mkdir -p "$peers"
# Two runs at once (a test beside a test) take turns.
if command -v flock >/dev/null 2>&1; then
    exec 9>.tools/peers.lock
    flock -n 9 || { say "  waiting for another build of the stand-ins …"; flock 9; }
fi

# Python ones: an environment of their own, so that none of their packages meets the product's.
python_peer() { # python_peer <name>
    local folder="$peers/$1" project="tests/peers/$1" base wanted
    base="$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')"
    wanted="$(stamp "$base" "$project/pyproject.toml" "$project/uv.lock")"
    if current "$folder" "$wanted"; then return 0; fi
    UV="$(find_uv)" || { get_uv; UV="$(find_uv)"; }
    UV_PROJECT_ENVIRONMENT="$folder" build "$folder" "$project" "$base" "$wanted" "the stand-in $1 (.tools/peers/$1)"
}

node_peers() {
    local folder="$peers/node" source="tests/peers/node" files wanted
    files=("$source/package.json" "$source/package-lock.json" "$source/.npmrc")
    wanted="$(stamp node "${files[@]}")"
    if [ "$(cat "$folder/.built-from" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    # A pyenv or nvm shim may be on PATH and answer "not found": only one that runs counts.
    if ! node --version >/dev/null 2>&1 || ! npm --version >/dev/null 2>&1; then
        say "  left out: the stand-ins that need node and npm (Debian: apt-get install nodejs npm)"
        return 0
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "${files[@]}" "$folder/"
    step "the stand-ins from npm (.tools/peers/node)" npm ci --prefix "$folder" || return 1
    printf '%s\n' "$wanted" >"$folder/.built-from"
}

( python_peer telemelya ) || say "  left out: the stand-in telemelya, which could not be built."
node_peers || say "  left out: the stand-ins from npm, which could not be built; if the lines above speak of the network, check it or the proxy."
