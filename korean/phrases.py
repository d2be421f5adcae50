"""Words between spaces and signs, and phrases found among them; decides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[가-힣A-Za-z0-9·⟦⟧]+")


@dataclass(frozen=True)
class Word:
    """One run of letters and digits; it begins at `start`."""

    text: str
    start: int


@dataclass(frozen=True)
class Phrase:
    """What was found at text[start:end]; `value` is its one form."""

    start: int
    end: int
    value: str


def words_of(text: str) -> list[Word]:
    """The words in order."""
    return [Word(match.group(), match.start()) for match in _WORD.finditer(text)]
