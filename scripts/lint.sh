#!/usr/bin/env bash
# Everything that reads the code without running it; all checks run even after one failed, so that one run tells all.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
bash scripts/bootstrap.sh
bin="$ROOT/.venv/bin"
failed=()

check() {
    local name="$1" began=$SECONDS
    shift
    if "$@"; then
        say "lint: $name passed ($((SECONDS - began)) s)"
    else
        say "lint: $name FAILED ($((SECONDS - began)) s): $*"
        failed+=("$name")
    fi
}

check "ruff check" "$PYTHON" -m ruff check .
check "ruff format" "$PYTHON" -m ruff format --check .
check "mypy" "$PYTHON" -m mypy
check "import-linter" "$bin/lint-imports" --no-cache
check "house rules" "$PYTHON" scripts/house_rules.py
check "third-party notices" "$PYTHON" scripts/notices.py --check
check "shell syntax" bash -n scripts/*.sh .ci/run

[ "${#failed[@]}" -eq 0 ] || die "lint failed: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')."
say "lint: all passed"
