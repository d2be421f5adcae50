"""Which turns wait to be worked, as queries. Must not change a row: ``core.conversations`` does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.delivery_queue import literally_in
from core.models.conversation import Conversation, Turn

OPEN_STATES = ("received", "in_work")
FAILED_STATES = ("failed",)


def waiting_conversations(session: Session, *, now: datetime, limit: int = 20) -> list[int]:
    """Conversations whose oldest open turn is due and that nobody holds, the longest due first.

    Each counts once, however much its citizen wrote, and one that has just been tried stands last.
    """
    earlier = aliased(Turn)
    waits_for_another = exists().where(
        earlier.conversation_id == Turn.conversation_id,
        earlier.id < Turn.id,
        is_open(earlier.state),
    )
    return list(
        session.scalars(
            select(Turn.conversation_id)
            .join(Conversation, Conversation.id == Turn.conversation_id)
            .where(
                is_open(Turn.state),
                ~waits_for_another,
                Turn.next_attempt_at <= now,
                or_(Conversation.leased_until.is_(None), Conversation.leased_until < now),
            )
            .order_by(Turn.next_attempt_at, Turn.id)
            .limit(limit)
        )
    )


def due_turn(session: Session, *, conversation_id: int, now: datetime) -> Turn | None:
    """The oldest open turn when its time has come. A younger one never goes before it."""
    oldest = session.scalars(
        select(Turn)
        .where(Turn.conversation_id == conversation_id, is_open(Turn.state))
        .order_by(Turn.sequence, Turn.id)
        .limit(1)
    ).first()
    return oldest if oldest is not None and oldest.next_attempt_at <= now else None


def is_open(state: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a turn still waits, in the words of the index of open turns: databases use it only then."""
    return literally_in(state, OPEN_STATES)


def has_failed(state: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a turn was given up, in the words of the index of those."""
    return literally_in(state, FAILED_STATES)
