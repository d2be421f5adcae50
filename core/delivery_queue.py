"""Which open delivery comes next, as queries. Must not change a row.

However many wait, each question looks at a few rows only: indexes of the open ones give them channel by
channel, or conversation by conversation, in the order in which they go. The statements are built once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.models.conversation import Conversation, Delivery
from core.pacing import Pace

OPEN_STATES = ("pending", "sending")
# What ended badly and waits for a person.
TROUBLED_STATES = ("failed", "unsure")
# So many that become due soon are compared; more than that never wait for the same moment.
MOST_COMPARED = 50

Found = tuple[Delivery, Conversation]


def oldest_due(
    session: Session,
    *,
    now: datetime,
    conversation_id: int | None = None,
    channel: str | None = None,
    pace: Pace | None = None,
    run_out_too: bool = True,
) -> Found | None:
    """What goes first of all that is due and that nobody holds, locked; talk before broadcasts.

    Without ``channel`` on every channel. With ``pace`` only to chats whose own allowance is not used up.
    ``run_out_too``: also what somebody took whose lease has run out.
    """
    query = _due(conversation_id is not None, channel is not None, pace is not None, run_out_too)
    row = session.execute(
        # What another process is about to take, it takes. With a pace the chat's allowance changes too.
        query.limit(1).with_for_update(
            skip_locked=True,
            key_share=True,
            of=Delivery if pace is None else (Delivery, Conversation),
        ),
        _values(now, conversation_id, channel, pace),
    ).first()
    return None if row is None else (row[0], row[1])


def all_due(
    session: Session, *, now: datetime, channel: str, most: int, run_out_too: bool = True
) -> list[Found]:
    """As ``oldest_due`` for a channel without a pace: the next ones of several conversations."""
    query = _due(False, True, False, run_out_too)
    rows = session.execute(
        query.limit(most).with_for_update(skip_locked=True, key_share=True, of=Delivery),
        _values(now, None, channel, None),
    )
    found: dict[int, Found] = {}
    for delivery, conversation in rows:
        # Talk and a broadcast of one conversation may both be next; only one of them at a time.
        found.setdefault(delivery.conversation_id, (delivery, conversation))
    return list(found.values())


def first_chance(
    session: Session,
    *,
    free: datetime,
    until: datetime,
    conversation_id: int | None,
    channel: str,
    pace: Pace | None,
) -> datetime | None:
    """From ``free`` on, when something of this channel may go out; None if not before ``until``.

    What somebody holds does not count: they go on with it.
    """
    query = _due(conversation_id is not None, True, pace is not None, False)
    soon = session.execute(query.limit(1), _values(free, conversation_id, channel, pace)).first()
    if soon is not None:
        # A chat that must wait a second does not make the others wait as long.
        return free
    later = session.execute(
        query.limit(MOST_COMPARED), _values(until, conversation_id, channel, pace)
    )
    return min((_moment(row[0], row[1], pace) for row in later), default=None)


def channel_with_open(session: Session, *, conversation_id: int) -> str | None:
    """The conversation's channel when something of it waits or is being sent; else None."""
    return session.scalar(_open_of(), {"conversation_id": conversation_id})


def is_open(state: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether it waits or is being sent."""
    return literally_in(state, OPEN_STATES)


def literally_in(column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """As literals: a partial index is used only where the query shows the index's own words."""
    return column.in_(bindparam(None, values, expanding=True, literal_execute=True))


def first_of(found: Iterable[Found | None]) -> Found | None:
    """Of several channels' first ones the one that goes first."""
    there = [each for each in found if each is not None]
    return min(there, key=lambda each: (each[0].priority, each[0].id), default=None)


def _moment(delivery: Delivery, conversation: Conversation, pace: Pace | None) -> datetime:
    free = (
        None if pace is None else pace.of(conversation.visibility).free_at(conversation.paced_until)
    )
    return max(delivery.next_attempt_at, free or delivery.next_attempt_at)


def _values(
    now: datetime, conversation_id: int | None, channel: str | None, pace: Pace | None
) -> dict[str, object]:
    values: dict[str, object] = {"now": now}
    if conversation_id is not None:
        values["conversation_id"] = conversation_id
    if channel is not None:
        values["channel"] = channel
    if pace is not None:
        values |= {"private_by": now + pace.private.ahead, "group_by": now + pace.group.ahead}
    return values


@cache
def _due(
    of_conversation: bool, of_channel: bool, paced: bool, run_out_too: bool
) -> Select[Delivery, Conversation]:
    """Open deliveries whose time has come, that nobody holds and that wait for no earlier one."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.conversation_id == Delivery.conversation_id,
        earlier.id < Delivery.id,
        # A broadcast that waits for its place must not hold back an answer.
        earlier.priority <= Delivery.priority,
        is_open(earlier.state),
    )
    query = (
        select(Delivery, Conversation)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .where(
            is_open(Delivery.state),
            Delivery.next_attempt_at <= bindparam("now"),
            or_(Delivery.leased_until.is_(None), Delivery.leased_until < bindparam("now"))
            if run_out_too
            else Delivery.leased_until.is_(None),
            ~blocked,
        )
        .order_by(Delivery.priority, Delivery.id)
    )
    if of_conversation:
        query = query.where(Delivery.conversation_id == bindparam("conversation_id"))
    if of_channel:
        # A conversation has one channel. Asked of the delivery, SQLite would walk the channel's index.
        channel = Conversation.channel if of_conversation else Delivery.channel
        query = query.where(channel == bindparam("channel"))
    if paced:
        query = query.where(_reachable())
    return query


@cache
def _open_of() -> Select[str]:
    waiting = exists().where(
        Delivery.conversation_id == Conversation.id,
        is_open(Delivery.state),
    )
    return select(Conversation.channel).where(
        Conversation.id == bindparam("conversation_id"), waiting
    )


def _reachable() -> ColumnElement[bool]:
    return or_(
        Conversation.paced_until.is_(None),
        and_(
            Conversation.visibility == "private",
            Conversation.paced_until <= bindparam("private_by"),
        ),
        and_(
            Conversation.visibility != "private",
            Conversation.paced_until <= bindparam("group_by"),
        ),
    )
