"""Looks at what was asked about the city's rules, for officers. Must not change anything.

Questions hold tokens in place of personal data; who shows them needs the right to read conversations.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.models.policy import RATED, PolicyQuestion
from core.policy_questions import Outcome

# How far back the last answers of one article are looked for, in questions: it stays quick however many
# were ever asked.
LOOK_BACK = 20_000


def ratings_by_article(session: Session) -> dict[str, tuple[int, int]]:
    """For each article that was rated: how many said that its answers helped, how many that they did not."""
    rows = session.execute(
        select(PolicyQuestion.article_key, PolicyQuestion.helpful, func.count())
        .where(text(RATED), PolicyQuestion.article_key.is_not(None))
        .group_by(PolicyQuestion.article_key, PolicyQuestion.helpful)
    )
    found: dict[str, tuple[int, int]] = {}
    for key, helpful, count in rows:
        assert key is not None
        yes, no = found.get(key, (0, 0))
        found[key] = (yes + count, no) if helpful else (yes, no + count)
    return found


def lately_answered(
    session: Session, *, article_key: str, limit: int = 10
) -> Sequence[PolicyQuestion]:
    """The last questions that were answered from this article, the latest first."""
    newest = session.scalar(select(func.max(PolicyQuestion.id))) or 0
    return session.scalars(
        select(PolicyQuestion)
        .where(
            PolicyQuestion.id > newest - LOOK_BACK,
            PolicyQuestion.article_key == article_key,
            PolicyQuestion.outcome == Outcome.ANSWERED.value,
        )
        .order_by(PolicyQuestion.id.desc())
        .limit(limit)
    ).all()


def unanswered_in(
    session: Session, *, conversation_id: int, limit: int = 5
) -> Sequence[PolicyQuestion]:
    """The last questions of a conversation that found no answer, the earliest first."""
    rows = session.scalars(
        select(PolicyQuestion)
        .where(
            PolicyQuestion.conversation_id == conversation_id,
            PolicyQuestion.outcome == Outcome.UNANSWERED.value,
        )
        .order_by(PolicyQuestion.id.desc())
        .limit(limit)
    ).all()
    return rows[::-1]
