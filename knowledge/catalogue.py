"""Lists the articles by title and keywords and looks in those, in plain steps. Must not read a text.

Answers come from ``knowledge.search``; this is the list that people leaf through.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.article import Article as ArticleRow
from core.models.article import ArticleVersion
from knowledge.articles import answers_on

LONGEST_QUERY = 100
MOST_WORDS = 10
LONGEST_WORD = 20
# Shorter beginnings of a word stand in everything.
SHORTEST = 2
TITLE, KEYWORD = 2.0, 1.0
# What fits less than half as well as the best is not meant.
FITS = 0.5


@dataclass(frozen=True)
class Entry:
    """One article in the list."""

    id: int
    key: str
    title: str
    department: str
    keywords: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    verified_on: date | None
    sample: bool
    changed_at: datetime

    @cached_property
    def folded(self) -> tuple[str, tuple[str, ...], str]:
        """Title, keywords and all keywords in one, as a search reads them; made once."""
        keywords = tuple(folded(each) for each in self.keywords)
        return folded(self.title), keywords, "\0".join(keywords)

    def answers_on(self, day: date) -> bool:
        """Whether it holds on this day (Seoul)."""
        return answers_on(day, valid_from=self.valid_from, valid_to=self.valid_to)

    def ended_by(self, day: date) -> bool:
        """Whether its last day is over."""
        return self.valid_to is not None and self.valid_to < day


def list_entries(session: Session) -> tuple[Entry, ...]:
    """Every article by title, without its text."""
    version = ArticleVersion
    rows = session.execute(
        select(
            *(ArticleRow.id, ArticleRow.key, version.title, version.department, version.keywords),
            *(version.valid_from, version.valid_to, version.verified_on, version.sample),
            ArticleRow.changed_at,
        ).join(
            version, (version.article_id == ArticleRow.id) & (version.number == ArticleRow.version)
        )
    )
    entries = (
        Entry(
            id=row.id,
            key=row.key,
            title=row.title,
            department=row.department,
            keywords=tuple(row.keywords),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            verified_on=row.verified_on,
            sample=row.sample,
            changed_at=row.changed_at,
        )
        for row in rows
    )
    return tuple(sorted(entries, key=lambda entry: (entry.title, entry.id)))


def look_up(entries: Iterable[Entry], query: str) -> list[Entry]:
    """Those whose title or keywords hold words of ``query``, the best first; all for an empty one.

    A word counts by as much of its beginning as is found ("여권을" finds "여권"), so that endings do no
    harm; words that are written together are found by the keywords in them.
    """
    words = [folded(each)[:LONGEST_WORD] for each in query[:LONGEST_QUERY].split()][:MOST_WORDS]
    words = [each for each in words if each]
    if not words:
        return list(entries)
    whole = "".join(words)
    scored = [(_score(entry, words, whole), entry) for entry in entries]
    best = max((score for score, _ in scored), default=0.0)
    found = [(score, entry) for score, entry in scored if score > 0 and score >= FITS * best]
    return [entry for _, entry in sorted(found, key=lambda pair: -pair[0])]


def folded(text: str) -> str:
    """Letters and digits only, in one form: spaces and signs do not matter in a search."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _score(entry: Entry, words: Sequence[str], whole: str) -> float:
    title, keywords, joined = entry.folded
    score = sum(TITLE * _part(word, title) + KEYWORD * _part(word, joined) for word in words)
    return score + KEYWORD * sum(len(each) >= SHORTEST and each in whole for each in keywords)


def _part(word: str, text: str) -> float:
    """How much of the beginning of ``word`` stands in ``text``: 0 to 1."""
    if word in text:
        return 1.0
    for length in range(len(word) - 1, SHORTEST - 1, -1):
        if word[:length] in text:
            return length / len(word)
    return 0.0
