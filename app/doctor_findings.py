"""What the doctor says of one thing. Must look at nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """ok: nothing to do; warn: works, but look; fail: something a citizen would feel."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One check: what was found and, unless it is ok, what to do."""

    name: str
    verdict: Verdict
    text: str
    advice: str = ""

    def to_data(self) -> dict[str, str]:
        """The finding as JSON data."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "text": self.text,
            "advice": self.advice,
        }


def ok(name: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Verdict.OK, text)


def warn(name: str, text: str, advice: str) -> Finding:
    """It works, but look: ``advice`` says what to do."""
    return Finding(name, Verdict.WARN, text, advice)


def fail(name: str, text: str, advice: str) -> Finding:
    """A citizen would feel it: ``advice`` says what to do."""
    return Finding(name, Verdict.FAIL, text, advice)
