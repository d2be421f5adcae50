"""The queue of outgoing messages (table delivery) and its one writer. Must not send anything itself.

States: pending → sending → sent | failed | unsure. Within a conversation messages go out in the order
in which they were decided: a later one waits for an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.models.conversation import Conversation, Delivery
from core.replies import Reply

LEASE = timedelta(seconds=30)
OPEN_STATES = ("pending", "sending")


@dataclass(frozen=True)
class Outgoing:
    """A delivery leased for sending. ``lease_token`` proves the lease when the result is recorded."""

    delivery_id: int
    conversation_id: int
    channel: str
    address: str
    reply: Reply
    attempts: int
    lease_token: int
    # True when an earlier try may have reached the provider (its lease ran out while sending).
    maybe_sent: bool


def enqueue(
    session: Session,
    *,
    conversation: Conversation,
    reply: Reply,
    kind: str,
    dedupe_key: str,
    now: datetime,
    turn_id: int | None = None,
    case_id: int | None = None,
    speaker: str = "bot",
) -> Delivery:
    """Add one outgoing message in the caller's transaction; the same ``dedupe_key`` again adds nothing.

    ``kind``: reply (to a turn) | notice (ours) | officer (a person's words) | status (of a case).
    """
    known = session.scalars(select(Delivery).where(Delivery.dedupe_key == dedupe_key)).first()
    if known is not None:
        return known
    delivery = Delivery(
        conversation_id=conversation.id,
        channel=conversation.channel,
        address=conversation.address,
        turn_id=turn_id,
        case_id=case_id,
        kind=kind,
        speaker=speaker,
        payload=reply.to_data(),
        image_id=reply.images[0].attachment_id if reply.images else None,
        dedupe_key=dedupe_key,
        created_at=now,
        next_attempt_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def lease_next(
    session: Session,
    *,
    now: datetime,
    conversation_id: int | None = None,
    channels: Sequence[str] | None = None,
) -> Outgoing | None:
    """Take the oldest message that may go out now, or None."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.conversation_id == Delivery.conversation_id,
        earlier.id < Delivery.id,
        earlier.state.in_(OPEN_STATES),
    )
    query = (
        select(Delivery)
        .where(
            Delivery.state.in_(OPEN_STATES),
            Delivery.next_attempt_at <= now,
            or_(Delivery.leased_until.is_(None), Delivery.leased_until < now),
            ~blocked,
        )
        .order_by(Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if conversation_id is not None:
        query = query.where(Delivery.conversation_id == conversation_id)
    if channels is not None:
        query = query.where(Delivery.channel.in_(channels))
    delivery = session.scalars(query).first()
    if delivery is None:
        return None
    maybe_sent = delivery.state == "sending"
    delivery.state = "sending"
    delivery.attempts += 1
    delivery.lease_token += 1
    delivery.leased_until = now + LEASE
    return Outgoing(
        delivery_id=delivery.id,
        conversation_id=delivery.conversation_id,
        channel=delivery.channel,
        address=delivery.address,
        reply=Reply.from_data(delivery.payload),
        attempts=delivery.attempts,
        lease_token=delivery.lease_token,
        maybe_sent=maybe_sent,
    )


def mark_sent(
    session: Session, *, outgoing: Outgoing, provider_id: str | None, now: datetime
) -> bool:
    """Record success. False: the lease was lost, somebody else owns the outcome."""
    return _finish(
        session, outgoing, state="sent", sent_at=now, provider_id=provider_id, failure=None
    )


def mark_failed(session: Session, *, outgoing: Outgoing, failure: str) -> bool:
    """Record that it will never go out; ``failure`` is our own code and words, never a citizen's."""
    return _finish(session, outgoing, state="failed", failure=failure[:200])


def mark_unsure(session: Session, *, outgoing: Outgoing, failure: str) -> bool:
    """Record that nobody knows whether it arrived; it must be looked up before any other try."""
    return _finish(session, outgoing, state="unsure", failure=failure[:200])


def postpone(session: Session, *, outgoing: Outgoing, until: datetime, failure: str) -> bool:
    """Try again at ``until``."""
    return _finish(session, outgoing, state="pending", next_attempt_at=until, failure=failure[:200])


def feed(
    session: Session, *, conversation_id: int, after_id: int = 0, limit: int = 200
) -> list[Delivery]:
    """Sent messages of a conversation after ``after_id``, oldest first (what a browser may read)."""
    return list(
        session.scalars(
            select(Delivery)
            .where(
                Delivery.conversation_id == conversation_id,
                Delivery.id > after_id,
                Delivery.state == "sent",
            )
            .order_by(Delivery.id)
            .limit(limit)
        )
    )


def _finish(session: Session, outgoing: Outgoing, **values: object) -> bool:
    result = session.execute(
        update(Delivery)
        .where(Delivery.id == outgoing.delivery_id, Delivery.lease_token == outgoing.lease_token)
        .values(leased_until=None, **values)
    )
    return bool(getattr(result, "rowcount", 0))
