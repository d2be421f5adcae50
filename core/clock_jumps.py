"""Notices that the machine's clock was set, and mends what was due by the old one. Must read no clock itself.

Leases and due times are moments of the clock on the wall. Set forward, it makes leases look as if they had
run out; set back, it makes leases and due times lie an hour ahead (docs/adr/0008).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from core.conversations import LEASE, LONGEST_WAIT
from core.delivery_queue import is_open as delivery_is_open
from core.models.conversation import ChannelPace, Conversation, Delivery, NamedLease, Turn
from core.ports import Now
from core.turn_queue import is_open

# A clock that is only drawn gently to the right time does not count as set.
STEP = 1.0
DRIFT = 0.001
# Two machines need not agree better than that.
SLACK = timedelta(seconds=5)
# No sending and no lease of a name is held for longer.
LONGEST_LEASE = timedelta(minutes=5)
# No delivery is put off for longer, unless its provider says so.
LONGEST_DELAY = timedelta(minutes=10)
# A place in a pace is never further ahead (a group gets 20 messages a minute).
LONGEST_PACE = timedelta(minutes=2)


class _Look(NamedTuple):
    """The clock on the wall, read somewhere between two moments of the clock that nobody sets.

    Between, for a machine with more to do than it can may let us wait for a second or two there.
    """

    wall: datetime
    since: float
    until: float


class ClockWatch:
    """Tells for a while after the clock was set that leases cannot be judged. Thread-safe."""

    def __init__(
        self, *, now: Now, monotonic: Callable[[], float], settles_in: timedelta = LEASE
    ) -> None:
        """``settles_in``: when every living holder has renewed its leases by the new clock."""
        self._now = now
        self._monotonic = monotonic
        self._settles_in = settles_in.total_seconds()
        self._lock = threading.Lock()
        self._seen = self._look()
        self._steady_from = 0.0

    def is_steady(self) -> bool:
        """False when the clock was set since the last look, or a moment before it."""
        with self._lock:
            before, self._seen = self._seen, self._look()
            passed = (self._seen.wall - before.wall).total_seconds()
            least, most = self._seen.since - before.until, self._seen.until - before.since
            slack = STEP + DRIFT * most
            if not least - slack <= passed <= most + slack:
                self._steady_from = self._seen.until + self._settles_in
            return self._seen.until >= self._steady_from

    def _look(self) -> _Look:
        since = self._monotonic()
        return _Look(wall=self._now(), since=since, until=self._monotonic())


def mend_times(session: Session, *, now: datetime, lasts: timedelta = LEASE) -> int:
    """Bring what lies further ahead than it can back to now; returns how many rows. Twice is once.

    A lease (of a conversation it ``lasts`` so long) is shortened, not ended: its holder may live, and
    goes on to renew it.
    """
    statements = [
        update(Conversation)
        .where(Conversation.leased_until > now + lasts + SLACK)
        .values(leased_until=now + lasts),
        update(Turn)
        .where(is_open(Turn.state), Turn.next_attempt_at > now + LONGEST_WAIT + SLACK)
        .values(next_attempt_at=now),
        update(Delivery)
        .where(
            # Of the open ones' index: without these words the whole table would be read.
            delivery_is_open(Delivery.state),
            Delivery.state == "sending",
            Delivery.leased_until > now + LONGEST_LEASE,
        )
        .values(leased_until=now + LEASE),
        update(Delivery)
        .where(
            delivery_is_open(Delivery.state),
            Delivery.state == "pending",
            Delivery.next_attempt_at > now + SLACK,
            or_(Delivery.created_at > now + SLACK, Delivery.next_attempt_at > now + LONGEST_DELAY),
        )
        .values(next_attempt_at=now),
        update(Conversation)
        .where(Conversation.paced_until > now + LONGEST_PACE)
        .values(paced_until=now),
        update(ChannelPace)
        .where(ChannelPace.paced_until > now + LONGEST_PACE)
        .values(paced_until=now),
        # A provider may tell us to be silent for long; that it did so in the future it cannot.
        update(ChannelPace)
        .where(ChannelPace.held_until > now, ChannelPace.refused_at > now + SLACK)
        .values(held_until=None),
        update(NamedLease).where(NamedLease.until > now + LONGEST_LEASE).values(until=now + LEASE),
    ]
    return sum(getattr(session.execute(each), "rowcount", 0) for each in statements)
