#!/usr/bin/env bash
# Lets ruff rewrite imports and formatting; changes nothing else.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
bash scripts/bootstrap.sh
"$PYTHON" -m ruff check --fix-only .
"$PYTHON" -m ruff format .
