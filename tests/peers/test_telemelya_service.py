"""Citizens reach the whole service through somebody else's Telegram: telemelya, by webhook, with photos."""

from __future__ import annotations

import io
import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from PIL import Image

from app.clock import utc_now
from app.settings import Settings
from bots.telegram_client import TelegramClient
from bots.telegram_polling import ALLOWED_UPDATES
from bots.telegram_setup import Done, set_up
from bots.telegram_webhook import PATH
from core.errors import PermanentFailure
from dialogue.photos import accept_photo
from tests.bots.web_house import photo_bytes
from tests.builders import make_result, sample_city
from tests.peers.recording_proxy import SECRET_HEADER, Update
from tests.peers.spec_check import spec_checked
from tests.peers.telegram_service import TelegramTalk, telegram_service
from tests.peers.telemelya_peer import TelemelyaPeer, TelemelyaUser, telemelya_peer
from tests.ports import free_port
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.require("telemelya", "redis-server")

SECRET = secrets.token_urlsafe(32)
CHATS = itertools.count(6001)


class WebhookTalk(TelegramTalk):
    """With the photos that this stand-in can bring."""

    user: TelemelyaUser

    def photo(self, data: bytes) -> str:
        """Send a photo and hear the answer; the photo's file id."""
        sent: list[Update] = []
        self.act(lambda: sent.append(self.user.send_photo(data)))
        return str(sent[0]["message"]["photo"][-1]["file_id"])


@pytest.fixture(scope="module")
def peer() -> Iterator[TelemelyaPeer]:
    # It knows no "typing…"; nothing waits for the answer.
    with telemelya_peer(acknowledged=("sendChatAction",)) as peer:
        yield peer


@pytest.fixture(scope="module")
def service(stack: Stack, peer: TelemelyaPeer) -> Iterator[Stack]:
    port = free_port()
    with (
        spec_checked(peer),
        telegram_service(
            stack,
            "public",
            "worker",
            public_port=str(port),
            telegram_token=peer.token,
            telegram_api_url=peer.proxy.base,
            telegram_webhook_url=f"http://127.0.0.1:{port}{PATH}",
            telegram_webhook_secret=SECRET,
        ) as service,
    ):
        with client(service.settings) as telegram:
            set_the_webhook(telegram, service.settings)
        yield service


@pytest.fixture
def talk(service: Stack, peer: TelemelyaPeer) -> Iterator[WebhookTalk]:
    database = service.database()
    with spec_checked(peer):
        yield WebhookTalk(peer.user(next(CHATS)), service, database)
    assert {delivery.status for delivery in peer.deliveries} == {200}
    database.dispose()


@contextmanager
def client(settings: Settings) -> Iterator[TelegramClient]:
    telegram = TelegramClient(token=settings.telegram_token, api_url=settings.telegram_api_url)
    try:
        yield telegram
    finally:
        telegram.close()


def set_the_webhook(telegram: TelegramClient, settings: Settings) -> None:
    """As `sotong telegram setup` does, which goes on to the profile: telemelya has none."""
    done: list[Done] = []
    with pytest.raises(PermanentFailure):
        set_up(
            telegram,
            texts=sample_city().texts,
            city=sample_city().jurisdiction.name,
            webhook_url=settings.telegram_webhook_url,
            webhook_secret=settings.telegram_webhook_secret,
            tell=done.append,
        )
    assert [step.code for step in done] == ["bot", "webhook"]


def test_the_set_up_tells_telegram_the_address_the_secret_and_what_we_read(
    service: Stack, peer: TelemelyaPeer
) -> None:
    (call,) = peer.proxy.called("setWebhook")
    assert call.params["url"] == service.settings.telegram_webhook_url
    assert call.params["secret_token"] == SECRET
    assert all(kind in call.params["allowed_updates"] for kind in ALLOWED_UPDATES)


def test_a_text_is_answered_with_a_question_and_buttons(talk: WebhookTalk) -> None:
    talk.say("시청역 앞 가로등이 고장 났어요")
    question = talk.question()
    assert "어떤 상태" in question.text
    assert len(question.buttons) > 1
    assert all(button.data for button in question.buttons)


def test_a_pressed_button_is_answered_at_once_and_stays_alone_under_its_question(
    talk: WebhookTalk, peer: TelemelyaPeer
) -> None:
    talk.say("시청역 앞 가로등이 고장 났어요")
    question, before = talk.question(), len(peer.proxy.called("answerCallbackQuery"))
    talk.press(0)
    assert talk.turns()[-1].choice == question.buttons[0].data
    talk.await_labels(question.message_id, f"✓ {question.buttons[0].label}")
    wait_until(lambda: len(peer.proxy.called("answerCallbackQuery")) > before)
    (answer,) = peer.proxy.called("answerCallbackQuery")[before:]
    pressed = peer.deliveries[-1].update["callback_query"]
    assert answer.params == {"callback_query_id": pressed["id"]}


def test_a_report_with_a_photo_is_filed_and_its_result_comes_back_with_the_very_photo(
    talk: WebhookTalk, peer: TelemelyaPeer
) -> None:
    sent = photo_bytes(with_place=True)
    talk.say("시청역 앞 가로등이 고장 났어요")
    talk.fill_until("photo")
    file_id = talk.photo(sent)
    talk.fill_until(None)

    (case,) = talk.cases()
    assert any(case.number in text for text in talk.texts())
    (kept,) = talk.photos(*case.attachment_ids)
    assert Image.open(io.BytesIO(sent)).getexif()
    picture = Image.open(io.BytesIO(kept))
    assert (picture.format, picture.size) == ("JPEG", (640, 480))
    assert not picture.getexif()
    assert [call.params for call in peer.proxy.called("getFile")] == [{"file_id": file_id}]

    after = accept_photo(photo_bytes(size=(320, 240)), name="", store=talk.store)
    with talk.database.transaction() as session:
        make_result(session, case=case, photos=[(after, "켜진 가로등")], now=utc_now())
    talk.await_text("새 등으로 바꾸었습니다.")
    pictured = talk.await_text("켜진 가로등")
    assert pictured.photo == talk.store.path(after.sha256).read_bytes()
    talk.await_text("어떠셨어요")


@pytest.mark.parametrize("headers", [{SECRET_HEADER: secrets.token_urlsafe(32)}, {}])
def test_an_update_without_the_right_secret_is_refused_and_nothing_of_it_is_kept(
    service: Stack, talk: WebhookTalk, peer: TelemelyaPeer, headers: dict[str, str]
) -> None:
    talk.say("안녕하세요")
    real = peer.deliveries[-1].update
    forged = {
        "update_id": real["update_id"] + 1,
        "message": {**real["message"], "message_id": real["message"]["message_id"] + 1},
    }
    url, count = service.settings.telegram_webhook_url, len(talk.turns())
    with httpx.Client(trust_env=False) as stranger:
        assert stranger.post(url, json=forged, headers=headers).status_code == 403
    assert len(talk.turns()) == count
    # The same update with the secret is taken: it was the secret that was wrong.
    talk.act(lambda: peer.proxy.deliver(dict(forged)))
