"""Finds the articles for a question and says how sure that is; abstains below a calibrated confidence.

Articles outside their time never come back. Must not read the database or make sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from knowledge import weights
from knowledge.articles import answers_on
from knowledge.index import Index
from knowledge.scoring import Scores
from knowledge.tokens import Tokens, read_question


@dataclass(frozen=True)
class Hit:
    """One article for a question; a higher score is a better one."""

    article_id: int
    key: str
    score: float


@dataclass(frozen=True)
class Found:
    """What a question found, the best first.

    Attributes:
        confidence: estimated chance that the first one answers it, 0 to 1.
        abstained: whether that is too little to answer.
        close: whether the first two compete, so that one had better ask which is meant.
    """

    hits: tuple[Hit, ...]
    confidence: float
    abstained: bool
    close: bool


NOTHING = Found((), 0.0, abstained=True, close=False)


def search(index: Index, question: str, *, today: date, most: int = 10) -> Found:
    """The articles for a question that may answer on this day. The question must be redacted."""
    tokens = read_question(question)
    scores = index.ranker.score(tokens)
    order = ranked(index, scores, today=today, most=most)
    if not order:
        return NOTHING
    confidence = _confidence(signs(scores, order, tokens))
    hits = tuple(
        Hit(index.entries[at].id, index.entries[at].key, float(scores.total[at])) for at in order
    )
    close = len(hits) > 1 and hits[0].score - hits[1].score < weights.CLOSE
    return Found(hits, confidence, abstained=confidence < weights.ANSWER_FROM, close=close)


def ranked(index: Index, scores: Scores, *, today: date, most: int) -> list[int]:
    """Places of the best articles that may answer on this day."""
    total = scores.total
    found: list[int] = []
    # Some of the best may have expired, so it is looked further until there are enough.
    for at in np.argsort(-total, kind="stable"):
        if len(found) == most or total[at] == -math.inf:
            break
        entry = index.entries[at]
        if answers_on(today, valid_from=entry.valid_from, valid_to=entry.valid_to):
            found.append(int(at))
    return found


def signs(scores: Scores, order: list[int], question: Tokens) -> tuple[float, ...]:
    """What tells a right answer from a wrong one: cover, cover of pairs, cover of the title, unknown
    words, the distance to the next one, strength for each word; and 1 for the constant.
    """
    first = order[0]
    second = float(scores.total[order[1]]) if len(order) > 1 else float(scores.total[first]) - 5
    return (
        float(scores.cover[first]),
        float(scores.cover_pairs[first]),
        float(scores.cover_head[first]),
        scores.unknown,
        min(5.0, float(scores.total[first]) - second),
        float(scores.strength[first]) / max(1, len(set(question.morphemes))) / 10,
        1.0,
    )


def _confidence(found: tuple[float, ...]) -> float:
    sum_ = sum(weight * sign for weight, sign in zip(weights.CONFIDENCE, found, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum_))))
