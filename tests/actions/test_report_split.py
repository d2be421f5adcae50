"""Two complaints in one message: two cases on the citizen's word, asked once, each with its own place."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actions.report_state import LATER, NEXT, SKIPPED, TWO, ReportState
from core.models.case import Case
from tests.actions.conftest import Rasa
from tests.actions.talk import FormTalk, pressed
from tests.builders import sample_city

BOTH = "가로등도 나갔고 쓰레기도 쌓여 있어요"


def told() -> FormTalk:
    talk = FormTalk()
    talk.say(BOTH, intent="report_complaint")
    return talk


def test_two_complaints_are_asked_about_before_anything_else() -> None:
    talk = told()
    assert talk.requested == "split"
    assert talk.state.service_code == "streetlight"
    assert talk.state.pending_complaint == "쓰레기도 쌓여 있어요"


@pytest.mark.parametrize(
    "words",
    ["네", "네 두 건으로요", "따로따로 해 주세요", "각각 접수할게요", "하나로 말고 두 건으로요"],
)
def test_a_yes_in_whatever_words_makes_two(words: str) -> None:
    talk = told()
    talk.say(words)
    assert (talk.state.split, talk.requested) == (TWO, "where")
    assert talk.prompts == ["utter_split_two"]
    assert talk.state.pending_complaint == "쓰레기도 쌓여 있어요"


@pytest.mark.parametrize(
    "words", ["아니요", "하나로 해 주세요", "그냥 한 건으로요", "같이 접수해 주세요"]
)
def test_a_no_keeps_every_word_in_one(words: str) -> None:
    talk = told()
    talk.say(words)
    assert (talk.state.pending_complaint, talk.requested) == (None, "where")
    assert talk.state.what == "가로등도 나갔고 쓰레기도 쌓여 있어요"
    assert talk.prompts == ["utter_split_one"]


def test_which_of_two_comes_first_is_a_yes_in_that_order() -> None:
    talk = told()
    talk.say("쓰레기부터요")
    assert (talk.state.split, talk.state.service_code) == (TWO, "illegal_dumping")
    assert talk.state.pending_complaint == "가로등도 나갔고"
    other = told()
    other.say("가로등 먼저요")
    assert (other.state.split, other.state.service_code) == (TWO, "streetlight")


def test_what_is_no_answer_is_asked_again_and_a_person_is_offered_at_last() -> None:
    talk = told()
    talk.say("음 글쎄요")
    assert (talk.requested, talk.prompts) == ("split", ["utter_not_understood"])
    talk.say("시청역 앞이요")
    assert (talk.requested, talk.prompts) == ("split", ["utter_offer_person"])
    talk.send(pressed("affirm"))
    assert talk.requested == "where"


def test_one_complaint_and_one_told_later_are_not_asked_about() -> None:
    assert FormTalk().to("extra").state.split is None
    talk = FormTalk().to("photo")
    talk.say("아 그리고 거기 쓰레기도 쌓여 있어요")
    assert (talk.state.split, talk.requested) == (LATER, "photo")


def test_the_answer_lasts_when_the_matter_is_told_anew() -> None:
    talk = told()
    talk.send(pressed("affirm"))
    talk.say("쓰레기부터요")
    assert (talk.state.split, talk.requested) == (TWO, "where")


FULL = {
    "what": "가로등도 나갔고",
    "service_code": "streetlight",
    "where": "시청역 앞",
    "answers": {"state": "꺼져 있어요", "pole": ""},
    "photo": "skipped",
    "contact": "⟦전화1⟧",
    "consent": "yes",
    "confirm": "yes",
    "pending_complaint": "쓰레기도 쌓여 있어요",
    "report_outcome": "submit",
    "misses": 0,
}


def test_after_the_first_receipt_the_form_goes_on_with_the_second(rasa: Rasa) -> None:
    events, responses = rasa.ask("action_end_report", slots=FULL | {"split": TWO})
    assert "두 번째 건을 접수할게요: 쓰레기도 쌓여 있어요" in responses[0]["text"]
    assert len(responses) == 1
    slots = {e["name"]: e["value"] for e in events if e["event"] == "slot"}
    assert (slots["split"], slots["contact"]) == (NEXT, "⟦전화1⟧")
    assert slots["consent"] is None
    assert events[-1] == {"event": "followup", "timestamp": None, "name": "report_form"}


def test_the_same_turn_again_files_no_third_case_and_says_the_same(rasa: Rasa) -> None:
    turn_id = rasa.turn()
    told = [
        rasa.ask("action_end_report", slots=FULL | {"split": TWO}, turn_id=turn_id)[1][0]["text"]
        for _ in "ab"
    ]
    assert told[0] == told[1]
    with rasa.database.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_the_second_keeps_the_contact_and_asks_place_and_consent_anew() -> None:
    state = ReportState(pending_complaint="쓰레기도 쌓여 있어요", split=NEXT, contact="⟦전화1⟧")
    talk = FormTalk(state=state)
    talk.send(pressed("affirm"))
    assert (talk.state.what, talk.state.contact) == ("쓰레기도 쌓여 있어요", "⟦전화1⟧")
    assert (talk.state.where, talk.state.consent, talk.state.split) == (None, None, None)
    assert talk.requested == "where"


def test_a_new_report_keeps_no_contact_of_one_that_was_left(rasa: Rasa) -> None:
    state = ReportState(pending_complaint="쓰레기도 쌓여 있어요", split=NEXT, contact=SKIPPED)
    talk = FormTalk(state=state)
    talk.say("도로가 움푹 파였어요", intent="report_complaint")
    assert talk.state.contact is None


def test_the_second_with_a_place_of_its_own_is_not_asked_for_it() -> None:
    talk = FormTalk()
    talk.say(
        "시청역 앞 가로등이 나갔고요, 그리고 망원시장 입구에 쓰레기도 쌓여 있어요",
        intent="report_complaint",
    )
    assert talk.requested == "split"
    first, second = talk.state.where, talk.state.pending_complaint
    assert (first, "망원시장" in str(second)) == ("시청역 앞", True)
    state = ReportState(pending_complaint=second, split=NEXT)
    other = FormTalk(state=state)
    other.send(pressed("affirm"))
    assert other.state.where == "망원시장 입구"
    assert sample_city().has_service(str(other.state.service_code))
