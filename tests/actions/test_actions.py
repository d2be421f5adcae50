"""What is answered outside the form, against a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from actions.moments import in_korean
from core.case_queries import events_of
from core.models.case import Case
from core.models.conversation import Handover
from core.models.privacy import CaseLink
from tests.actions.conftest import Rasa
from tests.builders import CODES, make_case, make_conversation, make_turn


def file_case(rasa: Rasa, *, address: str = "a" * 64, **report: Any) -> str:
    with rasa.database.transaction() as session:
        talk = make_conversation(session, address=address)
        turn = make_turn(session, conversation=talk, address=address)
        return make_case(session, turn=turn, now=rasa.clock(), **report).case.number


def handovers(rasa: Rasa) -> list[Handover]:
    with rasa.database.reading() as session:
        return list(session.scalars(select(Handover)))


def said(rasa: Rasa, action: str, text: str = "", **rest: Any) -> str:
    _, responses = rasa.ask(action, text, in_form=False, **rest)
    return "\n".join(str(r.get("text") or r.get("response")) for r in responses)


def test_a_citizen_without_a_case_is_told_so(rasa: Rasa) -> None:
    assert "아직 없어요" in said(rasa, "action_check_case", "내 민원 어떻게 됐어요?")


def test_a_citizen_hears_about_own_cases(rasa: Rasa) -> None:
    first, second = file_case(rasa), file_case(rasa)
    text = said(rasa, "action_check_case", "내 민원 어떻게 됐어요?")
    assert first in text
    assert second in text


def test_a_case_that_was_linked_by_its_code_is_among_them(rasa: Rasa) -> None:
    number = file_case(rasa, address="b" * 64)
    with rasa.database.transaction() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        session.add(
            CaseLink(conversation_id=rasa.conversation_id, case_id=case.id, linked_at=rasa.clock())
        )
    assert number in said(rasa, "action_check_case", "내 민원 어떻게 됐어요?")


def place_of(rasa: Rasa, text: str) -> Any:
    _, (answer,) = rasa.ask("action_check_case", text, in_form=False)
    return answer["custom"].get("location")


def test_one_case_in_full_brings_its_place_on_the_map(rasa: Rasa) -> None:
    number = file_case(rasa, lat=37.5657, long=126.9769)
    assert place_of(rasa, "내 민원 어떻게 됐어요?") == {"lat": 37.5657, "long": 126.9769}
    file_case(rasa)
    assert place_of(rasa, "내 민원 어떻게 됐어요?") is None
    assert place_of(rasa, f"{number} 어떻게 됐어요?") == {"lat": 37.5657, "long": 126.9769}


def test_a_case_without_a_point_brings_none(rasa: Rasa) -> None:
    file_case(rasa)
    assert place_of(rasa, "내 민원 어떻게 됐어요?") is None


def test_anothers_case_answers_like_one_that_does_not_exist(rasa: Rasa) -> None:
    other = file_case(rasa, address="b" * 64, place_text="남의 집 앞")
    about_other = said(rasa, "action_check_case", f"{other} 어떻게 됐어요?")
    about_none = said(rasa, "action_check_case", "2026-999999 어떻게 됐어요?")
    assert about_other == about_none
    assert "남의 집" not in about_other


def test_number_and_code_of_a_receipt_open_a_case_of_another_conversation(rasa: Rasa) -> None:
    number = file_case(rasa, address="b" * 64)
    with rasa.database.reading() as session:
        turn_id = session.scalars(select(Case.turn_id).where(Case.number == number)).one()
    code = CODES.make(turn_id=turn_id, number=number)
    found = said(rasa, "action_check_case", f"접수번호 {number}이고 조회코드는 {code.lower()}예요")
    assert "상태" in found
    wrong = said(rasa, "action_check_case", f"{number} 2222-2222")
    assert "맞지 않아요" in wrong
    assert "상태" not in wrong


def test_a_machine_says_that_it_is_one(rasa: Rasa) -> None:
    for text in ("너 사람이야?", "너 로봇이지?", "그럼 누가 만든 거야"):
        assert "utter_who_i_am" in said(rasa, "action_small_talk", text, intent="goodbye")
    assert "utter_sorry" in said(
        rasa, "action_small_talk", "몇 번을 말해야 고쳐줄 건데", intent="out_of_scope"
    )
    assert "utter_goodbye" in said(rasa, "action_small_talk", "안녕히 계세요", intent="goodbye")


def test_a_trouble_or_a_spot_outside_the_form_begins_a_report(rasa: Rasa) -> None:
    for text in ("가로등 꺼진 거 언제 고치냐고", "왕십리역 6번 출구 앞이라고 했잖아"):
        events, _ = rasa.ask("action_outside_form", text, intent="inform", in_form=False)
        assert any(event.get("name") == "report_form" for event in events), text


def test_a_long_no_that_names_a_trouble_begins_a_report(rasa: Rasa) -> None:
    text = "그게 아니라 누가 길에 소파를 버리고 갔다고요"
    events, _ = rasa.ask("action_outside_form", text, intent="deny", in_form=False)
    assert any(event.get("name") == "report_form" for event in events)


def test_just_after_filing_cancel_and_more_words_mean_that_case(rasa: Rasa) -> None:
    number = file_case(rasa)
    asked = said(rasa, "action_outside_form", "취소할게요", intent="cancel")
    assert number in asked
    assert "거둘까요" in asked
    text = said(rasa, "action_outside_form", "전화번호를 안 남겼는데요", intent="inform")
    assert "utter_after_filing" in text


def test_how_to_report_is_answered_with_here(rasa: Rasa) -> None:
    text = said(rasa, "action_policy", "가로등 신고는 어디에 해요?", intent="ask_policy")
    assert "utter_report_here" in text


def test_words_are_added_to_the_citizens_own_case_once(rasa: Rasa) -> None:
    number = file_case(rasa)
    turn_id = rasa.turn()
    for _ in range(2):
        text = said(
            rasa, "action_add_to_case", f"{number}에 추가할게요 어제부터 더 심해졌어요",
            turn_id=turn_id,
        )  # fmt: skip
        assert "덧붙였어요" in text
    with rasa.database.reading() as session:
        notes = [e.note for e in events_of(session, case_id=1) if e.kind == "note"]
    assert len(notes) == 1
    assert "더 심해졌어요" in notes[0]


def test_nothing_is_added_to_anothers_case(rasa: Rasa) -> None:
    file_case(rasa)
    other = file_case(rasa, address="b" * 64)
    text = said(rasa, "action_add_to_case", f"{other}에 추가할게요 더 심해졌어요")
    assert "볼 수 없어요" in text


def test_a_wish_to_add_without_words_asks_for_the_words(rasa: Rasa) -> None:
    file_case(rasa)
    assert "적어 주시거나 사진을 보내" in said(rasa, "action_add_to_case", "민원에 추가할게요")
    _, (told,) = rasa.ask("action_add_to_case", "민원에 추가할게요", in_form=True)
    assert told["response"] == "utter_note_what"


def test_asking_for_a_person_opens_one_handover(rasa: Rasa) -> None:
    for _ in range(2):
        assert "상담원에게 전했어요" in said(rasa, "action_handover", "상담원 연결해 주세요")
    assert len(handovers(rasa)) == 1


def test_at_night_the_open_numbers_are_named(rasa: Rasa) -> None:
    rasa.clock.forward(hours=13)
    text = said(rasa, "action_handover", "상담원 연결해 주세요")
    assert all(number in text for number in ("119", "112", "120", "오전 9시"))


def fell_back(times: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for _ in range(times):
        events += [{"event": "user"}, {"event": "action", "name": "action_fallback"}]
    return events


def test_misunderstandings_go_from_choices_to_a_person(rasa: Rasa) -> None:
    texts = [said(rasa, "action_fallback", "뷁", before=fell_back(n)) for n in range(3)]
    assert texts[0] == "utter_fallback_first"
    assert texts[1] == "utter_fallback_second"
    assert texts[2].startswith("utter_fallback_person")
    assert [h.reason for h in handovers(rasa)] == ["not_understood"]


def test_an_understood_message_in_between_begins_the_count_anew(rasa: Rasa) -> None:
    before = [*fell_back(2), {"event": "user"}, {"event": "action", "name": "utter_greet"}]
    assert said(rasa, "action_fallback", "뷁", before=before) == "utter_fallback_first"


def test_a_known_trouble_is_reported_even_when_the_classifier_is_unsure(rasa: Rasa) -> None:
    events, responses = rasa.ask("action_fallback", "가로등이 꺼져부렀당께", in_form=False)
    assert responses == []
    assert [(e["event"], e["name"]) for e in events] == [("followup", "report_form")]


def test_a_question_about_the_budget_is_never_answered_without_a_source(rasa: Rasa) -> None:
    _, (response,) = rasa.ask("action_policy", "얼마예요?", intent="ask_budget", in_form=False)
    assert response["call_centre_number"] == "120"


def test_a_photo_outside_the_form_begins_a_report(rasa: Rasa) -> None:
    events, _ = rasa.ask("action_outside_form", "[사진]", attachment_ids=[1], in_form=False)
    assert events[0]["name"] == "report_form"


def test_a_second_press_of_file_it_names_the_case_just_filed(rasa: Rasa) -> None:
    number = file_case(rasa)
    _, (response,) = rasa.ask("action_outside_form", "접수하기", intent="affirm", in_form=False)
    assert (response["response"], response["number"]) == ("utter_just_filed", number)
    rasa.clock.forward(hours=1)
    assert said(rasa, "action_outside_form", "네", intent="affirm") == "utter_what_to_do"


def test_a_yes_to_the_offer_of_a_person_brings_the_person(rasa: Rasa) -> None:
    offered = [{"event": "bot", "data": {"buttons": [{"payload": "/talk_to_officer"}]}}]
    said(rasa, "action_outside_form", "네", intent="affirm", before=offered)
    assert len(handovers(rasa)) == 1


def test_a_no_to_the_second_complaint_forgets_it(rasa: Rasa) -> None:
    slots = rasa.slots(
        "action_outside_form", "아니요", intent="deny", in_form=False,
        slots={"pending_complaint": "쓰레기도 쌓여 있어요"},
    )  # fmt: skip
    assert slots == {"pending_complaint": None}


def test_a_wish_about_a_case_names_the_case_and_offers_a_person(rasa: Rasa) -> None:
    number = file_case(rasa)
    _, (response,) = rasa.ask(
        "action_case_request", "소식 받을래요", intent="follow_case", in_form=False
    )
    assert response["response"] == "utter_follow_case"
    assert number in response["cases"]


def test_an_emergency_raises_the_conversation(rasa: Rasa) -> None:
    _, (first, _) = rasa.ask("action_emergency", "사람이 쓰러졌어요", in_form=False)
    assert "119" in first["hotlines"]
    assert [h.emergency for h in handovers(rasa)] == [True]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 5, 4, 9, 0, tzinfo=UTC), "5월 4일(월) 오후 6시"),
        (datetime(2026, 5, 4, 0, 30, tzinfo=UTC), "5월 4일(월) 오전 9시 30분"),
        (datetime(2026, 5, 4, 3, 0, tzinfo=UTC), "5월 4일(월) 오후 12시"),
        (datetime(2026, 5, 3, 15, 5, tzinfo=UTC), "5월 4일(월) 오전 0시 5분"),
    ],
)
def test_a_moment_is_worded_in_seoul_time(at: datetime, words: str) -> None:
    assert in_korean(at) == words


def test_an_emergency_that_is_also_a_repair_can_be_filed_with_its_words(rasa: Rasa) -> None:
    text = "나무가 쓰러질 것 같아요"
    _, responses = rasa.ask("action_emergency", text, intent="emergency", in_form=False)
    buttons = [button for response in responses for button in response.get("buttons") or ()]
    assert [b["payload"] for b in buttons] == [
        '/report_complaint{"answer": "나무가 쓰러질 것 같아요"}'
    ]
