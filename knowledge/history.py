"""The versions of an article and what differs between two of them. Must not change anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.article import Article as ArticleRow
from core.models.article import ArticleVersion
from knowledge.articles import Article
from knowledge.queries import article_in

# Beyond it comparing line by line would take long; then all of it is shown as changed.
MOST_LINES = 1500


@dataclass(frozen=True)
class Version:
    """One version: who made it and when, and the article as it was then."""

    number: int
    author: str
    at: datetime
    article: Article


@dataclass(frozen=True)
class LineChange:
    """A line of the text: it stayed, was taken out or put in."""

    kind: Literal["same", "out", "in"]
    text: str


@dataclass(frozen=True)
class Differences:
    """What changed: ``fields`` as (name of the attribute, before, after), and the text line by line."""

    fields: tuple[tuple[str, object, object], ...]
    lines: tuple[LineChange, ...]

    @property
    def any(self) -> bool:
        """Whether anything differs at all."""
        return bool(self.fields) or any(line.kind != "same" for line in self.lines)


FIELDS = (
    *("title", "department", "source", "valid_from", "valid_to", "verified_on"),
    *("keywords", "audience", "related", "sample"),
)


def versions_of(session: Session, *, article_id: int) -> list[Version]:
    """All of them, the newest first; none where there is no such article."""
    row = session.get(ArticleRow, article_id)
    if row is None:
        return []
    rows = session.scalars(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.number.desc())
    )
    return [
        Version(each.number, each.author, each.created_at, article_in(row, each)) for each in rows
    ]


def differences(before: Article, after: Article) -> Differences:
    """What was changed between the two."""
    fields = tuple(
        (name, getattr(before, name), getattr(after, name))
        for name in FIELDS
        if getattr(before, name) != getattr(after, name)
    )
    return Differences(fields, tuple(_lines(before.body.split("\n"), after.body.split("\n"))))


def _lines(before: Sequence[str], after: Sequence[str]) -> list[LineChange]:
    # Empty lines only part paragraphs.
    old, new = ([line for line in lines if line] for lines in (before, after))
    if len(old) + len(new) > MOST_LINES and old != new:
        return [
            *(LineChange("out", line) for line in old),
            *(LineChange("in", line) for line in new),
        ]
    found: list[LineChange] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [LineChange("same", line) for line in old[a:b]]
            continue
        found += [LineChange("out", line) for line in old[a:b]]
        found += [LineChange("in", line) for line in new[c:d]]
    return found
