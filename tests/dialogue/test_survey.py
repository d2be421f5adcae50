"""After "how was the result?": a typed score counts only when that was the last thing said."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.case_notices import WITHOUT_COMMENT, rating_choice
from core.drafts import save_draft
from core.handovers import hand_back, take
from core.inbound import TurnKind
from core.models.case import Case
from core.models.conversation import Delivery, Turn
from core.replies import Reply
from tests.builders import make_case, make_result
from tests.dialogue.runner_house import House, say

NUMBER = "2026-000123"
CHOOSE = [{"title": "신고하기", "payload": "/report_complaint"}]


def asked(house: House) -> Case:
    """A citizen has a result before them, and the question how it was."""
    case = result(house, turn_id=house.hear("가로등이 나갔어요"))
    house.runner.run(case.conversation_id)
    assert "어떠셨어요" in house.said()[-1]
    return case


def result(house: House, *, turn_id: int) -> Case:
    """The case that this turn filed gets its result; nothing is sent yet."""
    with house.database.transaction() as session:
        filed = make_case(session, turn=session.get_one(Turn, turn_id))
        return make_result(session, case=filed.case)


def survey_choice(house: House, score: int) -> str:
    with house.database.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.dedupe_key.startswith("survey:")))
        return f"{rows.one().id}.{score - 1}"


def heard(house: House) -> dict[str, Any]:
    """What Rasa heard last: the meaning of a choice, or only the text."""
    request = house.rasa.requests[-1]
    data = request["parse_data"]
    if data is None:
        return {"text": request["text"]}
    values = {entity["entity"]: entity["value"] for entity in data["entities"]}
    return {"intent": data["intent"]["name"], **values}


def score(case: Case, value: int) -> dict[str, Any]:
    return {"intent": "rate_service", "score": value, "case_number": case.number}


@pytest.mark.parametrize(
    ("typed", "value"),
    [("5", 5), ("5점이요", 5), ("１", 1), ("2번", 2), ("아주 좋아요!", 5), ("3점 보통이에요", 3)],
)
def test_a_typed_score_right_after_the_question_is_that_score(
    house: House, typed: str, value: int
) -> None:
    case = asked(house)
    house.hear(typed)
    assert heard(house) == score(case, value)


@pytest.mark.parametrize("typed", ["7", "10점 만점에 8점", "고마워요", "5번 출구 앞이요"])
def test_other_words_after_the_question_are_just_words(house: House, typed: str) -> None:
    asked(house)
    house.hear(typed)
    assert heard(house) == {"text": typed}


def test_a_number_after_something_else_was_said_means_what_it_meant_before(house: House) -> None:
    asked(house)
    house.rasa.answer = lambda body: say("무엇을 도와 드릴까요?", choices=CHOOSE)
    house.hear("안녕하세요")
    house.hear("1")
    assert heard(house) == {"intent": "report_complaint"}
    house.rasa.answer = lambda body: say("네.")
    house.hear("그냥요")
    house.hear("5")
    assert heard(house) == {"text": "5"}


def test_a_number_in_the_middle_of_a_form_answers_the_form(house: House) -> None:
    house.rasa.answer = lambda body: say("어떤 상태인가요?", choices=CHOOSE)
    asked(house)
    with house.database.transaction() as session:
        save_draft(session, conversation_id=1, slots={}, requested_slot="extra", now=house.clock())
    house.hear("1")
    assert heard(house) == {"intent": "report_complaint"}
    house.hear("5")
    assert heard(house) == {"text": "5"}


def test_a_number_written_before_the_question_came_does_not_answer_it(house: House) -> None:
    turn_id = house.hear("가로등이 나갔어요")
    house.rasa.answer = lambda body: (503, {"error": "internal"})
    house.hear("5")
    house.clock.forward(minutes=10)
    result(house, turn_id=turn_id)
    house.rasa.answer = lambda body: say("네.")
    house.runner.run(1)
    assert heard(house) == {"text": "5"}


def test_a_press_never_grows_old_and_a_second_one_is_heard_too(house: House) -> None:
    case = asked(house)
    house.hear("다른 이야기인데요")
    house.clock.forward(days=3)
    for value in (5, 2, 2):
        house.hear(kind=TurnKind.CHOICE, choice=survey_choice(house, value))
        assert heard(house) == score(case, value)


def test_a_strangers_press_is_unknown(house: House) -> None:
    asked(house)
    count = len(house.rasa.requests)
    house.hear(kind=TurnKind.CHOICE, choice=survey_choice(house, 1), address="b" * 64)
    assert len(house.rasa.requests) == count


def test_with_a_person_a_press_counts_and_typed_words_are_the_persons(house: House) -> None:
    case = asked(house)
    with house.database.transaction() as session:
        take(
            session, conversation_id=1, officer_id=7, notice=Reply("담당자예요"), now=house.clock()
        )
    count = len(house.rasa.requests)
    house.hear("5")
    assert len(house.rasa.requests) == count
    house.hear(kind=TurnKind.CHOICE, choice=survey_choice(house, 4))
    assert heard(house) == score(case, 4)
    with house.database.transaction() as session:
        save_draft(session, conversation_id=1, slots={}, requested_slot="where", now=house.clock())
    house.hear(kind=TurnKind.CHOICE, choice=survey_choice(house, 1))
    assert heard(house) == score(case, 4)
    with house.database.transaction() as session:
        hand_back(
            session, conversation_id=1, officer_id=7, notice=Reply("봇이에요"), now=house.clock()
        )


def ask_for_words(house: House) -> None:
    no_words = rating_choice("쓰지 않을래요", case_number=NUMBER, answer=WITHOUT_COMMENT)
    choice = {"title": no_words.title, "payload": no_words.payload}
    house.rasa.answer = lambda body: say("무엇이 아쉬우셨는지 써 주시겠어요?", choices=[choice])
    house.hear("별로였어요")
    house.rasa.answer = lambda body: say("네.")


def test_words_right_after_the_question_are_the_comment(house: House) -> None:
    ask_for_words(house)
    house.hear("전화 010-1234-5678로 연락이 없었어요")
    assert heard(house) == {
        "intent": "rate_service",
        "case_number": NUMBER,
        "answer": "comment",
    }
    assert house.rasa.requests[-1]["parse_data"]["text"] == "전화 ⟦전화1⟧로 연락이 없었어요"
    house.hear("하나 더 있어요")
    assert heard(house) == {"text": "하나 더 있어요"}


def test_the_choice_to_write_nothing_can_be_typed(house: House) -> None:
    ask_for_words(house)
    house.hear("쓰지 않을래요")
    assert heard(house)["answer"] == WITHOUT_COMMENT


@pytest.mark.parametrize("words", ["상담원 연결해 주세요", "사람이랑 이야기할래요"])
def test_a_wish_for_a_person_is_no_comment(house: House, words: str) -> None:
    ask_for_words(house)
    house.hear(words)
    assert heard(house) == {"text": words}


def test_words_much_later_are_no_comment(house: House) -> None:
    ask_for_words(house)
    house.clock.forward(minutes=31)
    house.hear("가로등이 또 나갔어요")
    assert heard(house) == {"text": "가로등이 또 나갔어요"}


def test_words_in_the_middle_of_a_form_are_no_comment(house: House) -> None:
    ask_for_words(house)
    with house.database.transaction() as session:
        save_draft(session, conversation_id=1, slots={}, requested_slot="where", now=house.clock())
    house.hear("시청역 앞이요")
    assert heard(house) == {"text": "시청역 앞이요"}
