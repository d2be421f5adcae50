"""What citizens asked about the city's rules, and what became of it: the one writer of policy_question.

Must not search and must not word an answer. Questions come redacted: tokens stand for personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.errors import Refused
from core.locking import insert_missing, lock_conversation
from core.models.policy import OPEN_QUESTIONS, RATED, PolicyQuestion

# Characters; what stands beyond is not looked at by the search either.
LONGEST_QUESTION = 2000
# What a typed question carries to the action as its aspect where we had asked for one.
NEW_QUESTION = "new"
HANDOVER_REASON = "policy_question"
# Later a wish for a person is more likely about something else.
ASKED_JUST_NOW = timedelta(minutes=30)


class Outcome(StrEnum):
    """What became of a question. ``ASKED_BACK``: several articles compete, the citizen was asked which."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    UNANSWERED = "unanswered"


def record_question(
    session: Session,
    *,
    turn_id: int,
    conversation_id: int,
    question: str,
    outcome: Outcome,
    article_key: str | None = None,
    article_version: int | None = None,
    sureness: float,
    now: datetime,
) -> PolicyQuestion:
    """Keep a question, in the caller's transaction. The same turn again is the same row (replay, edit)."""
    lock_conversation(session, conversation_id)
    values = {
        "question": question[:LONGEST_QUESTION],
        "outcome": outcome.value,
        "article_key": article_key,
        "article_version": article_version,
        "sureness": sureness,
    }
    new = insert_missing(
        session,
        PolicyQuestion,
        turn_id=turn_id,
        conversation_id=conversation_id,
        asked_at=now,
        **values,
    )
    row = session.scalars(select(PolicyQuestion).where(PolicyQuestion.turn_id == turn_id)).one()
    if not new:
        _change(row, values)
    return row


def settle_question(
    session: Session,
    *,
    conversation_id: int,
    question_id: int,
    outcome: Outcome,
    article_key: str | None = None,
    article_version: int | None = None,
) -> PolicyQuestion:
    """What became of a question that was asked back, now that the citizen chose. Twice is once.

    Raises Refused ``question_not_yours`` for one of another conversation.
    """
    lock_conversation(session, conversation_id)
    row = question_of(session, conversation_id=conversation_id, question_id=question_id)
    if row is None:
        raise Refused("question_not_yours")
    values = {
        "outcome": outcome.value,
        "article_key": article_key,
        "article_version": article_version,
    }
    _change(row, values)
    return row


def rate_answer(
    session: Session, *, conversation_id: int, question_id: int, helpful: bool, now: datetime
) -> PolicyQuestion:
    """Keep whether an answer helped. Twice is once; a changed mind replaces it.

    Raises Refused ``question_not_yours`` for one of another conversation, ``question_not_answered``.
    """
    lock_conversation(session, conversation_id)
    row = question_of(session, conversation_id=conversation_id, question_id=question_id)
    if row is None:
        raise Refused("question_not_yours")
    if row.outcome != Outcome.ANSWERED.value:
        raise Refused("question_not_answered")
    if row.helpful is not helpful:
        row.helpful, row.helped_at = helpful, now
    return row


def _change(row: PolicyQuestion, values: Mapping[str, Any]) -> None:
    """What was pressed under an answer stays unless another article answers now."""
    if row.article_key != values["article_key"]:
        row.helpful = row.helped_at = None
    for name, value in values.items():
        setattr(row, name, value)


def question_of(
    session: Session, *, conversation_id: int, question_id: int
) -> PolicyQuestion | None:
    """The conversation's own question with that id, or None."""
    row = session.get(PolicyQuestion, question_id)
    return row if row is not None and row.conversation_id == conversation_id else None


def questions_of(session: Session, *, conversation_id: int) -> Sequence[PolicyQuestion]:
    """All that this conversation asked, the first one first."""
    return session.scalars(
        select(PolicyQuestion)
        .where(PolicyQuestion.conversation_id == conversation_id)
        .order_by(PolicyQuestion.id)
    ).all()


def last_question(
    session: Session, *, conversation_id: int, before_turn: int | None = None
) -> PolicyQuestion | None:
    """What this conversation asked last (before the turn ``before_turn``), or None."""
    query = select(PolicyQuestion).where(PolicyQuestion.conversation_id == conversation_id)
    if before_turn is not None:
        query = query.where(PolicyQuestion.turn_id < before_turn)
    return session.scalars(query.order_by(PolicyQuestion.id.desc()).limit(1)).first()


def question_without_help(
    session: Session, *, conversation_id: int, now: datetime
) -> PolicyQuestion | None:
    """What was asked last and a moment ago, where no answer was found or the answer did not help."""
    row = last_question(session, conversation_id=conversation_id)
    if row is None or now - row.asked_at > ASKED_JUST_NOW:
        return None
    helped = row.outcome == Outcome.ANSWERED.value and row.helpful is not False
    return None if helped else row


def handover_reason(question: PolicyQuestion) -> str:
    """Why a person is needed, for ``core.handovers.open_handover``: the question comes along by its id."""
    return f"{HANDOVER_REASON}:{question.id}"


def asked_before_handover(session: Session, reasons: Iterable[str]) -> dict[str, str]:
    """The words of the questions that these reasons of handovers name, by reason; others name none."""
    named = {
        int(number): reason
        for reason in reasons
        for code, _, number in [reason.partition(":")]
        if code == HANDOVER_REASON and number.isascii() and number.isdigit()
    }
    if not named:
        return {}
    rows = session.scalars(select(PolicyQuestion).where(PolicyQuestion.id.in_(named)))
    return {named[row.id]: row.question for row in rows}


def unanswered_questions(
    session: Session, *, since: datetime, limit: int
) -> Sequence[PolicyQuestion]:
    """What was asked since then and found no answer, the latest first."""
    return session.scalars(
        select(PolicyQuestion)
        .where(text(OPEN_QUESTIONS), PolicyQuestion.asked_at >= since)
        .order_by(PolicyQuestion.asked_at.desc(), PolicyQuestion.id.desc())
        .limit(limit)
    ).all()


def ratings_of(session: Session, *, article_key: str) -> tuple[int, int]:
    """How many said that an answer from this article helped, and how many that it did not."""
    query = (
        select(PolicyQuestion.helpful, func.count())
        .where(text(RATED), PolicyQuestion.article_key == article_key)
        .group_by(PolicyQuestion.helpful)
    )
    found = {row.helpful: row[1] for row in session.execute(query)}
    return found.get(True, 0), found.get(False, 0)
