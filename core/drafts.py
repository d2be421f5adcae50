"""Reports that are not yet filed (table draft) and their one writer. Must not decide what is asked next.

Rasa's form decides; this keeps what it holds, so that losing Rasa's tracker costs one question.
A draft lives 24 hours, with one reminder, then goes to the officers' list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.locking import lock_conversation
from core.models.conversation import Draft

REMIND_AFTER = timedelta(hours=3)
LIFETIME = timedelta(hours=24)


def open_draft(session: Session, *, conversation_id: int) -> Draft | None:
    """The open draft of a conversation, or None."""
    return session.scalars(
        select(Draft)
        .where(Draft.conversation_id == conversation_id, Draft.state == "open")
        .order_by(Draft.id.desc())
        .limit(1)
    ).first()


def save_draft(
    session: Session,
    *,
    conversation_id: int,
    slots: Mapping[str, object],
    requested_slot: str | None,
    now: datetime,
) -> Draft:
    """Keep what the form holds now."""
    lock_conversation(session, conversation_id)
    draft = open_draft(session, conversation_id=conversation_id)
    if draft is None:
        draft = Draft(conversation_id=conversation_id, created_at=now)
        session.add(draft)
    draft.slots = dict(slots)
    draft.requested_slot = requested_slot
    draft.updated_at = now
    session.flush()
    return draft


def close_draft(session: Session, *, conversation_id: int, state: str, now: datetime) -> None:
    """End the open draft, if any. ``state``: submitted | followed | cancelled | lapsed."""
    if state not in {"submitted", "followed", "cancelled", "lapsed"}:
        raise ValueError(f"unknown draft state {state!r}")
    lock_conversation(session, conversation_id)
    draft = open_draft(session, conversation_id=conversation_id)
    if draft is not None:
        draft.state = state
        draft.updated_at = now


def drafts_to_remind(session: Session, *, now: datetime) -> list[Draft]:
    """Open drafts that rest and whose citizen has not been reminded."""
    return list(
        session.scalars(
            select(Draft).where(
                Draft.state == "open",
                Draft.reminded_at.is_(None),
                Draft.updated_at <= now - REMIND_AFTER,
            )
        )
    )


def drafts_to_lapse(session: Session, *, now: datetime) -> list[Draft]:
    """Open drafts that are older than a day."""
    return list(
        session.scalars(
            select(Draft).where(Draft.state == "open", Draft.updated_at <= now - LIFETIME)
        )
    )
