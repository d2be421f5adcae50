"""Slow, lost and lying files of Telegram, and the sign that somebody writes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core.models.conversation import Attachment
from tests.bots.contract import picture
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.peers.telegram_sim import TelegramSim

QUESTION = "이대로 접수할까요?"


def test_typing_is_shown_while_rasa_thinks_and_no_longer(
    telegram: TelegramHouse, sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.telegram_sender.TYPING_EVERY", 0.1)
    user = telegram.citizen()
    telegram.rasa.gate.clear()
    user.send_text("가로등이 꺼졌어요")
    until(lambda: len(user.actions) >= 3)
    assert set(user.actions) == {"typing"}
    telegram.rasa.gate.set()
    user.wait_for(QUESTION)
    telegram.settle()
    until(lambda: not telegram.client._tasks)  # what is shown beside the talk has ended
    shown = len(user.actions)
    user.send_text("/help")
    user.wait_count(2)
    assert len(user.actions) == shown


def test_typing_that_fails_costs_no_answer(telegram: TelegramHouse, sim: TelegramSim) -> None:
    sim.fail("sendChatAction", 429, retry_after=60, times=None)
    user = telegram.citizen()
    user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)


def test_slow_files_hold_up_nobody_who_writes(telegram: TelegramHouse, sim: TelegramSim) -> None:
    sim.slow_file(3)
    for number in range(12):
        telegram.citizen(3000 + number).send_photo(picture(), "보도가 깨졌어요")
    until(lambda: sim.counts["getFile"] >= 8)
    user = telegram.citizen()
    for count in range(1, 4):
        user.send_text("가로등이 꺼졌어요")
        user.wait_count(count, seconds=2)
    assert all(not telegram.citizen(3000 + number).messages for number in range(12))
    sim.slow_file(0)
    until(lambda: all(telegram.citizen(3000 + number).messages for number in range(12)), seconds=20)


def test_a_lost_file_is_told_and_the_words_under_it_are_answered(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = telegram.citizen()
    with telegram.keeping_back(user) as kept:
        user.send_photo(picture(), "가로등이 꺼졌어요")
    largest = kept[0]["message"]["photo"][-1]["file_id"]
    sim.lose_file(sim.world.files[largest].path)
    telegram.bring(*kept)

    def told() -> bool:
        telegram.clock.forward(seconds=2)
        return any("받아 오지 못했어요" in seen.text for seen in user.messages)

    until(told)
    user.wait_for(QUESTION)
    telegram.settle()
    assert sim.counts["getFile"] == 5
    assert sum("받아 오지 못했어요" in seen.text for seen in user.messages) == 1
    assert telegram.conversation(1001).mode == "bot"


def test_a_file_that_telegram_does_not_know_is_told_at_once(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = telegram.citizen()
    with telegram.keeping_back(user) as kept:
        user.send_photo(picture(), "가로등이 꺼졌어요")
    sim.world.files.clear()
    telegram.bring(*kept)
    user.wait_for("받아 오지 못했어요")
    user.wait_for(QUESTION)
    assert sim.counts["getFile"] == 1


def test_a_file_that_comes_at_the_third_try_is_kept_and_nothing_is_told_but_the_wait(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    sim.fail("getFile", 502, times=2)
    user = telegram.citizen()
    user.send_photo(picture(), "가로등이 꺼졌어요")

    def answered() -> bool:
        telegram.clock.forward(seconds=1)
        return any(QUESTION in seen.text for seen in user.messages)

    until(answered)
    telegram.settle()
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 1
    assert turn.problems == []
    assert len(user.messages) == 2


def test_a_file_is_not_given_up_while_the_token_is_refused(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    sim.fail("getFile", 401, times=7)
    user = telegram.citizen()
    user.send_photo(picture(), "가로등이 꺼졌어요")

    def answered() -> bool:
        telegram.clock.forward(seconds=20)
        return any(QUESTION in seen.text for seen in user.messages)

    until(answered)
    (turn,) = telegram.turns()
    assert len(turn.attachment_ids) == 1
    assert turn.problems == []


def test_a_file_that_is_larger_than_was_said_is_told(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = telegram.citizen()
    with telegram.keeping_back(user) as kept:
        user.send_document(b"%PDF-1.7", "도면.pdf", "application/pdf", file_size=21 << 20)
    del kept[0]["message"]["document"]["file_size"]
    telegram.bring(*kept)
    user.wait_for("20MB보다 커서")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"MZ this is a program" * 20, "이 형식의 파일은 아직"),
        (b"\xff\xd8\xff\xe0 no picture follows", "사진을 열 수 없어요"),
        (b"<svg onload='alert(1)'></svg>", "이 형식의 파일은 아직"),
        (b"", "이 형식의 파일은 아직"),
    ],
)
def test_a_photo_that_lies_about_its_type_is_told_and_nothing_is_kept(
    telegram: TelegramHouse, data, told
) -> None:
    user = telegram.citizen()
    user.send_photo(data, "가로등이 꺼졌어요")
    user.wait_for(told)
    user.wait_for(QUESTION)
    with telegram.database.reading() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 0
