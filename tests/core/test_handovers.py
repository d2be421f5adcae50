"""A person in the conversation: one at a time, heard by the citizen, given back cleanly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.conversations import close_conversation
from core.database import Database
from core.errors import Refused
from core.handovers import answer, hand_back, open_handover, take, waiting
from core.inbound import Photo
from core.models.conversation import Conversation, Delivery
from core.replies import Reply
from tests.builders import MONDAY_TEN, make_conversation, make_database

HELLO, BYE = Reply("담당자가 왔어요"), Reply("다시 제가 도와드릴게요")
PHOTO = Photo(sha256="0" * 64, media_type="image/jpeg", size=10, width=4, height=3)


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


def _take(session, officer_id: int = 1, conversation_id: int = 1):
    return take(
        session,
        conversation_id=conversation_id,
        officer_id=officer_id,
        notice=HELLO,
        now=MONDAY_TEN,
    )


def _answer(session, officer_id: int = 1, **overrides):
    values = {"text": "확인했습니다", "form_id": "f1", "officer_name": "도로과", "now": MONDAY_TEN}
    values |= overrides
    values.pop("officer_name")
    return answer(session, conversation_id=1, officer_id=officer_id, **values)


def test_emergencies_wait_in_front_and_those_already_taken_behind(database: Database) -> None:
    with database.transaction() as session:
        ids = [make_conversation(session, address=letter * 64).id for letter in "abc"]
        for minutes, conversation_id in enumerate(ids):
            open_handover(
                session,
                conversation_id=conversation_id,
                reason="talk",
                now=MONDAY_TEN + timedelta(minutes=minutes),
            )
        open_handover(
            session, conversation_id=ids[2], reason="emergency:fire", emergency=True, now=MONDAY_TEN
        )
        _take(session, conversation_id=ids[0])
        assert [h.conversation_id for h in waiting(session)] == [ids[2], ids[1], ids[0]]


def test_a_second_call_for_a_person_joins_the_first(database: Database) -> None:
    with database.transaction() as session:
        talk = make_conversation(session).id
        first = open_handover(session, conversation_id=talk, reason="a", now=MONDAY_TEN)
        second = open_handover(session, conversation_id=talk, reason="b", now=MONDAY_TEN)
        assert first.id == second.id


def test_two_officers_cannot_have_the_same_conversation(database: Database) -> None:
    with database.transaction() as session:
        make_conversation(session)
        _take(session, officer_id=1)
        for act in (
            lambda: _take(session, officer_id=2),
            lambda: _answer(session, officer_id=2),
            lambda: hand_back(session, conversation_id=1, officer_id=2, notice=BYE, now=MONDAY_TEN),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == "taken"


def test_an_answer_with_a_photo_reaches_the_citizen_once_however_often_it_is_sent(
    database: Database,
) -> None:
    with database.transaction() as session:
        make_conversation(session)
        _take(session)
        for _ in range(3):
            _answer(session, photos=[(PHOTO, "고친 자리")])
        rows = list(session.scalars(select(Delivery).order_by(Delivery.id)))
        assert [row.payload["text"] for row in rows] == [HELLO.text, "확인했습니다", "고친 자리"]
        assert rows[1].speaker == "officer:1"
        assert rows[2].image_id is not None


@pytest.mark.parametrize(
    ("change", "code"),
    [({"text": "  "}, "empty_answer"), ({"photos": [(PHOTO, "")]}, "alt_missing")],
)
def test_an_empty_answer_or_a_photo_without_words_is_refused(database, change, code) -> None:
    with database.transaction() as session:
        make_conversation(session)
        _take(session)
        with pytest.raises(Refused) as refused:
            _answer(session, **change)
        assert refused.value.code == code


def test_an_officer_must_take_a_conversation_before_answering(database: Database) -> None:
    with database.transaction() as session:
        make_conversation(session)
        with pytest.raises(Refused) as refused:
            _answer(session)
        assert refused.value.code == "not_taken"


def test_handing_back_wakes_the_bot_and_twice_is_once(database: Database) -> None:
    with database.transaction() as session:
        make_conversation(session)
        _take(session)
        for _ in range(2):
            hand_back(session, conversation_id=1, officer_id=1, notice=BYE, now=MONDAY_TEN)
        talk = session.get_one(Conversation, 1)
        assert (talk.mode, talk.officer_id) == ("bot", None)
        assert waiting(session) == []
        texts = [row.payload["text"] for row in session.scalars(select(Delivery))]
        assert texts.count(BYE.text) == 1


def test_where_others_read_along_nobody_takes_over_and_nobody_is_told(database: Database) -> None:
    with database.transaction() as session:
        make_conversation(session, channel="telegram", address="-100", visibility="public")
        open_handover(session, conversation_id=1, reason="a", emergency=True, now=MONDAY_TEN)
        with pytest.raises(Refused, match="public_conversation"):
            _take(session)
        hand_back(session, conversation_id=1, officer_id=1, notice=BYE, now=MONDAY_TEN)
        assert waiting(session) == []
        assert session.scalars(select(Delivery)).all() == []


def test_a_closed_conversation_takes_no_answer_and_stays_closed_when_it_is_given_back(
    database: Database,
) -> None:
    with database.transaction() as session:
        make_conversation(session)
        _take(session)
        close_conversation(session, conversation_id=1, reason="blocked")
        with pytest.raises(Refused, match="conversation_closed"):
            _answer(session)
        hand_back(session, conversation_id=1, officer_id=1, notice=BYE, now=MONDAY_TEN)
        talk = session.get_one(Conversation, 1)
        assert (talk.mode, talk.officer_id) == ("closed", None)
        assert waiting(session) == []
        texts = [row.payload["text"] for row in session.scalars(select(Delivery))]
        assert texts == [HELLO.text]
