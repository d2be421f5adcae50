"""Many deliveries taken and recorded at once follow the rules of one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.deliveries import BROADCAST, LEASE, Outgoing, enqueue
from core.delivery_batches import Success, lease_batch, mark_all_sent
from core.models.conversation import Delivery
from core.replies import Reply
from tests.builders import MONDAY_TEN, make_conversation, make_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def put(database: Database, *texts: str, to: str, channel: str = "web", priority: int = 0) -> None:
    with database.transaction() as session:
        for text in texts:
            enqueue(
                session,
                conversation=make_conversation(session, channel=channel, address=to),
                reply=Reply(text),
                kind="reply",
                dedupe_key=f"{channel}{to}{text}",
                priority=priority,
                now=MONDAY_TEN,
            )


def lease(database: Database, most: int = 32, after: timedelta = timedelta(0)) -> list[Outgoing]:
    with database.transaction() as session:
        return lease_batch(session, now=MONDAY_TEN + after, channels=["web"], most=most)


def sent(database: Database, *outgoing: Outgoing, parts_left: int = 0) -> None:
    successes = [
        Success(each, f"p{each.delivery_id}.{each.part}", parts_left, ()) for each in outgoing
    ]
    with database.transaction() as session:
        mark_all_sent(session, successes=successes, now=MONDAY_TEN)


def rows(database: Database) -> list[Delivery]:
    with database.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_of_each_conversation_only_the_next_is_taken_and_only_once(database: Database) -> None:
    for to in "abc":
        put(database, "1", "2", to=to)
    put(database, "1", to="x", channel="other")
    first = lease(database)
    assert sorted((each.address, each.reply.text) for each in first) == [
        ("a", "1"),
        ("b", "1"),
        ("c", "1"),
    ]
    assert lease(database) == []
    sent(database, *first)
    assert {each.reply.text for each in lease(database)} == {"2"}


def test_no_more_are_taken_than_can_be_sent_and_talk_goes_first(database: Database) -> None:
    put(database, "방송", to="a", priority=BROADCAST)
    put(database, "답", to="b")
    assert [each.reply.text for each in lease(database, most=1)] == ["답"]


def test_talk_and_a_broadcast_of_one_conversation_are_not_taken_together(
    database: Database,
) -> None:
    put(database, "방송", to="a", priority=BROADCAST)
    put(database, "답", to="a")
    assert [each.reply.text for each in lease(database)] == ["답"]


def test_what_was_taken_and_lost_is_taken_again_as_maybe_sent(database: Database) -> None:
    put(database, "답", to="a")
    (lost,) = lease(database)
    assert lost.leased_until == MONDAY_TEN + LEASE
    assert not lost.maybe_sent
    (again,) = lease(database, after=LEASE + timedelta(seconds=1))
    assert (again.maybe_sent, again.attempts, again.lease_token) == (True, 2, lost.lease_token + 1)


def test_who_lost_the_lease_records_nothing_and_the_others_all(database: Database) -> None:
    put(database, "1", to="a")
    (late,) = lease(database)
    (taken,) = lease(database, after=LEASE + timedelta(seconds=1))
    put(database, "1", to="b")
    (other,) = lease(database)
    sent(database, late, other)
    assert [row.state for row in rows(database)] == ["sending", "sent"]
    sent(database, taken)
    row = rows(database)[0]
    assert (row.state, row.provider_id, row.provider_ids) == ("sent", "p1.0", ["p1.0"])
    assert row.leased_until is None


def test_a_part_recorded_twice_counts_once(database: Database) -> None:
    """The answer to a commit may be lost, and then it is written again."""
    put(database, "긴 글", to="a")
    (first,) = lease(database)
    sent(database, first, parts_left=1)
    sent(database, first, parts_left=1)
    (second,) = lease(database)
    assert second.part == 1
    sent(database, second)
    sent(database, second)
    row = rows(database)[0]
    assert (row.state, row.parts_done, row.provider_ids) == ("sent", 2, ["p1.0", "p1.1"])
