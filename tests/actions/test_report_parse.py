"""What one message may mean, before anybody knows what was asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.report_parse import Control, field_of, interruption, read_message
from actions.turn import Entity, Message
from tests.actions.talk import pressed, typed


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("네~ 맞아요!!", Control.AFFIRM),
        ("아니요", Control.DENY),
        ("건너뛰기", Control.SKIP),
        ("없어요", Control.SKIP),
        ("취소할게요", Control.CANCEL),
        ("처음부터 다시", Control.RESTART),
        ("잘 모르겠어요", Control.UNKNOWN),
        ("몰라요", Control.UNKNOWN),
        ("네거리 앞이요", None),
        ("취소된 공사 때문에 길이 막혔어요", None),
        ("없어진 표지판이 있어요", None),
    ],
)
def test_short_words_command_and_stories_do_not(text: str, control: Control | None) -> None:
    assert read_message(typed(text)).control is control


def test_a_sure_intent_helps_with_short_words_the_list_lacks() -> None:
    assert read_message(typed("하모 맞다", intent="affirm", confidence=0.9)).control is (
        Control.AFFIRM
    )
    assert read_message(typed("하모 맞다", intent="affirm", confidence=0.5)).control is None


def test_a_sure_intent_does_not_turn_a_story_into_a_command() -> None:
    story = "가로등을 고친다더니 공사를 취소했다고 들었는데 어떻게 된 건지"
    assert read_message(typed(story, intent="cancel", confidence=0.99)).control is None


def test_a_pressed_choice_is_certain() -> None:
    assert read_message(pressed("skip")).control is Control.SKIP
    assert read_message(pressed("inform", service_code="pothole")).service_code == "pothole"


def test_a_contact_token_is_found_in_a_sentence() -> None:
    assert read_message(typed("제 번호는 ⟦전화2⟧이에요")).contact == "⟦전화2⟧"


@pytest.mark.parametrize(
    ("text", "field"),
    [("장소요", "where"), ("사진 다시", "photo"), ("연락처", "contact"), ("안녕", None)],
)
def test_a_short_text_names_a_part_of_the_report(text: str, field: str | None) -> None:
    assert field_of(text) == field


def test_a_sure_question_interrupts() -> None:
    message = typed("여권 수수료 얼마예요?", intent="ask_policy", confidence=0.95)
    assert interruption(message, question=True) == "ask_policy"


def test_an_unsure_question_is_an_answer() -> None:
    message = typed("여권 수수료 얼마예요?", intent="ask_policy", confidence=0.6)
    assert interruption(message, question=True) is None


def test_a_statement_never_interrupts_however_sure_the_classifier_is() -> None:
    message = typed("주차장 요금소 앞이에요", intent="ask_policy", confidence=0.99)
    assert interruption(message, question=False) is None


def test_not_knowing_is_no_cry_for_help() -> None:
    message = typed("모르겠어요", intent="help", confidence=0.99)
    assert interruption(message, question=False) is None


@pytest.mark.parametrize(("text", "interrupts"), [("안녕하세요", True), ("저녁에요", False)])
def test_only_a_greeting_word_greets(text: str, interrupts: bool) -> None:
    message = typed(text, intent="greet", confidence=0.99)
    assert (interruption(message, question=False) == "greet") is interrupts


def test_a_case_number_makes_a_statement_about_a_case_an_interruption() -> None:
    message = typed(
        "2026-000001 취하할게요",
        intent="withdraw_case",
        confidence=0.9,
        entities=(Entity("case_number", "2026-000001"),),
    )
    assert interruption(message, question=False) == "withdraw_case"


def test_asking_for_a_person_interrupts() -> None:
    message = typed("상담원 연결해 주세요", intent="talk_to_officer", confidence=0.4)
    assert interruption(message, question=False) == "talk_to_officer"


@given(st.text(max_size=200), st.sampled_from(["affirm", "help", "ask_policy", "nlu_fallback"]))
def test_any_text_can_be_read(text: str, intent: str) -> None:
    reading = read_message(Message(text=text, intent=intent, confidence=1.0))
    assert reading.text == text.strip()
