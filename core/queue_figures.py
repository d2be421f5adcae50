"""How much waits in the queues and for how long, as numbers. Must not read a word of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.delivery_queue import OPEN_STATES as OPEN_DELIVERIES
from core.models.conversation import Delivery, Turn
from core.turn_queue import OPEN_STATES as OPEN_TURNS

# Broadcasts wait for their place in the provider's pace, which may take hours and is no fault.
_TALK = 0


@dataclass(frozen=True)
class Waiting:
    """Since when the oldest open turn and the oldest open talk delivery wait; None: nothing waits."""

    turn_since: datetime | None
    delivery_since: datetime | None


@dataclass(frozen=True)
class Queue:
    """The rows of one channel and state: how many, and when the oldest of them was made."""

    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class QueueFigures:
    """Both queues by (channel, state): what is open, and what ended badly and waits for a person."""

    turns: Mapping[tuple[str, str], Queue]
    deliveries: Mapping[tuple[str, str], Queue]


def oldest_waiting(session: Session) -> Waiting:
    """Since when the oldest message waits to be answered, and the oldest one to be sent."""
    return Waiting(
        session.scalar(select(func.min(Turn.arrived_at)).where(Turn.state.in_(OPEN_TURNS))),
        session.scalar(
            select(func.min(Delivery.created_at)).where(
                Delivery.state.in_(OPEN_DELIVERIES), Delivery.priority == _TALK
            )
        ),
    )


def read_queue_figures(session: Session) -> QueueFigures:
    """Both queues, counted. One grouped query each; what ended well is not looked at."""
    turns = session.execute(
        select(Turn.channel, Turn.state, func.count(), func.min(Turn.arrived_at))
        .where(Turn.state.in_((*OPEN_TURNS, "failed")))
        .group_by(Turn.channel, Turn.state)
    )
    deliveries = session.execute(
        select(Delivery.channel, Delivery.state, func.count(), func.min(Delivery.created_at))
        .where(Delivery.state.in_((*OPEN_DELIVERIES, "failed", "unsure")))
        .group_by(Delivery.channel, Delivery.state)
    )
    return QueueFigures(
        {(channel, state): Queue(count, at) for channel, state, count, at in turns},
        {(channel, state): Queue(count, at) for channel, state, count, at in deliveries},
    )
