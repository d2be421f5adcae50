"""Looks at the articles: all as they are now, one, those due for checking. Must not change anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.models.article import Article as ArticleRow
from core.models.article import ArticleVersion
from knowledge.articles import Article

# How long an article may stand unchecked, and how long before its end somebody is told.
CHECK_AFTER = timedelta(days=180)
ENDS_SOON = timedelta(days=30)
BATCH = 500


@dataclass(frozen=True)
class Stored:
    """An article with its number and that of its version in the tables."""

    id: int
    version_id: int
    article: Article


@dataclass(frozen=True)
class DueArticle:
    """An article that a person must look at. ``reasons``: never_verified, verified_long_ago,
    ends_soon, expired.
    """

    stored: Stored
    reasons: tuple[str, ...]


def current_articles(session: Session) -> Iterator[Stored]:
    """Every article as it is now, by its number."""
    rows = session.execute(_current().order_by(ArticleRow.id).execution_options(yield_per=BATCH))
    for row, version in rows:
        yield Stored(row.id, version.id, article_in(row, version))


def articles_since(session: Session, state: str) -> list[Stored] | None:
    """Articles that are new or changed since a ``state_of_articles``; None: that cannot be told from it."""
    newest, _, count = state.partition("-")
    if not newest.isdigit() or not count.isdigit():
        return None
    later = session.scalar(
        select(func.count(ArticleVersion.id)).where(ArticleVersion.id > int(newest))
    )
    whole = session.scalar(select(func.count(ArticleVersion.id)))
    # Another database, or one in which versions are missing that were there.
    if int(count) + (later or 0) != whole:
        return None
    rows = session.execute(_current().where(ArticleVersion.id > int(newest)))
    return [Stored(row.id, version.id, article_in(row, version)) for row, version in rows]


def external_ids(session: Session, origin: str) -> frozenset[str]:
    """By what the articles from one place are known there."""
    return frozenset(
        session.scalars(select(ArticleRow.external_id).where(ArticleRow.origin == origin))
    )


def articles_by_id(session: Session, ids: Sequence[int]) -> dict[int, Stored]:
    """These articles as they are now."""
    rows = session.execute(_current().where(ArticleRow.id.in_(ids)))
    return {row.id: Stored(row.id, version.id, article_in(row, version)) for row, version in rows}


def article_of(session: Session, row: ArticleRow) -> Article:
    """The article of a row as it is now."""
    version = session.scalars(
        select(ArticleVersion).where(
            ArticleVersion.article_id == row.id, ArticleVersion.number == row.version
        )
    ).one()
    return article_in(row, version)


def article_id_of(session: Session, *, key: str) -> int | None:
    """The number of the article with this key."""
    return session.scalar(select(ArticleRow.id).where(ArticleRow.key == key))


def article_ids(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """The numbers of the articles with these keys."""
    rows = session.execute(select(ArticleRow.key, ArticleRow.id).where(ArticleRow.key.in_(keys)))
    return {row.key: row.id for row in rows}


def has_articles(session: Session) -> bool:
    """Whether there is any."""
    return session.scalar(select(ArticleRow.id).limit(1)) is not None


def state_of_articles(session: Session) -> str:
    """Changes whenever an article does; cheap."""
    newest, count = session.execute(
        select(func.max(ArticleVersion.id), func.count(ArticleVersion.id))
    ).one()
    return f"{newest or 0}-{count}"


def due_articles(
    session: Session, *, today: date, check_after: timedelta = CHECK_AFTER
) -> list[DueArticle]:
    """What a person must look at on this day: what has ended first, then the longest unchecked."""
    found = []
    for stored in current_articles(session):
        reasons = due_reasons(
            stored.article.valid_to,
            stored.article.verified_on,
            today=today,
            check_after=check_after,
        )
        if reasons:
            found.append(DueArticle(stored, reasons))
    return sorted(
        found,
        key=lambda due: (
            "expired" not in due.reasons,
            due.stored.article.verified_on or date.min,
            due.stored.id,
        ),
    )


def due_reasons(
    valid_to: date | None, verified_on: date | None, *, today: date, check_after: timedelta
) -> tuple[str, ...]:
    """Why a person must look at an article with these days; () where nobody must."""
    reasons = []
    if valid_to is not None and valid_to < today:
        reasons.append("expired")
    elif valid_to is not None and valid_to <= today + ENDS_SOON:
        reasons.append("ends_soon")
    if verified_on is None:
        reasons.append("never_verified")
    elif verified_on + check_after <= today:
        reasons.append("verified_long_ago")
    return tuple(reasons)


def _current() -> Select[ArticleRow, ArticleVersion]:
    return select(ArticleRow, ArticleVersion).join(
        ArticleVersion,
        (ArticleVersion.article_id == ArticleRow.id)
        & (ArticleVersion.number == ArticleRow.version),
    )


def article_in(row: ArticleRow, version: ArticleVersion) -> Article:
    """The article of a row as it was in one of its versions."""
    return Article(
        key=row.key,
        title=version.title,
        body=version.body,
        source=version.source,
        department=version.department,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        verified_on=version.verified_on,
        keywords=tuple(version.keywords),
        audience=tuple(version.audience),
        related=tuple(version.related),
        sample=version.sample,
    )
