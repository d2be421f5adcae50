"""Says whether a question is left unanswered only because two articles compete for it. Must not rank anew.

An article beside which a near-identical one stands is never sure by itself; without its rival it may be.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from knowledge.index import Index
from knowledge.search import Found, scored, search


def sure_but_for_a_rival(index: Index, question: str, found: Found, *, today: date) -> bool:
    """Whether the first article would answer if the second were not there, and the other way round."""
    if not found.close or len(found.hits) < 2:
        return False
    first_two = scored(index, question, today=today).places[:2]
    return all(
        not search(
            replace(index, ranker=index.ranker.without(int(place))), question, today=today, most=2
        ).abstained
        for place in first_two
    )
