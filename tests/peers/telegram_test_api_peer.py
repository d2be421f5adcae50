"""The third-party stand-in telegram-test-api and a user in front of it. It must not know our bot.

Polling, and webhooks too. No files in either direction. What it cannot do, and what is mended
here, is listed in THIRD_PARTY.md.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.peers.chat_view import ChatUser, Seen, buttons_of, markup_of
from tests.peers.processes import BUILT, Processes, answers_http
from tests.peers.recording_proxy import (
    Answer,
    Call,
    Delivery,
    Forward,
    RecordingProxy,
    Update,
)
from tests.ports import free_port

TOKEN = "666:telegram-test-api"
BOT = {"id": 666, "is_bot": True, "first_name": "Test First name", "username": "TestNameBot"}
SERVE = Path(__file__).with_name("node") / "serve.js"
TICK = 0.05
# It answers these with null, where the Bot API says true.
ANSWERED_TRUE = ("answerCallbackQuery", "deleteMessage", "setWebhook")
EDITS = ("editMessageText", "editMessageReplyMarkup")
# It repeats the whole request as the message it sent; these belong into a message.
OF_A_MESSAGE = ("message_id", "text", "entities", "reply_markup")


@dataclass
class TelegramTestApiPeer:
    """A running telegram-test-api. `calls` are the bot's requests."""

    token: str
    own_url: str
    proxy: RecordingProxy
    client: httpx.Client

    @property
    def api_url(self) -> str:
        """python-telegram-bot's base_url."""
        return f"{self.proxy.base}/bot"

    @property
    def file_url(self) -> str:
        """python-telegram-bot's base_file_url; nothing can be downloaded there."""
        return f"{self.proxy.base}/file/bot"

    @property
    def calls(self) -> list[Call]:
        """Every request of the bot so far, oldest first; a long poll is one of them."""
        return self.proxy.calls

    @property
    def deliveries(self) -> list[Delivery]:
        """Every update handed to a webhook so far; updates that were polled are not among them."""
        return self.proxy.deliveries

    def user(self, chat_id: int = 4001, first_name: str = "시민") -> TelegramTestApiUser:
        """Somebody who talks to the bot."""
        return TelegramTestApiUser(self, chat_id, first_name)


class TelegramTestApiUser(ChatUser):
    """Sending returns at once; the bot hears of it by polling or by its webhook."""

    def __init__(self, peer: TelegramTestApiPeer, chat_id: int, first_name: str) -> None:
        super().__init__(chat_id, first_name)
        self._peer = peer

    def send_text(self, text: str) -> None:
        """Write to the bot; a text that begins with "/" is a command."""
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            command = {"type": "bot_command", "offset": 0, "length": length}
            self._send("/sendCommand", text=text, entities=[command])
        else:
            self._send("/sendMessage", text=text)

    def send_location(self, latitude: float, longitude: float) -> None:
        """Share a place."""
        self._send("/sendMessage", location={"latitude": latitude, "longitude": longitude})

    def press(self, seen: Seen, label: str) -> None:
        """Press a button; one of a keyboard sends its label, as the app does."""
        button = seen.button(label)
        if button.data is None:
            assert button.url is None, "a link opens a browser; the bot learns nothing"
            assert not button.asks_location, "that button shares a place: use send_location"
            self.send_text(label)
            return
        message: dict[str, Any] = {
            "message_id": seen.message_id,
            "from": BOT,
            "chat": self._chat,
            "date": int(time.time()),
            "text": seen.text,
        }
        if seen.markup is not None:
            message["reply_markup"] = seen.markup
        self._send("/sendCallback", message=message, data=button.data)

    def messages(self) -> list[Seen]:
        """As told by telegram-test-api's history."""
        return [
            Seen(record["messageId"], record["message"]["text"], buttons_of(markup), None, markup)
            for record in _sent_by_bot(self._peer.client, self._peer.token, self.chat_id)
            for markup in [markup_of(record["message"].get("reply_markup"))]
        ]

    @property
    def _chat(self) -> dict[str, Any]:
        return {"id": self.chat_id, "type": "private", "first_name": self.first_name}

    def _send(self, path: str, **what: object) -> None:
        sender = {"id": self.chat_id, "is_bot": False, "first_name": self.first_name}
        common = {"botToken": self._peer.token, "from": sender, "date": int(time.time())}
        chat = {} if path == "/sendCallback" else {"chat": self._chat}
        self._peer.client.post(path, json={**common, **chat, **what}).raise_for_status()


