"""Groups morphemes that mean about the same, so that a rule learnt for one holds for its kin. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from nlu.components.vectors import Vectors

CACHED = 20_000


class Clusters:
    """For each number of groups in `sizes` the group of a morpheme; a group of none is None."""

    def __init__(self, vectors: Vectors, centres: Sequence[np.ndarray]) -> None:
        self.vectors = vectors
        self.centres = [np.asarray(centre, dtype=np.float32) for centre in centres]
        self.of = lru_cache(maxsize=CACHED)(self._of)

    @classmethod
    def make(cls, vectors: Vectors, numbers: Iterable[int], sizes: Sequence[int]) -> Clusters:
        """Learn the groups from the morphemes of the training data."""
        known = [vectors.of(number) for number in sorted(set(numbers))]
        points = np.array([_unit(vector) for vector in known if vector.any()])
        centres = [
            MiniBatchKMeans(size, random_state=0, n_init=3, batch_size=2048, max_iter=30)
            .fit(points)
            .cluster_centers_
            for size in sizes
            if size < len(points)
        ]
        return cls(vectors, centres)

    def _of(self, number: int) -> tuple[int, ...] | None:
        """The morpheme's group of each size, the roughest first; None without a vector."""
        vector = self.vectors.of(number)
        if not vector.any():
            return None
        near = _unit(vector)
        return tuple(
            int(np.argmin((centre**2).sum(axis=1) - 2 * centre @ near)) for centre in self.centres
        )


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector))
