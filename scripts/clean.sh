#!/usr/bin/env bash
# Removes caches; var/ (database, model, secrets, photos, logs) only after a typed yes, and never under a running demo.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
find . \( -name .venv -o -name .git -o -name .tools -o -name var \) -prune -o \
    -type d \( -name __pycache__ -o -name .pytest_cache -o -name .mypy_cache -o -name .ruff_cache -o -name .import_linter_cache -o -name .hypothesis -o -name .rasa \) \
    -prune -print0 | xargs -0 rm -rf
say "Caches removed."
var="${SOTONG_VAR_DIR:-$ROOT/var}"
[ -d "$var" ] || exit 0
if [ -f "$var/run/demo.pid" ] && kill -0 "$(cat "$var/run/demo.pid")" 2>/dev/null; then
    die "a demo is running on $var: stop it with Ctrl-C (or kill $(cat "$var/run/demo.pid")) before removing its data."
fi
say "$var holds the database, citizens' photos, the keys of the vault, the trained model and the logs."
answer=""
read -r -p "Remove it for good? Type yes: " answer || true
if [ "$answer" = yes ]; then rm -rf "$var"; say "$var removed."; else say "$var kept."; fi
