"""Figures of a set of questions: how often the right article is first, and how often silence was right.

Must not change anything.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from knowledge.index import Index
from knowledge.search import Found, search

CUT = 10


@dataclass(frozen=True)
class Asked:
    """A question with the key of its article; None: no article answers it."""

    question: str
    key: str | None


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1; None where there was nothing to count.

    Attributes:
        right: of the questions that have an article, answered with confidence by it.
        wrong: … by another one.
        asked_back: … for which it was asked which of two articles is meant.
        silent_outside: of the questions without an article, those left unanswered (abstention recall).
        silence_right: of all that were left unanswered, those that have no article (its precision).
        silent_inside: of the questions that have an article, those left unanswered.
        milliseconds: of a question (median).
    """

    questions: int
    outside: int
    first: float | None
    five: float | None
    mrr: float | None
    right: float | None
    wrong: float | None
    asked_back: float | None
    silent_inside: float | None
    silent_outside: float | None
    silence_right: float | None
    milliseconds: float


def measure(index: Index, asked: Iterable[Asked], *, today: date) -> Figures:
    """Ask everything and count."""
    inside: list[tuple[Asked, Found]] = []
    outside: list[Found] = []
    took = []
    for each in asked:
        began = time.perf_counter()
        found = search(index, each.question, today=today, most=CUT)
        took.append((time.perf_counter() - began) * 1000)
        if each.key is None:
            outside.append(found)
        else:
            inside.append((each, found))
    ranks = [_rank(each.key, found) for each, found in inside]
    both = list(zip(inside, ranks, strict=True))
    silent = [found.abstained for _, found in inside]
    silent_outside = [found.abstained for found in outside]
    return Figures(
        questions=len(inside),
        outside=len(outside),
        first=_share([rank == 1 for rank in ranks]),
        five=_share([rank is not None and rank <= 5 for rank in ranks]),
        mrr=sum(1 / rank for rank in ranks if rank) / len(ranks) if ranks else None,
        right=_share([_given(found) and rank == 1 for (_, found), rank in both]),
        wrong=_share([_given(found) and rank != 1 for (_, found), rank in both]),
        asked_back=_share([not found.abstained and found.close for _, found in inside]),
        silent_inside=_share(silent),
        silent_outside=_share(silent_outside),
        silence_right=(
            sum(silent_outside) / (sum(silent) + sum(silent_outside))
            if any(silent) or any(silent_outside)
            else None
        ),
        milliseconds=statistics.median(took) if took else 0.0,
    )


def _rank(key: str | None, found: Found) -> int | None:
    return next((number for number, hit in enumerate(found.hits, 1) if hit.key == key), None)


def _given(found: Found) -> bool:
    # Asking which article is meant is neither an answer nor silence.
    return not found.abstained and not found.close


def _share(true: list[bool]) -> float | None:
    return sum(true) / len(true) if true else None
