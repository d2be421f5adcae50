"""Ranks articles for the tokens of a question: two BM25 indexes, coverage, and how often each is found.

The weights are learned (docs/benchmarks/knowledge.md). Must not know what an article says.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import weights
from knowledge.tokens import Tokens

K1, B = 1.2, 0.9
# Of so many sample questions an article's "found by anybody" is the mean of the highest scores.
MOST_SAMPLES = 3000
Samples = Sequence[tuple[Tokens, int]]
_FAMILIES = ("morphemes", "pairs", "head")


@dataclass(frozen=True)
class Scores:
    """Scores of all articles for one question, with what says how sure it is.

    Attributes:
        total: by which articles are ranked.
        cover: share of the question's rare words (by idf) that the article has, 0 to 1.
        cover_pairs: the same of pairs of syllables.
        cover_head: the same of morphemes in its title and keywords.
        unknown: share of the question's words that no article has.
    """

    total: Any
    strength: Any
    cover: Any
    cover_pairs: Any
    cover_head: Any
    unknown: float


class Ranker:
    """Both indexes of one generation. `build` or `load`; reading is safe in several threads."""

    def __init__(self, parts: dict[str, Any], lengths: Any, found: Any) -> None:
        self._parts = parts
        self._lengths = lengths
        self._found = found
        self.size = len(lengths)

    @classmethod
    def build(cls, documents: Sequence[Tokens], *, samples: Samples = ()) -> Ranker:
        """Index the documents. ``samples``: questions (titles) with the place of their own article."""
        import bm25s

        _quiet()
        parts = {}
        for family in _FAMILIES:
            # An empty index cannot be made; a word that nobody asks for does no harm.
            words = [list(getattr(each, family)) or ["\0"] for each in documents] or [["\0"]]
            part = bm25s.BM25(k1=K1, b=B)
            part.index(words, show_progress=False)
            parts[family] = part
        lengths = np.log1p(np.array([len(each.morphemes) for each in documents], dtype=np.float32))
        ranker = cls(parts, lengths, np.zeros(len(documents), dtype=np.float32))
        ranker._found = ranker.found_by(samples)
        return ranker

    def found_by(self, samples: Samples) -> Any:
        """How high each article stands for questions that are another one's: those found by anybody."""
        step = max(1, len(samples) // MOST_SAMPLES)
        chosen = samples[::step]
        many = sample_size(len(chosen))
        top = np.zeros((many, self.size), dtype=np.float32)
        for tokens, own in chosen:
            score = _relative(self._strength(tokens)[0])
            score[own] = 0.0
            lowest = top.argmin(axis=0)
            at = np.flatnonzero(score > top.min(axis=0))
            top[lowest[at], at] = score[at]
        return top.mean(axis=0) if len(chosen) > many else top.mean(axis=0) * 0

    def with_found(self, found: Any) -> Ranker:
        """The same over other samples."""
        return Ranker(self._parts, self._lengths, found)

    def features(self, question: Tokens) -> tuple[Any, Scores]:
        """A column of features for each article (see ``weights.RANKING``), and the rest of the scores."""
        strength, by_family = self._strength(question)
        cover, unknown = self._cover("morphemes", question.morphemes)
        cover_pairs, _ = self._cover("pairs", question.pairs)
        cover_head, _ = self._cover("head", question.head)
        columns = np.stack(
            [
                _relative(strength),
                self._found,
                _relative(by_family["morphemes"]),
                _relative(by_family["pairs"]),
                self._lengths,
                cover_pairs,
                cover,
            ]
        )
        return columns, Scores(strength, strength, cover, cover_pairs, cover_head, unknown)

    def score(self, question: Tokens) -> Scores:
        """Scores of every article for a question."""
        columns, scores = self.features(question)
        total = np.asarray(weights.RANKING, dtype=np.float32) @ columns
        # What shares nothing with the question is no answer, however seldom it is found.
        total[scores.strength <= 0] = -np.inf
        return replace(scores, total=total)

    def save(self, folder: Path) -> None:
        """Write everything below an existing folder."""
        for family, part in self._parts.items():
            part.save(folder / family, show_progress=False)
        np.save(folder / "lengths.npy", self._lengths)
        np.save(folder / "found.npy", self._found)

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Map what ``save`` wrote."""
        import bm25s

        _quiet()
        parts = {
            family: bm25s.BM25.load(folder / family, mmap=True, show_progress=False)
            for family in _FAMILIES
        }
        return cls(parts, np.load(folder / "lengths.npy"), np.load(folder / "found.npy"))

    def _strength(self, question: Tokens) -> tuple[Any, dict[str, Any]]:
        by_family = {
            family: self._bm25(family, list(getattr(question, family))) for family in _FAMILIES[:2]
        }
        return by_family["morphemes"] + weights.PAIRS * by_family["pairs"], by_family

    def _bm25(self, family: str, words: list[str]) -> Any:
        part = self._parts[family]
        numbers = [part.vocab_dict[word] for word in words if word in part.vocab_dict]
        if not numbers or not self.size:
            return np.zeros(self.size, dtype=np.float32)
        return part.get_scores_from_ids(numbers)

    def _cover(self, family: str, words: Sequence[str]) -> tuple[Any, float]:
        part = self._parts[family]
        starts, places = part.scores["indptr"], part.scores["indices"]
        cover = np.zeros(self.size, dtype=np.float32)
        whole, missing = 0.0, 0.0
        # A word that no article has weighs as much as one that a single article has, but for a half.
        unknown = float(np.log(1 + max(self.size, 1) / 0.5)) / 2
        for word in dict.fromkeys(words):
            number = part.vocab_dict.get(word)
            if number is None:
                whole, missing = whole + unknown, missing + unknown
                continue
            having = places[starts[number] : starts[number + 1]]
            idf = float(np.log(1 + (self.size - len(having) + 0.5) / (len(having) + 0.5)))
            cover[having] += idf
            whole += idf
        return cover / max(whole, 1e-6), missing / max(whole, 1e-6)


def sample_size(samples: int) -> int:
    """Of how many sample questions the mean is taken."""
    return min(20, max(3, samples // 120))


def _relative(score: Any) -> Any:
    best = float(score.max(initial=0.0))
    return score / best if best > 0 else score.copy()


def _quiet() -> None:
    # It speaks of every index that it makes.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
