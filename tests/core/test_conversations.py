"""The queue of turns: once each, in order, one worker at a time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.conversations import (
    LEASE,
    answer_turn,
    lease_conversation,
    next_turn,
    postpone_turn,
    record_turn,
    release_lease,
)
from core.database import Database
from core.errors import TemporaryFailure
from core.models.conversation import Conversation, Delivery, Turn
from core.replies import Reply
from core.turn_queue import waiting_conversations
from tests.builders import (
    MONDAY_TEN,
    make_conversation,
    make_database,
    make_message,
    make_turn,
)


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


def test_a_message_that_arrives_twice_is_one_turn(database: Database) -> None:
    message = make_message()
    for expected in (False, True):
        with database.transaction() as session:
            recorded = record_turn(
                session,
                conversation=make_conversation(session),
                message=message,
                text=message.text,
                now=MONDAY_TEN,
            )
        assert recorded.duplicate is expected
    with database.reading() as session:
        assert session.scalar(select(func.count(Turn.id))) == 1


def test_a_message_that_arrives_twenty_times_at_once_is_one_turn(database: Database) -> None:
    message = make_message()
    duplicates: list[bool] = []

    def arrive() -> None:
        with database.transaction() as session:
            recorded = record_turn(
                session,
                conversation=make_conversation(session),
                message=message,
                text=message.text,
                now=MONDAY_TEN,
            )
        duplicates.append(recorded.duplicate)

    threads = [threading.Thread(target=arrive) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(duplicates) == [False] + [True] * 19
    with database.reading() as session:
        assert session.scalar(select(func.count(Turn.id))) == 1
        assert session.scalar(select(func.count(Conversation.id))) == 1


def test_a_leased_conversation_is_not_leased_again_until_the_lease_ends(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session)
        first = lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN)
        assert first is not None
        assert lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN) is None
        later = MONDAY_TEN + LEASE + timedelta(seconds=1)
        second = lease_conversation(session, conversation_id=talk.id, now=later)
        assert second is not None
        assert second.token > first.token


def test_a_worker_that_slept_past_its_lease_can_record_nothing(database: Database) -> None:
    later = MONDAY_TEN + LEASE + timedelta(seconds=1)
    with database.transaction() as session:
        turn_id = make_turn(session).id
        talk = make_conversation(session)
        slow = lease_conversation(session, conversation_id=talk.id, now=MONDAY_TEN)
        assert slow is not None
        assert next_turn(session, lease=slow, now=MONDAY_TEN) is not None
    with database.transaction() as session:
        quick = lease_conversation(session, conversation_id=talk.id, now=later)
        assert quick is not None
    with pytest.raises(TemporaryFailure), database.transaction() as session:
        answer_turn(session, lease=slow, turn_id=turn_id, replies=[Reply("늦은 답")], now=later)
    with database.reading() as session:
        assert session.scalar(select(func.count(Delivery.id))) == 0


def test_the_oldest_turn_comes_first_and_one_that_waits_holds_back_the_next(
    database: Database,
) -> None:
    with database.transaction() as session:
        first, second = make_turn(session), make_turn(session)
        lease = lease_conversation(session, conversation_id=first.conversation_id, now=MONDAY_TEN)
        assert lease is not None
        taken = next_turn(session, lease=lease, now=MONDAY_TEN)
        assert taken is not None
        assert taken.id == first.id
        postpone_turn(
            session,
            lease=lease,
            turn_id=first.id,
            until=MONDAY_TEN + timedelta(seconds=5),
            failure="rasa: 503",
            late_notice=Reply("조금 늦어요"),
            now=MONDAY_TEN,
        )
        assert next_turn(session, lease=lease, now=MONDAY_TEN) is None
        soon = MONDAY_TEN + timedelta(seconds=6)
        again = next_turn(session, lease=lease, now=soon)
        assert again is not None
        assert again.id == first.id
        answer_turn(session, lease=lease, turn_id=first.id, replies=[Reply("답")], now=soon)
        after = next_turn(session, lease=lease, now=soon)
        assert after is not None
        assert after.id == second.id


def test_a_late_answer_is_announced_once_until_it_has_come(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        lease = lease_conversation(session, conversation_id=turn.conversation_id, now=MONDAY_TEN)
        assert lease is not None
        for _ in range(4):
            postpone_turn(
                session,
                lease=lease,
                turn_id=turn.id,
                until=MONDAY_TEN,
                failure="rasa: 503",
                late_notice=Reply("조금 늦어요"),
                now=MONDAY_TEN,
            )
        answer_turn(session, lease=lease, turn_id=turn.id, replies=[Reply("답")], now=MONDAY_TEN)
    with database.reading() as session:
        texts = [
            row.payload["text"] for row in session.scalars(select(Delivery).order_by(Delivery.id))
        ]
    assert texts == ["조금 늦어요", "답"]


def test_only_conversations_with_due_work_and_without_a_worker_wait(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        make_conversation(session, address="b" * 64)
        assert waiting_conversations(session, now=MONDAY_TEN) == [turn.conversation_id]
        lease = lease_conversation(session, conversation_id=turn.conversation_id, now=MONDAY_TEN)
        assert lease is not None
        assert waiting_conversations(session, now=MONDAY_TEN) == []
        release_lease(session, lease=lease)
        assert waiting_conversations(session, now=MONDAY_TEN) == [turn.conversation_id]
