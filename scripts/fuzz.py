"""`make fuzz`: drives property tests of the personal-data finder by coverage. Must judge nothing itself.

    fuzz.py [--seconds N] [NAME]

With atheris. NAME is one of the tests below; without it each has its share of the time. A failure prints
the input as Hypothesis would and ends with 1. Linux and Python 3.11 only: that is what atheris is built for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["korean"]):
    from tests.korean import test_redact

TARGETS: dict[str, Any] = {
    "planted": test_redact.test_a_planted_resident_number_never_survives,
    "any-text": test_redact.test_no_text_makes_it_fail_and_spans_fit_the_raw_text,
    "digits": test_redact.test_no_soup_of_digits_makes_it_fail,
}
LONGEST_INPUT = 4096  # bytes


def main() -> int:
    """Run each target in a process of its own, since libFuzzer ends the one that it is in."""
    parser = argparse.ArgumentParser(description=__doc__, prog="fuzz")
    parser.add_argument("name", nargs="?", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600, help="for all together")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return _fuzz(asked.name, asked.seconds)
    names = [asked.name] if asked.name else sorted(TARGETS)
    failed = []
    for name in names:
        print(f"{name}: {asked.seconds // len(names)} s", file=sys.stderr)
        share = str(asked.seconds // len(names))
        command = [sys.executable, "-m", "scripts.fuzz", "--here", "--seconds", share, name]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print("failed: " + ", ".join(failed) if failed else "no failure", file=sys.stderr)
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> int:
    test = TARGETS[name].hypothesis.fuzz_one_input
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_INPUT}",
            "-print_final_stats=1",
        ],
        lambda data: test(data) and None,
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
