"""python-telegram-bot's Bot behind blocking calls. Must not let a vendor's error or the token out.

The library is asynchronous; our queues work in threads. One event loop in one thread serves all of
them, with its own connections. The library's updater is not used: it confirms updates before they
are kept.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import ipaddress
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bots.telegram_errors import translate
from core.errors import AnswerLost, TemporaryFailure

T = TypeVar("T")
Call = Callable[[Bot], Awaitable[T]]
# Longer than the library's own time-outs together, so that they decide.
PATIENCE = 90.0
CONNECTIONS = 32
SHUT_DOWN_PATIENCE = 3.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Me:
    """Who the bot is."""

    id: int
    username: str


class TelegramClient:
    """Calls the Bot API. Thread-safe; starts its thread with the first call; close it at the end."""

    def __init__(self, *, token: str, api_url: str) -> None:
        # The library's coming way to give a wait; without it each "too fast" is a warning as well.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        # Their log lines hold the address of each call, and so the token.
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # It logs an answer that it cannot read as it came, with what citizens wrote; we say it ourselves.
        logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
        # On this machine no proxy must be asked.
        options = {"trust_env": not _is_loopback(api_url)}
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=_request(options, connections=CONNECTIONS),
            get_updates_request=_request(options, connections=2),
        )
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._me: Me | None = None
        self._poll: concurrent.futures.Future[list[Any]] | None = None
        self._tasks: dict[asyncio.Task[None], asyncio.Event] = {}
        self._asking = False
        self._closed = False

    def call(self, act: Call[T], *, patience: float = PATIENCE) -> T:
        """Run one call and wait for its result, ``patience`` seconds at most.

        Raises our own errors only.
        """
        return self._result(self._begin(act), patience)

    def _begin(self, act: Call[T]) -> concurrent.futures.Future[T]:
        loop = self._running()
        if loop is None:
            raise TemporaryFailure("telegram: this process is about to end")
        return asyncio.run_coroutine_threadsafe(self._run(act), loop)

    @staticmethod
    def _result(future: concurrent.futures.Future[T], patience: float) -> T:
        try:
            return future.result(patience)
        except TelegramError as error:
            raise translate(error) from None
        except (TimeoutError, concurrent.futures.CancelledError):
            future.cancel()
            raise AnswerLost("telegram: no answer") from None

    def spawn(self, act: Callable[[Bot, asyncio.Event], Awaitable[object]]) -> Callable[[], None]:
        """Run something beside everything else; whatever becomes of it is nobody's concern.

        Returns what sets its event, which asks it to end. It is never broken off in the middle of a
        call: half a request would reach Telegram.
        """
        loop = self._running()
        if loop is None:
            return lambda: None
        over: list[asyncio.Event] = []

        async def quietly(ended: asyncio.Event) -> None:
            try:
                await act(self._bot, ended)
            except Exception as error:
                # Only the type: asyncio would log the words, and they may hold the token.
                log.debug("telegram: %s beside the talk", type(error).__name__)

        def begin() -> None:
            over.append(asyncio.Event())
            task = loop.create_task(quietly(over[0]))
            self._tasks[task] = over[0]
            task.add_done_callback(self._tasks.pop)

        def end() -> None:
            for event in over:
                event.set()

        _post(loop, begin)
        return lambda: _post(loop, end)

    def poll(self, *, seconds: int, offset: int | None, allowed: Sequence[str]) -> list[Any]:
        """The next updates as plain JSON; waits up to ``seconds`` for them (getUpdates).

        The library's own method reads all updates at once: one odd update would spoil the others, and
        it would be logged with a citizen's words.
        """
        parameters: dict[str, Any] = {"timeout": seconds, "allowed_updates": list(allowed)}
        if offset is not None:
            parameters["offset"] = offset

        async def ask(bot: Bot) -> list[Any]:
            found: Any = await bot._post("getUpdates", parameters, read_timeout=seconds + 10.0)
            return list(found)

        self._poll = self._begin(ask)
        return self._result(self._poll, seconds + PATIENCE)

    def end_poll(self) -> None:
        """End the ``poll`` under way; what it would have brought comes with the next one."""
        if self._poll is not None:
            self._poll.cancel()

    def me(self) -> Me:
        """Who the bot is; asked once."""
        if self._me is None:
            user = self.call(lambda bot: bot.get_me())
            self._me = Me(user.id, user.username or "")
        return self._me

    def me_if_known(self) -> Me | None:
        """Who the bot is, without asking now; whoever asks first has it asked for the next one."""
        if self._me is None and not self._asking:
            # One at a time: while Telegram is away the askers would use up the connections.
            self._asking = True

            async def ask(bot: Bot, _ended: asyncio.Event) -> None:
                try:
                    user = await bot.get_me()
                    self._me = Me(user.id, user.username or "")
                finally:
                    self._asking = False

            self.spawn(ask)
        return self._me

    def close(self) -> None:
        """End what is under way and close the connections; nothing can be called from then on."""
        with self._lock:
            self._closed = True
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        done = asyncio.run_coroutine_threadsafe(self._shut_down(), loop)
        try:
            done.result(10.0)
        except Exception as error:
            log.warning("telegram: the connections did not close: %s", type(error).__name__)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10.0)
        if not thread.is_alive():
            loop.close()

    async def _run(self, act: Call[T]) -> T:
        return await act(self._bot)

    async def _shut_down(self) -> None:
        for event in self._tasks.values():
            event.set()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=SHUT_DOWN_PATIENCE)
        # Those that somebody waits for as well: nobody would ever wake them.
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        for request in self._bot._request:
            await request.shutdown()

    def _running(self) -> asyncio.AbstractEventLoop | None:
        """The loop, begun with the first call; None once it was closed."""
        with self._lock:
            if self._closed:
                return None
            if self._loop is None:
                loop = self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=loop.run_forever, name="telegram", daemon=True
                )
                self._thread.start()
            return self._loop


def _request(options: dict[str, Any], *, connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=5.0,
        read_timeout=20.0,
        write_timeout=20.0,
        media_write_timeout=40.0,
        pool_timeout=5.0,
        httpx_kwargs=options,
    )


def _post(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # The loop has ended: there is nothing left to do it.
        loop.call_soon_threadsafe(act)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
