"""Officers' acts on articles: write, edit, confirm, end. Must not read forms; every act leaves an audit line.

Who edits says which version they saw: of two at once the later one is told and overwrites nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.errors import Refused
from core.locking import Chain, lock_chain, lock_row
from core.models.article import Article as ArticleRow
from knowledge.articles import Article
from knowledge.queries import article_of
from knowledge.records import Saved, save_article

# Where an article came from that an officer wrote here.
ORIGIN = "officer"


@dataclass(frozen=True)
class By:
    """Who acts (``officer:3``), when, and what else the audit line must say."""

    actor: str
    now: datetime
    purpose: str = ""


def write_article(session: Session, article: Article, *, by: By) -> Saved:
    """Add an article of an officer.

    Raises Refused: those of ``knowledge.articles.checked``, ``article_key_taken``, ``article_same``
    (another one holds these words), ``article_related`` (no such article).
    """
    lock_chain(session, Chain.ARTICLES)
    if session.scalar(select(ArticleRow.id).where(ArticleRow.key == article.key)) is not None:
        raise Refused("article_key_taken", key=article.key)
    return _save(session, article, origin=ORIGIN, external_id=article.key, act="write", by=by)


def edit_article(
    session: Session, article: Article, *, article_id: int, seen_version: int, by: By
) -> Saved:
    """Make the article's next version. The same words again change nothing.

    Raises Refused: ``article_unknown``, ``article_stale`` when it is not the version that was seen, and
    those of ``write_article``.
    """
    row = _seen(session, article_id, seen_version)
    return _save(
        session,
        replace(article, key=row.key),
        origin=row.origin,
        external_id=row.external_id,
        act="edit",
        by=by,
    )


def confirm_article(
    session: Session, *, article_id: int, seen_version: int, today: date, by: By
) -> Saved:
    """Say that a person compared it with its source on this day. Raises Refused as ``edit_article``."""
    row = _seen(session, article_id, seen_version)
    article = replace(article_of(session, row), verified_on=today)
    return _save(
        session,
        article,
        origin=row.origin,
        external_id=row.external_id,
        act="confirm",
        by=by,
        check_related=False,
    )


def end_article(
    session: Session, *, article_id: int, seen_version: int, last_day: date, by: By
) -> Saved:
    """Let it answer until this day and no longer.

    Raises Refused as ``edit_article``; ``article_dates`` for a day before it begins.
    """
    row = _seen(session, article_id, seen_version)
    article = replace(article_of(session, row), valid_to=last_day)
    return _save(
        session,
        article,
        origin=row.origin,
        external_id=row.external_id,
        act="end",
        by=by,
        check_related=False,
    )


def _seen(session: Session, article_id: int, seen_version: int) -> ArticleRow:
    # Looking before writing is only safe one at a time.
    lock_chain(session, Chain.ARTICLES)
    row = lock_row(session, ArticleRow, article_id)
    if row is None:
        raise Refused("article_unknown")
    if row.version != seen_version:
        raise Refused("article_stale")
    return row


def _save(
    session: Session,
    article: Article,
    *,
    origin: str,
    external_id: str,
    act: str,
    by: By,
    check_related: bool = True,
) -> Saved:
    if check_related:
        _check_related(session, article)
    saved = save_article(
        session, article, origin=origin, external_id=external_id, author=by.actor, now=by.now
    )
    if saved.outcome == "duplicate":
        raise Refused("article_same", key=saved.key, article_id=saved.article_id)
    if saved.outcome != "same":
        record_audit(
            session,
            actor=by.actor,
            action=f"article.{act}",
            subject=f"article:{saved.article_id}",
            purpose=by.purpose,
            now=by.now,
        )
    return saved


def _check_related(session: Session, article: Article) -> None:
    """Raises Refused ``article_related``."""
    known = set(session.scalars(select(ArticleRow.key).where(ArticleRow.key.in_(article.related))))
    for key in article.related:
        if key not in known or key == article.key:
            raise Refused("article_related", key=key)
