# Shared by the scripts: where the checkout is, how a message looks, how long a step took. Does nothing when sourced but set variables.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
PYTHON="$ROOT/.venv/bin/python"
NLU_PYTHON="$ROOT/nlu/.venv/bin/python"
BOOTSTRAP_LOG="$ROOT/.tools/bootstrap.log"

say() { printf '%s\n' "$*"; }

# One clear sentence, then stop.
die() {
    printf 'sotong: %s\n' "$*" >&2
    exit 2
}

# step "what" command…: shows what runs and for how long; its output goes to the log, whose end is shown on
# failure (unless STEP_TAIL=0: a sentence of ours says enough).
step() {
    local what="$1" began=$SECONDS status=0
    shift
    printf '  %s … ' "$what"
    printf '\n== %s: %s\n' "$what" "$*" >>"$BOOTSTRAP_LOG"
    "$@" >>"$BOOTSTRAP_LOG" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        printf 'done in %s s\n' "$((SECONDS - began))"
    else
        printf 'failed\n'
        [ "${STEP_TAIL:-15}" -eq 0 ] || tail -n "${STEP_TAIL:-15}" "$BOOTSTRAP_LOG" >&2
    fi
    return "$status"
}

hash_of() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1
}
