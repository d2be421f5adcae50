"""Working the turn queue: each turn answered once and in order, whatever Rasa does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.drafts import save_draft
from core.handovers import take, waiting
from core.inbound import Location, TurnKind
from core.models.conversation import Conversation, Delivery, Draft
from core.replies import Link, Point, Reply
from dialogue.drafts import look_after_drafts
from dialogue.runner import GIVE_UP_AFTER
from tests.builders import make_message, sample_city
from tests.dialogue.runner_house import House, say, text


def test_an_answer_reaches_the_citizen_and_the_turn_ends(house: House) -> None:
    turn_id = house.hear("안녕하세요")
    assert house.said() == ["답: 안녕하세요"]
    assert house.turn(turn_id).state == "answered"


def test_rasa_down_is_said_once_and_the_turn_is_answered_when_it_is_back(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "actions", "retry_after": 1})
    turn_id = house.hear("가로등이 나갔어요")
    for _ in range(5):
        house.clock.forward(seconds=31)
        house.runner.run_waiting()
    assert house.said() == [text("rasa_down")]
    house.rasa.answer = lambda body: say("접수할게요")
    house.clock.forward(seconds=31)
    house.runner.run_waiting()
    assert house.said() == [text("rasa_down"), "접수할게요"]
    assert house.turn(turn_id).attempts == 7


def test_while_one_turn_waits_the_next_one_waits_behind_it(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "tracker"})
    house.hear("하나")
    house.hear("둘")
    house.rasa.answer = lambda body: say(f"답: {body['text']}")
    house.clock.forward(seconds=31)
    house.runner.run_waiting()
    assert house.said()[1:] == ["답: 하나", "답: 둘"]


def test_after_a_day_without_an_answer_a_person_gets_the_turn(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "internal"})
    turn_id = house.hear("하나")
    house.clock.at += GIVE_UP_AFTER + timedelta(seconds=1)
    house.runner.run_waiting()
    assert house.turn(turn_id).state == "failed"
    assert house.said()[-1] == text("turn_failed")
    with house.database.reading() as session:
        assert [h.reason for h in waiting(session)] == [f"failed_turn:{turn_id}"]


def test_an_answer_that_cannot_be_read_fails_after_three_tries_not_for_ever(house: House) -> None:
    house.rasa.answer = lambda body: (200, {"unexpected": True})
    turn_id = house.hear("하나")
    for _ in range(5):
        house.clock.forward(seconds=31)
        house.runner.run_waiting()
    assert house.turn(turn_id).state == "failed"
    assert len(house.rasa.requests) == 3


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("   ", "empty_message"),
        ("", "empty_message"),
        ("😀👍🏽", "only_emoji"),
        ("?!…", "only_emoji"),
    ],
)
def test_a_message_without_words_is_answered_without_disturbing_rasa(
    house: House, typed, key
) -> None:
    house.hear(typed)
    assert house.said() == [text(key)]
    assert house.rasa.requests == []


def test_twenty_thousand_characters_are_kept_and_two_thousand_analysed(house: House) -> None:
    long = "가로등이 나갔어요 " * 2000
    turn_id = house.hear(long)
    assert house.turn(turn_id).text == long
    assert len(house.rasa.requests[0]["text"]) <= 2000
    assert house.said()[-1] == text("too_long_kept", limit=2000)


def test_a_resident_number_is_removed_said_and_never_reaches_rasa_or_the_database(
    house: House, tmp_path
) -> None:
    house.hear("제 번호는 900101-1234567 이고 가로등이 나갔어요")
    assert house.said()[0] == text("resident_number_removed")
    assert "1234567" not in json.dumps(house.rasa.requests, ensure_ascii=False)
    assert "가로등" in house.rasa.requests[0]["text"]
    house.hear("900101-1234567")
    assert house.said()[-1] == text("resident_number_removed")
    assert len(house.rasa.requests) == 1
    house.database.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"1234567" not in stored


def test_a_phone_number_reaches_rasa_as_a_token(house: House) -> None:
    house.hear("연락처는 010-1234-5678이에요")
    assert "⟦전화1⟧" in house.rasa.requests[0]["text"]
    assert "5678" not in house.rasa.requests[0]["text"]


def test_an_emergency_is_answered_with_rasa_down_and_marked_for_the_officer(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "internal"})
    house.hear("불이 났어요 사람이 갇혔어요 살려주세요")
    assert "119" in house.said()[0]
    assert house.rasa.requests == []
    with house.database.reading() as session:
        assert [h.emergency for h in waiting(session)] == [True]


def test_a_pressed_choice_reaches_rasa_as_its_payload_not_as_words(house: House) -> None:
    house.rasa.answer = lambda body: say(
        "접수할까요?", choices=[{"title": "네", "payload": "/affirm"}]
    )
    house.hear("가로등이 나갔어요")
    house.hear(kind=TurnKind.CHOICE, choice=house.last_choice())
    pressed = house.rasa.requests[1]
    assert pressed["text"] is None
    assert pressed["parse_data"]["intent"]["name"] == "affirm"


@pytest.mark.parametrize("typed", ["1", "1번", "１", "①", " 1. ", "네"])
def test_a_typed_number_or_the_words_of_a_choice_mean_the_choice(house: House, typed) -> None:
    house.rasa.answer = lambda body: say(
        "접수할까요?",
        choices=[{"title": "네", "payload": '/inform{"service_code": "x"}'}],
    )
    house.hear("가로등이 나갔어요")
    house.hear(typed)
    data = house.rasa.requests[1]["parse_data"]
    assert data["intent"]["name"] == "inform"
    assert data["entities"][0]["value"] == "x"


def test_a_number_without_a_question_is_just_words(house: House) -> None:
    house.hear("1")
    assert house.rasa.requests[0]["text"] == "1"


def test_a_double_click_is_worked_once_and_says_nothing_twice(house: House) -> None:
    house.rasa.answer = lambda body: say(
        "접수할까요?", choices=[{"title": "네", "payload": "/affirm"}]
    )
    house.hear("가로등이 나갔어요")
    house.rasa.answer = lambda body: say("접수했어요")
    choice = house.last_choice()
    house.hear(kind=TurnKind.CHOICE, choice=choice)
    house.hear(kind=TurnKind.CHOICE, choice=choice)
    assert house.said() == ["접수할까요?", "접수했어요"]
    assert len(house.rasa.requests) == 2


def test_an_old_button_and_a_foreign_button_get_a_kind_answer(house: House) -> None:
    house.rasa.answer = lambda body: say(
        "접수할까요?", choices=[{"title": "네", "payload": "/affirm"}]
    )
    house.hear("가로등이 나갔어요")
    old = house.last_choice()
    house.hear("다른 이야기인데요")
    house.hear(kind=TurnKind.CHOICE, choice=old)
    assert house.said()[-1] == text("stale_choice")
    house.hear(kind=TurnKind.CHOICE, choice=old, address="b" * 64)
    assert house.said()[-1] == text("wrong_choice")
    for nonsense in ("9999.0", "x", "1.99", "-1.0", "1" * 60):
        house.hear(kind=TurnKind.CHOICE, choice=nonsense)
        assert house.said()[-1] == text("wrong_choice")
    assert len(house.rasa.requests) == 2


def test_a_typed_intent_of_rasa_is_plain_text(house: House) -> None:
    house.hear('/affirm{"x": 1}')
    assert house.rasa.requests[0]["parse_data"] is None


def test_a_pin_reaches_rasa_as_a_place_and_keeps_its_point(house: House) -> None:
    house.hear(kind=TurnKind.LOCATION, location=Location(37.5663, 126.9779))
    request = house.rasa.requests[0]
    assert request["parse_data"]["entities"][0]["entity"] == "place"
    assert request["metadata"]["location"]["lat"] == 37.5663


def test_a_picture_a_link_and_a_place_of_rasas_answer_reach_the_citizen(house: House) -> None:
    house.rasa.answer = lambda body: (
        200,
        {
            "replies": [
                {
                    "text": "여기예요.",
                    "choices": [],
                    "image_attachment_id": None,
                    "alt": "",
                    "link": {"title": "자세히", "url": "/help"},
                    "location": {"lat": 37.5657, "long": 126.9769},
                }
            ]
        },
    )
    house.hear("어디예요?")
    with house.database.reading() as session:
        sent = session.scalars(select(Delivery)).one()
    assert Reply.from_data(sent.payload) == Reply(
        "여기예요.", link=Link("자세히", "/help"), location=Point(37.5657, 126.9769)
    )


def test_with_a_person_the_bot_keeps_silent(house: House) -> None:
    house.hear("안녕하세요")
    with house.database.transaction() as session:
        take(
            session, conversation_id=1, officer_id=7, notice=Reply("담당자예요"), now=house.clock()
        )
    turn_id = house.hear("담당자님 계세요?")
    assert house.turn(turn_id).state == "answered"
    assert len(house.rasa.requests) == 1


def test_start_and_help_are_answered_while_rasa_is_down(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "internal"})
    house.hear(kind=TurnKind.START)
    house.hear("/help")
    assert house.said()[1] == text("help")
    assert len(house.said()) == 2


def test_the_draft_goes_along_so_that_rasa_can_be_reminded(house: House) -> None:
    house.hear("안녕하세요")
    with house.database.transaction() as session:
        save_draft(
            session,
            conversation_id=1,
            slots={"what": "가로등"},
            requested_slot="where",
            now=house.clock(),
        )
    house.hear("시청역 앞이요")
    assert house.rasa.requests[1]["draft"] == {
        "slots": {"what": "가로등"},
        "requested_slot": "where",
    }
    assert not house.rasa.requests[1]["new_session"]


def test_a_draft_is_recalled_once_then_lapses_to_a_person_and_rasa_forgets_it(house: House) -> None:
    house.hear("안녕하세요")
    with house.database.transaction() as session:
        save_draft(
            session,
            conversation_id=1,
            slots={"what": "가로등"},
            requested_slot=None,
            now=house.clock(),
        )
    look = lambda: look_after_drafts(  # noqa: E731
        database=house.database, city=sample_city(), now=house.clock
    )
    assert look() == (0, 0)
    house.clock.forward(hours=3)
    assert look() == (1, 0)
    assert look() == (0, 0)
    house.clock.forward(hours=22)
    assert look() == (0, 1)
    assert look() == (0, 0)
    with house.database.reading() as session:
        assert session.scalars(select(Draft.state)).all() == ["lapsed"]
        assert len(waiting(session)) == 1
    house.hear("다시 왔어요")
    house.hear("계속할게요")
    assert [r["new_session"] for r in house.rasa.requests] == [False, True, False]


def test_a_lease_left_by_a_dead_worker_ends_by_itself(house: House) -> None:
    received = house.door.receive(make_message(text="하나"))
    with house.database.transaction() as session:
        talk = session.get_one(Conversation, received.conversation_id)
        talk.leased_until = house.clock() + timedelta(seconds=60)
    assert house.runner.run_waiting() == 0
    house.clock.forward(seconds=61)
    assert house.runner.run_waiting() == 1
    assert house.said() == ["답: 하나"]


def test_what_an_emergency_answer_offers_can_be_pressed(house: House) -> None:
    house.hear("불이 났어요 사람이 갇혔어요 살려주세요")
    house.hear(kind=TurnKind.CHOICE, choice=house.last_choice())
    assert house.rasa.requests[0]["parse_data"]["intent"]["name"] == "report_complaint"
