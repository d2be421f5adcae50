"""The third-party stand-in telemelya with its Redis and its S3, and a user in front of it. It must not know our bot.

Webhook only. What it cannot do, and what is mended here, is listed in THIRD_PARTY.md.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.peers.chat_view import ChatUser, Seen, buttons_of, markup_of
from tests.peers.processes import BUILT, Processes, answers_http
from tests.peers.recording_proxy import Call, Delivery, RecordingProxy, Update
from tests.ports import free_port

# As long as BotFather's are: a shorter one no service would take.
TOKEN = "123456789:telemelya-stand-in"
BOT = {"id": 123456789, "is_bot": True, "first_name": "TestBot", "username": "telemelya_bot"}
ENVIRONMENT = BUILT / "telemelya"


@dataclass
class TelemelyaPeer:
    """A running telemelya. `calls` are the bot's requests, `deliveries` the updates handed to it."""

    token: str
    own_url: str
    proxy: RecordingProxy
    control: httpx.Client

    @property
    def api_url(self) -> str:
        """python-telegram-bot's base_url."""
        return f"{self.proxy.base}/bot"

    @property
    def file_url(self) -> str:
        """python-telegram-bot's base_file_url."""
        return f"{self.proxy.base}/file/bot"

    @property
    def calls(self) -> list[Call]:
        """Every request of the bot so far, oldest first."""
        return self.proxy.calls

    @property
    def deliveries(self) -> list[Delivery]:
        """Every update so far with the webhook's HTTP status."""
        return self.proxy.deliveries

    def user(self, chat_id: int = 4001, first_name: str = "시민") -> TelemelyaUser:
        """Somebody who talks to the bot."""
        return TelemelyaUser(self, chat_id, first_name)

    def records(self) -> list[dict[str, Any]]:
        """telemelya's own log of what the bot did."""
        response = self.control.get("/responses").raise_for_status()
        records: list[dict[str, Any]] = response.json()["responses"]
        return records


class TelemelyaUser(ChatUser):
    """Each sending returns once the webhook has answered, which telemelya waits for (10 s at most)."""

    def __init__(self, peer: TelemelyaPeer, chat_id: int, first_name: str) -> None:
        super().__init__(chat_id, first_name)
        self._peer = peer

    def send_text(self, text: str) -> Update:
        """Write to the bot; a text that begins with "/" is a command."""
        return self._send(text=text)

    def send_photo(self, data: bytes, caption: str | None = None, name: str = "p.jpg") -> Update:
        """Send a photo, which the bot can download."""
        uploaded = self._peer.control.post("/upload_media", files={"file": (name, data)})
        file_id = uploaded.raise_for_status().json()["file_id"]
        return self._send(photo_file_id=file_id, photo_caption=caption)

    def press(self, seen: Seen, label: str) -> Update:
        """Press a button; one of a keyboard sends its label, as the app does."""
        button = seen.button(label)
        if button.data is None:
            assert button.url is None, "a link opens a browser; the bot learns nothing"
            assert not button.asks_location, "telemelya sends no location"
            return self.send_text(label)
        return self._send(callback_data=button.data, callback_message_id=seen.message_id)

    def messages(self) -> list[Seen]:
        """As told by telemelya's log: sent, edited, deleted."""
        shown: dict[int, Seen] = {}
        for record in self._peer.records():
            if record.get("chat_id") != self.chat_id:
                continue
            match record["method"]:
                case "deleteMessage":
                    shown.pop(record["message_id"], None)
                case "sendMessage" | "sendPhoto":
                    shown[record["message_id"]] = self._seen(record)
                case "editMessageText" | "editMessageCaption" | "editMessageReplyMarkup":
                    shown[record["message_id"]] = self._seen(
                        record, shown.get(record["message_id"])
                    )
        return list(shown.values())

    def notices(self) -> list[str]:
        """Texts shown for a moment after a button was pressed, of all users."""
        records = self._peer.records()
        return [r["text"] or "" for r in records if r["method"] == "answerCallbackQuery"]

    def _send(self, **what: object) -> Update:
        sender = {"id": self.chat_id, "first_name": self.first_name}
        response = self._peer.control.post(
            "/send_update",
            params={"bot_token": self._peer.token},
            json={"chat_id": self.chat_id, "from_user": sender, **what},
        )
        response.raise_for_status()
        update: Update = response.json()["update"]
        return update

    def _seen(self, record: dict[str, Any], before: Seen | None = None) -> Seen:
        text = record.get("text") or record.get("caption") or ""
        # It reads every field of a form as JSON if it can: "2026" would be shown as a number.
        assert isinstance(text, str), "telemelya has read a text as JSON: use another in this test"
        photo = before.photo if before else None
        if "file_id" in record:
            photo = self._photo(record["file_id"])
        markup = markup_of(record.get("reply_markup"))
        return Seen(record["message_id"], text, buttons_of(markup), photo, markup)

    def _photo(self, file_id: str) -> bytes:
        response = self._peer.control.get(f"/media/{file_id}").raise_for_status()
        assert response.headers["Content-Type"] == "application/octet-stream", response.text
        return response.content


