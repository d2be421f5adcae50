"""How much waits in the queues and for how long, as numbers. Must not read a word of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.delivery_queue import OPEN_STATES as OPEN_DELIVERIES
from core.delivery_queue import TROUBLED_STATES, literally_in
from core.models.conversation import Delivery, Turn
from core.turn_queue import FAILED_STATES as FAILED_TURNS
from core.turn_queue import OPEN_STATES as OPEN_TURNS
from core.turn_queue import is_open as turn_is_open

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
        session.scalar(select(func.min(Turn.arrived_at)).where(turn_is_open(Turn.state))),
        session.scalar(
            select(func.min(Delivery.created_at)).where(
                literally_in(Delivery.state, OPEN_DELIVERIES), Delivery.priority == _TALK
            )
        ),
    )


def read_queue_figures(session: Session) -> QueueFigures:
    """Both queues, counted. Each question has an index of its own; what ended well is not looked at."""
    return QueueFigures(
        turns=_counted(
            session,
            select(
                func.min(Turn.channel),
                func.min(Turn.state),
                func.count(),
                func.min(Turn.arrived_at),
            ),
            by=(Turn.channel, Turn.state),
            states=(OPEN_TURNS, FAILED_TURNS),
        ),
        deliveries=_counted(
            session,
            select(
                func.min(Delivery.channel),
                func.min(Delivery.state),
                func.count(),
                func.min(Delivery.created_at),
            ),
            by=(Delivery.channel, Delivery.state),
            states=(OPEN_DELIVERIES, TROUBLED_STATES),
        ),
    )


def _counted(
    session: Session,
    query: Select[str, str, int, datetime],
    *,
    by: tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]],
    states: Sequence[Sequence[str]],
) -> dict[tuple[str, str], Queue]:
    return {
        (channel, state): Queue(count, at)
        for some in states
        for channel, state, count, at in session.execute(
            # Grouped by no column's own name: SQLite would walk an index of all rows for its order.
            query.where(literally_in(by[1], some)).group_by(*(each.concat("") for each in by))
        )
    }
