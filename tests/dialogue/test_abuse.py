"""Abuse is a mark beside what the citizen wants: reports are filed, insults alone get one calm answer."""

from __future__ import annotations

import pytest

import dialogue.abuse
from core.inbound import TurnKind
from core.transcript import transcript
from korean.abuse import abuse_in
from korean.text_scores import UnreadableWeights
from tests.builders import MONDAY_TEN
from tests.dialogue.runner_house import House
from tests.dialogue.runner_house import text as text_of

CALM = text_of("only_abuse")


@pytest.mark.parametrize(
    "text",
    [
        "쓰레기 좀 치워라 개새끼들아",
        "씨발 가로등 언제 고치냐",
        "이 병신들아 전화 좀 받아라",
        "주차 단속 안 하냐 미친놈들아",
    ],
)
def test_an_abusive_report_is_marked_and_still_a_report(text: str) -> None:
    assert abuse_in(text) == "rude"


@pytest.mark.parametrize("text", ["씨발", "개새끼들 진짜", "ㅅㅂ", "야 이 개새끼야"])
def test_insults_alone_are_told_from_reports(text: str) -> None:
    assert abuse_in(text) == "only"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "정말 화가 나요 한 달째 답이 없어요",
        "가로등이 꺼져 있어요",
        "우리 개가 새끼를 낳았어요 등록해야 하나요",
        "시발점이 어디예요 마라톤",
        "홍어 축제 일정 알려 주세요",
        "한남동 주민센터 어디예요",
        "18일에 접수했어요",
        "쓰레기 버리는 요일이 언제예요",
    ],
)
def test_anger_and_look_alikes_are_no_abuse(text: str) -> None:
    assert abuse_in(text) is None


def test_an_angry_report_reaches_rasa_word_for_word(house: House) -> None:
    text = "씨발 가로등 언제 고치냐"
    turn_id = house.hear(text)
    assert house.turn(turn_id).abuse == "rude"
    assert [request["text"] for request in house.rasa.requests] == [text]


def test_insults_alone_get_one_calm_answer_and_an_officer(house: House) -> None:
    house.hear("씨발")
    house.hear("개새끼들 진짜")
    assert house.said() == [CALM]
    assert house.rasa.requests == []
    house.hear(kind=TurnKind.CHOICE, choice=house.last_choice())
    assert house.rasa.requests[0]["parse_data"]["intent"]["name"] == "talk_to_officer"


def test_after_a_day_insults_are_answered_again(house: House) -> None:
    house.hear("씨발")
    house.clock.forward(days=2)
    house.hear("씨발")
    assert house.said() == [CALM, CALM]


def test_an_insult_that_comes_twice_is_answered_once(house: House) -> None:
    house.hear("씨발", external_id="same")
    house.hear("씨발", external_id="same")
    assert house.said() == [CALM]


def test_officers_see_the_mark_in_the_conversation(house: House) -> None:
    turn = house.turn(house.hear("쓰레기 좀 치워라 개새끼들아"))
    with house.database.reading() as session:
        first = transcript(session, conversation_id=turn.conversation_id)[0]
    assert (first.abuse, first.at) == ("rude", MONDAY_TEN)


def test_without_weights_every_message_is_worked_unmarked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(text: str) -> None:
        raise UnreadableWeights("no weights abuse.bin")

    monkeypatch.setattr(dialogue.abuse, "abuse_in", missing)
    assert house.turn(house.hear("씨발")).abuse is None
    assert len(house.rasa.requests) == 1
