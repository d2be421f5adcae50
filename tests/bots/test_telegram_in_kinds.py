"""What else comes from Telegram: places, numbers, commands, links, and what we cannot read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.bots.telegram_house import TelegramHouse
from tests.peers.telegram_sim import User

QUESTION = "이대로 접수할까요?"
WELCOME = "소통 안내봇이에요"


def dice(user: User) -> int:
    return user.send({"dice": {"emoji": "🎲", "value": 4}})


def odd_kind(user: User) -> int:
    return user.send({"kind_of_next_year": {"words": "가로등"}})


@pytest.mark.parametrize(
    "send", [User.send_voice, User.send_sticker, User.send_poll, dice, odd_kind]
)
def test_what_cannot_be_read_is_told_without_rasa_and_the_form_goes_on(
    telegram: TelegramHouse, send: Callable[[User], int]
) -> None:
    user = telegram.citizen()
    user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    send(user)
    user.wait_for("이 형식은 아직 읽지 못해요")
    assert len(telegram.rasa.heard) == 1
    user.send_text("1")
    user.wait_for("2026-000123")


# ---- a telephone number -------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
def test_a_shared_number_is_in_the_vault_and_nowhere_else(telegram: TelegramHouse, own) -> None:
    user = telegram.citizen()
    user.send_contact("+821023456789", own=own)
    telegram.settle()
    assert user.messages
    (heard,) = telegram.rasa.heard
    token = heard.text or ""
    assert "전화" in token
    assert "23456789" not in telegram.everything()
    (turn,) = telegram.turns()
    assert turn.text == token
    with telegram.database.transaction() as session:
        held = telegram.parts.vault.reveal(
            session,
            conversation_id=turn.conversation_id,
            token=token,
            purpose="test",
            actor="test",
            now=telegram.clock(),
        )
    assert held == "01023456789"


# ---- places -------------------------------------------------------------------------------------


def test_a_live_place_counts_once_however_it_moves(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    message_id = user.send_location(37.5663, 126.9779, live_period=900)
    user.wait_for("위치를 잘 받았어요")
    for step in range(1, 4):
        user.update_live_location(message_id, 37.5663 + step / 100, 126.9779)
    telegram.settle()
    (turn,) = telegram.turns()
    assert turn.location is not None
    assert turn.location["lat"] == pytest.approx(37.5663)
    assert len(user.messages) == len(telegram.rasa.heard) == 1


def test_a_named_place_is_heard_by_its_name_and_kept_with_its_point(
    telegram: TelegramHouse,
) -> None:
    user = telegram.citizen()
    user.send_venue(37.5663, 126.9779, "서울특별시청", "세종대로 110")
    user.wait_for("위치를 잘 받았어요")
    (heard,) = telegram.rasa.heard
    assert heard.parse_data is not None
    assert heard.parse_data["entities"][0]["value"] == "서울특별시청 세종대로 110"
    assert heard.metadata["location"]["long"] == pytest.approx(126.9779)


def test_a_pin_without_a_name_is_heard_by_its_point(telegram: TelegramHouse) -> None:
    telegram.citizen().send_location(37.5663, 126.9779)
    telegram.citizen().wait_for("위치를 잘 받았어요")
    (heard,) = telegram.rasa.heard
    assert heard.parse_data is not None
    assert "37.56630" in heard.parse_data["text"]


# ---- commands and links -------------------------------------------------------------------------


def test_start_welcomes_and_offers_what_can_be_done(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    user.start()
    assert [row[0].text for row in user.wait_for(WELCOME).buttons if row]
    assert telegram.rasa.heard == []


@pytest.mark.parametrize(
    "payload", ["t1_00000000000000000000", "t99999_aaaaaaaaaaaaaaaaaaaa", "s_nothing", "hello", "-"]
)
def test_a_link_that_is_not_ours_is_a_plain_welcome(telegram: TelegramHouse, payload) -> None:
    user = telegram.citizen()
    user.start(payload)
    user.wait_for(WELCOME)
    telegram.settle()
    assert telegram.rasa.heard == []
    assert len(user.messages) == 1


def test_a_link_for_one_service_begins_its_report(telegram: TelegramHouse) -> None:
    code = telegram.parts.city.services[0].code
    user = telegram.citizen()
    user.start(f"s_{code}")
    user.wait_for(WELCOME)
    telegram.settle()
    (heard,) = telegram.rasa.heard
    assert heard.parse_data is not None
    assert heard.parse_data["intent"]["name"] == "report_complaint"
    assert heard.parse_data["entities"][0]["value"] == code


def test_what_somebody_typed_behind_start_is_words(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    user.send_text("/start 가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    assert telegram.rasa.heard[0].text == "가로등이 꺼졌어요"


def test_a_number_typed_behind_start_is_not_kept(telegram: TelegramHouse) -> None:
    user = telegram.citizen()
    user.send_text("/start 010-2345-6789")
    telegram.settle()
    assert user.messages
    assert "2345" not in telegram.everything()


@pytest.mark.parametrize("command", ["/help", "/help@sotong_test_bot", "/도움말", "/HELP"])
def test_help_is_told_without_rasa(telegram: TelegramHouse, command) -> None:
    user = telegram.citizen()
    user.send_text(command)
    seen = user.wait_count(1)[0]
    assert seen.buttons
    assert telegram.rasa.heard == []
    assert seen.text.startswith(telegram.parts.city.texts.render("help")[:20])


@pytest.mark.parametrize("command", ["/cancel", "/cancel@sotong_test_bot"])
def test_cancel_reaches_rasa_as_what_it_means(telegram: TelegramHouse, command) -> None:
    telegram.citizen().send_text(command)
    telegram.citizen().wait_count(1)
    (heard,) = telegram.rasa.heard
    assert heard.parse_data is not None
    assert heard.parse_data["intent"]["name"] == "cancel"
