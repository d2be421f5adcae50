"""Asks Telegram for updates where no webhook is set. Must not confirm an update before it is kept.

Asking for the next ones confirms those before, so the offset moves only after a commit. One process
polls at a time (a lease in the database); another takes over when it is gone.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bots.telegram_client import TelegramClient
from bots.telegram_errors import PollConflict
from core.database import Database
from core.errors import SotongError, TemporaryFailure
from core.leases import drop_lease, hold_lease
from core.ports import Now

log = logging.getLogger(__name__)

LEASE_NAME = "telegram.polling"
# Citizens wait so long for another process when the one that polls dies.
LEASE = timedelta(seconds=8)
# Shorter than half the lease, so that it is renewed in time.
LONG_POLL = 3
LOOK_AGAIN = 1.0
AFTER_FAILURE = 2.0
LONGEST_WAIT = 30.0
FORGET_OFFSET_AFTER = 3600.0
MOST_STUMBLES = 5
STOP_STEP = 0.1
# What we read; nothing else need travel.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")


class Polling:
    """A thread that polls until ``stop``."""

    def __init__(
        self,
        *,
        client: TelegramClient,
        database: Database,
        take: Callable[[object], None],
        now: Now,
        long_poll: int = LONG_POLL,
    ) -> None:
        """``take`` keeps an update or raises TemporaryFailure."""
        self._client = client
        self._database = database
        self._take = take
        self._now = now
        self._long_poll = long_poll
        self._holder = uuid.uuid4().hex
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telegram-polling", daemon=True)
        self._failures = 0
        self._offset: int | None = None
        self._ready = False
        self._last_update = time.monotonic()
        self._stumbles: Counter[int] = Counter()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the call under way; nothing that came is lost."""
        self._stopping.set()
        until = time.monotonic() + self._long_poll + 10.0
        while self._thread.is_alive() and time.monotonic() < until:
            # Again and again: the thread may have been just before its next call.
            self._client.end_poll()
            self._thread.join(STOP_STEP)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._hold():
                    self._stopping.wait(LOOK_AGAIN)
                    continue
                if not self._ready:
                    self._end_webhook()
                if time.monotonic() - self._last_update > FORGET_OFFSET_AFTER:
                    # After a week without updates Telegram begins anew at any number.
                    self._offset = None
                self._once()
                self._failures = 0
            except Exception as error:
                if self._stopping.is_set():
                    break
                if isinstance(error, PollConflict):
                    self._ready = False
                self._failures += 1
                words = str(error) if isinstance(error, SotongError) else type(error).__name__
                log.warning("telegram: polling waits: %s", words)
                wait = getattr(error, "retry_after", None) or AFTER_FAILURE * self._failures
                self._stopping.wait(min(wait, LONGEST_WAIT))
        self._let_go()

    def _once(self) -> None:
        """Ask once and keep what came; the offset moves on to the first that could not be kept."""
        updates = self._client.poll(
            seconds=self._long_poll, offset=self._offset, allowed=ALLOWED_UPDATES
        )
        if updates:
            self._last_update = time.monotonic()
        stumbled: Exception | None = None
        for update in sorted(updates, key=_id_of):
            if self._stopping.is_set():
                return
            number = _id_of(update)
            try:
                self._take(update)
            except TemporaryFailure:
                raise
            except Exception as error:
                # A fault of ours must not keep everybody's messages waiting: the others are kept
                # now, and come once more with this one.
                self._stumbles[number] += 1
                if self._stumbles[number] < MOST_STUMBLES:
                    stumbled = stumbled or error
                    continue
                log.error("update %s is left out: it cannot be kept", number)
            if stumbled is None:
                self._stumbles.pop(number, None)
                self._offset = max(self._offset or 0, number + 1)
        if stumbled is not None:
            raise stumbled

    def _end_webhook(self) -> None:
        """A webhook from before would keep the updates from us; what waits is not dropped."""
        try:
            self._client.call(lambda bot: bot.delete_webhook())
        except SotongError as error:
            # Where one is set after all, asking for updates says so.
            log.info("telegram: the webhook was not ended: %s", error)
        self._ready = True

    def _hold(self) -> bool:
        with self._database.transaction() as session:
            return hold_lease(
                session, name=LEASE_NAME, holder=self._holder, now=self._now(), lasts=LEASE
            )

    def _let_go(self) -> None:
        try:
            with self._database.transaction() as session:
                drop_lease(session, name=LEASE_NAME, holder=self._holder, now=self._now())
        except SotongError:
            log.info("the polling lease ends by itself")


def _id_of(update: Any) -> int:
    found = update.get("update_id") if isinstance(update, Mapping) else None
    return found if isinstance(found, int) else 0
