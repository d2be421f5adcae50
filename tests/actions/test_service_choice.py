"""The kind of service: what the classifier hears and what the keywords say, together and apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rasa_sdk import Tracker

from actions.end_report import report_of
from actions.report_complaint import reopen_service, take_service
from actions.report_state import YES, ReportState
from actions.service_choice import OTHER, SURE, Heard, choose_service
from actions.turn import parse_turn
from tests.actions.rasa_call import call, user
from tests.actions.talk import FormTalk, typed
from tests.builders import sample_city

LAMP = "시청역 2번 출구 앞 가로등이 나갔어요"
NO_KEYWORD = "우리 동네 그거 좀 어떻게 해 주셔야 할 것 같은데요"


def test_without_the_classifier_the_keywords_decide() -> None:
    assert choose_service(sample_city(), LAMP).code == "streetlight"
    assert choose_service(sample_city(), LAMP).why is None
    assert choose_service(sample_city(), NO_KEYWORD).code == OTHER


def test_a_sure_classifier_decides_where_no_keyword_stands() -> None:
    choice = choose_service(sample_city(), NO_KEYWORD, [Heard("pothole", 0.9, ("파이다",))])
    assert (choice.code, choice.guesses) == ("pothole", ())
    assert choice.why is not None
    assert choice.why.words == ("파이다",)
    assert choice.why.confidence >= SURE


def test_a_doubtful_classifier_lets_the_citizen_choose() -> None:
    heard = [Heard("pothole", 0.4), Heard("sinkhole", 0.35), Heard("manhole", 0.02)]
    choice = choose_service(sample_city(), NO_KEYWORD, heard)
    assert (choice.code, choice.guesses) == (None, ("pothole", "sinkhole"))


def test_keywords_settle_what_the_classifier_doubts() -> None:
    heard = [Heard("security_light", 0.4), Heard("streetlight", 0.35)]
    assert choose_service(sample_city(), LAMP, heard).code == "streetlight"


def test_a_classifier_that_knows_nothing_leaves_it_to_a_person() -> None:
    heard = [Heard("pothole", 0.05), Heard("sinkhole", 0.04)] + [
        Heard(code, 0.05) for code in ("manhole", "flooding", "river", "odor", "air", "bicycle")
    ]
    assert choose_service(sample_city(), NO_KEYWORD, heard).code in (OTHER, None)
    assert choose_service(sample_city(), NO_KEYWORD, [Heard("not_of_this_city", 1.0)]).code == OTHER


@pytest.mark.parametrize(
    "rows",
    [None, "pothole", 3, [None], [{"code": ""}], [{"code": "pothole", "confidence": "high"}]],
)
def test_what_is_no_ranking_counts_as_nothing_heard(rows: object) -> None:
    assert Heard.parse(rows) == ()


def test_the_form_takes_what_the_classifier_heard_and_keeps_why() -> None:
    talk = FormTalk()
    heard = (Heard("pothole", 0.95, ("파이다", "길")),)
    talk.send(typed(NO_KEYWORD, intent="report_complaint", services=heard))
    assert talk.state.service_code == "pothole"
    again = ReportState.from_slots(talk.state.to_slots())
    assert again.service_why == talk.state.service_why
    filed = report_of(replace(again, where="시청 앞", consent=YES), city=sample_city())
    assert filed.service_words == ("파이다", "길")
    assert filed.service_confidence is not None


def test_two_complaints_in_one_message_are_told_apart_by_keywords() -> None:
    """The classifier heard both at once, so its word would fit neither."""
    talk = FormTalk()
    text = "시청역 앞 가로등이 나갔어요. 그리고 하수구에서 냄새가 나요"
    talk.send(typed(text, intent="report_complaint", services=(Heard("manhole", 0.99),)))
    assert talk.state.pending_complaint is not None
    assert talk.state.service_code != "manhole"


def test_a_kind_that_the_citizen_chose_has_no_reason_of_a_machine() -> None:
    state = ReportState(service_code="pothole", service_why=Heard("pothole", 0.9))
    assert take_service(state, code="streetlight", city=sample_city()).service_why is None
    assert reopen_service(state).service_why is None


def test_a_turn_reads_the_services_of_rasa() -> None:
    message = user(LAMP, turn_id=1, conversation_id=2)
    heard = {"code": "streetlight", "confidence": 0.8, "words": ["가로등"]}
    message["parse_data"]["services"] = [heard]
    turn = parse_turn(Tracker.from_dict(call("validate_report_form", message)["tracker"]))
    assert turn.message.services == (Heard("streetlight", 0.8, ("가로등",)),)
    assert turn.message.services[0].to_slot() == heard
