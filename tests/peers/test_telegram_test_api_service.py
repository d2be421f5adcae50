"""Citizens reach the whole service through somebody else's Telegram: telegram-test-api, by polling."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest

from bots.telegram_polling import ALLOWED_UPDATES
from tests.peers.spec_check import spec_checked
from tests.peers.telegram_service import TelegramTalk, telegram_service
from tests.peers.telegram_test_api_peer import (
    TelegramTestApiPeer,
    TelegramTestApiUser,
    telegram_test_api_peer,
)
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.require("telegram-test-api")

CHATS = itertools.count(7001)


class PolledTalk(TelegramTalk):
    """With the places that this stand-in can bring."""

    user: TelegramTestApiUser

    def place(self, latitude: float, longitude: float) -> list[str]:
        """Share a place; the answer."""
        return self.act(lambda: self.user.send_location(latitude, longitude))


@pytest.fixture(scope="module")
def peer() -> Iterator[TelegramTestApiPeer]:
    # It knows no "typing…"; nothing waits for the answer.
    with telegram_test_api_peer(acknowledged=("sendChatAction",)) as peer:
        yield peer


@pytest.fixture(scope="module")
def service(stack: Stack, peer: TelegramTestApiPeer) -> Iterator[Stack]:
    with (
        spec_checked(peer),
        telegram_service(
            stack, "worker", telegram_token=peer.token, telegram_api_url=peer.proxy.base
        ) as service,
    ):
        yield service


@pytest.fixture
def talk(service: Stack, peer: TelegramTestApiPeer) -> Iterator[PolledTalk]:
    """A new citizen; in the end everything said was kept once, and everything answered sent once."""
    database = service.database()
    talk = PolledTalk(peer.user(next(CHATS)), service, database)
    with spec_checked(peer):
        yield talk
    sent = [call.params["chat_id"] for call in peer.proxy.called("sendMessage")]
    assert len(talk.turns()) == talk.acted
    assert len(talk.deliveries()) == sent.count(str(talk.user.chat_id)) == len(talk.user.messages())
    database.dispose()


def test_a_polled_text_is_kept_once_and_answered_once(talk: PolledTalk) -> None:
    # Before the first answer stands what is to be known of data abroad.
    _, answer = talk.say("안녕하세요")
    assert "안녕하세요" in answer
    assert [(turn.kind, turn.text) for turn in talk.turns()] == [("text", "안녕하세요")]


def test_the_worker_ends_an_old_webhook_and_asks_only_for_what_it_reads(
    talk: PolledTalk, peer: TelegramTestApiPeer
) -> None:
    talk.say("안녕하세요")
    methods = [call.method for call in peer.calls]
    assert methods.index("deleteWebhook") < methods.index("getUpdates")
    for call in peer.proxy.called("getUpdates"):
        allowed = call.params["allowed_updates"]
        assert json.loads(allowed) == list(ALLOWED_UPDATES)


def test_an_update_is_confirmed_by_the_next_poll(
    talk: PolledTalk, peer: TelegramTestApiPeer
) -> None:
    talk.say("안녕하세요")
    talk.say("감사합니다")
    offsets = [int(call.params.get("offset", 0)) for call in peer.proxy.called("getUpdates")]
    assert offsets == sorted(offsets)
    assert offsets[-1] > offsets[0]
    assert len(talk.turns()) == 2


def test_a_shared_place_answers_where_and_the_form_goes_on(talk: PolledTalk) -> None:
    talk.say("가로등이 꺼졌어요")
    assert talk.requested() == "where"
    talk.place(37.5663, 126.9779)
    place = talk.turns()[-1].location
    assert place is not None
    assert (place["lat"], place["long"]) == pytest.approx((37.5663, 126.9779))
    assert talk.requested() not in (None, "where")


def test_a_button_and_a_typed_number_choose_and_the_report_is_filed(
    talk: PolledTalk, peer: TelegramTestApiPeer
) -> None:
    talk.say("시청역 앞 가로등이 꺼졌어요")
    question = talk.question()
    before = len(peer.proxy.called("answerCallbackQuery"))
    (after_press,) = talk.press(0)
    assert talk.turns()[-1].choice == question.buttons[0].data
    assert after_press != question.text
    talk.await_labels(question.message_id, f"✓ {question.buttons[0].label}")
    wait_until(lambda: len(peer.proxy.called("answerCallbackQuery")) == before + 1)

    talk.fill_until("confirm")
    assert f"1. {talk.question().buttons[0].label}" in talk.question().text
    talk.say("1")
    (case,) = talk.cases()
    assert sum(case.number in text for text in talk.texts()) == 1
