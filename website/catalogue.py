"""Keeps the list of articles in memory while none changes. Must not keep a text or a visitor's words."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from sqlalchemy.orm import Session

from knowledge.catalogue import Entry, list_entries
from knowledge.queries import state_of_articles


@dataclass(frozen=True)
class _Kept:
    state: str
    entries: tuple[Entry, ...]
    by_key: dict[str, Entry]


class Catalogue:
    """The list as it is now. One for a process; threads may share it."""

    def __init__(self) -> None:
        self._kept = _Kept("", (), {})
        self._lock = Lock()

    def entries(self, session: Session) -> tuple[Entry, ...]:
        """Every article by title."""
        return self._fresh(session).entries

    def find(self, session: Session, key: str) -> Entry | None:
        """The article with this key."""
        return self._fresh(session).by_key.get(key)

    def _fresh(self, session: Session) -> _Kept:
        state = state_of_articles(session)
        if self._kept.state != state:
            with self._lock:
                if self._kept.state != state:
                    entries = list_entries(session)
                    self._kept = _Kept(state, entries, {each.key: each for each in entries})
        return self._kept