def _mend_update(update: Update) -> Update:
    """What Telegram would never send: a photo with an empty text, a user as author of the bot's message."""
    message = update.get("message")
    if message is not None and "photo" in message:
        message = {name: value for name, value in message.items() if name != "text"}
        return {**update, "message": message}
    query = update.get("callback_query")
    if query is not None:
        return {**update, "callback_query": {**query, "message": {**query["message"], "from": BOT}}}
    return update


@contextmanager
def telemelya_peer(*, acknowledged: Collection[str] = ()) -> Iterator[TelemelyaPeer]:
    """Start everything on free loopback ports (about three seconds) and end it.

    `acknowledged`: methods the proxy answers `true` itself because telemelya does not know them.
    """
    with ExitStack() as stack:
        processes = stack.enter_context(Processes())
        redis_port, s3_port, own_port = free_port(), free_port(), free_port()
        key = secrets.token_hex()
        own_url = f"http://127.0.0.1:{own_port}"
        control = {"Authorization": f"Bearer {key}"}
        stores = [
            processes.start(
                "redis", _redis(redis_port), ready=(processes.folder / "redis.pid").exists
            ),
            processes.start(
                "s3",
                [str(ENVIRONMENT / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(s3_port)],
                ready=lambda: answers_http(f"http://127.0.0.1:{s3_port}/moto-api/"),
            ),
        ]
        for store in stores:
            processes.wait(store)
        processes.wait(
            processes.start(
                "telemelya",
                [str(ENVIRONMENT / "bin" / "python"), "-m", "telemelya.server.app"],
                environment={
                    "MOCK_SERVER_HOST": "127.0.0.1",
                    "MOCK_SERVER_PORT": str(own_port),
                    "MOCK_SERVER_URL": own_url,
                    "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
                    "MINIO_ENDPOINT": f"127.0.0.1:{s3_port}",
                    "AUTH_KEYS": key,
                    "STRICT_EDIT": "true",
                },
                ready=lambda: answers_http(f"{own_url}/api/v1/test/health", control),
            )
        )
        proxy = stack.enter_context(
            RecordingProxy(
                own_port, free_port(), mend_update=_mend_update, acknowledged=acknowledged
            )
        )
        client = stack.enter_context(
            httpx.Client(
                base_url=f"{own_url}/api/v1/test", headers=control, trust_env=False, timeout=30.0
            )
        )
        yield TelemelyaPeer(TOKEN, own_url, proxy, client)


def _redis(port: int) -> Sequence[str]:
    program = shutil.which("redis-server")
    assert program is not None
    # Nothing is kept: no snapshot, no log of changes. Its pid file appears once it listens.
    return [
        *(program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"),
        *("--daemonize", "no", "--pidfile", "redis.pid"),
    ]
