"""What is typed or sent after a question about an own case: taken as its answer only when it can be one."""

from __future__ import annotations

from typing import Any

import pytest

from core.case_clock import Terms
from core.case_notices import act_choice
from core.case_queries import events_of
from core.case_status import CaseStatus
from core.case_wishes import Wish, add_words_and_photos
from core.drafts import save_draft
from core.inbound import Photo, TurnKind
from core.models.case import Case
from core.models.conversation import Turn
from tests.builders import make_case, make_result, sample_city
from tests.dialogue.runner_house import House, say
from tests.dialogue.runner_house import text as wording

NUMBER = "2026-000001"
STOP = act_choice("그만두기", "reopen_case", case_number=NUMBER, answer="no", next="words")
ANSWER = "기둥 번호는 12-3이에요"


def waiting(house: House) -> Case:
    """A citizen was just asked for a supplement."""
    turn_id = house.hear("가로등이 나갔어요")
    with house.database.transaction() as session:
        case = make_case(session, turn=session.get_one(Turn, turn_id)).case
        make_result(
            session,
            case=case,
            to=CaseStatus.SUPPLEMENT_REQUESTED,
            note="기둥 번호를 알려 주세요.",
            terms=Terms(days=7),
        )
    house.runner.run(case.conversation_id)
    assert "알려 주실 것이 더 있어요" in house.said()[-1]
    return case


def asked(house: House, *choices: Any) -> None:
    """Rasa asked something with these choices."""
    offered = [{"title": c.title, "payload": c.payload} for c in choices]
    house.rasa.answer = lambda body: say("어떻게 할까요?", choices=offered)
    house.hear("다시 처리해 주세요")
    house.rasa.answer = lambda body: say("네")


def heard(house: House) -> dict[str, Any]:
    """What Rasa heard last: the meaning of a choice, or only the text."""
    data = house.rasa.requests[-1]["parse_data"]
    if data is None:
        return {"text": house.rasa.requests[-1]["text"]}
    values = {entity["entity"]: entity["value"] for entity in data["entities"]}
    return {"intent": data["intent"]["name"], **values}


def picture() -> Photo:
    return Photo(sha256="a" * 64, media_type="image/jpeg", size=9, width=3, height=3)


def test_words_after_a_request_are_the_supplement_also_days_later(house: House) -> None:
    case = waiting(house)
    house.clock.forward(days=3)
    house.hear(ANSWER)
    assert heard(house) == {
        "intent": "add_to_case",
        "case_number": case.number,
        "answer": "words",
    }


def test_a_photo_after_a_request_goes_to_the_case_and_not_into_a_report(house: House) -> None:
    case = waiting(house)
    house.hear("", kind=TurnKind.PHOTO, photos=(picture(),))
    assert heard(house) == {
        "intent": "add_to_case",
        "case_number": case.number,
        "answer": "photos",
    }


def test_a_photo_later_on_is_asked_about_while_the_supplement_is_waited_for(house: House) -> None:
    case = waiting(house)
    house.hear("안녕하세요")
    house.hear("여권 수수료 얼마예요?")
    house.hear("", kind=TurnKind.PHOTO, photos=(picture(),))
    assert heard(house) == {"intent": "add_to_case", "case_number": case.number, "answer": "ask"}


def test_a_photo_without_any_request_begins_a_report(house: House) -> None:
    house.hear("", kind=TurnKind.PHOTO, photos=(picture(),))
    assert heard(house) == {"intent": "inform"}


@pytest.mark.parametrize(
    "text", ["네 감사합니다", "상담원 연결해 주세요", "신고한 거 취하할게요", "안녕하세요"]
)
def test_what_is_no_answer_means_what_it_always_means(house: House, text: str) -> None:
    waiting(house)
    house.hear(text)
    assert heard(house) == {"text": text}


