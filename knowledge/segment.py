"""A number of articles as the ranker sees them: inverted lists, phrases, days. Must not rank.

The index is one large segment and a small one of what changed since (knowledge.index).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.asked import FAMILIES
from knowledge.postings import Counted, Postings, hashes, mean_of
from knowledge.tokens import Tokens

FIRST_DAY, LAST_DAY = 0, date.max.toordinal()


@dataclass(frozen=True)
class Phrases:
    """Titles and keywords word by word: article i has the phrases ``of[i]`` to ``of[i + 1]``, the first
    is its title; phrase p is ``words[starts[p]:starts[p + 1]]``, ``rarity`` beside it.
    """

    of: Any
    starts: Any
    words: Any
    rarity: Any

    @classmethod
    def build(cls, documents: Sequence[Tokens]) -> Phrases:
        """Of these articles, in their order."""
        of, starts, words = [0], [0], []
        for document in documents:
            for phrase in document.phrases:
                words.append(hashes(dict.fromkeys(phrase)))
                starts.append(starts[-1] + len(words[-1]))
            of.append(len(starts) - 1)
        return cls._made(of, starts, words)

    def only(self, places: Any) -> Phrases:
        """The same of these articles, in this order."""
        of, starts, words = [0], [0], []
        for place in places:
            first, last = self.of[place], self.of[place + 1]
            cut = self.starts[first : last + 1]
            words.append(self.words[cut[0] : cut[-1]])
            starts += [starts[-1] + int(each) for each in cut[1:] - cut[0]]
            of.append(len(starts) - 1)
        return self._made(of, starts, words)

    def and_(self, other: Phrases) -> Phrases:
        """These and, after them, those."""
        return Phrases(
            np.concatenate([self.of, other.of[1:] + self.of[-1]]),
            np.concatenate([self.starts, other.starts[1:] + self.starts[-1]]),
            np.concatenate([self.words, other.words]),
            np.concatenate([self.rarity, other.rarity]),
        )

    def weighed(self, head: Postings, size: int) -> Phrases:
        """The same with the rarity of each word among the titles and keywords of so many articles."""
        return replace(self, rarity=rarity_of(head.spread(head.numbers(self.words)), size))

    @classmethod
    def _made(cls, of: list[int], starts: list[int], words: list[Any]) -> Phrases:
        flat = np.concatenate(words) if words else np.empty(0, dtype=np.uint64)
        return cls(
            np.array(of, dtype=np.int64),
            np.array(starts, dtype=np.int64),
            flat,
            np.zeros(len(flat), dtype=np.float32),
        )


@dataclass(frozen=True)
class Segment:
    """Articles by place, 0, 1, ….

    Attributes:
        postings, counted: by family; ``counted`` is what a new segment is made from.
        lengths: morphemes of each.
        first_days, last_days: between which each may answer (ordinals, both included).
        means: words of a usual article by family.
    """

    postings: dict[str, Postings]
    counted: dict[str, Counted]
    phrases: Phrases
    lengths: Any
    first_days: Any
    last_days: Any
    means: dict[str, float]

    @property
    def size(self) -> int:
        """How many articles."""
        return len(self.lengths)

    @classmethod
    def build(
        cls,
        counted: dict[str, Counted],
        phrases: Phrases,
        *,
        beside: Segment | None = None,
    ) -> Segment:
        """Articles that may answer on any day. ``beside``: the large segment whose figures it shares."""
        means = (
            beside.means if beside else {family: mean_of(each) for family, each in counted.items()}
        )
        postings = {
            family: Postings.build(each, mean_length=means[family])
            for family, each in counted.items()
        }
        head = (beside.postings if beside else postings)["head"]
        own = counted["morphemes"]
        padded = np.append(own.counts, 0).astype(np.int64)
        lengths = np.where(np.diff(own.starts) > 0, np.add.reduceat(padded, own.starts[:-1]), 0)
        return cls(
            postings,
            counted,
            phrases.weighed(head, beside.size if beside else len(lengths)),
            lengths.astype(np.float32),
            np.full(len(lengths), FIRST_DAY, dtype=np.int32),
            np.full(len(lengths), LAST_DAY, dtype=np.int32),
            means,
        )

    def save(self, folder: Path) -> None:
        """Write everything below an existing folder."""
        for family in FAMILIES:
            self.postings[family].save(folder, family)
            self.counted[family].save(folder, family)
        for part in ("of", "starts", "words", "rarity"):
            np.save(folder / f"phrases.{part}.npy", getattr(self.phrases, part))
        for part in ("lengths", "first_days", "last_days"):
            np.save(folder / f"{part}.npy", getattr(self, part))
        np.save(folder / "means.npy", np.array([self.means[family] for family in FAMILIES]))

    @classmethod
    def load(cls, folder: Path) -> Segment:
        """Map what ``save`` wrote."""
        means = np.load(folder / "means.npy")
        of, starts, words, rarity = (
            _map(folder / f"phrases.{part}.npy") for part in ("of", "starts", "words", "rarity")
        )
        return cls(
            {family: Postings.load(folder, family) for family in FAMILIES},
            {family: Counted.load(folder, family) for family in FAMILIES},
            Phrases(of, starts, words, rarity),
            _map(folder / "lengths.npy"),
            _map(folder / "first_days.npy"),
            _map(folder / "last_days.npy"),
            dict(zip(FAMILIES, map(float, means), strict=True)),
        )


def count(documents: Sequence[Tokens]) -> dict[str, Counted]:
    """The words of articles by family."""
    return {family: Counted.of(getattr(each, family) for each in documents) for family in FAMILIES}


def rarity_of(having: Any, size: int) -> Any:
    """Weight of words that so many articles of ``size`` have (idf)."""
    size = max(size, 1)
    known = np.log(1 + (np.maximum(size - having, 0) + 0.5) / (having + 0.5))
    # A word that no article has weighs as much as one that a single article has, but for a half.
    return np.where(having > 0, known, np.log(1 + size / 0.5) / 2).astype(np.float32)


def _map(path: Path) -> Any:
    return np.load(path, mmap_mode="r")
