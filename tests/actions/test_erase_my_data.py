"""Asking to be erased: what goes is said first, and only a pressed choice is a yes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from actions.report_parse import asks_to_erase, interruption
from actions.turn import ERASE_NO, ERASE_YES
from core.drafts import open_draft, save_draft
from core.models.case import Case
from core.models.erasure import Erasure
from tests.actions.conftest import Rasa
from tests.actions.rasa_call import INTERRUPTED, slots_of
from tests.actions.talk import typed
from tests.actions.test_actions import file_case
from tests.builders import CODES, sample_city

ASKED = [{"event": "bot", "data": {"buttons": [{"payload": ERASE_YES}, {"payload": ERASE_NO}]}}]


def text(key: str) -> str:
    return sample_city().texts.entries[key]


def wishes(rasa: Rasa) -> list[Erasure]:
    with rasa.database.reading() as session:
        return list(session.scalars(select(Erasure)))


def press(rasa: Rasa, answer: str, **rest: Any) -> tuple[list[dict[str, Any]], str]:
    events, responses = rasa.ask(
        "action_erase_my_data",
        "모두 지워 주세요",
        intent="erase_my_data",
        pressed=True,
        entities=[{"entity": "answer", "value": answer, "start": 0, "end": 0}],
        **{"in_form": False, **rest},
    )
    return events, "\n".join(response["text"] for response in responses)


def draft(rasa: Rasa) -> None:
    with rasa.database.transaction() as session:
        save_draft(
            session,
            conversation_id=rasa.conversation_id,
            slots={"what": "가로등이 꺼졌어요"},
            requested_slot="where",
            now=rasa.clock(),
        )


def test_the_wish_is_answered_with_what_goes_and_two_choices(rasa: Rasa) -> None:
    _, (response,) = rasa.ask(
        "action_erase_my_data", "내 정보 지워 주세요", intent="erase_my_data", in_form=False
    )
    assert "되돌릴 수 없어요" in response["text"]
    assert "남는 것" not in response["text"]
    assert [button["payload"] for button in response["buttons"]] == [ERASE_YES, ERASE_NO]
    assert wishes(rasa) == []


def test_who_filed_a_case_hears_that_it_stays_and_gets_the_receipt_once_more(rasa: Rasa) -> None:
    number = file_case(rasa)
    _, (response,) = rasa.ask("action_erase_my_data", "내 정보 지워 주세요", in_form=False)
    with rasa.database.reading() as session:
        turn_id = session.scalars(select(Case.turn_id)).one()
    assert "남는 것: 이미 접수한 민원" in response["text"]
    assert (
        f"접수번호 {number}, 조회 코드 {CODES.make(turn_id=turn_id, number=number)}"
        in (response["text"])
    )


def test_a_pressed_yes_keeps_the_wish_once(rasa: Rasa) -> None:
    turn_id = rasa.turn()
    for _ in range(2):
        _, heard = press(rasa, "yes", turn_id=turn_id)
        assert heard == text("erase_requested")
    press(rasa, "yes")
    (wish,) = wishes(rasa)
    assert (wish.by, wish.conversation_id) == ("citizen", rasa.conversation_id)


def test_a_pressed_no_keeps_nothing(rasa: Rasa) -> None:
    _, heard = press(rasa, "no")
    assert heard == text("erase_kept")
    assert wishes(rasa) == []


def test_typed_words_that_look_like_the_yes_are_asked_first(rasa: Rasa) -> None:
    """The value counts only in a choice that was pressed."""
    _, (response,) = rasa.ask(
        "action_erase_my_data",
        "모두 지워 주세요 yes",
        intent="erase_my_data",
        in_form=False,
        entities=[{"entity": "answer", "value": "yes", "start": 0, "end": 0}],
    )
    assert response["buttons"]
    assert wishes(rasa) == []


@pytest.mark.parametrize("in_form", [False, True])
def test_a_typed_yes_is_asked_again(rasa: Rasa, in_form: bool) -> None:
    action = "validate_report_form" if in_form else "action_outside_form"
    for word in ("네", "응 그래", "예"):
        events, (response,) = rasa.ask(
            action, word, intent="affirm", confidence=0.95, in_form=in_form, before=ASKED,
            requested="where",
        )  # fmt: skip
        assert response["text"] == text("erase_choose")
        assert [button["payload"] for button in response["buttons"]] == [ERASE_YES, ERASE_NO]
        if in_form:
            assert slots_of(events)["requested_slot"] == "where"
    assert wishes(rasa) == []


@pytest.mark.parametrize("in_form", [False, True])
def test_a_typed_no_leaves_everything_and_answers_no_other_question(
    rasa: Rasa, in_form: bool
) -> None:
    action = "validate_report_form" if in_form else "action_outside_form"
    for word, intent in (("아니요", "deny"), ("취소", "cancel")):
        events, (response,) = rasa.ask(
            action, word, intent=intent, confidence=0.95, in_form=in_form, before=ASKED,
            requested="confirm",
        )  # fmt: skip
        assert response["text"] == text("erase_kept")
        if in_form:
            assert slots_of(events)["requested_slot"] == "confirm"
            assert slots_of(events).get("report_outcome") is None
    assert wishes(rasa) == []


def test_a_yes_to_anything_else_erases_nothing(rasa: Rasa) -> None:
    for offered in ("/talk_to_officer", "/report_complaint"):
        before = [*ASKED, {"event": "bot", "data": {"buttons": [{"payload": offered}]}}]
        rasa.ask("action_outside_form", "네", intent="affirm", in_form=False, before=before)
    assert wishes(rasa) == []


def test_a_yes_in_the_middle_of_a_report_ends_the_report(rasa: Rasa) -> None:
    draft(rasa)
    events, heard = press(rasa, "yes", in_form=True, requested="where", slots={"what": "가로등"})
    assert heard == text("erase_requested")
    assert {"event": "active_loop", "name": None, "timestamp": None} in events
    assert events[-1]["name"] == "action_listen"
    assert slots_of(events)["what"] is None
    with rasa.database.reading() as session:
        assert open_draft(session, conversation_id=rasa.conversation_id) is None


def test_a_no_in_the_middle_of_a_report_leaves_the_report(rasa: Rasa) -> None:
    draft(rasa)
    events, _ = press(rasa, "no", in_form=True, requested="where")
    assert events == []
    with rasa.database.reading() as session:
        assert open_draft(session, conversation_id=rasa.conversation_id) is not None


def test_the_form_asks_nothing_while_that_question_stands(rasa: Rasa) -> None:
    _, asked = rasa.ask("action_ask_report_form_where", since=[*INTERRUPTED, *ASKED])
    assert asked == []
    _, asked = rasa.ask("action_ask_report_form_where", before=ASKED, since=INTERRUPTED)
    assert asked


def test_asking_again_while_it_waits_says_that_it_is_coming(rasa: Rasa) -> None:
    press(rasa, "yes")
    _, (response,) = rasa.ask("action_erase_my_data", "내 정보 지워 주세요", in_form=False)
    assert response["text"] == text("erase_requested")
    assert not response["buttons"]


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("내 정보 지워 주세요", True),
        ("개인정보 삭제해 주세요", True),
        ("지금까지 나눈 대화 다 지워 줘요", True),
        ("회원 탈퇴할래요", True),
        ("사진 지워 주세요", False),
        ("벽에 쓴 낙서 좀 지워 주세요", False),
        ("차선이 다 지워졌어요", False),
        (
            "가게 간판에 적힌 우리 집 정보를 누가 마음대로 올려놓고 안 지워 줘서 너무 힘들어요",
            False,
        ),
    ],
)
def test_in_a_report_only_a_short_wish_about_own_data_interrupts(said: str, asks: bool) -> None:
    assert asks_to_erase(said) is asks
    message = typed(said, intent="erase_my_data", confidence=0.95)
    assert (interruption(message, question=False) == "erase_my_data") is asks


@pytest.mark.parametrize(
    ("said", "report"),
    [
        ("불법 현수막 없애 주세요", True),
        ("담벼락 낙서 지워 주세요", True),
        ("가로등 사진 올린 거 지워 주세요", False),
        ("내 전화번호 지워 주세요", False),
    ],
)
def test_a_trouble_that_shall_go_away_begins_a_report(rasa: Rasa, said: str, report: bool) -> None:
    events, responses = rasa.ask(
        "action_erase_my_data", said, intent="erase_my_data", in_form=False
    )
    assert any(event.get("name") == "report_form" for event in events) is report
    assert bool(responses) is not report
