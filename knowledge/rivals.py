"""Says whether a question is left unanswered only because two articles compete for it. Must not rank anew.

An article beside which a near-identical one stands is never sure by itself; without its rival it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import overload

from knowledge.index import Entry, Index
from knowledge.search import Found, search

_LONG_AGO = date.min


def sure_but_for_a_rival(index: Index, question: str, found: Found, *, today: date) -> bool:
    """Whether the first article would answer if the second were not there, and the other way round."""
    if not found.close or len(found.hits) < 2:
        return False
    return all(
        _would_answer(index, question, without=hit.article_id, today=today)
        for hit in found.hits[:2]
    )


def _would_answer(index: Index, question: str, *, without: int, today: date) -> bool:
    alone = replace(index, entries=_Without(index.entries, without))  # type: ignore[arg-type]
    found = search(alone, question, today=today, most=2)
    return not found.abstained


class _Without(Sequence[Entry]):
    """The entries of an index, one of which has ended; a copy of all would grow with the index."""

    def __init__(self, entries: Sequence[Entry], ended: int) -> None:
        self._entries = entries
        self._ended = ended

    @overload
    def __getitem__(self, at: int) -> Entry: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...

    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        entry = self._entries[at]
        return replace(entry, valid_to=_LONG_AGO) if entry.id == self._ended else entry

    def __len__(self) -> int:
        return len(self._entries)
