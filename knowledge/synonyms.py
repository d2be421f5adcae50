"""Words of ordinary talk and the words of articles that mean the same (synonyms.txt). Must not rank.

General vocabulary, not made for single questions. A phrase is found when its morphemes stand in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from knowledge.tokens import morphemes

FILE = Path(__file__).with_name("synonyms.txt")
FILLER = Path(__file__).with_name("filler.txt")
Morphemes = tuple[str, ...]


@dataclass(frozen=True)
class Synonyms:
    """``meant``: a phrase as morphemes → the phrases that may be meant; ``longest``: morphemes of
    one. ``filler``: morphemes that say little about the matter.
    """

    meant: Mapping[Morphemes, tuple[Morphemes, ...]]
    longest: int
    filler: frozenset[str] = frozenset()

    def of(self, words: Sequence[str]) -> list[tuple[int, Morphemes]]:
        """(place of the last morpheme of what was said, what may be meant), in order, each once."""
        found: dict[tuple[int, Morphemes], None] = {}
        for first in range(len(words)):
            for last in range(first, min(len(words), first + self.longest)):
                for other in self.meant.get(tuple(words[first : last + 1]), ()):
                    found[(last, other)] = None
        return list(found)


def read_synonyms(text: str, read: Callable[[str], Morphemes], *, filler: str = "") -> Synonyms:
    """Groups, one a line: ``a, b, c`` each for each; ``a, b > c`` only from left to right."""
    meant: dict[Morphemes, dict[Morphemes, None]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        left, arrow, right = line.partition(">")
        said = [read(each) for each in left.split(",")]
        others = [read(each) for each in right.split(",")] if arrow else said
        for one in said:
            for other in others:
                if one and other and one != other:
                    meant.setdefault(one, {})[other] = None
    return Synonyms(
        {one: tuple(others) for one, others in meant.items()},
        max((len(one) for one in meant), default=0),
        frozenset(
            word
            for line in filler.splitlines()
            if not line.startswith("#")
            for each in line.split(",")
            if len(found := read(each)) == 1
            for word in found
        ),
    )


@lru_cache(maxsize=1)
def synonyms() -> Synonyms:
    """Those of synonyms.txt; the first call takes Kiwi 0.1 s."""
    # Kiwi reads the words of a group as it reads a question.
    return read_synonyms(
        FILE.read_text(encoding="utf-8"), morphemes, filler=FILLER.read_text(encoding="utf-8")
    )
