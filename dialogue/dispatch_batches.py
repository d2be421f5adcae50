"""Sends what is due on channels without a pace, many at once. Must not decide what a failure means.

What ends at about the same time is recorded in one transaction: a transaction costs more than all else
about a small message. Nobody goes on before their own result is committed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from core.database import Database
from core.deliveries import Outgoing
from core.delivery_batches import Success, lease_batch, mark_all_sent
from core.errors import TemporaryFailure
from core.ports import Now

# Of several conversations at once; more would only wait in line for a thread.
MOST_LEASED = 32
# Seconds that the first of those that ended waits for others, and that a thread waits for company.
GATHER = 0.008
# Seconds after which we look for new messages though a slow one is still being sent.
LOOK_AGAIN = 1.0
# Chances in a row that came to nothing before we leave it to the next look.
MOST_WAITS = 20
# A database that is away for a moment (it is started anew, another one takes over) must not make
# messages that are out look as if they might not be: seconds between the tries to record them.
RECORD_AGAIN = (0.2, 0.5, 1.0, 2.0, 4.0)


class Recorder:
    """Records successes in common."""

    def __init__(
        self, database: Database, now: Now, *, seen_once: Collection[str] = frozenset()
    ) -> None:
        """``seen_once``: channels on which a message that is sent twice is seen once."""
        self._database, self._now, self._seen_once = database, now, seen_once
        self._lock = threading.Lock()
        self._ended: list[tuple[Success, Future[None]]] = []

    def record(self, success: Success) -> None:
        """Return once it is committed. Raises TemporaryFailure when it could not be."""
        mine: Future[None] = Future()
        with self._lock:
            self._ended.append((success, mine))
            first = len(self._ended) == 1
        if first:
            time.sleep(GATHER)
            with self._lock:
                ended, self._ended = self._ended, []
            self._write_for_all(ended)
        mine.result()

    def record_alone(self, success: Success) -> None:
        """The same at once, for whoever has nobody to wait for."""
        durable = success.outgoing.channel not in self._seen_once
        self._write([success], durable=durable)

    def _write_for_all(self, ended: Sequence[tuple[Success, Future[None]]]) -> None:
        try:
            self._write([success for success, _ in ended])
        except BaseException as error:
            for _, each in ended:
                each.set_exception(error)
        else:
            for _, each in ended:
                each.set_result(None)

    def _write(self, successes: Sequence[Success], *, durable: bool = True) -> None:
        for pause in (*RECORD_AGAIN, None):
            try:
                with self._database.transaction(durable=durable) as session:
                    mark_all_sent(session, successes=successes, now=self._now())
                return
            except TemporaryFailure:
                if pause is None:
                    raise
                time.sleep(pause)


class Batches:
    """Takes messages as threads are free and hands each to ``start``."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Sequence[str],
        now: Now,
        free: threading.Semaphore,
        threads: int,
        start: Callable[[Outgoing], Future[None] | None],
        stamp: Callable[[Callable[[], list[Outgoing]]], list[Outgoing]],
        wait_for_chance: Callable[[], bool],
        stopping: threading.Event,
        steady: Callable[[], bool],
    ) -> None:
        """``steady``: whether leases that have run out by the clock may be taken."""
        self._steady = steady
        self._database, self._channels, self._now = database, channels, now
        self._free, self._threads = free, threads
        self._start, self._stamp, self._wait_for_chance = start, stamp, wait_for_chance
        self._stopping = stopping

    def run(self) -> int:
        """Send whatever is due; returns how many were tried."""
        count = waits = 0
        under_way: set[Future[None]] = set()
        while not self._stopping.is_set():
            # Before the look: what ends after it may have freed the next of its conversation.
            under_way = {task for task in under_way if not task.done()}
            leased = self._lease(alone=not under_way)
            if leased:
                started = [self._start(outgoing) for outgoing in leased]
                under_way |= {task for task in started if task is not None}
                count, waits = count + len(leased), 0
            elif waits < MOST_WAITS and self._wait_for_chance():
                waits += 1
            elif under_way:
                # The next one of a conversation may go as soon as the one before it is out.
                wait(under_way, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            else:
                break
        wait(under_way)
        return count

    def _lease(self, *, alone: bool) -> list[Outgoing]:
        """As many as there are free threads: a lease that waits in a line would run out there."""
        self._free.acquire()
        if not alone:
            time.sleep(GATHER)
        free = 1
        while free < min(MOST_LEASED, self._threads) and self._free.acquire(blocking=False):
            free += 1
        leased: list[Outgoing] = []
        try:
            leased = self._stamp(lambda: self._take(free))
        finally:
            for _ in range(free - len(leased)):
                self._free.release()
        return leased

    def _take(self, most: int) -> list[Outgoing]:
        with self._database.transaction() as session:
            session.connection()
            now = self._now()
            steady = self._steady()
            return lease_batch(
                session,
                now=now,
                channels=self._channels,
                most=most,
                run_out_too=steady,
            )
