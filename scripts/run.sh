#!/usr/bin/env bash
# run.sh demo|bench|soak|soak-kill|soak-telegram|soak-departments|fuzz|nlu-train|notices: bootstraps, then becomes that command (exec, so that signals reach it).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
bash scripts/bootstrap.sh
case "${1:-}" in
    demo) shift; exec "$PYTHON" -m app.cli.main demo "$@" ;;
    nlu-train)
        shift
        "$PYTHON" -m app.cli.main city compile
        exec "$NLU_PYTHON" -m nlu.train --var-dir "${SOTONG_VAR_DIR:-$ROOT/var}" "$@"
        ;;
    bench | soak | notices) name="$1"; shift; exec "$PYTHON" -m "scripts.$name" "$@" ;;
    soak-kill | soak-telegram | soak-departments) name="${1//-/_}"; shift; exec "$PYTHON" -m "scripts.$name" "$@" ;;
    fuzz)
        shift
        # Not part of the environment that serves: the fuzzer is put beside it when it is asked for.
        . "$ROOT/scripts/uv.sh"
        UV="$(find_uv)" || { get_uv; UV="$(find_uv)"; }
        UV_PROJECT_ENVIRONMENT="$ROOT/.venv" "$UV" sync --quiet --frozen --inexact --group fuzz
        exec "$PYTHON" -m scripts.fuzz "$@"
        ;;
    *) die "run.sh knows demo, bench, soak, soak-kill, soak-telegram, soak-departments, fuzz, nlu-train and notices." ;;
esac