def test_a_wish_for_more_time_is_no_supplement(house: House) -> None:
    case = waiting(house)
    turn_id = house.hear("일주일만 더 주세요")
    assert heard(house) == {
        "intent": "ask_more_time",
        "case_number": case.number,
        "said": turn_id,
    }


@pytest.mark.parametrize("text", ["어떤 번호를 말하는 거예요?", "도로가 움푹 파여서 위험해요"])
def test_a_question_or_another_trouble_is_asked_about_before_it_goes_along(
    house: House, text: str
) -> None:
    waiting(house)
    house.hear(text)
    assert heard(house)["answer"] == "ask"


def test_in_the_middle_of_a_report_words_are_its_answers(house: House) -> None:
    case = waiting(house)
    with house.database.transaction() as session:
        save_draft(
            session,
            conversation_id=case.conversation_id,
            slots={},
            requested_slot="where",
            now=house.clock(),
        )
    house.hear(ANSWER)
    assert heard(house) == {"text": ANSWER}


def test_words_yes_and_no_after_a_question(house: House) -> None:
    yes = act_choice("거두기", "withdraw_case", case_number=NUMBER, answer="yes", state="received")
    no = act_choice("그대로", "withdraw_case", case_number=NUMBER, answer="no")
    asked(house, yes, no)
    house.hear("네")
    assert heard(house) == {
        "intent": "withdraw_case",
        "case_number": NUMBER,
        "answer": "yes",
        "state": "received",
    }
    asked(house, yes, no)
    house.hear("아니요")
    assert heard(house)["answer"] == "no"
    asked(house, yes, no)
    house.hear("도로가 파였어요")
    assert heard(house) == {"text": "도로가 파였어요"}
    asked(house, STOP)
    house.hear("왜 아직도 안 고쳐졌어요?")
    assert heard(house) == {"intent": "reopen_case", "case_number": NUMBER, "answer": "words"}
    asked(house, STOP)
    house.hear("취소")
    assert heard(house)["answer"] == "no"


def test_a_bare_yes_never_undoes_what_was_just_done(house: House) -> None:
    undo = act_choice("되돌리기", "reopen_case", case_number=NUMBER, answer="undo")
    asked(house, undo)
    house.hear("네")
    assert heard(house) == {"text": "네"}


def test_words_that_come_long_after_the_question_are_of_their_own(house: House) -> None:
    asked(house, STOP)
    house.clock.forward(hours=2)
    house.hear("아직도 꺼져 있어요")
    assert heard(house) == {"text": "아직도 꺼져 있어요"}


def test_once_something_else_was_said_the_question_is_over(house: House) -> None:
    asked(house, STOP)
    house.hear("왜 아직도 안 고쳐졌어요")
    assert heard(house)["answer"] == "words"
    house.hear("그런데요")
    assert heard(house) == {"text": "그런데요"}


def test_an_old_choice_still_means_its_case(house: House) -> None:
    """It names the case and the state that was asked about, so the act can tell what has changed."""
    asked(house, STOP)
    choice = house.last_choice()
    house.hear("안녕하세요")
    house.hear(kind=TurnKind.CHOICE, choice=choice)
    assert heard(house)["case_number"] == NUMBER


def test_an_edit_of_added_words_goes_to_the_case_as_well(house: House) -> None:
    case = waiting(house)
    turn_id = house.hear(ANSWER, external_id="edited")
    with house.database.transaction() as session:
        wish = Wish(case.conversation_id, case.number, turn_id, ANSWER)
        add_words_and_photos(session, city=sample_city(), wish=wish, photos=(), now=house.clock())
    house.clock.forward(seconds=30)
    fixed = ANSWER.replace("12", "13")
    for _ in range(2):
        house.hear(fixed, external_id="edited", edited_at=house.clock())
    assert house.said()[-1] == wording("added_to_case", number=case.number)
    with house.database.reading() as session:
        events = events_of(session, case_id=case.id)
    assert [each.note for each in events if each.kind == "note"] == [ANSWER, fixed]
