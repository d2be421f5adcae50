"""Brings updates to the bot, by long polling or webhook, at least once; it makes no updates itself."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.peers.telegram_faults import ApiError
from tests.peers.telegram_state import now_seconds

DAY = 86_400.0  # what could not be delivered for so long is gone
WORKERS = 8
# Sent only to those who name them.
ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
Answer = Callable[[str, dict[str, Any]], object]


@dataclass(frozen=True)
class Delivery:
    """`duplicates` is the share of updates that come twice; `reorder` swaps neighbours."""

    duplicates: float = 0.0
    reorder: bool = False
    seed: int = 0


@dataclass
class Item:
    """An update on its way; of one `key` only one is under way at a time."""

    update_id: int
    body: bytes
    key: int
    born: float
    again: bool = False


@dataclass(frozen=True)
class Webhook:
    """What setWebhook set."""

    url: str
    secret: str | None
    max_connections: int


@dataclass(frozen=True)
class RawJson:
    """A result that is JSON already (and may be broken on purpose)."""

    text: bytes


class Updates:
    """The queue of updates and both ways out of it."""

    def __init__(self, answer: Answer, clock: Callable[[], float]) -> None:
        self.answer = answer  # performs a method call that came in a webhook's reply
        self.clock = clock
        self.delivery = Delivery()
        self.retry_seconds: Sequence[float] = (0.05, 0.1, 0.2, 0.4, 0.8)
        self.retry_after_scale = 1.0  # below 1, a Retry-After passes faster
        self.expired = 0
        self.webhook: Webhook | None = None
        self.allowed: frozenset[str] | None = None
        self._next_id = 870_000_001
        self._serial = 0
        self._pending: dict[int, Item] = {}
        self._changed = threading.Condition()
        self.waiting = 0  # long polls under way
        self._poller = 0
        self._why_stop = ""
        self._workers: list[threading.Thread] = []
        self._busy: set[int] = set()
        self._not_before: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self._last_error: tuple[int, str] | None = None
        self._closing = False
        self._random: tuple[int, random.Random] = (0, random.Random(0))

    def push(self, kind: str, body: dict[str, Any], key: int) -> None:
        """Queues an update of that kind if the bot wants such."""
        wanted = kind not in ON_REQUEST if self.allowed is None else kind in self.allowed
        if wanted:
            with self._changed:
                number = self._next_id
                update = {"update_id": number, kind: body}
                self._put(json.dumps(update, ensure_ascii=False).encode(), key)

    def push_raw(self, update: dict[str, Any] | bytes) -> None:
        """Queues anything: unknown kinds, missing fields, or bytes that are no JSON."""
        with self._changed:
            is_dict = isinstance(update, dict)
            body = json.dumps(update, ensure_ascii=False).encode() if is_dict else bytes(update)
            given = update.get("update_id") if isinstance(update, dict) else None
            self._put(body, 0, given if isinstance(given, int) else None)

    def take_id(self) -> int:
        """The next update_id, for a raw update that should fit in."""
        with self._changed:
            self._next_id += 1
            return self._next_id - 1

    def _put(self, body: bytes, key: int, update_id: int | None = None) -> None:
        number = self._next_id if update_id is None else update_id
        if update_id is None:
            self._next_id += 1
        self._serial += 1
        self._pending[self._serial] = Item(number, body, key, self.clock())
        self._changed.notify_all()

    @property
    def undelivered(self) -> int:
        """How many are not yet confirmed (repeats count)."""
        with self._changed:
            return len(self._pending)

    def wait_delivered(self, seconds: float = 10) -> None:
        """Returns once everything is confirmed, or raises AssertionError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._pending, seconds):
                raise AssertionError(f"{len(self._pending)} updates undelivered after {seconds} s")

    def wait_polling(self, seconds: float) -> None:
        """Returns once a long poll waits, or raises AssertionError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.waiting, seconds):
                raise AssertionError(f"nobody polled within {seconds} s")

    def close(self) -> None:
        """Ends every waiting poll and worker."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def _chance(self) -> random.Random:
        if self._random[0] != self.delivery.seed:
            self._random = (self.delivery.seed, random.Random(self.delivery.seed))
        return self._random[1]

    def _forget_old(self) -> None:
        first = next(iter(self._pending.values()), None)
        while first is not None and self.clock() - first.born > DAY:
            del self._pending[next(iter(self._pending))]
            self.expired += 1
            first = next(iter(self._pending.values()), None)

    def _confirm(self, serial: int) -> None:
        item = self._pending.pop(serial, None)
        if item is None or item.again:
            return
        if self.delivery.duplicates and self._chance().random() < self.delivery.duplicates:
            self._serial += 1
            self._pending[self._serial] = Item(item.update_id, item.body, item.key, item.born, True)

    # ---- long polling -------------------------------------------------------------------------

    def get_updates(self, params: dict[str, Any]) -> RawJson:
        """Waits up to `timeout` seconds; 409 where a webhook is set or another poll came."""
        limit = min(max(int(params.get("limit", 100)), 1), 100)
        until = time.monotonic() + min(max(int(params.get("timeout", 0)), 0), 50)
        with self._changed:
            if self.webhook is not None:
                raise ApiError(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; "
                    "use deleteWebhook to delete the webhook first",
                )
            self._end_polls(
                "other getUpdates request; make sure that only one bot instance is running"
            )
            me = self._poller
            if "allowed_updates" in params:
                self._allow(params["allowed_updates"])
            self._apply_offset(int(params.get("offset", 0)))
            while True:
                self._forget_old()
                if self._pending or self._closing or time.monotonic() >= until:
                    return RawJson(b"[" + b",".join(self._batch(limit)) + b"]")
                self.waiting += 1
                self._changed.notify_all()
                self._changed.wait(until - time.monotonic())
                self.waiting -= 1
                if me != self._poller:
                    raise ApiError(409, f"Conflict: terminated by {self._why_stop}")

    def _end_polls(self, why: str) -> None:
        self._poller += 1
        self._why_stop = why
        self._changed.notify_all()

    def _allow(self, names: Any) -> None:
        self.allowed = frozenset(names) if names else None

    def _apply_offset(self, offset: int) -> None:
        first = [serial for serial, item in self._pending.items() if not item.again]
        if offset < 0:
            done = first[:offset]
        else:
            done = [serial for serial in first if self._pending[serial].update_id < offset]
        for serial in done:
            self._confirm(serial)
        if done:
            self._changed.notify_all()

    def _batch(self, limit: int) -> list[bytes]:
        serials = list(self._pending)[:limit]
        if self.delivery.reorder and len(serials) > 1 and self._chance().random() < 0.5:
            at = self._chance().randrange(len(serials) - 1)
            serials[at : at + 2] = reversed(serials[at : at + 2])
        bodies = [self._pending[serial].body for serial in serials]
        for serial in serials:
            if self._pending[serial].again:  # a repeat comes once and is not confirmed
                del self._pending[serial]
        return bodies

    # ---- webhook ------------------------------------------------------------------------------

    def set_webhook(self, params: dict[str, Any]) -> None:
        """Sets or, with an empty url, removes the webhook."""
        url = str(params.get("url") or "")
        with self._changed:
            self._end_polls("setWebhook request")
            if "allowed_updates" in params:
                self._allow(params["allowed_updates"])
            if params.get("drop_pending_updates"):
                self._pending.clear()
            self._not_before.clear()
            self._last_error = None
            connections = int(params.get("max_connections", 40))
            secret = params.get("secret_token")
            self.webhook = Webhook(url, secret, connections) if url else None
            while url and len(self._workers) < min(connections, WORKERS):
                self._workers.append(
                    threading.Thread(target=self._work, name="telegram-sim-webhook")
                )
                self._workers[-1].start()

    def webhook_info(self) -> dict[str, Any]:
        """The API's WebhookInfo."""
        with self._changed:
            hook = self.webhook
            info: dict[str, Any] = {
                "url": hook.url if hook else "",
                "has_custom_certificate": False,
                "pending_update_count": len(self._pending),
            }
            if hook:
                info["max_connections"] = hook.max_connections
            if self.allowed is not None:
                info["allowed_updates"] = sorted(self.allowed)
            if self._last_error:
                info["last_error_date"], info["last_error_message"] = self._last_error
            return info

    def _pick(self) -> tuple[int, Item] | None:
        """The next update whose key is free; its neighbour now and then, if they may swap."""
        self._forget_old()
        skip = self.delivery.reorder and self._chance().random() < 0.5
        now = time.monotonic()
        first = None
        for serial, item in self._pending.items():
            if item.key in self._busy or self._not_before.get(item.key, 0) > now:
                continue
            if not skip or first is not None:
                return serial, item
            first = serial, item
        return first

    def _work(self) -> None:
        line = _Line()
        try:
            while True:
                with self._changed:
                    picked = None
                    while not self._closing:
                        hook = self.webhook
                        picked = self._pick() if hook else None
                        if picked is not None:
                            break
                        self._changed.wait(0.02 if hook and self._not_before else None)
                    if self._closing or picked is None or hook is None:
                        return
                    serial, item = picked
                    self._busy.add(item.key)
                problem, wait, call = line.post(hook, item.body)
                if call is not None:
                    self.answer(*call)
                with self._changed:
                    self._settle(serial, item, problem, wait)
        finally:
            line.close()

    def _settle(self, serial: int, item: Item, problem: str, wait: float | None) -> None:
        self._busy.discard(item.key)
        self._not_before.pop(item.key, None)
        if not problem:
            self._tries.pop(serial, None)
            self._confirm(serial)
        else:
            tries = self._tries.get(serial, 0)
            self._tries[serial] = tries + 1
            pause = self.retry_seconds[min(tries, len(self.retry_seconds) - 1)]
            if wait is not None:
                pause = min(wait, 3600) * self.retry_after_scale
            self._not_before[item.key] = time.monotonic() + pause
            self._last_error = (now_seconds(), problem)
        self._changed.notify_all()


