"""Turns that were given up, and what an operator may do about them. Must not work a turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.conversations import ERASED
from core.errors import Refused
from core.models.conversation import Turn
from core.put_away import in_plain_words
from core.turn_queue import has_failed


def find_failed(
    session: Session, *, channel: str | None = None, before: datetime | None = None, limit: int = 50
) -> Sequence[Turn]:
    """Failed turns that arrived before ``before``, the oldest first."""
    query = select(Turn).where(has_failed(Turn.state))
    if channel is not None:
        query = query.where(Turn.channel == channel)
    if before is not None:
        query = query.where(Turn.arrived_at < before)
    return session.scalars(query.order_by(Turn.id).limit(limit)).all()


def get_turn(session: Session, turn_id: int) -> Turn:
    """Any turn. Raises Refused("turn_unknown")."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise Refused("turn_unknown", turn_id=turn_id)
    return turn


def read_turn_words(session: Session, *, turn_id: int, by: str, purpose: str, now: datetime) -> str:
    """What the citizen wrote, with tokens for personal data; writes an audit line.

    Raises Refused("turn_unknown" | "purpose_missing").
    """
    turn = get_turn(session, turn_id)
    if not purpose.strip():
        raise Refused("purpose_missing")
    _audit(session, turn_id, "turn.words", by=by, why=purpose, now=now)
    return turn.text


def retry_turn(session: Session, *, turn_id: int, by: str, reason: str, now: datetime) -> Turn:
    """Put a failed turn back into the queue, with all its tries; writes an audit line.

    Of two who ask at once one is refused. Raises Refused("turn_unknown" | "reason_missing" |
    "turn_not_failed" | "turn_erased").
    """
    turn = get_turn(session, turn_id)
    if not reason.strip():
        raise Refused("reason_missing")
    if turn.external_id.startswith(ERASED):
        raise Refused("turn_erased")
    done = session.execute(
        update(Turn)
        .where(Turn.id == turn_id, Turn.state == "failed")
        .values(state="received", attempts=0, failure=None, next_attempt_at=now)
    )
    if not getattr(done, "rowcount", 0):
        raise Refused("turn_not_failed", state=turn.state)
    _audit(session, turn_id, "turn.retry", by=by, why=reason, now=now)
    return turn


def _audit(
    session: Session, turn_id: int, action: str, *, by: str, why: str, now: datetime
) -> None:
    record_audit(
        session,
        actor=by,
        action=action,
        subject=f"turn:{turn_id}",
        purpose=in_plain_words(why.strip())[:200],
        now=now,
    )
