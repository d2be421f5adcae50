"""Live replies: one database poller per process wakes the open streams. Must not write to the database.

The poller is woken at once by ``Hub.wake`` (same process) and looks by itself a few times a second
(another process wrote). A stream reads anew from the database whenever it is woken, so a wake-up that
is lost costs a moment, never a message.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from bots.web_feed import Cursor, Page, read_after
from bots.web_files import UrlOf
from bots.web_input import CHANNEL
from bots.web_problems import Problem
from bots.web_render import line_data
from core.database import Database
from core.errors import TemporaryFailure
from core.models.conversation import Conversation, Delivery, Turn
from core.texts import Texts
from core.vault import Vault

POLL_SECONDS = 0.25
AFTER_FAILURE_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 2000
STREAMS_PER_COOKIE = 6
# One address of the network may serve many people, yet must not take the places of all.
STREAMS_PER_VISITOR = 200
STREAMS_IN_ALL = 2000
ADDRESSES_PER_QUERY = 400

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Watch:
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """The open streams of this process and the poller that wakes them."""

    def __init__(
        self,
        database: Database,
        *,
        vault: Vault,
        poll_seconds: float = POLL_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._database, self._vault = database, vault
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._watches: dict[str, set[_Watch]] = defaultdict(set)
        self._visitors: Counter[str] = Counter()
        self._seen: dict[str, tuple[object, ...]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hurry: asyncio.Event | None = None
        self._closing = False

    @property
    def open_streams(self) -> int:
        """How many streams are open in this process."""
        return sum(len(watches) for watches in self._watches.values())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        """Poll while the application lives; enter it in the application's lifespan."""
        self._loop = asyncio.get_running_loop()
        self._hurry = asyncio.Event()
        poller = asyncio.create_task(self._poll())
        try:
            with _told_of_signals(self._loop, self.close):
                yield self
        finally:
            self.close()
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller
            self._loop = None

    def wake(self, _conversation_id: int | None = None) -> None:
        """Look now instead of at the next poll. From any thread; nothing happens when not running."""
        loop, hurry = self._loop, self._hurry
        if loop is None or hurry is None:
            return
        with suppress(RuntimeError):  # The loop has just ended: there is nobody left to wake.
            loop.call_soon_threadsafe(hurry.set)

    def close(self) -> None:
        """End all streams, from any thread; browsers come back by themselves to whoever serves then."""
        self._closing = True
        loop = self._loop
        if loop is None:
            return
        with suppress(RuntimeError):  # The loop has just ended, and its streams with it.
            loop.call_soon_threadsafe(self._end_streams)

    def _end_streams(self) -> None:
        for watches in self._watches.values():
            for watch in watches:
                watch.woken.set()

    def stream(
        self, *, address: str, cursor: Cursor, texts: Texts, url_of: UrlOf, visitor: str = ""
    ) -> AsyncIterator[str]:
        """Server-sent events for this address after ``cursor``. Raises Problem (429, 503) at once.

        ``visitor`` is the network address that asks.
        ``line`` events carry a message (a delivery's has its id as the event's id, to resume from),
        ``waiting`` events say whether an answer is being written.
        """
        if self._closing or self.open_streams >= STREAMS_IN_ALL:
            raise Problem(503, "busy", retry_after=5)
        if len(self._watches.get(address, ())) >= STREAMS_PER_COOKIE:
            raise Problem(429, "too_many_streams", retry_after=30)
        if visitor and self._visitors[visitor] >= STREAMS_PER_VISITOR:
            raise Problem(429, "too_many_streams", retry_after=30)
        return self._events(address, cursor, texts, url_of, visitor)

    async def _events(
        self, address: str, cursor: Cursor, texts: Texts, url_of: UrlOf, visitor: str
    ) -> AsyncIterator[str]:
        watch = _Watch()
        self._watches[address].add(watch)
        self._visitors[visitor] += 1
        try:
            yield f"retry: {RETRY_MS}\n\n"
            waiting: bool | None = None
            while not self._closing:
                watch.woken.clear()
                page = await self._read(address, cursor)
                if page is not None:
                    cursor = page.cursor
                    for event in _page_events(page, texts, url_of):
                        yield event
                    if page.waiting != waiting:
                        waiting = page.waiting
                        yield f"event: waiting\ndata: {json.dumps(waiting)}\n\n"
                # Silence would let proxies and phones drop the connection; a comment keeps it.
                while not await _happens_within(watch.woken, self._heartbeat_seconds):
                    yield ": still here\n\n"
        finally:
            self._visitors[visitor] -= 1
            if not self._visitors[visitor]:
                del self._visitors[visitor]
            self._watches[address].discard(watch)
            if not self._watches[address]:
                del self._watches[address]
                self._seen.pop(address, None)

    async def _read(self, address: str, cursor: Cursor) -> Page | None:
        try:
            return await run_in_threadpool(
                read_after,
                self._database,
                address=address,
                cursor=cursor,
                vault=self._vault,
            )
        except TemporaryFailure:
            # Forget what the poller saw, so that it wakes this stream again.
            self._seen.pop(address, None)
            return None

    async def _poll(self) -> None:
        hurry = self._hurry
        assert hurry is not None
        while True:
            pause = self._poll_seconds
            addresses = list(self._watches)
            if addresses:
                try:
                    signs = await run_in_threadpool(_signs, self._database, addresses)
                except Exception as error:
                    # A poller that dies would silence every stream; the text may hold data: not logged.
                    _log.warning("the web stream's poll failed: %s", type(error).__name__)
                    pause = AFTER_FAILURE_SECONDS
                else:
                    self._wake_changed(addresses, signs)
            if await _happens_within(hurry, pause):
                hurry.clear()

    def _wake_changed(self, addresses: Sequence[str], signs: dict[str, tuple[object, ...]]) -> None:
        for address in addresses:
            if address not in self._watches:
                continue
            sign = signs.get(address, ())
            # Also when it is seen for the first time: something may have come since the first read.
            if self._seen.get(address) != sign:
                self._seen[address] = sign
                for watch in self._watches[address]:
                    watch.woken.set()


