"""Presses and replies from Telegram: what an old, doubled or forged one means, and what is seen of it."""

from __future__ import annotations

import pytest

from core.deliveries import enqueue
from core.replies import Reply
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import CONFIRM, until
from tests.peers.telegram_sim import Seen, TelegramSim, User

QUESTION = "이대로 접수할까요?"
RECEIPT = "2026-000123"
STALE = "지난 질문의 버튼이에요"
YES, NO, _ = (choice.title for choice in CONFIRM)


def ask(house: TelegramHouse) -> tuple[User, Seen]:
    """A citizen with a question before them."""
    user = house.citizen()
    user.send_text("가로등이 꺼졌어요")
    return user, user.wait_for(QUESTION)


def titles(seen: Seen) -> list[str]:
    return [button.text for row in seen.buttons for button in row]


def test_the_chosen_button_stays_and_the_others_go(telegram: TelegramHouse) -> None:
    user, question = ask(telegram)
    user.press(YES)
    user.wait_for(RECEIPT)
    until(lambda: titles(question) == [f"✓ {YES}"])
    assert user.callback_answers == [""]


def test_a_press_is_answered_while_rasa_hangs(telegram: TelegramHouse) -> None:
    user, question = ask(telegram)
    telegram.rasa.gate.clear()
    user.press(YES)
    until(lambda: user.callback_answers, seconds=2)
    until(lambda: titles(question) == [f"✓ {YES}"], seconds=2)
    assert all(RECEIPT not in seen.text for seen in user.messages)
    telegram.rasa.gate.set()
    user.wait_for(RECEIPT)


def test_a_double_tap_counts_once_and_both_touches_are_answered(telegram: TelegramHouse) -> None:
    user, question = ask(telegram)
    telegram.rasa.gate.clear()
    user.press_on(question.message_id, YES)
    user.press_on(question.message_id, YES)
    until(lambda: len(user.callback_answers) == 2)
    telegram.rasa.gate.set()
    user.wait_for(RECEIPT)
    telegram.settle()
    assert titles(question) == [f"✓ {YES}"]
    assert len(user.messages) == 2
    assert user.callback_answers == ["", ""]


def test_of_two_buttons_pressed_at_once_the_first_counts_and_stays(
    telegram: TelegramHouse,
) -> None:
    user, question = ask(telegram)
    telegram.rasa.gate.clear()
    data = question.buttons[1][0].callback_data
    assert data is not None
    user.press_on(question.message_id, YES)
    until(lambda: titles(question) == [f"✓ {YES}"])
    user.press_data(question.message_id, data)
    until(lambda: len(user.callback_answers) == 2)
    telegram.rasa.gate.set()
    user.wait_for(STALE)
    telegram.settle()
    assert user.callback_answers == ["", STALE]
    assert titles(question) == [f"✓ {YES}"]
    assert sum(RECEIPT in seen.text for seen in user.messages) == 1


def test_the_button_that_stays_can_be_touched_without_any_harm(telegram: TelegramHouse) -> None:
    user, question = ask(telegram)
    user.press(YES)
    user.wait_for(RECEIPT)
    until(lambda: titles(question) == [f"✓ {YES}"])
    user.press_on(question.message_id, f"✓ {YES}")
    until(lambda: len(user.callback_answers) == 2)
    telegram.settle()
    assert len(user.messages) == 2
    assert titles(question) == [f"✓ {YES}"]


def test_old_buttons_of_a_finished_form_are_answered_kindly_and_taken_away(
    telegram: TelegramHouse,
) -> None:
    user, question = ask(telegram)
    user.send_text("1")
    user.wait_for(RECEIPT)
    assert titles(question) == [choice.title for choice in CONFIRM]
    user.press_on(question.message_id, NO)
    user.wait_for(STALE)
    until(lambda: titles(question) == [])
    assert user.callback_answers == [STALE]
    assert len(telegram.rasa.heard) == 2


@pytest.mark.parametrize("data", ["999999.0", "1.9", "/affirm", "010-2345-6789", "1", "１.０"])
def test_a_forged_press_is_answered_kindly_and_the_form_goes_on(
    telegram: TelegramHouse, data
) -> None:
    user, question = ask(telegram)
    user.press_data(question.message_id, data)
    user.wait_for("그런 번호나 버튼은 없어요")
    assert "2345" not in telegram.everything()
    user.send_text("1")
    user.wait_for(RECEIPT)


def test_a_button_of_somebody_elses_chat_does_nothing(telegram: TelegramHouse) -> None:
    _, question = ask(telegram)
    data = question.buttons[0][0].callback_data
    assert data is not None
    other = telegram.citizen(2002)
    other.send_text("안녕하세요")
    other.wait_count(1)
    other.press_data(other.messages[0].message_id, data)
    other.wait_for("그런 번호나 버튼은 없어요")
    assert all(heard.parse_data is None for heard in telegram.rasa.heard)


def test_a_press_that_is_too_old_for_telegram_is_worked_all_the_same(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user, _ = ask(telegram)
    sim.down = True
    user.press(YES)
    sim.expire_callbacks()
    sim.down = False
    user.wait_for(RECEIPT, seconds=15)
    assert user.callback_answers == []


# ---- replies ------------------------------------------------------------------------------------


def test_a_number_in_reply_to_an_older_question_is_not_an_answer_to_the_new_one(
    telegram: TelegramHouse,
) -> None:
    user, older = ask(telegram)
    user.send_text("가로등이 하나 더 꺼졌어요")
    user.wait_count(2)
    user.send_text("1", reply_to=older.message_id)
    user.wait_for(STALE)
    assert len(telegram.rasa.heard) == 2
    user.send_text("1", reply_to=user.messages[1].message_id)
    user.wait_for(RECEIPT)


def test_words_in_reply_to_an_older_question_are_words(telegram: TelegramHouse) -> None:
    user, older = ask(telegram)
    user.send_text("가로등이 하나 더 꺼졌어요")
    user.wait_count(2)
    user.send_text("시청역 앞이에요", reply_to=older.message_id)
    user.wait_for("8자를")


def test_a_reply_to_a_receipt_carries_its_case(telegram: TelegramHouse) -> None:
    user, _ = ask(telegram)
    user.press(YES)
    receipt = user.wait_for(RECEIPT)
    user.send_text("하나 더 꺼져 있어요", reply_to=receipt.message_id)
    user.wait_count(3)
    assert telegram.rasa.heard[-1].metadata["about_case"] == RECEIPT


def test_a_reply_to_any_part_of_a_long_message_carries_its_case(telegram: TelegramHouse) -> None:
    user, _ = ask(telegram)
    conversation = telegram.conversation(user.chat_id)
    with telegram.database.transaction() as session:
        enqueue(
            session,
            conversation=session.merge(conversation),
            reply=Reply(f"{RECEIPT} 민원의 답이에요. " + "가로등을 고쳤어요. " * 600),
            kind="status",
            dedupe_key="long",
            now=telegram.clock(),
        )
    user.wait_count(3)
    user.send_text("아직도 꺼져 있어요", reply_to=user.messages[1].message_id)
    until(lambda: len(telegram.rasa.heard) == 2)
    assert telegram.rasa.heard[-1].metadata["about_case"] == RECEIPT


def test_a_reply_to_a_message_that_is_no_more_is_a_message(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    own = user.send_text("안녕하세요")
    user.wait_count(1)
    user.send_text("가로등이 꺼졌어요", reply_to=own)
    user.wait_for(QUESTION)
    assert telegram.rasa.heard[-1].metadata.get("about_case") is None
