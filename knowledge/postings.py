"""One inverted list of words on disk: which articles hold a word and how strongly. Must not rank.

Every array is memory-mapped; words are kept as 64-bit hashes (half a million words: a chance of 1 in 10^8
that two are taken for one). For a word that very many articles have, the strongest are kept apart, so that
a question costs the same however many articles there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

K1, B = 1.2, 0.9
# So many of the strongest articles of a word may become candidates.
STRONGEST = 1000
_PARTS = ("terms", "starts", "places", "impacts", "long", "top_places", "top_impacts")


@lru_cache(maxsize=200_000)
def hash_of(word: str) -> int:
    """64 bits that stand for a word."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def hashes(words: Iterable[str]) -> Any:
    """Hashes of words, in their order."""
    return np.fromiter((hash_of(word) for word in words), dtype=np.uint64)


@dataclass(frozen=True)
class Counted:
    """Words of many articles, each once with its number: ``words[starts[i]:starts[i + 1]]`` are of i."""

    words: Any
    counts: Any
    starts: Any

    @classmethod
    def of(cls, documents: Iterable[Sequence[str]]) -> Counted:
        """Count the words of each."""
        words, counts, starts = [], [], [0]
        for document in documents:
            own, many = np.unique(hashes(document), return_counts=True)
            words.append(own)
            counts.append(np.minimum(many, 65_535).astype(np.uint16))
            starts.append(starts[-1] + len(own))
        return cls(
            np.concatenate(words) if words else np.empty(0, np.uint64),
            np.concatenate(counts) if counts else np.empty(0, np.uint16),
            np.array(starts, dtype=np.int64),
        )

    @property
    def size(self) -> int:
        """How many articles."""
        return len(self.starts) - 1

    def only(self, places: Any) -> Counted:
        """The same of these articles, in this order."""
        lengths = self.starts[places + 1] - self.starts[places]
        at = ranges(self.starts[places], lengths)
        return Counted(self.words[at], self.counts[at], _starts(lengths))

    def and_(self, other: Counted) -> Counted:
        """These and, after them, those."""
        return Counted(
            np.concatenate([self.words, other.words]),
            np.concatenate([self.counts, other.counts]),
            np.concatenate([self.starts, other.starts[1:] + self.starts[-1]]),
        )

    def save(self, folder: Path, name: str) -> None:
        """Write it below an existing folder."""
        for part in ("words", "counts", "starts"):
            np.save(folder / f"{name}.count.{part}.npy", getattr(self, part))

    @classmethod
    def load(cls, folder: Path, name: str) -> Counted:
        """Map what ``save`` wrote."""
        return cls(
            *(
                np.load(folder / f"{name}.count.{part}.npy", mmap_mode="r")
                for part in ("words", "counts", "starts")
            )
        )


@dataclass(frozen=True)
class Postings:
    """``places[starts[t]:starts[t + 1]]`` have the word ``terms[t]``, in order; ``impacts`` is how strongly
    (BM25 without the rarity of the word). ``long``: words with more than STRONGEST articles, each with a
    row of ``top_places`` and ``top_impacts``.
    """

    terms: Any
    starts: Any
    places: Any
    impacts: Any
    long: Any
    top_places: Any
    top_impacts: Any

    @classmethod
    def build(cls, counted: Counted, *, mean_length: float | None = None) -> Postings:
        """``mean_length``: words of a usual article; its own where it is the whole."""
        lengths = np.diff(counted.starts)
        total = np.add.reduceat(np.append(counted.counts, 0).astype(np.int64), counted.starts[:-1])
        total = np.where(lengths > 0, total, 0).astype(np.float32)
        mean = mean_of(counted) if mean_length is None else mean_length
        terms, term = np.unique(counted.words, return_inverse=True)
        place = np.repeat(np.arange(counted.size, dtype=np.int32), lengths)
        order = np.argsort(term, kind="stable")
        places = place[order]
        count = counted.counts[order].astype(np.float32)
        room = K1 * (1 - B + B * total[places] / max(mean, 1e-6))
        impacts = (count * (K1 + 1) / (count + room)).astype(np.float16)
        starts = _starts(np.bincount(term, minlength=len(terms)))
        long = np.flatnonzero(np.diff(starts) > STRONGEST).astype(np.int32)
        top_places = np.empty((len(long), STRONGEST), dtype=np.int32)
        top_impacts = np.empty((len(long), STRONGEST), dtype=np.float16)
        for row, number in enumerate(long):
            own = slice(starts[number], starts[number + 1])
            best = np.sort(np.argpartition(impacts[own], -STRONGEST)[-STRONGEST:])
            top_places[row], top_impacts[row] = places[own][best], impacts[own][best]
        return cls(terms, starts, places, impacts, long, top_places, top_impacts)

    def numbers(self, words: Any) -> Any:
        """Numbers of words (hashes); -1: no article has it."""
        if not len(self.terms):
            return np.full(len(words), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.terms, words), len(self.terms) - 1)
        return np.where(self.terms[at] == words, at, -1)

    def spread(self, numbers: Any) -> Any:
        """How many articles have each word (by number; 0 for -1)."""
        known = np.maximum(numbers, 0)
        if not len(self.terms):
            return np.zeros(len(numbers), dtype=np.int64)
        return np.where(numbers >= 0, self.starts[known + 1] - self.starts[known], 0)

    def strongest(self, number: int) -> tuple[Any, Any]:
        """Places and impacts of at most STRONGEST articles with a word."""
        first, last = self.starts[number], self.starts[number + 1]
        if last - first <= STRONGEST:
            return self.places[first:last], self.impacts[first:last]
        row = np.searchsorted(self.long, number)
        return self.top_places[row], self.top_impacts[row]

    def impacts_at(self, numbers: Any, places: Any) -> Any:
        """A row for each word, a column for each place; 0: the article does not have the word."""
        found = np.zeros((len(numbers), len(places)), dtype=np.float32)
        for row, number in enumerate(numbers):
            if number < 0:
                continue
            first, last = self.starts[number], self.starts[number + 1]
            own = self.places[first:last]
            at = np.minimum(np.searchsorted(own, places), len(own) - 1)
            found[row] = np.where(own[at] == places, self.impacts[first:last][at], 0)
        return found

    def save(self, folder: Path, name: str) -> None:
        """Write it below an existing folder."""
        for part in _PARTS:
            np.save(folder / f"{name}.{part}.npy", getattr(self, part))

    @classmethod
    def load(cls, folder: Path, name: str) -> Postings:
        """Map what ``save`` wrote."""
        return cls(
            *(np.load(folder / f"{name}.{part}.npy", mmap_mode="r") for part in _PARTS),
        )


def mean_of(counted: Counted) -> float:
    """Words of a usual article."""
    return float(counted.counts.sum(dtype=np.int64)) / max(1, counted.size)


def ranges(starts: Any, lengths: Any) -> Any:
    """The numbers of several ranges, one after the other."""
    whole = int(lengths.sum())
    if not whole:
        return np.empty(0, dtype=np.int64)
    shift = np.repeat(starts - np.append(0, np.cumsum(lengths)[:-1]), lengths)
    return np.arange(whole, dtype=np.int64) + shift


def _starts(lengths: Any) -> Any:
    return np.append(0, np.cumsum(lengths)).astype(np.int64)
