#!/usr/bin/env bash
# Runs every test of both environments with its own set-up, shows the minutes per stage, and names what could not run.
# SOTONG_REQUIRE_ALL=1 turns "could not run" into a failure. Arguments go to the modern environment's pytest.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

began=$SECONDS
bash scripts/bootstrap.sh
bash scripts/peers.sh
# No test may see the settings of the person who runs it; each makes its own folder and ports.
for name in $(compgen -e | grep '^SOTONG_' | grep -v '^SOTONG_REQUIRE_ALL$' || true); do unset "$name"; done
export RASA_TELEMETRY_ENABLED=false PYTHONDONTWRITEBYTECODE=1 TF_CPP_MIN_LOG_LEVEL=3

results="$(mktemp -d)"
beside_pid=""
trap 'rm -rf "$results"; [ -z "$beside_pid" ] || kill -TERM -- "-$beside_pid" 2>/dev/null || true' EXIT
export SOTONG_NOT_RUN_FILE="$results/not-run"   # tests/conftest.py and nlu/tests write one line per test they could not run
: >"$SOTONG_NOT_RUN_FILE"
rows=()
failed=()

stage() { # stage <name> <command>…
    local name="$1" start=$SECONDS verdict=passed
    shift
    say ""
    say "== $name"
    "$@" || verdict=FAILED
    [ "$verdict" = passed ] || failed+=("$name")
    rows+=("$(printf '%-60s %7s min   %s' "$name" "$(awk -v s="$((SECONDS - start))" 'BEGIN { printf "%.1f", s / 60 }')" "$verdict")")
}

# What needs no whole service and no browser runs beside the rest, on the second core; about half of the minutes each.
QUIET=(tests/actions tests/app tests/city tests/console tests/core tests/dialogue tests/integrations tests/korean tests/website)
quiet_tests() {
    nlu_tests && modern_tests "${QUIET[@]}"
}
loud_tests() {
    local ignored=()
    for folder in "${QUIET[@]}"; do ignored+=("--ignore=$folder"); done
    modern_tests "${ignored[@]}"
}

nlu_tests() { PYTHONPATH="$ROOT" "$NLU_PYTHON" -m pytest nlu/tests -c nlu/pyproject.toml --rootdir=nlu -p tests.needs -p no:cacheprovider -q; }
modern_tests() { "$PYTHON" -m pytest -p no:cacheprovider "$@"; }

rows+=("$(printf '%-60s %7s min   %s' "environments" "$(awk -v s="$((SECONDS - began))" 'BEGIN { printf "%.1f", s / 60 }')" passed)")
if [ "$#" -eq 0 ]; then
    beside="$results/beside"
    # A process group of its own, so that it ends with us; its minutes and its verdict wait in a file.
    set -m
    (stage "Rasa's environment, rules and parts" quiet_tests >"$beside.log" 2>&1
        printf '%s\n' "${rows[-1]}" >"$beside.row"
        [ "${#failed[@]}" -eq 0 ]) &
    beside_pid=$!
    set +m
    stage "the rest of tests" loud_tests
    wait "$beside_pid" || failed+=("Rasa's environment, rules and parts")
    beside_pid=""
    cat "$beside.log"
    rows+=("$(cat "$beside.row")")
else
    stage "modern environment (tests)" modern_tests "$@"
fi

say ""
say "Minutes per stage"
printf '  %s\n' "${rows[@]}"
if [ -s "$SOTONG_NOT_RUN_FILE" ]; then
    say ""
    say "Could not run here:"
    sort "$SOTONG_NOT_RUN_FILE" | uniq -c | sed 's/^ *\([0-9]*\) /  \1 test(s): /'
fi
if [ "${#failed[@]}" -gt 0 ]; then
    die "tests failed in: $(printf '%s; ' "${failed[@]}" | sed 's/; $//')."
fi
say "All tests passed."
