"""The queue of outgoing messages: in order, once decided, honest about what is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import Database
from core.deliveries import (
    LEASE,
    enqueue,
    feed,
    lease_next,
    mark_failed,
    mark_sent,
    mark_unsure,
    postpone,
)
from core.models.conversation import Delivery
from core.replies import Choice, Image, Link, Point, Reply, albums
from tests.builders import MONDAY_TEN, make_conversation, make_database


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


def _enqueue(session, text: str, *, address: str = "a" * 64, key: str | None = None) -> Delivery:
    return enqueue(
        session,
        conversation=make_conversation(session, address=address),
        reply=Reply(text),
        kind="reply",
        dedupe_key=key or text,
        now=MONDAY_TEN,
    )


def test_a_reply_survives_the_way_through_its_row() -> None:
    reply = Reply(
        "고르세요",
        choices=(Choice("네", "/affirm"),),
        images=(Image(3, "가로등 사진"), Image(4, "고친 등")),
        link=Link("자세히", "https://www.example.org"),
        location=Point(37.5657, 126.9769),
    )
    assert Reply.from_data(reply.to_data()) == reply


def test_an_old_row_with_one_image_is_still_read() -> None:
    row = {"text": "고친 등", "image": {"attachment_id": 3, "alt": "고친 등"}}
    assert Reply.from_data(row) == Reply("고친 등", images=(Image(3, "고친 등"),))


def test_pictures_go_out_as_albums_that_a_messenger_can_carry() -> None:
    images = [Image(i, f"사진 {i}") for i in range(1, 13)]
    first, second = albums(images)
    assert (len(first.images), second.images) == (10, tuple(images[10:]))
    assert second.text == "사진 11\n사진 12"
    assert albums([]) == []


def test_what_is_decided_twice_goes_out_once(database: Database) -> None:
    with database.transaction() as session:
        assert (
            _enqueue(session, "답", key="turn:1:0").id == _enqueue(session, "답", key="turn:1:0").id
        )


def test_within_a_conversation_a_later_message_waits_for_an_earlier_one(database: Database) -> None:
    with database.transaction() as session:
        _enqueue(session, "하나")
        _enqueue(session, "둘")
        _enqueue(session, "남", address="b" * 64)
        first = lease_next(session, now=MONDAY_TEN)
        other = lease_next(session, now=MONDAY_TEN)
        assert first is not None
        assert other is not None
        assert (first.reply.text, other.reply.text) == ("하나", "남")
        assert lease_next(session, now=MONDAY_TEN) is None
        postpone(session, outgoing=first, until=MONDAY_TEN + timedelta(seconds=9), failure="busy")
        assert lease_next(session, now=MONDAY_TEN) is None
        again = lease_next(session, now=MONDAY_TEN + timedelta(seconds=9))
        assert again is not None
        assert mark_sent(session, outgoing=again, provider_id=None, now=MONDAY_TEN)
        second = lease_next(session, now=MONDAY_TEN)
        assert second is not None
        assert second.reply.text == "둘"


@pytest.mark.parametrize("mark", [mark_failed, mark_unsure])
def test_a_message_that_cannot_go_out_does_not_hold_back_the_next(database: Database, mark) -> None:
    with database.transaction() as session:
        _enqueue(session, "하나")
        _enqueue(session, "둘")
        first = lease_next(session, now=MONDAY_TEN)
        mark(session, outgoing=first, failure="blocked")
        second = lease_next(session, now=MONDAY_TEN)
        assert second is not None
        assert second.reply.text == "둘"
        assert [row.payload["text"] for row in feed(session, conversation_id=1)] == []


def test_a_sender_that_died_is_followed_by_one_that_knows_it_may_have_gone_out(
    database: Database,
) -> None:
    with database.transaction() as session:
        _enqueue(session, "하나")
        dead = lease_next(session, now=MONDAY_TEN)
        later = MONDAY_TEN + LEASE + timedelta(seconds=1)
        heir = lease_next(session, now=later)
        assert dead is not None
        assert heir is not None
        assert (dead.maybe_sent, heir.maybe_sent) == (False, True)
        assert not mark_sent(session, outgoing=dead, provider_id="x", now=later)
        assert mark_sent(session, outgoing=heir, provider_id="y", now=later)
        assert session.scalars(select(Delivery)).one().provider_id == "y"