def _page_events(page: Page, texts: Texts, url_of: UrlOf) -> Iterator[str]:
    for line in page.lines:
        identity = f"id: {line.id}\n" if line.kind == "delivery" else ""
        data = json.dumps(line_data(texts, line, url_of), ensure_ascii=False)
        yield f"event: line\n{identity}data: {data}\n\n"


def _signs(database: Database, addresses: Sequence[str]) -> dict[str, tuple[object, ...]]:
    """What changes whenever there is something new to read, for each address that has written."""
    signs: dict[str, tuple[object, ...]] = {}
    with database.reading() as session:
        for start in range(0, len(addresses), ADDRESSES_PER_QUERY):
            part = addresses[start : start + ADDRESSES_PER_QUERY]
            last_sent = (
                select(func.max(Delivery.id))
                .where(Delivery.conversation_id == Conversation.id, Delivery.state == "sent")
                .correlate(Conversation)
                .scalar_subquery()
            )
            last_turn = (
                select(func.max(Turn.id))
                .where(Turn.conversation_id == Conversation.id)
                .correlate(Conversation)
                .scalar_subquery()
            )
            rows = session.execute(
                select(
                    Conversation.address,
                    Conversation.last_answered_at,
                    Conversation.told_late_at,
                    Conversation.mode,
                    last_turn,
                    last_sent,
                ).where(
                    Conversation.channel == CHANNEL,
                    Conversation.visibility == "private",
                    Conversation.address.in_(part),
                )
            )
            signs.update((row[0], tuple(row[1:])) for row in rows)
    return signs


async def _happens_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


@contextmanager
def _told_of_signals(loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` when the process is asked to stop, then do what was going to happen anyway.

    A server waits for its open connections before it tells the application to end, and a stream
    does not end by itself: without this each stop would wait for the server's patience.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    listened = [number for number, handler in before.items() if callable(handler)]
    for number in listened:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number in listened:
            if signal.getsignal(number) is on_signal:
                signal.signal(number, before[number])
