"""Finds the articles for a question and says how sure that is; abstains below a calibrated confidence.

Articles outside their time never come back. Must not read the database or make sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

from knowledge import weights
from knowledge.asked import ask_about
from knowledge.dense import fuse
from knowledge.index import Index
from knowledge.scoring import CANDIDATES, Scores
from knowledge.synonyms import synonyms
from knowledge.tokens import read_question

# A distance to the next article that says all.
MOST_MARGIN = 6.0


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
    scores = scored(index, question, today=today)
    if not len(scores.places):
        return NOTHING
    confidence = _confidence(signs(scores))
    hits = tuple(
        Hit(entry.id, entry.key, float(total))
        for entry, total in (
            (index.entry(int(place)), total)
            for place, total in zip(scores.places[:most], scores.total, strict=False)
        )
    )
    close = len(scores.total) > 1 and abs(scores.total[0] - scores.total[1]) < weights.CLOSE
    return Found(hits, confidence, abstained=confidence < weights.ANSWER_FROM, close=bool(close))


def scored(index: Index, question: str, *, today: date) -> Scores:
    """The best articles with what says how good each is; fused with those that an encoder finds near."""
    asked = ask_about(read_question(question), synonyms())
    near = (
        []
        if index.dense is None
        else index.dense.nearest(question, allowed=index.allowed(today), most=CANDIDATES)
    )
    scores = index.ranker.rank(asked, today=today, also=near)
    if not near:
        return scores
    order = {int(place): at for at, place in enumerate(scores.places)}
    # What shares no word with the question has no rank among the words.
    words = [place for place, at in order.items() if scores.features[at][0] > 0]
    by = [order[place] for place in fuse([words, near]) if place in order]
    return replace(
        scores, places=scores.places[by], total=scores.total[by], features=scores.features[by]
    )


def signs(scores: Scores) -> tuple[float, ...]:
    """What tells a right answer from a wrong one: the share of the question's matter that the first
    article has, that of its title and of its best keyword which the question holds, the length of the
    question, the distance to the next article, the total; and 1 for the constant.
    """
    first = dict(zip(weights.FEATURES, scores.features[0], strict=True))
    total = float(scores.total[0])
    second = float(scores.total[1]) if len(scores.total) > 1 else total - MOST_MARGIN
    return (
        float(first["content"]),
        float(first["title"]),
        float(first["phrase"]),
        math.log1p(scores.length),
        min(MOST_MARGIN, total - second),
        total / 10,
        1.0,
    )


def _confidence(found: tuple[float, ...]) -> float:
    sum_ = sum(weight * sign for weight, sign in zip(weights.CONFIDENCE, found, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum_))))
