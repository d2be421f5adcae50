#!/usr/bin/env bash
# Builds both Python environments from their lock files, privately and once; a second run only compares stamps.
# It installs nothing outside this folder (and uv's own download cache) and needs nothing exported.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/uv.sh"
cd "$ROOT"

FIRST_TIME_KB=$((6 * 1024 * 1024))
LATER_KB=$((1 * 1024 * 1024))

# Two bootstraps at once (make demo beside make test) take turns.
if command -v flock >/dev/null 2>&1; then
    exec 9>.tools/bootstrap.lock
    flock -n 9 || { say "  waiting for another bootstrap of this folder …"; flock 9; }
fi

# real <candidate> <test of sys.version_info>: prints the interpreter's own path if it truly runs.
# A pyenv shim answers "command not found" with status 127, so a name on PATH proves nothing.
real() {
    "$1" -c "
import os, sqlite3, ssl, sys
v = sys.version_info[:2]
if not ($2): raise SystemExit(1)
print(os.path.realpath(sys.executable))" 2>/dev/null </dev/null
}

pyenv_versions() { # newest first
    local root
    for root in "${PYENV_ROOT:-}" "${HOME:-}/.pyenv" /opt/pyenv; do
        ls -d "$root/versions/$1".*/bin/python 2>/dev/null | sort -rV || true
    done
}

# find_python <test> <minor>…: PATH, then pyenv's folder.
find_python() {
    local test="$1" minor candidate found
    shift
    for minor in "$@"; do
        while IFS= read -r candidate; do
            if found="$(real "$candidate" "$test")" && [ -n "$found" ]; then echo "$found"; return 0; fi
        done < <(type -aP "python$minor" || true; pyenv_versions "$minor")
    done
    if found="$(real python3 "$test")" && [ -n "$found" ]; then echo "$found"; return 0; fi
    return 1
}

check_space() {
    local need="$1" free
    free="$(df -Pk "$ROOT" | awk 'NR == 2 { print $4 }')"
    if [ "$free" -lt "$need" ]; then
        die "$((need / 1024 / 1024)) GB of free disk space are needed under $ROOT and there are $((free / 1024)) MB: free some space, or move the checkout to a larger disk."
    fi
}

# The interpreter an environment was built with stays as long as it runs: a newer one on PATH is no reason to rebuild.
remembered() {
    local base
    base="$("$1/bin/python" -c 'import sys; import os; print(os.path.realpath(sys.executable))' 2>/dev/null)" && real "$base" "$2"
}

# Which code this is, for /healthz and `sotong --version`; a copy without git keeps the file that came with it.
if commit="$(git rev-parse --short=12 HEAD 2>/dev/null)" && [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$ROOT" ]; then
    [ "$(cat .commit 2>/dev/null || true)" = "$commit" ] || printf '%s\n' "$commit" >.commit
fi

: >>"$BOOTSTRAP_LOG"
UV="$(find_uv)" || UV=""

MODERN_TEST="(3, 11) <= v < (3, 14)"
NLU_TEST="v == (3, 10)"
modern="$(remembered .venv "$MODERN_TEST" || find_python "$MODERN_TEST" 3.11 3.12 3.13 || true)"
nlu="$(remembered nlu/.venv "$NLU_TEST" || find_python "$NLU_TEST" 3.10 || true)"

modern_files=(pyproject.toml uv.lock)
nlu_files=(nlu/pyproject.toml nlu/uv.lock)
if [ -n "$modern" ] && [ -n "$nlu" ] \
    && current .venv "$(stamp "$modern" "${modern_files[@]}")" \
    && current nlu/.venv "$(stamp "$nlu" "${nlu_files[@]}")"; then
    check_space "$LATER_KB"
    exit 0
fi

say "Preparing the two Python environments (log: .tools/bootstrap.log)"
if [ -x .venv/bin/python ] && [ -x nlu/.venv/bin/python ]; then check_space "$LATER_KB"; else check_space "$FIRST_TIME_KB"; fi
if [ -z "$UV" ]; then
    get_uv
    UV="$(find_uv)" || die "the uv that pip installed does not run here: remove .tools/uv and install uv yourself (https://docs.astral.sh/uv)."
fi

# uv_python <minor>: one that uv already has, else one that it downloads into .tools/python.
uv_python() {
    local found
    found="$("$UV" python find --managed-python --no-project "$1" 2>/dev/null)" && [ -n "$found" ] && { echo "$found"; return 0; }
    STEP_TAIL=0 step "Python $1 (downloaded by uv into .tools/python)" "$UV" python install --no-bin "$1" >&2 || return 1
    "$UV" python find --managed-python --no-project "$1" 2>/dev/null
}

if [ -z "$modern" ]; then
    modern="$(uv_python 3.11)" \
        || die "no Python 3.11, 3.12 or 3.13 was found and uv could not download one: install one (Debian 12: apt-get install python3; or pyenv install 3.11) and run this again."
fi
if [ -z "$nlu" ]; then
    nlu="$(uv_python 3.10)" \
        || die "Rasa needs Python 3.10, none was found on PATH or under pyenv, and uv could not download one: run \`pyenv install 3.10\` (or put a python3.10 on PATH, or open the network to github.com/astral-sh) and run this again."
fi

build .venv . "$modern" "$(stamp "$modern" "${modern_files[@]}")" "the modern environment (.venv, $("$modern" -V 2>&1))"
build nlu/.venv nlu "$nlu" "$(stamp "$nlu" "${nlu_files[@]}")" "Rasa's environment (nlu/.venv, $("$nlu" -V 2>&1))"
