"""A citizen may ask why a case went where it is, and hears the rule in plain words (개인정보 보호법 37조의2)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from actions.report_advance import advance
from actions.report_state import ReportState
from core.case_queries import events_of
from core.case_routing import decisions_of, why_of
from core.cases import Actor, change_department
from core.models.case import Case
from tests.actions.conftest import Rasa
from tests.actions.talk import typed
from tests.builders import ROOT, make_case, make_conversation, make_turn, sample_city

INSIDE = "동네 골목이라 우리 소관이 아님"


def filed(rasa: Rasa, who: str | None = None, **report: Any) -> Case:
    with rasa.database.transaction() as session:
        talk = make_conversation(session, **({"address": who * 64} if who else {}))
        turn = make_turn(session, conversation=talk)
        return make_case(session, turn=turn, now=rasa.clock(), **report).case


def asked(rasa: Rasa, text: str = "왜 거기로 갔어요?", **rest: Any) -> dict[str, Any]:
    frame = {"in_form": False} | rest
    _, (response,) = rasa.ask("action_ask_routing", text, intent="ask_routing", **frame)
    return response


def test_the_answer_names_department_rule_and_what_it_looked_at(rasa: Rasa) -> None:
    case = filed(rasa, gu="중구")
    answer = asked(rasa)
    why = next(rule.why for rule in sample_city().rules if rule.id == case.route_rule)
    for part in (case.number, "중구청", why, "가로등 고장, 중구", "자동으로", "상담원"):
        assert part in answer["text"], part
    assert [button["payload"] for button in answer["buttons"]] == ["/talk_to_officer"]


def test_after_an_officer_moved_it_both_are_told_and_the_inner_reason_is_not(rasa: Rasa) -> None:
    case = filed(rasa, gu="중구")
    with rasa.database.transaction() as session:
        change_department(
            session,
            city=sample_city(),
            case_id=case.id,
            department_id="lighting",
            actor=Actor("officer", "1", "한아름"),
            reason=INSIDE,
            now=rasa.clock(),
        )
    text = asked(rasa)["text"]
    assert text.index("중구청") < text.index("담당자가 살펴보고 가로등·조명팀")
    assert INSIDE not in text
    assert "한아름" not in text


def test_the_case_named_is_explained_else_the_newest_and_never_anothers(rasa: Rasa) -> None:
    first = filed(rasa)
    second = filed(rasa, service_code="pothole")
    others = filed(rasa, "b")
    assert second.number in asked(rasa)["text"]
    assert "접수번호를 함께" in asked(rasa)["text"]
    named = asked(rasa, f"{first.number} 왜 거기로 갔어요?")["text"]
    assert first.number in named
    assert "접수번호를 함께" not in named
    text = asked(rasa, f"{others.number} 왜 거기로 갔어요?")["text"]
    assert others.number not in text
    assert "볼 수 없어요" in text


def test_without_a_case_the_answer_says_so_and_offers_to_report(rasa: Rasa) -> None:
    answer = asked(rasa)
    assert "접수한 민원이 아직 없어요" in answer["text"]
    assert "/report_complaint" in [button["payload"] for button in answer["buttons"]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("불법 주차는 어느 과에서 맡아요", "주차"),
        ("강남구 가로등 꺼진 건 어느 부서 소관인가요", "강남구청"),
    ],
)
def test_asked_of_a_kind_of_service_the_department_for_it_is_named(
    rasa: Rasa, text: str, name: str
) -> None:
    filed(rasa, service_code="pothole")
    answer = asked(rasa, text)
    assert name in answer["text"]
    assert "2026" not in answer["text"]
    assert [button["payload"] for button in answer["buttons"]] == [
        "/report_complaint",
        "/talk_to_officer",
    ]


def test_of_a_kind_of_which_there_is_an_own_case_the_case_is_explained(rasa: Rasa) -> None:
    case = filed(rasa)
    assert case.number in asked(rasa, "제 가로등 신고는 왜 그 과로 갔어요?")["text"]


def test_in_a_report_the_department_it_would_go_to_is_explained(rasa: Rasa) -> None:
    filed(rasa)
    slots = {"what": "가로등이 나갔어요", "service_code": "streetlight", "gu": "강남구"}
    answer = asked(rasa, "왜 구청으로 가요?", slots=slots, in_form=True)
    assert "강남구청(으)로 보낼 예정" in answer["text"]
    assert "2026" not in answer["text"]
    assert not answer.get("buttons")


@pytest.mark.parametrize("requested", ["consent", "contact", "confirm"])
def test_the_question_steps_aside_from_the_form_even_where_why_has_an_answer_of_its_own(
    requested: str,
) -> None:
    state = ReportState(what="가로등이 나갔어요", service_code="streetlight", where="시청역")
    message = typed("왜 구청으로 가요?", intent="ask_routing", confidence=0.9)
    assert advance(state, requested=requested, message=message, city=sample_city()).aside


def test_the_history_keeps_the_rule_its_line_and_who_overrode_it(rasa: Rasa) -> None:
    case = filed(rasa, gu="중구")
    with rasa.database.transaction() as session:
        change_department(
            session,
            city=sample_city(),
            case_id=case.id,
            department_id="lighting",
            actor=Actor("officer", "1", "한아름"),
            reason=INSIDE,
            now=rasa.clock(),
        )
        first, second = decisions_of(
            session.get_one(Case, case.id), events_of(session, case_id=case.id)
        )
    assert (first.department_id, first.rule_id, first.by_rule) == ("gu-jung", "lights-gu", True)
    found = re.fullmatch(r"city/rules\.yml:(\d+)", first.source)
    assert found is not None
    lines = (ROOT / "city" / "rules.yml").read_text(encoding="utf-8").splitlines()
    assert lines[int(found[1]) - 1] == "- id: lights-gu"
    assert (second.before_id, second.department_id) == ("gu-jung", "lighting")
    assert (second.officer, second.reason, second.by_rule) == ("한아름", INSIDE, False)


@pytest.mark.parametrize("rule", sample_city().rules, ids=lambda rule: rule.id)
def test_a_rules_own_sentence_is_found_again_in_its_explanation(rule: Any) -> None:
    for department in ("민원총괄과(120)", "하수·물재생과"):
        assert why_of(f"규칙 {rule.id}: {rule.why} (담당: {department})") == rule.why
    assert why_of("정보가 지워졌어요") == "정보가 지워졌어요"
