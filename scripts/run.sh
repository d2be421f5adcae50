#!/usr/bin/env bash
# run.sh demo|bench|soak|soak-kill|soak-telegram|soak-departments|nlu-train|notices: bootstraps, then becomes that command (exec, so that signals reach it).
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
    *) die "run.sh knows demo, bench, soak, soak-kill, soak-telegram, soak-departments, nlu-train and notices." ;;
esac
