"""Whether one citizen writes more than anybody can, on any channel and over all processes. Must drop nothing.

The channels have limits of their own, in memory and tighter; this one holds whatever they let through.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.models.conversation import Turn

# A person in a hurry and a forwarded heap of photos stay below it.
MOST = 80
WITHIN = timedelta(minutes=1)


def is_flood(session: Session, *, conversation_id: int, at: datetime) -> bool:
    """Whether a message written ``at`` is one too many in this conversation.

    By the time of writing: what comes in a heap after an outage was not written in a heap.
    """
    written = func.coalesce(Turn.sent_at, Turn.arrived_at)
    earlier = session.scalar(
        select(written)
        .where(Turn.conversation_id == conversation_id)
        .order_by(Turn.id.desc())
        .offset(MOST - 1)
        .limit(1)
    )
    return earlier is not None and at - earlier < WITHIN
