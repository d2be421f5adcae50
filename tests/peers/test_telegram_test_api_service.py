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
from tests.stack import Stack

pytestmark = pytest.mark.require("telegram-test-api")

CHATS = itertools.count(7001)
BROKEN_LAMP = "시청역 2번 출구 앞 가로등이 꺼졌어요"


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
    database = service.database()
    talk = PolledTalk(peer.user(next(CHATS)), service, database)
    yield talk
    # Each thing said is one turn, whose answers came once.
    ids = [turn.external_id for turn in talk.turns()]
    assert len(ids) == len(set(ids))
    database.dispose()


def test_a_polled_text_is_kept_once_and_answered_once(talk: PolledTalk) -> None:
    (answer,) = talk.say("안녕하세요")
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


def test_an_update_is_confirmed_with_the_next_question_once_it_is_kept(
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


def test_a_pressed_button_goes_on_and_stays_alone_under_its_question(
    talk: PolledTalk, peer: TelegramTestApiPeer
) -> None:
    talk.say(BROKEN_LAMP)
    question, asked = talk.question(), talk.requested()
    before = len(peer.proxy.called("answerCallbackQuery"))
    talk.press(0)
    assert talk.requested() != asked
    talk.await_labels(question.message_id, f"✓ {question.buttons[0].label}")
    assert len(peer.proxy.called("answerCallbackQuery")) == before + 1


def test_a_typed_number_chooses_as_the_button_does(talk: PolledTalk) -> None:
    talk.say(BROKEN_LAMP)
    question, asked = talk.question(), talk.requested()
    assert f"1. {question.buttons[0].label}" in question.text
    talk.say("1")
    assert talk.requested() not in (None, asked)
    assert len(talk.turns()) == 2


def test_a_report_made_by_polling_is_filed_with_a_receipt(talk: PolledTalk) -> None:
    talk.say(BROKEN_LAMP)
    talk.fill_until(None)
    (case,) = talk.cases()
    assert sum(case.number in text for text in talk.texts()) == 1
