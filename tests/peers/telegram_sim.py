"""A simulated Telegram Bot API server on loopback, with faults on request; never the real one."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from tests.peers.telegram_answers import Answers, limited
from tests.peers.telegram_delivery import Delivery, RawJson, Updates
from tests.peers.telegram_faults import ApiError, Fault, Faults, bad_request, failure
from tests.peers.telegram_groups import Channel, Group
from tests.peers.telegram_http import Hang, Server
from tests.peers.telegram_limits import LimitCheck, Limits
from tests.peers.telegram_people import User
from tests.peers.telegram_rules import rules
from tests.peers.telegram_spec import BY_LOWER_CASE, SPEC, Asked, Finding, check, decode
from tests.peers.telegram_state import Button, Call, Outcome, Seen, World

__all__ = [
    "Button",
    "Call",
    "Channel",
    "Delivery",
    "Group",
    "Limits",
    "Seen",
    "TelegramSim",
    "User",
]
NEVER_SPOKEN = ApiError(403, "Forbidden: bot can't initiate conversation with a user")
MOST_VIOLATIONS = 1000


class TelegramSim:
    """A context manager; all its parts end with it."""

    def __init__(self, *, require_https: bool = False, privacy_mode: bool = False) -> None:
        self.bot_id = 700_000_001
        self.username = "sotong_test_bot"
        self.token = f"{self.bot_id}:test-token"
        self.now: Callable[[], float] = time.monotonic
        self.require_https = require_https
        self.privacy_mode = privacy_mode  # True: groups deliver only what is meant for the bot
        self.keep_requests = True
        self.requests: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.error_counts: Counter[tuple[str, int]] = Counter()  # by method and error code
        self.violations: list[str] = []
        self.down = False  # every connection is closed without being read
        self.world = World(self.bot_id, self.username)
        self.world.reads_all = not privacy_mode
        self.updates = Updates(self._call_in_reply, self._clock)
        self._answers = Answers(self.world, self.updates)
        self._faults = Faults()
        self._limits: LimitCheck | None = None
        self._slow_seconds = 0.0
        self._stopping = threading.Event()
        self._log = threading.Lock()
        self._server = Server(self._answer, self._download, self._violation, self._stopping)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self.updates.close()
        self._server.stop()
        crashes = self._server.crashes
        if crashes and kind is None:
            raise AssertionError(f"the simulator itself failed:\n{crashes[0]}")

    def _clock(self) -> float:
        return self.now()  # looked up late: a test may put its own clock there

    # ---- addresses ----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api_url(self) -> str:
        """`base_url` of python-telegram-bot."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """`base_file_url` of python-telegram-bot."""
        return f"{self.url}/file/bot"

    # ---- who is there -------------------------------------------------------------------------

    def user(
        self,
        user_id: int,
        first_name: str = "시민",
        username: str | None = None,
        started: bool = True,
    ) -> User:
        """A citizen; with started=False the bot may not write first."""
        with self.world.lock:
            known = self.world.chats.get(user_id)
            if isinstance(known, User):
                return known
            user = User(self.world, self._push, user_id, first_name, username)
            user.refusal = None if started else NEVER_SPOKEN
            self.world.chats[user_id] = user
            return user

    def group(self, chat_id: int, title: str = "동네방", kind: str = "supergroup") -> Group:
        """A group that has the bot in it."""
        with self.world.lock:
            group = Group(self.world, self._push, chat_id, title, kind)
            self.world.chats[chat_id] = group
            return group

    def channel(
        self, chat_id: int, username: str | None = None, title: str = "소식", admin: bool = True
    ) -> Channel:
        """A channel; with admin=False the bot may not post."""
        with self.world.lock:
            channel = Channel(self.world, self._push, chat_id, username, title)
            if not admin:
                channel.refusal = bad_request("need administrator rights in the channel chat")
            self.world.chats[chat_id] = channel
            return channel

    # ---- updates ------------------------------------------------------------------------------

    def _push(self, kind: str, body: dict[str, Any], key: int) -> None:
        chat = body.get("chat", {})
        user = self.world.chats.get(chat.get("id", 0))
        if user is not None and user.refusal is NEVER_SPOKEN and kind == "message":
            user.refusal = None  # whoever wrote may be answered
        group = chat.get("type") in ("group", "supergroup")
        if group and self.privacy_mode and kind.endswith("message") and not self._meant(body):
            return
        self.updates.push(kind, body, key)

    def _meant(self, body: dict[str, Any]) -> bool:
        """What privacy mode lets through: commands, mentions, replies, service messages."""
        text = body.get("text")
        if text is None and "caption" not in body and not {"photo", "location"} & set(body):
            return True
        words = str(text or body.get("caption") or "")
        answered = body.get("reply_to_message", {}).get("from", {}).get("id") == self.bot_id
        mine = f"@{self.username}" in words
        command = words.startswith("/") and "@" not in words.partition(" ")[0]
        return answered or mine or command

    def push_raw(self, update: dict[str, Any] | bytes) -> None:
        """Delivers any JSON, or bytes that are none."""
        self.updates.push_raw(update)

    @property
    def undelivered(self) -> int:
        """Updates that are not yet confirmed."""
        return self.updates.undelivered

    def wait_delivered(self, seconds: float = 10) -> None:
        """Returns once every update is confirmed."""
        self.updates.wait_delivered(seconds)

    @property
    def polling(self) -> bool:
        """Whether a long poll is waiting right now."""
        return self.updates.waiting > 0

    def wait_polling(self, seconds: float = 10) -> None:
        """Returns once a long poll waits."""
        self.updates.wait_polling(seconds)

    @property
    def delivery(self) -> Delivery:
        """How updates come."""
        return self.updates.delivery

    @delivery.setter
    def delivery(self, value: Delivery) -> None:
        self.updates.delivery = value

    @property
    def retry_seconds(self) -> Sequence[float]:
        """Pauses before a webhook is tried again; the last one holds from then on."""
        return self.updates.retry_seconds

    @retry_seconds.setter
    def retry_seconds(self, value: Sequence[float]) -> None:
        self.updates.retry_seconds = value

    # ---- faults and limits --------------------------------------------------------------------

    @property
    def limits(self) -> Limits | None:
        """Sending limits, None for none."""
        return self._limits.limits if self._limits else None

    @limits.setter
    def limits(self, value: Limits | None) -> None:
        self._limits = LimitCheck(value) if value else None

    def fail(
        self,
        method: str,
        code: int = 500,
        *,
        description: str | None = None,
        retry_after: int | None = None,
        times: int | None = 1,
        chat_id: int | str | None = None,
    ) -> None:
        """The next `times` calls (None: all) are answered with an error and not performed."""
        error = failure(code, description, retry_after)
        self._faults.add(Fault("fail", method, times, chat_id, error=error))

    def drop_answer(
        self, method: str, times: int | None = 1, chat_id: int | str | None = None
    ) -> None:
        """Performed, but the connection is closed instead of an answer."""
        self._faults.add(Fault("drop", method, times, chat_id))

    def refuse_connection(self, method: str = "*", times: int | None = 1) -> None:
        """Closed before anything is performed. (`sim.down = True` closes every connection.)"""
        self._faults.add(Fault("refuse", method, times))

    def delay(
        self,
        method: str,
        seconds: float,
        times: int | None = 1,
        chat_id: int | str | None = None,
    ) -> None:
        """Performed after a pause."""
        self._faults.add(Fault("delay", method, times, chat_id, seconds))

    def slow_file(self, seconds: float) -> None:
        """Every download takes so long from now on."""
        self._slow_seconds = seconds

    def lose_file(self, file_path: str) -> None:
        """Downloads of that path answer 404."""
        self.world.lost.add(file_path)

    def expire_callbacks(self) -> None:
        """Presses that were not answered yet are now too old for it."""
        with self.world.lock:
            self.world.callbacks.clear()

    def heal(self) -> None:
        """No fault is waiting any more."""
        self._faults.clear()
        self._slow_seconds, self.down = 0.0, False

    # ---- requests -----------------------------------------------------------------------------

    def calls(self, method: str) -> list[Call]:
        """The requests of one method, in order of their ends."""
        with self._log:
            return [call for call in self.requests if call.method == method]

    def _note(self, asked: Asked, at: float, outcome: Outcome, code: int | None = None) -> None:
        with self._log:
            self.counts[asked.method] += 1
            if code is not None:
                self.error_counts[asked.method, code] += 1
            if self.keep_requests:
                self.requests.append(
                    Call(asked.method, asked.params, asked.files, at, outcome, code)
                )

    def _violation(self, text: str) -> None:
        with self._log:
            if len(self.violations) < MOST_VIOLATIONS:
                self.violations.append(text)

    def _call_in_reply(self, method: str, params: dict[str, Any]) -> object:
        try:
            return self._answer(f"/bot{self.token}/{method}", params, {})
        except Hang:
            return None

    def _answer(self, path: str, raw: dict[str, Any], files: dict[str, bytes]) -> tuple[int, bytes]:
        if self.down:
            raise Hang
        head, _, name = path.removeprefix("/").rpartition("/")
        method = BY_LOWER_CASE.get(name.lower())
        at = self.now()
        asked = Asked(method or name, raw, files)
        try:
            if head != f"bot{self.token}":
                raise ApiError(401, "Unauthorized")
            if method is None:
                known = "not simulated" if name in SPEC["all_methods"] else "no method of the API"
                self._violation(f"{name}: {known}")
                raise ApiError(404, "Not Found")
            result = self._perform(asked)
        except Hang:
            self._note(asked, at, "dropped")
            raise
        except ApiError as error:
            self._note(asked, at, "error", error.code)
            body: dict[str, Any] = {"ok": False, "error_code": error.code}
            body["description"] = error.description
            if error.parameters:
                body["parameters"] = error.parameters
            if error.code in (502, 503, 504):  # these come from the proxy in front, as a web page
                return error.code, f"<html><h1>{error.code}</h1></html>".encode()
            return error.code, json.dumps(body).encode()
        self._note(asked, at, "ok")
        if isinstance(result, RawJson):
            return 200, b'{"ok":true,"result":' + result.text + b"}"
        return 200, json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()

    def _perform(self, asked: Asked) -> Any:
        method = asked.method
        asked.params, findings = decode(method, asked.params)
        findings += [*check(asked), *rules(asked, self.require_https)]
        for finding in findings:
            self._violation(finding.violation)
        chat_id = asked.params.get("chat_id")
        chat = self.world.find(chat_id) if isinstance(chat_id, int | str) else None
        names = (chat_id, chat.chat_id if chat else None)
        self._before(method, names, findings)
        if self._limits is not None and chat is not None and limited(method):
            with self._log:
                wait = self._limits.admit(chat.chat_id, self.now())
            if wait is not None:
                raise failure(429, None, wait)
        result = self._answers.perform(asked)
        if self._faults.take("drop", method, names):
            raise Hang
        return result

    def _before(self, method: str, names: tuple[Any, ...], findings: list[Finding]) -> None:
        """Faults that come before the call, then the refusals that its contents earn."""
        if self._faults.take("refuse", method, names):
            raise Hang
        if pause := self._faults.take("delay", method, names):
            self._stopping.wait(pause.seconds)
        fault = self._faults.take("fail", method, names)
        if fault is not None and fault.error is not None:
            raise fault.error.again()
        for finding in findings:
            if finding.answer is not None:
                raise ApiError(400, finding.answer)

    def _download(self, path: str) -> tuple[int, list[bytes], float]:
        head = f"/file/bot{self.token}/"
        if self.down:
            raise Hang
        inside = path.removeprefix(head)
        with self.world.lock:
            stored = self.world.paths.get(inside) if path.startswith(head) else None
            if stored is None or inside in self.world.lost:
                body = {"ok": False, "error_code": 404, "description": "Not Found"}
                return 404, [json.dumps(body).encode()], 0
        if not self._slow_seconds:
            return 200, [stored.data], 0
        size = max(1, len(stored.data) // 10)
        pieces = [stored.data[i : i + size] for i in range(0, len(stored.data), size)]
        return 200, pieces, self._slow_seconds / max(1, len(pieces))
