"""Reads the questions that found no answer, each with the article that it was about. Must not group them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.article import Article as ArticleRow
from core.models.article import ArticleVersion
from core.policy_questions import unanswered_questions
from knowledge.gaps import MOST_READ, Asked


def unanswered_since(session: Session, *, since: datetime) -> list[Asked]:
    """The latest MOST_READ of them since then. A follow-up ("서류는요?") names its article."""
    rows = unanswered_questions(session, since=since, limit=MOST_READ)
    titles = _titles(session, sorted({row.article_key for row in rows if row.article_key}))
    return [
        Asked(
            id=row.id,
            conversation_id=row.conversation_id,
            asked_at=row.asked_at,
            question=row.question,
            about=titles.get(row.article_key or "", ""),
        )
        for row in rows
    ]


def _titles(session: Session, keys: Sequence[str]) -> dict[str, str]:
    if not keys:
        return {}
    rows = session.execute(
        select(ArticleRow.key, ArticleVersion.title)
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == ArticleRow.id)
            & (ArticleVersion.number == ArticleRow.version),
        )
        .where(ArticleRow.key.in_(keys))
    )
    return {row.key: row.title for row in rows}
