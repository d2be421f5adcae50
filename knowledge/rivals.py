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
    # How sure an answer is comes from the words alone, so an encoder is not asked again.
    words = replace(index, dense=None)
    places = [int(place) for place in scored(words, question, today=today).places[:2]]
    if [words.entry(place).id for place in places] != [hit.article_id for hit in found.hits[:2]]:
        return False
    return all(
        not search(
            replace(words, ranker=words.ranker.without(place)), question, today=today, most=2
        ).abstained
        for place in places
    )