def _sent_by_bot(client: httpx.Client, token: str, chat_id: int) -> list[dict[str, Any]]:
    response = client.post("/getUpdatesHistory", json={"token": token}).raise_for_status()
    return [
        record
        for record in response.json()["result"]
        if "chat_id" in record.get("message", {}) and int(record["message"]["chat_id"]) == chat_id
    ]


def _mend_update(update: Update) -> Update:
    """The token inside a message goes, a pressed button's chat_instance comes."""
    if "message" in update:
        message = {n: value for n, value in update["message"].items() if n != "botToken"}
        return {**update, "message": message}
    query = update["callback_query"]
    instance = str(query["message"]["chat"]["id"])
    return {**update, "callback_query": {**query, "chat_instance": instance}}


@dataclass
class _Shim:
    """Makes of its answers what the Bot API would say."""

    token: str
    client: httpx.Client
    stopping: threading.Event = field(default_factory=threading.Event)
    waiting: list[Update] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def exchange(self, call: Call, forward: Forward) -> Answer:
        if call.method == "getUpdates":
            return self._updates(call, forward)
        if call.method in EDITS:
            return self._edit(call, forward)
        answer = forward()
        if not answer.body.get("ok"):
            return answer
        if call.method == "getMe":
            return Answer.done({**answer.body["result"], **BOT})
        if call.method in ANSWERED_TRUE:
            return Answer.done(True)
        if call.method == "sendMessage":
            return Answer.done(self._message(answer.body["result"]))
        return answer

    def _updates(self, call: Call, forward: Forward) -> Answer:
        """It hands each update out once and at once, whatever offset and timeout say."""
        offset, limit = int(call.params.get("offset", 0)), int(call.params.get("limit", 100))
        deadline = time.monotonic() + float(call.params.get("timeout", 0))
        while True:
            answer = forward()
            if not answer.body.get("ok"):
                return answer
            with self.lock:
                self.waiting += [_mend_update(update) for update in answer.body["result"]]
                if offset < 0:
                    self.waiting = self.waiting[offset:]
                self.waiting = [u for u in self.waiting if u["update_id"] >= offset]
                ready = self.waiting[:limit]
            if ready or time.monotonic() >= deadline or self.stopping.wait(TICK):
                return Answer.done(ready)

    def _edit(self, call: Call, forward: Forward) -> Answer:
        """It agrees to any edit with null; the Bot API returns the message, or refuses an unknown one."""
        chat_id, number = int(call.params["chat_id"]), str(call.params["message_id"])

        def found() -> dict[str, Any] | None:
            sent = _sent_by_bot(self.client, self.token, chat_id)
            return next((record for record in sent if str(record["messageId"]) == number), None)

        if found() is None:
            return Answer.refused("Bad Request: message to edit not found")
        answer, edited = forward(), found()
        assert edited is not None
        if not answer.body.get("ok"):
            return answer
        message = {**edited["message"], "message_id": int(number), "date": edited["time"]}
        return Answer.done({**self._message(message), "edit_date": int(time.time())})

    @staticmethod
    def _message(sent: dict[str, Any]) -> dict[str, Any]:
        """In milliseconds and with the request's own fields; a keyboard is not part of a message."""
        message = {name: sent[name] for name in OF_A_MESSAGE if sent.get(name) is not None}
        if "inline_keyboard" not in message.get("reply_markup", {}):
            message.pop("reply_markup", None)
        chat = {"id": int(sent["chat_id"]), "type": "private"}
        return {**message, "from": BOT, "chat": chat, "date": sent["date"] // 1000}


@contextmanager
def telegram_test_api_peer(*, acknowledged: Collection[str] = ()) -> Iterator[TelegramTestApiPeer]:
    """Start it on free loopback ports (about a second) and end it.

    `acknowledged`: methods the proxy answers `true` itself because telegram-test-api does not know them.
    """
    node = shutil.which("node")
    assert node is not None
    with ExitStack() as stack:
        processes = stack.enter_context(Processes())
        own_port = free_port()
        own_url = f"http://127.0.0.1:{own_port}"
        processes.wait(
            processes.start(
                "telegram-test-api",
                [node, str(SERVE), str(own_port)],
                environment={"NODE_PATH": str(BUILT / "node" / "node_modules")},
                ready=lambda: answers_http(f"{own_url}/bot{TOKEN}/getMe"),
            )
        )
        client = stack.enter_context(httpx.Client(base_url=own_url, trust_env=False, timeout=30.0))
        shim = _Shim(TOKEN, client)
        proxy = RecordingProxy(
            own_port,
            free_port(),
            exchange=shim.exchange,
            mend_update=_mend_update,
            acknowledged=acknowledged,
            stopping=shim.stopping,
        )
        stack.enter_context(proxy)
        yield TelegramTestApiPeer(TOKEN, own_url, proxy, client)
