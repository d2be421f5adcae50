# Shared by bootstrap.sh and peers.sh, after lib.sh: uv, its surroundings, and one environment built from a lock file.

UV_PIN=0.13.9       # the uv that wrote the lock files
UV_AT_LEAST=0.8.0   # an uv found on PATH may be this old

# A caller's own virtual environment or pip habits must not leak into ours.
unset VIRTUAL_ENV UV_PYTHON UV_PROJECT_ENVIRONMENT UV_PROJECT PYTHONHOME PYTHONPATH
export PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_PYTHON_INSTALL_DIR="$ROOT/.tools/python"
# Behind a city's proxy only the system's certificates are right; uv carries its own for machines that have none.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -s "$bundle" ]; then export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1; break; fi
done

mkdir -p "$ROOT/.tools" 2>/dev/null || die "the folder $ROOT is not writable: make it so, or use a copy that is."
if ! mkdir -p "${HOME:-/nonexistent}/.cache" 2>/dev/null; then
    export HOME="$ROOT/.tools" UV_CACHE_DIR="$ROOT/.tools/cache"
fi

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

# stamp <python> <file>…: what an environment was built from; the folder counts because environments cannot be moved.
stamp() {
    local python="$1"
    shift
    { printf '%s\n%s\n' "$ROOT" "$python"; cat "$@"; } | hash_of
}

current() { # current <env folder> <stamp>
    [ -f "$1/.built-from" ] && [ "$(cat "$1/.built-from")" = "$2" ] && "$1/bin/python" -c '' 2>/dev/null
}

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
