"""What persons decide about deliveries: take one back, say what became of one. Must not enqueue or lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.locking import lock_existing
from core.models.conversation import Delivery


def cancel_delivery(
    session: Session, *, delivery_id: int, failure: str, whole: bool = False
) -> bool:
    """What of it is not out yet never goes out. False: it is being sent now, or it has ended.

    ``whole``: only if no part of it is out.
    """
    query = update(Delivery).where(Delivery.id == delivery_id, Delivery.state == "pending")
    if whole:
        query = query.where(Delivery.parts_done == 0)
    result = session.execute(query.values(state="failed", failure=failure[:200]))
    return bool(getattr(result, "rowcount", 0))


def settle_unsure(
    session: Session, *, delivery_id: int, arrived: Sequence[str] | None, now: datetime
) -> bool:
    """A person has looked: the part arrived as these messages, or (None) it did not and goes again.

    What follows it goes out then. False: nothing was unsure (any more).
    """
    delivery = lock_existing(session, Delivery, delivery_id)
    if delivery.state != "unsure":
        return False
    if arrived is not None:
        delivery.parts_done += 1
        delivery.provider_ids = [*delivery.provider_ids, *arrived]
        delivery.provider_id = arrived[-1]
    delivery.state, delivery.attempts, delivery.failure = "pending", 0, None
    delivery.next_attempt_at = now
    return True


def retry_delivery(session: Session, *, delivery_id: int, now: datetime) -> bool:
    """Have one that failed, or waits for its next attempt, go now, from the part it stopped at.

    False: it is out, is being sent, or nobody knows whether it arrived (``settle_unsure`` first).
    """
    result = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state.in_(("failed", "pending")))
        .values(state="pending", attempts=0, failure=None, next_attempt_at=now)
    )
    return bool(getattr(result, "rowcount", 0))
