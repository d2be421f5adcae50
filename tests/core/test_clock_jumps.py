"""The machine's clock is set: nothing is taken from the living, nothing waits for an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock_jumps import ClockWatch, mend_times
from core.conversations import (
    LEASE,
    LONGEST_WAIT,
    lease_conversation,
    next_turn,
    postpone_turn,
    release_lease,
    renew_lease,
)
from core.database import Database
from core.deliveries import enqueue, lease_next
from core.errors import LeaseLost
from core.leases import hold_lease
from core.models.conversation import ChannelPace, Conversation, Delivery, NamedLease, Turn
from core.replies import Reply
from core.turn_queue import waiting_conversations
from tests.builders import MONDAY_TEN, Clock, make_conversation, make_database, make_turn

HOUR = timedelta(hours=1)
BACK = MONDAY_TEN - HOUR  # what the clock shows after it was set back


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


class Ticks:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def make_watch() -> tuple[ClockWatch, Clock, Ticks]:
    clock, ticks = Clock(), Ticks()
    return ClockWatch(now=clock, monotonic=ticks, settles_in=LEASE), clock, ticks


@pytest.mark.parametrize("jump", [HOUR, -HOUR, timedelta(seconds=2)])
def test_after_a_step_leases_cannot_be_judged_until_the_living_have_renewed_theirs(jump) -> None:
    watch, clock, ticks = make_watch()
    assert watch.is_steady()
    clock.at += jump
    assert not watch.is_steady()
    ticks.at += LEASE.total_seconds() - 1
    clock.at += LEASE - timedelta(seconds=1)
    assert not watch.is_steady()
    ticks.at += 1
    clock.at += timedelta(seconds=1)
    assert watch.is_steady()


def test_a_clock_that_is_drawn_gently_to_the_right_time_was_not_set() -> None:
    watch, clock, ticks = make_watch()
    for _ in range(100):
        ticks.at += 600
        clock.at += timedelta(seconds=600.5)
        assert watch.is_steady()


def test_a_thread_that_waits_for_its_turn_between_two_clocks_is_no_step() -> None:
    ticks = Ticks()
    waits = iter([0, 0, 0, 3, 0, 0])

    def monotonic() -> float:
        # Before the reading: what passes between this one and the one before it.
        clock.at += timedelta(seconds=(wait := next(waits)))
        ticks.at += wait
        return ticks.at

    clock = Clock()
    watch = ClockWatch(now=clock, monotonic=monotonic, settles_in=LEASE)
    assert watch.is_steady()
    assert watch.is_steady()


def test_a_lease_that_only_seems_to_have_run_out_is_not_taken(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session)
        lease = lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN)
        assert lease is not None
        later = MONDAY_TEN + HOUR
        taken = lease_conversation(session, conversation_id=talk.id, now=later, run_out_too=False)
        assert taken is None
        renew_lease(session, lease, later)
        assert lease_conversation(session, conversation_id=talk.id, now=later) is None


def test_a_lease_that_was_given_back_cannot_be_renewed(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session)
        lease = lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN)
        assert lease is not None
        release_lease(session, lease=lease)
        with pytest.raises(LeaseLost):
            renew_lease(session, lease, MONDAY_TEN)
        assert lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN) is not None


def test_a_clock_set_back_blocks_no_conversation_for_an_hour(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        lease = lease_conversation(session, conversation_id=turn.conversation_id, now=MONDAY_TEN)
        assert lease is not None
        assert waiting_conversations(session, now=BACK) == []
        assert mend_times(session, now=BACK) > 0
        # Its holder may live: it is not taken from it at once, and it can renew it.
        assert lease_conversation(session, conversation_id=turn.conversation_id, now=BACK) is None
        soon = BACK + LEASE + timedelta(seconds=1)
        assert waiting_conversations(session, now=soon) == [turn.conversation_id]
        assert lease_conversation(session, conversation_id=turn.conversation_id, now=soon)
        assert mend_times(session, now=soon) == 0


def test_no_turn_is_put_off_for_longer_than_the_bound(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        lease = lease_conversation(session, conversation_id=turn.conversation_id, now=MONDAY_TEN)
        assert lease is not None
        assert next_turn(session, lease=lease, now=MONDAY_TEN) is not None
        postpone_turn(
            session,
            lease=lease,
            turn_id=turn.id,
            until=MONDAY_TEN + HOUR,
            failure="rasa: 503",
            late_notice=None,
            now=MONDAY_TEN,
        )
        assert turn.next_attempt_at == MONDAY_TEN + LONGEST_WAIT
        # So one that lies further ahead is due by a clock that was set back since.
        mend_times(session, now=MONDAY_TEN)
        assert turn.next_attempt_at == MONDAY_TEN + LONGEST_WAIT
        mend_times(session, now=BACK)
        session.expire_all()
        assert session.get_one(Turn, turn.id).next_attempt_at == BACK


def test_what_waits_to_go_out_goes_on_after_the_clock_was_set_back(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session)
        for name in ("leased", "waiting"):
            enqueue(
                session,
                conversation=talk,
                reply=Reply("답"),
                kind="reply",
                dedupe_key=name,
                now=MONDAY_TEN,
            )
        assert lease_next(session, now=MONDAY_TEN) is not None
        talk.paced_until = MONDAY_TEN
        session.add(
            ChannelPace(
                channel="telegram",
                paced_until=MONDAY_TEN,
                held_until=MONDAY_TEN + HOUR,
                refused_at=MONDAY_TEN,
            )
        )
        hold_lease(session, name="polling", holder="a", now=MONDAY_TEN, lasts=LEASE)
    with database.transaction() as session:
        mend_times(session, now=BACK)
    soon = BACK + LEASE + timedelta(seconds=1)
    with database.reading() as session:
        first, second = session.query(Delivery).order_by(Delivery.id)
        assert first.leased_until is not None
        assert first.leased_until < soon
        assert second.next_attempt_at <= soon
        assert session.query(Conversation.paced_until).scalar() == BACK
        pace = session.get_one(ChannelPace, "telegram")
        assert (pace.paced_until, pace.held_until) == (BACK, None)
        assert session.get_one(NamedLease, "polling").until < soon


def test_what_a_provider_asks_for_is_no_fault_of_the_clock(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            ChannelPace(channel="telegram", held_until=MONDAY_TEN + HOUR, refused_at=MONDAY_TEN)
        )
        session.flush()
        assert mend_times(session, now=MONDAY_TEN) == 0
