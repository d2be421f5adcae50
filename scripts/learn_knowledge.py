"""Learns weights for ranking and sureness from features; must not know where the questions come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Of each question so many articles are looked at.
CANDIDATES = 40


@dataclass(frozen=True)
class Choices:
    """Questions × candidates × features, which candidate is right (0 or 1), what each question counts."""

    x: Any
    open: Any
    right: Any
    counts: Any

    def only(self, questions: Any) -> Choices:
        """Those of some questions."""
        return Choices(*(each[questions] for each in (self.x, self.open, self.right, self.counts)))

    def and_(self, other: Choices) -> Choices:
        """These and those."""
        pairs = zip(
            (self.x, self.open, self.right, self.counts),
            (other.x, other.open, other.right, other.counts),
            strict=True,
        )
        return Choices(*(np.concatenate(each) for each in pairs))

    def hits(self, weights: Any) -> tuple[Any, Any]:
        """For each question whether the right one is first, and whether among the first five."""
        score = np.where(self.open, self.x @ weights, -np.inf)
        order = np.argsort(-score, axis=1, kind="stable")
        right = np.take_along_axis(self.right, order, axis=1)
        return right[:, 0] > 0, right[:, :5].any(axis=1)


def choices(found: list[tuple[Any, Any]], right: list[int], *, counts: float) -> Choices:
    """``found``: places and features of each question; ``right``: the place of its article."""
    many = found[0][1].shape[1]
    x = np.zeros((len(found), CANDIDATES, many), dtype=np.float32)
    there = np.zeros((len(found), CANDIDATES), dtype=bool)
    is_right = np.zeros((len(found), CANDIDATES), dtype=np.float32)
    for number, (places, features) in enumerate(found):
        kept = min(CANDIDATES, len(places))
        x[number, :kept] = features[:kept]
        there[number, :kept] = True
        is_right[number, :kept] = places[:kept] == right[number]
    return Choices(x, there, is_right, np.full(len(found), counts / len(found)))


def learn_ranking(data: Choices, learnt: Any, *, rounds: int = 150, keep: float = 0.005) -> Any:
    """Weights of a softmax over the candidates (Adam); 0 where ``learnt`` is False."""
    has = data.right.sum(axis=1) > 0
    data = data.only(has)
    x = data.x[:, :, learnt]
    spread = x[data.open].std(axis=0) + 1e-6
    x = x / spread
    counts = data.counts / data.counts.sum()
    weight = np.zeros(x.shape[2])
    first, second = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, rounds + 1):
        score = np.where(data.open, x @ weight, -np.inf)
        chance = np.exp(score - score.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        slope = np.einsum("qc,qcf->f", (chance - data.right) * counts[:, None], x) + keep * weight
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        weight = weight - 0.05 * move
    whole = np.zeros(data.x.shape[2])
    whole[learnt] = weight / spread
    return whole


def learn_sureness(x: Any, right: Any, *, keep: float = 0.02) -> Any:
    """Logistic regression (Newton's method); the last sign is the constant and is not held small."""
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    middle[-1], spread[-1] = 0, 1
    x = (x - middle) / spread
    hold = keep * len(x) * np.eye(x.shape[1])
    hold[-1, -1] = 1e-6
    weight = np.zeros(x.shape[1])
    for _ in range(40):
        chance = chances(x, weight)
        slope = x.T @ (chance - right) + hold @ weight
        weight = weight - np.linalg.solve(
            (x * (chance * (1 - chance))[:, None]).T @ x + hold, slope
        )
    weight = weight / spread
    weight[-1] -= float((weight[:-1] * middle[:-1]).sum())
    return weight


def chances(x: Any, weight: Any) -> Any:
    """What the regression says."""
    return 1 / (1 + np.exp(-np.clip(x @ weight, -30, 30)))
