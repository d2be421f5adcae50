"""Says how much alike two short texts are, by their letter pairs. Pure; must not know what they are about."""

from __future__ import annotations

import re
from collections import Counter

from korean.normalise import fold

# What stands in the place of personal data (⟦전화1⟧) is alike in all texts and says nothing.
_TOKEN = re.compile(r"⟦[^⟧]{0,40}⟧")
# A story's beginning tells what it is about; more letters only cost time.
LONGEST = 400


def likeness(one: str, other: str) -> float:
    """From 0 (no pair of letters in common) to 1 (the same letters): Dice's measure over letter pairs.

    Spaces, marks and tokens of personal data do not count.
    """
    first, second = _pairs(one), _pairs(other)
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def _pairs(text: str) -> Counter[str]:
    letters = fold(_TOKEN.sub(" ", text[:LONGEST]))
    return Counter(letters[index : index + 2] for index in range(len(letters) - 1))
