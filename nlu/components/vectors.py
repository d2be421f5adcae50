"""Vectors of Korean morphemes out of Kiwi's own language model. Learns nothing, stores one projection.

Kiwi tells how similar two morphemes are (a cosine), not where they lie. From the similarities to some
hundred fixed morphemes the place can be computed exactly, since Kiwi's space has 256 dimensions
(Nyström's method); of these the strongest are kept.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nlu.language import reader
from nlu.model import Unusable

# Numbers of frequent morphemes, spread evenly; 380 of them span all 256 dimensions.
ANCHORS = range(100, 40_000, 105)
SAMPLE = range(130, 24_000, 45)
CACHED = 10_000


class Vectors:
    """Number of a morpheme (`Morpheme.number`) to its vector, float32 with `size` entries.

    The projection is kept with a model instead of being computed again: the sign of its axes may
    differ between two machines.
    """

    def __init__(self, projection: np.ndarray, shift: np.ndarray, version: str) -> None:
        if version != reader().version:
            raise Unusable(
                f"the model was trained with kiwipiepy {version}, here is {reader().version}: "
                "train it again."
            )
        self.projection, self.shift, self.version = projection, shift, version
        self.size = int(projection.shape[1])
        self.of = lru_cache(maxsize=CACHED)(self._of)

    @classmethod
    def make(cls, size: int) -> Vectors:
        """The `size` strongest of Kiwi's dimensions, centred and scaled to about one."""
        between = np.array([_similarities(number) for number in ANCHORS])
        values, axes = np.linalg.eigh((between + between.T) / 2)
        whole = axes[:, values > 1e-2] / np.sqrt(values[values > 1e-2])
        sample = np.array([_similarities(number) for number in SAMPLE]) @ whole
        centre = sample.mean(axis=0)
        strongest = np.linalg.svd(sample - centre, full_matrices=False)[2][:size].T
        scale = ((sample - centre) @ strongest).std()
        return cls(
            (whole @ strongest / scale).astype(np.float32),
            (centre @ strongest / scale).astype(np.float32),
            reader().version,
        )

    def _of(self, number: int) -> np.ndarray:
        """The vector; zeros (the middle of all) for what Kiwi has no vector of."""
        near = _similarities(number) if number else np.array([np.nan])
        if np.isnan(near).any():
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(near @ self.projection - self.shift, dtype=np.float32)


@lru_cache(maxsize=CACHED)
def _similarities(number: int) -> np.ndarray:
    # One for the process: each component that has a projection of its own asks for the same morphemes.
    ask = reader().similarity
    return np.array([ask(number, anchor) for anchor in ANCHORS], dtype=np.float32)
