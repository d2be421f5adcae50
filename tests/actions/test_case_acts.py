"""Acts on an own case by chat: asked before, done once, told what is possible where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.attachments import record_attachments
from core.case_clock import Terms
from core.case_links import link_case
from core.case_queries import events_of
from core.case_status import CaseStatus
from core.inbound import Photo
from core.models.case import Case
from tests.actions.conftest import Rasa
from tests.builders import (
    CODES,
    make_case,
    make_conversation,
    make_result,
    make_turn,
    sample_city,
)

PRAISED = "기둥 번호는 12-3이에요"


def filed(rasa: Rasa, *, kind: str | None = None, **report: Any) -> Case:
    with rasa.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session))
        case = make_case(session, turn=turn, now=rasa.clock(), **report).case
        case.kind = kind or case.kind
        return case


def change(rasa: Rasa, case: Case, to: CaseStatus, **change: Any) -> None:
    with rasa.database.transaction() as session:
        make_result(session, case=session.get_one(Case, case.id), to=to, now=rasa.clock(), **change)


def now(rasa: Rasa, case: Case) -> Case:
    with rasa.database.reading() as session:
        return session.get_one(Case, case.id)


def notes(rasa: Rasa, case: Case) -> list[str]:
    with rasa.database.reading() as session:
        events = events_of(session, case_id=case.id)
        return [
            e.note for e in events if e.actor_kind == "citizen" and e.kind != "opened" and e.note
        ]


def ask(rasa: Rasa, text: str, intent: str, **rest: Any) -> dict[str, Any]:
    """The one answer to typed words, which are a turn of their own."""
    with rasa.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session), text=text)
    return send(rasa, intent, text=text, turn_id=turn.id, **rest)


def send(rasa: Rasa, intent: str, *, text: str = "", **rest: Any) -> dict[str, Any]:
    action = {"add_to_case": "action_add_to_case", "ask_more_time": "action_more_time"}
    rest = {"in_form": False, **rest}
    _, (answer,) = rasa.ask(action.get(intent, "action_case_act"), text, intent=intent, **rest)
    return answer


def press(
    rasa: Rasa, answer: dict[str, Any], title: str, *, turn_id: int | None = None
) -> dict[str, Any]:
    """Press the choice whose title holds these words."""
    payload = next(b["payload"] for b in answer["buttons"] if title in b["title"])
    intent, _, data = payload[1:].partition("{")
    values = json.loads("{" + data)
    entities = [{"entity": name, "value": value} for name, value in values.items()]
    return send(rasa, intent, text=title, turn_id=turn_id, pressed=True, entities=entities)


def words(rasa: Rasa, answer: dict[str, Any], text: str) -> dict[str, Any]:
    """Type an answer to what was asked, as dialogue.case_talk hands it on."""
    payload = next(b["payload"] for b in answer["buttons"] if '"next": "words"' in b["payload"])
    intent, _, data = payload[1:].partition("{")
    values = {**json.loads("{" + data), "answer": "words"}
    entities = [{"entity": name, "value": value} for name, value in values.items()]
    with rasa.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session), text=text)
    return send(rasa, intent, text=text, turn_id=turn.id, pressed=True, entities=entities)


def test_a_withdrawal_is_asked_first_done_once_and_can_be_undone(rasa: Rasa) -> None:
    case = filed(rasa)
    asked = ask(rasa, "그때 그 가로등 이미 고쳐졌으니 취소해 주세요", "withdraw_case")
    assert case.number in asked["text"]
    assert now(rasa, case).status == "received"
    turn = rasa.turn()
    for _ in range(2):
        done = press(rasa, asked, "민원 거두기", turn_id=turn)
        assert "거두었어요" in done["text"]
    assert now(rasa, case).status == "withdrawn"
    assert notes(rasa, case) == ["그때 그 가로등 이미 고쳐졌으니 취소해 주세요"]
    # A second press of the old choice finds it done.
    assert "이미 거두셨어요" in press(rasa, asked, "민원 거두기")["text"]
    assert "다시 살펴봐 달라고" in press(rasa, done, "되돌리기")["text"]
    assert now(rasa, case).status == "reopened"


def test_a_no_leaves_it(rasa: Rasa) -> None:
    case = filed(rasa)
    asked = ask(rasa, "취하할게요", "withdraw_case")
    assert "그대로 둘게요" in press(rasa, asked, "그대로 두기")["text"]
    assert now(rasa, case).status == "received"


def test_a_case_that_changed_before_the_press_is_told_and_asked_about_anew(rasa: Rasa) -> None:
    case = filed(rasa)
    asked = ask(rasa, "취하할게요", "withdraw_case")
    change(rasa, case, CaseStatus.IN_PROGRESS)
    _, answers = rasa.ask(
        "action_case_act",
        "민원 거두기",
        intent="withdraw_case",
        pressed=True,
        in_form=False,
        entities=[
            {"entity": name, "value": value}
            for name, value in json.loads(
                asked["buttons"][0]["payload"].removeprefix("/withdraw_case")
            ).items()
        ],
    )
    assert "처리 중" in answers[0]["text"]
    assert now(rasa, case).status == "in_progress"
    assert "거두었어요" in press(rasa, answers[1], "민원 거두기")["text"]


def test_what_is_done_is_told_with_the_way_back(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.ANSWERED)
    told = ask(rasa, "취하할게요", "withdraw_case")
    assert "답변 완료" in told["text"]
    asked = press(rasa, told, "다시 살펴봐")
    assert "무엇이 아직 그대로인지" in asked["text"]
    assert "전했어요" in words(rasa, asked, "아직도 꺼져 있어요")["text"]
    assert (now(rasa, case).status, notes(rasa, case)) == ("reopened", ["아직도 꺼져 있어요"])


def test_a_wish_with_its_reason_is_shown_again_before_it_is_sent(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.ANSWERED)
    text = "그때 그 가로등 어젯밤에 또 나갔어요 다시 처리해 주세요"
    asked = ask(rasa, text, "reopen_case")
    assert text in asked["text"]
    press(rasa, asked, "다시 살펴봐")
    assert (now(rasa, case).status, notes(rasa, case)) == ("reopened", [text])


def test_a_question_in_the_place_of_a_reason_is_asked_about(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.ANSWERED)
    asked = ask(rasa, "다시 처리해 주세요", "reopen_case")
    again = words(rasa, asked, "여권 수수료 얼마예요?")
    assert "다시 살펴봐 달라고 할까요" in again["text"]
    assert now(rasa, case).status == "answered"


def test_an_open_case_is_not_reopened_but_added_to(rasa: Rasa) -> None:
    case = filed(rasa)
    told = ask(rasa, "그 가로등 밤마다 깜빡여요 다시 봐 주세요", "reopen_case")
    assert "지금 처리하고 있어요" in told["text"]
    assert "덧붙였어요" in press(rasa, told, "덧붙이기")["text"]
    assert notes(rasa, case) == ["그 가로등 밤마다 깜빡여요 다시 봐 주세요"]


def test_an_objection_is_taken_where_the_law_gives_one(rasa: Rasa) -> None:
    case = filed(rasa, kind="법정")
    change(rasa, case, CaseStatus.REJECTED, note="요건이 맞지 않습니다.")
    asked = ask(rasa, "이의신청할게요", "appeal_decision")
    assert "7월 3일" in asked["text"]
    shown = words(rasa, asked, "필요한 서류는 모두 냈어요")
    assert "필요한 서류는 모두 냈어요" in shown["text"]
    assert now(rasa, case).status == "rejected"
    turn = rasa.turn()
    for _ in range(2):
        assert "접수했어요" in press(rasa, shown, "이의신청하기", turn_id=turn)["text"]
    assert now(rasa, case).status == "reopened"
    (note,) = notes(rasa, case)
    assert note.startswith("이의신청")
    assert note.endswith("필요한 서류는 모두 냈어요")


@pytest.mark.parametrize(
    ("kind", "to", "told"),
    [
        ("기타", CaseStatus.REJECTED, "법정민원의 거부에만"),
        ("고충", CaseStatus.ANSWERED, "국민권익위원회"),
        ("소통", CaseStatus.ANSWERED, "정식 민원"),
        ("법정", CaseStatus.ANSWERED, "행정심판"),
        ("기타", CaseStatus.IN_PROGRESS, "아직 결과가 나오지"),
        ("기타", CaseStatus.TRANSFERRED, "다른 기관"),
        ("기타", CaseStatus.MERGED, "함께 처리"),
    ],
)
def test_where_the_law_gives_no_objection_what_applies_is_told(
    rasa: Rasa, kind: str, to: CaseStatus, told: str
) -> None:
    case = filed(rasa, kind=kind)
    change(rasa, case, to)
    answer = ask(rasa, "이의신청하고 싶어요", "appeal_decision")
    assert told in answer["text"]
    assert answer["buttons"]
    assert notes(rasa, case) == []


def test_an_answer_to_a_supplement_ends_the_wait_at_once_and_is_told_so(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.SUPPLEMENT_REQUESTED, note="기둥 번호요", terms=Terms(days=7))
    told = ask(rasa, f"{case.number}에 덧붙일게요 {PRAISED}", "add_to_case")
    assert "보완으로" in told["text"]
    assert now(rasa, case).status == "in_progress"
    assert notes(rasa, case)[0].endswith(PRAISED)


def test_what_was_added_can_be_taken_back_once(rasa: Rasa) -> None:
    case = filed(rasa)
    added = ask(rasa, "가로등에 추가할게요 어제부터 더 심해졌어요", "add_to_case")
    for _ in range(2):
        assert "잘못 보낸" in press(rasa, added, "취소")["text"]
    assert len(notes(rasa, case)) == 2


def test_more_time_is_asked_how_long_and_why_and_given_twice(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.SUPPLEMENT_REQUESTED, note="기둥 번호요", terms=Terms(days=7))
    asked = ask(rasa, "시간이 더 필요해요", "ask_more_time")
    assert "며칠이 더" in asked["text"]
    why = press(rasa, asked, "3일 더")
    assert "한 줄로" in why["text"]
    given = words(rasa, why, "출장 중이에요")
    assert "5월 19일" in given["text"]
    assert "한 번 더" in given["text"]
    once = ask(rasa, "병원에 있어서 이틀만 더 주세요", "ask_more_time")
    assert "더는 늦출 수 없으니" in once["text"]
    assert "이미 두 번" in ask(rasa, "출장이라 하루만 더 주세요", "ask_more_time")["text"]
    first, second = notes(rasa, case)
    assert first.endswith("3일 늦춰 달라고 했어요. 까닭: 출장 중이에요")
    assert second.endswith("까닭: 병원에 있어서 이틀만 더 주세요")


def test_too_long_is_told_with_what_can_be_chosen_and_nothing_waits_without_a_request(
    rasa: Rasa,
) -> None:
    case = filed(rasa)
    assert "기다리고 있는 민원이 없어요" in ask(rasa, "기한 연장요", "ask_more_time")["text"]
    change(rasa, case, CaseStatus.SUPPLEMENT_REQUESTED, note="기둥 번호요", terms=Terms(days=7))
    told = ask(rasa, "서류가 늦어서 한 달만 더 주세요", "ask_more_time")
    assert "10일까지" in told["text"]
    assert "늦췄어요" in press(rasa, told, "10일 더")["text"]


def test_two_that_fit_are_offered_with_number_service_place_and_date(rasa: Rasa) -> None:
    one = filed(rasa, service_code="streetlight", place_text="시청역 2번 출구 앞")
    two = filed(rasa, service_code="streetlight", place_text="종각역 3번 출구 옆 골목 안쪽 끝")
    asked = ask(rasa, "그 가로등 취소해 주세요", "withdraw_case")
    titles = [button["title"] for button in asked["buttons"]]
    assert titles[0].startswith(f"{two.number} 가로등 고장 · 종각역 3번")
    assert titles[1] == f"{one.number} 가로등 고장 · 시청역 2번 출구 앞 · 5월 4일"
    chosen = press(rasa, asked, "시청역")
    assert "거둘까요" in chosen["text"]
    assert one.number in chosen["text"]


def test_in_the_middle_of_a_report_words_are_not_asked_for(rasa: Rasa) -> None:
    case = filed(rasa)
    change(rasa, case, CaseStatus.ANSWERED)
    told = ask(rasa, f"{case.number} 다시 처리해 주세요", "reopen_case", in_form=True)
    assert "마치시거나" in told["text"]
    assert told["buttons"] == []


def test_without_a_case_there_is_something_to_do_all_the_same(rasa: Rasa) -> None:
    assert ask(rasa, "취하할게요", "withdraw_case")["response"] == "utter_no_case_yet"
    assert ask(rasa, "이의신청요", "appeal_decision")["response"] == "utter_appeal_decision"
    assert "볼 수 없어요" in ask(rasa, "2026-000999 취하요", "withdraw_case")["text"]


def test_who_only_follows_a_case_is_told_where_it_can_be_changed(rasa: Rasa) -> None:
    with rasa.database.transaction() as session:
        other = make_conversation(session, address="b" * 64)
        turn = make_turn(session, conversation=other, address="b" * 64)
        opened = make_case(session, turn=turn, place_text="강남역 11번 출구")
        link_case(
            session,
            city=sample_city(),
            codes=CODES,
            conversation_id=rasa.conversation_id,
            number=opened.case.number,
            code=opened.lookup_code,
            now=rasa.clock(),
        )
    for text, intent in (
        ("강남역 가로등 취하할게요", "withdraw_case"),
        (f"{opened.case.number}에 추가할게요 더 심해졌어요", "add_to_case"),
        ("그거 다시 봐 주세요", "reopen_case"),
    ):
        assert "소식만 받아 보실 수" in ask(rasa, text, intent)["text"], text
    assert now(rasa, opened.case).version == opened.case.version


def test_the_same_turn_worked_again_adds_its_words_and_photos_once(rasa: Rasa) -> None:
    case = filed(rasa)
    with rasa.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session))
        photos = record_attachments(
            session,
            photos=[Photo(sha256="a" * 64, media_type="image/jpeg", size=9, width=3, height=3)],
            conversation_id=rasa.conversation_id,
            source="citizen",
            now=rasa.clock(),
        )
    text = f"{case.number}에 추가할게요 하나 더 꺼졌어요"
    for _ in range(2):
        told = send(rasa, "add_to_case", text=text, turn_id=turn.id, attachment_ids=list(photos))
        assert "덧붙였어요" in told["text"]
    assert (notes(rasa, case), now(rasa, case).attachment_ids) == ([text], list(photos))
