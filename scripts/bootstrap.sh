#!/usr/bin/env bash
# Builds both Python environments from their lock files, privately and once; a second run only compares stamps.
# It installs nothing outside this folder (and uv's own download cache) and needs nothing exported.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

UV_PIN=0.13.9       # the uv that wrote the lock files
UV_AT_LEAST=0.8.0   # an uv found on PATH may be this old
FIRST_TIME_KB=$((6 * 1024 * 1024))
LATER_KB=$((1 * 1024 * 1024))

# A caller's own virtual environment or pip habits must not leak into ours.
unset VIRTUAL_ENV UV_PYTHON UV_PROJECT_ENVIRONMENT UV_PROJECT PYTHONHOME PYTHONPATH
export PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_PYTHON_INSTALL_DIR="$ROOT/.tools/python"
# Behind a city's proxy only the system's certificates are right; uv carries its own for machines that have none.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -s "$bundle" ]; then export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1; break; fi
done

mkdir -p .tools 2>/dev/null || die "the folder $ROOT is not writable: make it so, or use a copy that is."
if ! mkdir -p "${HOME:-/nonexistent}/.cache" 2>/dev/null; then
    export HOME="$ROOT/.tools" UV_CACHE_DIR="$ROOT/.tools/cache"
fi

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

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

find_uv() {
    local version
    if [ -x .tools/uv/bin/uv ] && [ "$(.tools/uv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$UV_PIN" ]; then
        echo "$ROOT/.tools/uv/bin/uv"
        return 0
    fi
    if version="$(uv --version 2>/dev/null | cut -d' ' -f2)" && [ -n "$version" ] && at_least "$version" "$UV_AT_LEAST"; then
        command -v uv
        return 0
    fi
    return 1
}

get_uv() {
    local python
    for python in python3 python3.11 python3.12 python3.13 python3.10 /usr/bin/python3; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            rm -rf .tools/uv
            step "uv $UV_PIN (private, .tools/uv)" "$python" -m pip install --quiet --no-input --target .tools/uv "uv==$UV_PIN" \
                || die "uv $UV_PIN could not be installed by pip: check the network or pip's index, or install uv yourself (https://docs.astral.sh/uv) and run this again; the log is .tools/bootstrap.log."
            return 0
        fi
    done
    die "neither uv nor a Python with pip was found: install one of them (Debian: apt-get install python3-pip) and run this again."
}

check_space() {
    local need="$1" free
    free="$(df -Pk "$ROOT" | awk 'NR == 2 { print $4 }')"
    if [ "$free" -lt "$need" ]; then
        die "$((need / 1024 / 1024)) GB of free disk space are needed under $ROOT and there are $((free / 1024)) MB: free some space, or move the checkout to a larger disk."
    fi
}

# stamp <python> <file>…: what an environment was built from; the folder counts because environments cannot be moved.
stamp() {
    local python="$1"
    shift
    { printf '%s\n%s\n' "$ROOT" "$python"; cat "$@"; } | hash_of
}

current() { # current <env folder> <stamp>
    [ -f "$1/.built-from" ] && [ "$(cat "$1/.built-from")" = "$2" ] && "$1/bin/python" -c '' 2>/dev/null
}

# The interpreter an environment was built with stays as long as it runs: a newer one on PATH is no reason to rebuild.
remembered() {
    local base
    base="$("$1/bin/python" -c 'import sys; import os; print(os.path.realpath(sys.executable))' 2>/dev/null)" && real "$base" "$2"
}

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

# build <env folder> <project folder> <python> <stamp> <title>
build() {
    local folder="$1" project="$2" python="$3" wanted="$4" title="$5"
    if current "$folder" "$wanted"; then return 0; fi
    # An environment whose interpreter is gone, or that was copied here from another folder, is rebuilt from nothing.
    if [ -e "$folder" ] && { ! "$folder/bin/python" -c '' 2>/dev/null || [ "$(cat "$folder/.built-at" 2>/dev/null || echo "$ROOT")" != "$ROOT" ]; }; then
        rm -rf "$folder"
    fi
    rm -f "$folder/.built-from"
    step "$title" "$UV" sync --frozen --project "$project" --python "$python" --no-progress \
        || die "the packages of $title could not be installed: if the lines above speak of the network, check it or the proxy and run this again; the log is .tools/bootstrap.log."
    printf '%s\n' "$ROOT" >"$folder/.built-at"
    printf '%s\n' "$wanted" >"$folder/.built-from"
}

build .venv . "$modern" "$(stamp "$modern" "${modern_files[@]}")" "the modern environment (.venv, $("$modern" -V 2>&1))"
build nlu/.venv nlu "$nlu" "$(stamp "$nlu" "${nlu_files[@]}")" "Rasa's environment (nlu/.venv, $("$nlu" -V 2>&1))"
