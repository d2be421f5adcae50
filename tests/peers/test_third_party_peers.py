"""The third-party stand-ins of Telegram's server do for python-telegram-bot what THIRD_PARTY.md says; no product code."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest

from tests.peers.processes import Processes
from tests.peers.recording_proxy import RecordingProxy
from tests.peers.spec_check import spec_checked
from tests.peers.telegram_test_api_peer import TelegramTestApiPeer, telegram_test_api_peer
from tests.peers.telemelya_peer import TelemelyaPeer, telemelya_peer
from tests.peers.tiny_bot import SECRET, Peer, echo, jpeg, webhook, with_bot
from tests.ports import free_port
from tests.stack import wait_until

HERE = Path(__file__).parent
CHATS = itertools.count(5001)

telemelya_needs = pytest.mark.require("telemelya", "redis-server")
node_needs = pytest.mark.require("telegram-test-api")
YES_NO = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("예", callback_data="y"),
            InlineKeyboardButton("아니요", callback_data="n"),
        ]
    ]
)


@pytest.fixture(scope="module")
def running_telemelya() -> Iterator[TelemelyaPeer]:
    with telemelya_peer() as peer:
        yield peer


@pytest.fixture
def telemelya(running_telemelya: TelemelyaPeer) -> Iterator[TelemelyaPeer]:
    with spec_checked(running_telemelya):
        yield running_telemelya


@pytest.fixture(scope="module")
def running_node_peer() -> Iterator[TelegramTestApiPeer]:
    with telegram_test_api_peer() as peer:
        yield peer


@pytest.fixture
def node_peer(running_node_peer: TelegramTestApiPeer) -> Iterator[TelegramTestApiPeer]:
    with spec_checked(running_node_peer):
        yield running_node_peer


def test_the_lock_files_name_only_the_public_registries() -> None:
    lock = (HERE / "telemelya" / "uv.lock").read_text("utf-8")
    hosts = set(re.findall(r"https?://([^/\"]+)", lock))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    packages = json.loads((HERE / "node" / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in packages.items():
        assert name == "" or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


# ---- telemelya: webhook, photos ------------------------------------------------------------------


@telemelya_needs
def test_telemelya_itself_sends_no_secret_so_the_proxy_adds_it(telemelya: TelemelyaPeer) -> None:
    with webhook(telemelya, echo, direct=True) as secrets:
        telemelya.user(next(CHATS)).send_text("안녕하세요")
    assert secrets == [None]


@telemelya_needs
def test_a_photo_of_the_bot_reaches_the_user_byte_by_byte(telemelya: TelemelyaPeer) -> None:
    # Every byte value and what looks like the end of a part: nothing on the way may touch it.
    photo, chat = jpeg("blue") + bytes(range(256)) + b"\r\n--\r\n\r\n", next(CHATS)
    message = with_bot(telemelya, lambda bot: bot.send_photo(chat, photo, caption="처리했습니다"))
    seen = telemelya.user(chat).next_messages()[0]
    assert (seen.message_id, seen.text, seen.photo) == (message.message_id, "처리했습니다", photo)
    call = telemelya.proxy.called("sendPhoto")[-1]
    assert call.files["photo"].data == photo
    assert call.params == {"chat_id": str(chat), "caption": "처리했습니다"}


@telemelya_needs
def test_a_button_pressed_in_telemelya_comes_back_and_the_message_can_be_edited(
    telemelya: TelemelyaPeer,
) -> None:
    user = telemelya.user(next(CHATS))

    async def react(bot: Bot, update: Update) -> None:
        if update.message is not None:
            await bot.send_message(user.chat_id, "접수할까요?", reply_markup=YES_NO)
            return
        query = update.callback_query
        assert query is not None
        assert query.message is not None
        await bot.answer_callback_query(query.id, "확인했습니다")
        await bot.edit_message_text(
            f"선택: {query.data}", user.chat_id, query.message.message_id, reply_markup=None
        )

    with webhook(telemelya, react):
        user.send_text("/start")
        seen = user.next_messages()[0]
        user.press(seen, "예")
    assert user.wait_edited(seen.message_id, "선택: y")
    assert "확인했습니다" in user.notices()


@telemelya_needs
def test_what_telemelya_cannot_do_is_refused_not_pretended(telemelya: TelemelyaPeer) -> None:
    with pytest.raises(BadRequest, match=r"(?i)the stand-in cannot do sendLocation"):
        with_bot(telemelya, lambda bot: bot.send_location(next(CHATS), 35.54, 129.31))
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        with_bot(telemelya, lambda bot: bot.edit_message_text("x", next(CHATS), 99))


# ---- telegram-test-api: polling, places ----------------------------------------------------------


def poll(peer: Peer, offset: int | None = None, timeout: int = 5) -> list[Update]:
    updates: list[Update] = list(
        with_bot(peer, lambda bot: bot.get_updates(offset=offset, timeout=timeout))
    )
    return updates


@contextmanager
def nothing_waiting(peer: Peer) -> Iterator[None]:
    """Confirm all updates before and after, as each test polls the same bot."""

    def confirm() -> None:
        while updates := poll(peer, timeout=0):
            poll(peer, offset=updates[-1].update_id + 1, timeout=0)

    confirm()
    yield
    confirm()


@node_needs
def test_a_polling_bot_gets_texts_commands_and_places(node_peer: TelegramTestApiPeer) -> None:
    user = node_peer.user(next(CHATS))
    with nothing_waiting(node_peer):
        user.send_text("/start")
        user.send_text("도로가 파였어요")
        user.send_location(35.5384, 129.3114)
        command, text, place = (update.message for update in poll(node_peer))
    assert command is not None
    assert list(command.parse_entities(["bot_command"]).values()) == ["/start"]
    assert text is not None
    assert (text.text, text.chat.id, text.api_kwargs) == ("도로가 파였어요", user.chat_id, {})
    assert place is not None
    assert place.location is not None
    assert (place.location.latitude, place.location.longitude) == (35.5384, 129.3114)


@node_needs
def test_a_long_poll_waits_for_the_user(node_peer: TelegramTestApiPeer) -> None:
    with nothing_waiting(node_peer):
        began = time.monotonic()
        assert poll(node_peer, timeout=1) == []
        assert time.monotonic() - began >= 1.0
        later = threading.Timer(0.3, node_peer.user(next(CHATS)).send_text, ("늦었습니다",))
        later.start()
        updates = poll(node_peer, timeout=10)
        later.join()
    assert len(updates) == 1


@node_needs
def test_an_update_comes_again_until_it_is_confirmed(node_peer: TelegramTestApiPeer) -> None:
    with nothing_waiting(node_peer):
        node_peer.user(next(CHATS)).send_text("한 번만")
        first, again = poll(node_peer)[0], poll(node_peer)[0]
        assert first.update_id == again.update_id
        assert poll(node_peer, offset=first.update_id + 1, timeout=0) == []


@node_needs
def test_buttons_of_a_polling_bot_can_be_pressed_and_its_message_edited(
    node_peer: TelegramTestApiPeer,
) -> None:
    user = node_peer.user(next(CHATS))
    with nothing_waiting(node_peer):
        keyboard = ReplyKeyboardMarkup(
            [["신고하기", KeyboardButton("위치", request_location=True)]]
        )
        with_bot(
            node_peer, lambda bot: bot.send_message(user.chat_id, "무엇을?", reply_markup=keyboard)
        )
        sent = with_bot(
            node_peer, lambda bot: bot.send_message(user.chat_id, "접수?", reply_markup=YES_NO)
        )
        menu, question = user.next_messages(2)
        assert menu.button("위치").asks_location
        user.press(menu, "신고하기")
        user.press(question, "아니요")
        chosen, pressed = poll(node_peer)
        assert chosen.message is not None
        assert chosen.message.text == "신고하기"
        query = pressed.callback_query
        assert query is not None
        assert query.message is not None
        assert (query.data, query.message.message_id) == ("n", sent.message_id)
        assert query.chat_instance == str(user.chat_id)
        assert with_bot(node_peer, lambda bot: bot.answer_callback_query(query.id, "확인했습니다"))
        edited = with_bot(
            node_peer,
            lambda bot: bot.edit_message_text("취소했습니다", user.chat_id, sent.message_id),
        )
    assert (edited.message_id, edited.text) == (sent.message_id, "취소했습니다")
    assert user.wait_edited(sent.message_id, "취소했습니다")


@node_needs
def test_answers_of_telegram_test_api_read_as_telegrams(node_peer: TelegramTestApiPeer) -> None:
    me = with_bot(node_peer, lambda bot: bot.get_me())
    assert me.is_bot
    chat = next(CHATS)
    sent = with_bot(node_peer, lambda bot: bot.send_message(chat, "지금"))
    assert abs(sent.date.timestamp() - time.time()) < 60
    assert (sent.chat.id, sent.api_kwargs) == (chat, {})
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        with_bot(node_peer, lambda bot: bot.edit_message_text("x", chat, 999_999))
    assert with_bot(node_peer, lambda bot: bot.delete_message(chat, sent.message_id))
    assert node_peer.user(chat).messages() == []


@node_needs
def test_what_telegram_test_api_cannot_do_is_refused_not_pretended(
    node_peer: TelegramTestApiPeer,
) -> None:
    with pytest.raises(BadRequest, match=r"(?i)the stand-in cannot do sendPhoto"):
        with_bot(node_peer, lambda bot: bot.send_photo(next(CHATS), jpeg("green")))


@node_needs
def test_telegram_test_api_calls_a_webhook_too(node_peer: TelegramTestApiPeer) -> None:
    user = node_peer.user(next(CHATS))
    with webhook(node_peer, echo) as secrets:
        user.send_text("웹훅으로")
        assert user.next_messages()[0].text == "받았습니다: 웹훅으로"
    assert secrets == [SECRET]


@node_needs
def test_a_webhook_that_is_down_does_not_end_telegram_test_api(
    node_peer: TelegramTestApiPeer,
) -> None:
    user, before = node_peer.user(next(CHATS)), len(node_peer.deliveries)
    nobody = f"http://127.0.0.1:{free_port()}/"
    with_bot(node_peer, lambda bot: bot.set_webhook(nobody))
    user.send_text("여보세요")
    wait_until(lambda: len(node_peer.deliveries) > before, what="a try to deliver")
    assert [delivery.status for delivery in node_peer.deliveries[before:]] == [0]
    with_bot(node_peer, lambda bot: bot.delete_webhook())
    assert with_bot(node_peer, lambda bot: bot.get_me()).is_bot


# ---- both ----------------------------------------------------------------------------------------


@node_needs
def test_the_proxy_records_nested_parameters_as_sent_and_acknowledges_only_what_it_is_told(
    node_peer: TelegramTestApiPeer,
) -> None:
    port = int(node_peer.own_url.rpartition(":")[2])
    mended = node_peer.proxy.exchange
    with RecordingProxy(port, free_port(), mended, acknowledged=("setMyCommands",)) as proxy:
        peer = replace(node_peer, proxy=proxy)
        assert with_bot(peer, lambda bot: bot.set_my_commands([("start", "시작")]))
        with pytest.raises(BadRequest, match=r"(?i)cannot do getMyCommands"):
            with_bot(peer, lambda bot: bot.get_my_commands())
    call = proxy.called("setMyCommands")[0]
    assert json.loads(call.params["commands"]) == [{"command": "start", "description": "시작"}]
    assert call.at.tzinfo is not None


@node_needs
def test_a_request_against_the_bot_api_is_found_though_the_stand_in_takes_it(
    running_node_peer: TelegramTestApiPeer,
) -> None:
    long = InlineKeyboardMarkup([[InlineKeyboardButton("예", callback_data="가" * 22)]])
    strange = {"reply_markup": '{"inline_keyboard": [[{"text": "예", "data": "y"}]]}', "colour": 1}

    def sent(**how: Any) -> None:
        with spec_checked(running_node_peer):
            with_bot(running_node_peer, lambda bot: bot.send_message(next(CHATS), "예?", **how))

    sent(reply_markup=YES_NO)
    with pytest.raises(AssertionError, match="callback_data is not 1 to 64 bytes"):
        sent(reply_markup=long)
    with pytest.raises(AssertionError, match=r"data: unknown field.*unknown parameter colour"):
        sent(api_kwargs=strange)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(telemelya_peer, marks=telemelya_needs, id="telemelya"),
        pytest.param(telegram_test_api_peer, marks=node_needs, id="telegram-test-api"),
    ],
)
def test_nothing_is_left_of_a_stand_in_when_its_test_fails(
    start: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    started: list[Any] = []
    begin = Processes.start

    def watched(self: Processes, *arguments: Any, **options: Any) -> Any:
        started.append(begin(self, *arguments, **options))
        return started[-1]

    monkeypatch.setattr(Processes, "start", watched)

    def fails() -> None:
        with start():
            assert list(tmp_path.iterdir())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert started
    assert all(child.exit_code is not None for child in started)
    assert list(tmp_path.iterdir()) == []
