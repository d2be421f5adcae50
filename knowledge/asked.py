"""What is looked up for a question: its words and what else they may mean. Must not know articles.

A concept is one word of the question together with the words that may stand for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.postings import hashes
from knowledge.synonyms import Synonyms
from knowledge.tokens import Tokens

# How much a word counts that the question does not hold but may mean.
MEANT = 0.6
# How much a word of ordinary talk counts where it is judged what an article covers.
FILLER = 0.2
_NAMES = ("/NN", "/SL", "/XR")
FAMILIES = ("morphemes", "pairs", "head", "sounds")
# Families in which words may stand for others.
_WITH_MEANING = ("morphemes", "head")


@dataclass(frozen=True)
class Terms:
    """Words of one family: their hashes, the concept that each belongs to (0, 1, …; never falling) and
    its weight. Of each concept: how ``often`` the question holds it, how much it says about the matter
    (``content``, 0 to 1) and whether it names a thing (``names``).
    """

    words: Any
    concepts: Any
    weights: Any
    often: Any
    content: Any
    names: Any

    @property
    def many(self) -> int:
        """How many concepts."""
        return len(self.often)


@dataclass(frozen=True)
class Question:
    """The words of a question by family."""

    terms: dict[str, Terms]
    length: int


def ask_about(tokens: Tokens, known: Synonyms | None = None) -> Question:
    """What to look up; ``known``: with the words that those of the question may mean."""
    meant: dict[str, dict[str, None]] = {}
    if known is not None:
        for last, others in known.of(tokens.morphemes):
            own = meant.setdefault(tokens.morphemes[last], {})
            own.update(dict.fromkeys(others))
    return Question(
        {
            family: _terms(
                getattr(tokens, family),
                meant if family in _WITH_MEANING else {},
                known.filler if known is not None else frozenset(),
            )
            for family in FAMILIES
        },
        len(set(tokens.morphemes)),
    )


def sample_of(counted: dict[str, tuple[Any, Any]]) -> Question:
    """A question of words that are hashes already, by family with how often each stands there."""
    return Question(
        {
            family: Terms(
                np.asarray(words),
                np.arange(len(words)),
                np.ones(len(words), dtype=np.float32),
                np.asarray(often, dtype=np.float32),
                np.ones(len(words), dtype=np.float32),
                np.zeros(len(words), dtype=bool),
            )
            for family, (words, often) in counted.items()
        },
        len(counted["morphemes"][0]),
    )


def _terms(
    words: Sequence[str], meant: dict[str, dict[str, None]], little: frozenset[str]
) -> Terms:
    often = dict.fromkeys(words, 0)
    for word in words:
        often[word] += 1
    flat: list[str] = []
    concepts: list[int] = []
    weights: list[float] = []
    for concept, word in enumerate(often):
        flat.append(word)
        concepts.append(concept)
        weights.append(1.0)
        for other in meant.get(word, ()):
            # What the question says itself is a concept of its own.
            if other not in often:
                flat.append(other)
                concepts.append(concept)
                weights.append(MEANT)
    return Terms(
        hashes(flat),
        np.array(concepts, dtype=np.int64),
        np.array(weights, dtype=np.float32),
        np.array(list(often.values()), dtype=np.float32),
        np.array([FILLER if word in little else 1.0 for word in often], dtype=np.float32),
        np.array([word.endswith(_NAMES) and word not in little for word in often], dtype=bool),
    )
