"""Turns Korean text into the tokens that the index holds: morphemes of Kiwi and pairs of syllables.

Loads Kiwi once, at the first use and never at import. Must not know articles or weights.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from korean.normalise import normalise

# A citizen's question; the rest of a longer one is not looked at (Kiwi: 15 ms for so much).
LONGEST_QUESTION = 2000
# Nouns, pronouns' and numbers' stems, verbs, adjectives, adverbs, foreign words: what carries meaning.
_MEANING = ("NN", "NR", "VV", "VA", "MA", "MM", "XR", "SL", "SN", "SH")
_WORD = re.compile(r"[가-힣a-z]+")
_TOKEN_OF_OURS = re.compile(r"⟦[^⟦⟧]{1,12}⟧")


@dataclass(frozen=True)
class Tokens:
    """Tokens of one text, in order, with repetitions."""

    morphemes: tuple[str, ...]
    pairs: tuple[str, ...]
    # Of an article: those of its title and keywords. Of a question: all.
    head: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    # Of an article: the morphemes of its title and of each keyword.
    phrases: tuple[tuple[str, ...], ...] = ()


def read_question(text: str) -> Tokens:
    """Tokens of a question; what stands in place of personal data says nothing about policy."""
    text = _TOKEN_OF_OURS.sub(" ", normalise(text[:LONGEST_QUESTION]).text)
    found = morphemes(text)
    return Tokens(found, pairs(text), found, sounds(text))


def morphemes(text: str) -> tuple[str, ...]:
    """Morphemes with meaning and their rough kind: 가로등/NN."""
    return tuple(
        f"{token.form.lower()}/{token.tag[:2]}"
        for token in kiwi().tokenize(text)
        if token.tag[:2] in _MEANING
    )


def pairs(text: str) -> tuple[str, ...]:
    """Neighbouring syllables inside each word: 가로등 → 가로, 로등. They survive typing errors."""
    return tuple(
        f"{one}{other}" for word in _WORD.findall(text.lower()) for one, other in pairwise(word)
    )


def sounds(text: str) -> tuple[str, ...]:
    """Three letters of each word in a row: a syllable that is typed wrongly keeps most of its own."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        letters = f"^{unicodedata.normalize('NFD', word)}"
        found += [letters[at : at + 3] for at in range(len(letters) - 2)]
    return tuple(found)


@lru_cache(maxsize=1)
def kiwi() -> Any:
    """This process's one Kiwi (215 MB); the first call takes about two seconds."""
    from kiwipiepy import Kiwi

    # Without the encyclopaedia's names (default.dict, multi.dict) it takes 215 instead of 485 MB and
    # finds articles as well (docs/benchmarks/knowledge.md).
    return Kiwi(num_workers=1, load_default_dict=False, load_multi_dict=False)