class _Line:
    """One connection to the webhook, kept open between updates."""

    def __init__(self) -> None:
        self._at: tuple[str, str] | None = None
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(
        self, hook: Webhook, body: bytes
    ) -> tuple[str, float | None, tuple[str, dict[str, Any]] | None]:
        """What went wrong ("" for nothing), Retry-After in seconds, and a call in the reply."""
        url = urlsplit(hook.url)
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        for fresh in (False, True):
            if fresh or self._at != (url.scheme, url.netloc):
                self.close()
            if self._connection is None:
                secure = url.scheme == "https"
                kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
                self._connection = kind(url.netloc, timeout=10)
                self._at = (url.scheme, url.netloc)
                fresh = True  # noqa: PLW2901 - a new line that fails is not tried again
            try:
                self._connection.request("POST", path, body, headers)
                reply = self._connection.getresponse()
                text = reply.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh:
                    return f"Connection failed: {type(error).__name__}", None, None
                continue  # the other side had closed a line that was idle
            if 200 <= reply.status < 300:
                return "", None, _call(text)
            after = reply.headers.get("Retry-After", "")
            wait = float(after) if after.isdigit() else None
            return f"Wrong response from the webhook: {reply.status} {reply.reason}", wait, None
        raise AssertionError("unreachable")


def _call(text: bytes) -> tuple[str, dict[str, Any]] | None:
    """A webhook's reply may be one method call."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("method"), str):
        return None
    return body.pop("method"), body
