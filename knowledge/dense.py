"""Meaning beside words, where a city plugs an encoder in: vectors of articles, the nearest, fusion of both.

Off unless a setting names an encoder. When it fails, words alone answer and the log says so. Must not know
any encoder or network: those are behind ``Encoder``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.errors import PermanentFailure, TemporaryFailure

log = logging.getLogger(__name__)

# Reciprocal-rank fusion: how flat the worth of ranks is (Cormack and others, 2009).
FLAT = 60
# So many texts go to an encoder at once, and so many characters of each.
BATCH = 32
LONGEST = 2000
# After a failure words alone answer for so long, so that a dead endpoint does not slow every question.
REST_SECONDS = 30.0


class Encoder(Protocol):
    """Makes vectors of texts. ``name`` changes when its vectors do."""

    @property
    def name(self) -> str:
        """Which model, and of which version."""

    def encode(self, texts: Sequence[str]) -> Any:
        """A row of numbers for each text. Raises TemporaryFailure and PermanentFailure."""


@dataclass
class Dense:
    """Vectors of the articles of one index by place (a row of zeros: there is none yet)."""

    encoder: Encoder
    vectors: Any
    clock: Callable[[], float] = time.monotonic
    _rest_until: float = field(default=0.0, init=False)

    def nearest(self, question: str, *, allowed: Any, most: int) -> list[int]:
        """Places of the articles nearest to a question; [] where the encoder does not answer."""
        if self.clock() < self._rest_until or not len(self.vectors):
            return []
        try:
            asked = unit(self.encoder.encode([question[:LONGEST]]))
        except (TemporaryFailure, PermanentFailure) as failure:
            self._rest_until = self.clock() + REST_SECONDS
            # Only the kind: the encoder's own words may quote the question.
            log.warning("the encoder failed (%s); words alone answer", type(failure).__name__)
            return []
        if asked.shape != (1, self.vectors.shape[1]):
            self._rest_until = self.clock() + REST_SECONDS
            log.warning("the encoder's vectors have another length; words alone answer")
            return []
        near = np.where(allowed, self.vectors @ asked[0], -np.inf)
        near[~self.vectors.any(axis=1)] = -np.inf
        order = np.argsort(-near, kind="stable")[:most]
        return [int(at) for at in order if near[at] > -np.inf]


def fuse(orders: Iterable[Sequence[int]]) -> list[int]:
    """One order of several, the best first (reciprocal-rank fusion); among equals that of the first."""
    worth: dict[int, float] = {}
    for order in orders:
        for rank, place in enumerate(order, 1):
            worth[place] = worth.get(place, 0.0) + 1 / (FLAT + rank)
    return sorted(worth, key=lambda place: -worth[place])


def unit(vectors: Any) -> Any:
    """Vectors of length 1; what is no row of finite numbers becomes zeros."""
    found = np.asarray(vectors, dtype=np.float32)
    if found.ndim != 2:
        return np.zeros((0, 0), dtype=np.float32)
    found = np.where(np.isfinite(found).all(axis=1, keepdims=True), found, 0)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.where(length > 0, length, 1)


def read_vectors(folder: Path, encoder: Encoder) -> dict[bytes, Any]:
    """Vectors by the mark of an article's words that this encoder made before."""
    try:
        with np.load(_file(folder, encoder), allow_pickle=False) as kept:
            return dict(zip(kept["marks"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}


def add_vectors(
    folder: Path, encoder: Encoder, marks: Sequence[bytes], texts: dict[bytes, str]
) -> dict[bytes, Any]:
    """Vectors of these marks; ``texts``: of those that have none yet. What fails is left for next time."""
    kept = {
        mark: each for mark, each in read_vectors(folder, encoder).items() if mark in set(marks)
    }
    missing = [mark for mark in marks if mark not in kept and mark in texts]
    before = len(kept)
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        try:
            made = unit(encoder.encode([texts[mark][:LONGEST] for mark in batch]))
        except (TemporaryFailure, PermanentFailure) as failure:
            log.warning(
                "the encoder failed (%s); %d articles have no vector yet",
                type(failure).__name__,
                len(missing) - first,
            )
            break
        if len(made) != len(batch) or (kept and made.shape[1] != len(next(iter(kept.values())))):
            log.warning("the encoder's vectors have another length; they are not used")
            break
        kept.update(zip(batch, made.astype(np.float16), strict=True))
    if len(kept) > before:
        _write(folder, encoder, kept)
    return kept


def _write(folder: Path, encoder: Encoder, kept: dict[bytes, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = _file(folder, encoder)
    part = folder / f"vectors.{os.getpid()}.npz"
    np.savez(part, marks=np.array(list(kept), dtype=bytes), vectors=np.stack(list(kept.values())))
    part.replace(path)
    for old in folder.glob("vectors-*.npz"):
        if old != path:
            old.unlink(missing_ok=True)


def _file(folder: Path, encoder: Encoder) -> Path:
    return folder / f"vectors-{hashlib.sha256(encoder.name.encode()).hexdigest()[:16]}.npz"
