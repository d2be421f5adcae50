"""Sends deliveries through the channels' senders. Must not hold a transaction open while sending.

Retry is decided by the exception's type: TemporaryFailure waits, PermanentFailure ends, and where a
second message would do harm a lost answer becomes ``unsure`` and is not sent again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from core.clock_jumps import ClockWatch
from core.conversations import close_conversation, move_conversations
from core.database import Database
from core.deliveries import (
    LEASE,
    MARGIN,
    Outgoing,
    hold_back,
    lease_next,
    mark_failed,
    mark_unsure,
    next_chance,
    postpone,
)
from core.delivery_batches import Success
from core.delivery_queue import channel_with_open
from core.errors import (
    AddressChanged,
    AnswerLost,
    ChannelClosed,
    PermanentFailure,
    RateLimited,
    TemporaryFailure,
)
from core.failpoints import failpoint
from core.pacing import Pace
from core.ports import Channel, Now
from dialogue.dispatch_batches import LOOK_AGAIN, MOST_WAITS, Batches, Recorder
from dialogue.gate import Gate

log = logging.getLogger(__name__)

FIRST_RETRY = 2.0
LONGEST_RETRY = 300.0
# For a message whose turn comes so soon we wait; any later one is left to the worker's next look.
PATIENCE = timedelta(seconds=1.5)
MOST_AT_ONCE = 1000
# How often a message is tried whose answers are lost: for about an hour. Fewer would give messages up
# while a provider is away, and more could say the same thing to a citizen again and again.
MOST_REPEATS = 20
# An answer that could not leave for a day answers nothing any more; what a case became still counts.
TALK_LASTS = timedelta(hours=24)
TALK = ("reply", "notice")
# A message is taken out of the queue so long before its place in the pace: what the database and the
# threads need meanwhile then neither slows the pace nor bunches messages up. Talk that comes in this
# time waits for those that are taken.
AHEAD = timedelta(milliseconds=70)


class Dispatcher:
    """Sends what is due. ``channels`` are those that this process can reach."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Iterable[Channel],
        now: Now,
        sent: Callable[[int], None] | None = None,
        threads: int = 8,
        many: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        clock_may_be_set: bool = False,
    ) -> None:
        """``sent`` is told the conversation of each message that went out.

        ``threads`` send side by side what ``dispatch_due`` finds; with 0 the caller's does it.
        ``many`` (None: as many) do so for channels without a pace. ``clock_may_be_set``: ``now`` is the clock
        on the wall, which a step would take a message with that another process is sending.
        """
        channels = tuple(channels)
        self._seen_once = frozenset(each.name for each in channels if each.seen_once)
        self._monotonic = monotonic
        self._sent = sent
        self._database = database
        self._senders = {channel.name: channel.sender for channel in channels}
        self._paces = {name: sender.pace for name, sender in self._senders.items()}
        self._gates = {name: Gate(pace.overall) for name, pace in self._paces.items() if pace}
        self._now = now
        self._watch = (
            ClockWatch(now=now, monotonic=monotonic, settles_in=_longest(self._paces.values()))
            if clock_may_be_set
            else None
        )
        self._sleep = sleep
        self._stopping = threading.Event()
        self._pool = (
            ThreadPoolExecutor(max_workers=threads, thread_name_prefix="deliveries")
            if threads
            else None
        )
        self._free = threading.Semaphore(threads or 1)
        self._recorder = Recorder(database, now, seen_once=self._seen_once)
        unpaced = [name for name, pace in self._paces.items() if pace is None]
        # One at a time: channels whose provider says how fast, and all where the caller's thread sends.
        self._singly = dict(self._paces)
        self._batches = None
        self._many = None
        if self._pool is not None and unpaced:
            self._many = ThreadPoolExecutor(many or threads, thread_name_prefix="deliveries-many")
            free = threading.Semaphore(many or threads)
            self._singly = {name: pace for name, pace in self._paces.items() if pace is not None}
            self._batches = Batches(
                database=database,
                channels=unpaced,
                now=now,
                free=free,
                threads=many or threads,
                start=partial(
                    self._start, pool=self._many, free=free, record=self._recorder.record
                ),
                stamp=self._stamped,
                steady=self._clock_is_steady,
                wait_for_chance=lambda: self._wait_for_chance(None, dict.fromkeys(unpaced)),
                stopping=self._stopping,
            )

    def stop(self) -> None:
        """Finish what is being sent and take nothing new."""
        self._stopping.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        if self._many is not None:
            self._many.shutdown(wait=True)

    def dispatch_conversation(self, conversation_id: int) -> int:
        """Send all due messages of one conversation in order; returns how many were tried."""
        count = waits = 0
        while count < MOST_AT_ONCE and not self._stopping.is_set():
            # A look is cheaper than asking for the right to write.
            channels = self._channel_of(conversation_id)
            outgoing = self._lease(conversation_id, channels) if channels else None
            if outgoing is not None:
                self._send(outgoing, self._recorder.record_alone)
                count, waits = count + 1, 0
            elif (
                not channels
                or waits == MOST_WAITS
                or not self._wait_for_chance(conversation_id, channels)
            ):
                break
            else:
                waits += 1
        return count

    def _channel_of(self, conversation_id: int) -> Mapping[str, Pace | None]:
        """The channel of a conversation of which something is open; empty when we cannot reach it."""
        with self._database.reading() as session:
            channel = channel_with_open(session, conversation_id=conversation_id)
        return {channel: self._paces[channel]} if channel in self._paces else {}

    def dispatch_due(self) -> int:
        """Send whatever is due anywhere; returns how many were tried."""
        if self._batches is None:
            return self._dispatch_singly()
        if not self._singly:
            return self._batches.run()
        with ThreadPoolExecutor(1, thread_name_prefix="deliveries-paced") as beside:
            paced = beside.submit(self._dispatch_singly)
            return self._batches.run() + paced.result()

    def _dispatch_singly(self) -> int:
        count = waits = 0
        # Our own, not whatever runs in the pool: two callers must not wait for each other.
        under_way: set[Future[None]] = set()
        while not self._stopping.is_set():
            # Before the look: what ends after it may have freed the next of its conversation.
            under_way = {task for task in under_way if not task.done()}
            # Not leased before a thread is free: a lease that waits in a line would run out there.
            self._free.acquire()
            outgoing = None
            try:
                outgoing = self._lease(None, self._singly)
            finally:
                if outgoing is None:
                    self._free.release()
            if outgoing is not None:
                started = self._start(
                    outgoing, pool=self._pool, free=self._free, record=self._recorder.record_alone
                )
                under_way |= {started} if started else set()
                count, waits = count + 1, 0
            elif waits < MOST_WAITS and self._wait_for_chance(None, self._singly):
                waits += 1
            elif under_way:
                # The next one of a conversation may go as soon as the one before it is out.
                wait(under_way, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            else:
                break
        wait(under_way)
        return count

    def _start(
        self,
        outgoing: Outgoing,
        *,
        pool: ThreadPoolExecutor | None,
        free: threading.Semaphore,
        record: Callable[[Success], None],
    ) -> Future[None] | None:
        def send() -> None:
            try:
                self._send(outgoing, record)
            except TemporaryFailure as error:
                log.warning(
                    "delivery %s: the result is not recorded: %s", outgoing.delivery_id, error
                )
            except Exception as error:
                log.error("delivery %s stopped: %s", outgoing.delivery_id, type(error).__name__)
            finally:
                free.release()

        if pool is None:
            send()
            return None
        try:
            return pool.submit(send)
        except RuntimeError:  # Stopped meanwhile: the lease runs out and another process takes it.
            free.release()
            return None

    def _lease(
        self, conversation_id: int | None, channels: Mapping[str, Pace | None]
    ) -> Outgoing | None:
        durable = not self._seen_once.issuperset(channels)

        def lease() -> list[Outgoing]:
            with self._database.transaction(durable=durable) as session:
                # First the lock, then the clock: what waits for the lock must not look as if it went out.
                session.connection()
                now = self._now()
                # After ``now`` was read: it may be the first moment by the new clock.
                steady = self._clock_is_steady()
                found = lease_next(
                    session,
                    now=now,
                    conversation_id=conversation_id,
                    channels=channels,
                    ahead=AHEAD,
                    run_out_too=steady,
                )
            return [found] if found is not None else []

        return next(iter(self._stamped(lease)), None)

    def _clock_is_steady(self) -> bool:
        """Whether a lease that looks as if it had run out has."""
        return self._watch is None or self._watch.is_steady()

    def _stamped(self, lease: Callable[[], list[Outgoing]]) -> list[Outgoing]:
        """What was leased, each with the end of its lease on the clock that nobody sets.

        Counted from before the lease was taken, on both clocks: rather too early than too late.
        """
        at, wall = self._monotonic(), self._now()
        return [
            replace(each, send_before=at + (each.leased_until - wall).total_seconds())
            if each.leased_until is not None
            else each
            for each in lease()
        ]

    def _lease_is_over(self, outgoing: Outgoing) -> bool:
        """Whether we slept past the lease: somebody else may be sending it now.

        Two clocks: one may be set back, the other stands still while the machine sleeps.
        """
        if outgoing.send_before is not None and self._monotonic() >= outgoing.send_before:
            return True
        return outgoing.leased_until is not None and self._now() >= outgoing.leased_until

    def _wait_for_chance(
        self, conversation_id: int | None, channels: Mapping[str, Pace | None]
    ) -> bool:
        """Wait until the next message may go, if that is soon; False when it is not."""
        now = self._now()
        with self._database.reading() as session:
            chance = next_chance(
                session,
                now=now,
                until=now + PATIENCE,
                conversation_id=conversation_id,
                channels=channels,
                ahead=AHEAD,
            )
        if chance is None:
            return False
        self._sleep(max((chance - now).total_seconds(), 0.001))
        return True

    def _send(self, outgoing: Outgoing, record: Callable[[Success], None]) -> None:
        sender = self._senders[outgoing.channel]
        if outgoing.maybe_sent and not sender.may_repeat(outgoing):
            with self._database.transaction() as session:
                mark_unsure(session, outgoing=outgoing, failure="lost while sending")
            return
        if outgoing.not_before is not None:
            early = (outgoing.not_before - self._now()).total_seconds()
            if early > 0:
                self._sleep(early)
        if outgoing.channel in self._gates:
            self._gates[outgoing.channel].wait(self._now, self._sleep)
        failpoint("before_send")
        if self._lease_is_over(outgoing):
            log.warning("delivery %s: the lease ran out before it was sent", outgoing.delivery_id)
            with self._database.transaction() as session:
                # Unless somebody has taken it meanwhile: surely it did not go out from here.
                postpone(
                    session, outgoing=outgoing, until=self._now(), failure="lease ran out unsent"
                )
            return
        try:
            sent = sender.send(outgoing)
        except TemporaryFailure as error:
            self._put_off(outgoing, error)
            return
        except Exception as error:
            self._give_up(outgoing, error)
            return
        failpoint("after_send")
        record(Success(outgoing, sent.provider_id, sent.parts_left, sent.provider_ids))
        failpoint("sent_marked")
        if self._sent is not None:
            self._sent(outgoing.conversation_id)

    def _put_off(self, outgoing: Outgoing, error: TemporaryFailure) -> None:
        sender, now = self._senders[outgoing.channel], self._now()
        seconds = error.retry_after or min(
            FIRST_RETRY * 2 ** min(outgoing.attempts - 1, 10), LONGEST_RETRY
        )
        until = now + timedelta(seconds=seconds)
        with self._database.transaction() as session:
            if isinstance(error, AnswerLost) and not self._again(outgoing, error):
                mark_unsure(session, outgoing=outgoing, failure=str(error))
            elif isinstance(error, RateLimited) and sender.pace is not None:
                hold_back(session, outgoing=outgoing, until=until, pace=sender.pace, now=now)
            elif _is_out_of_date(outgoing, now):
                mark_failed(session, outgoing=outgoing, failure="too_late")
            elif isinstance(error, AddressChanged):
                # At once, but a chat that moves in circles must not keep us busy.
                again = now if outgoing.attempts == 1 else until
                move_conversations(
                    session,
                    channel=outgoing.channel,
                    old=outgoing.address,
                    new=error.new_address,
                )
                postpone(session, outgoing=outgoing, until=again, failure=str(error))
            else:
                postpone(session, outgoing=outgoing, until=until, failure=str(error))

    def _again(self, outgoing: Outgoing, error: AnswerLost) -> bool:
        """Whether a message that may have arrived is sent again.

        Not for ever where no answer comes back at all: each time it may have arrived.
        """
        if not self._senders[outgoing.channel].may_repeat(outgoing):
            return False
        return error.troubled or outgoing.action != "send" or outgoing.attempts < MOST_REPEATS

    def _give_up(self, outgoing: Outgoing, error: Exception) -> None:
        code = error.code if isinstance(error, PermanentFailure) else type(error).__name__
        log.error("delivery %s failed: %s", outgoing.delivery_id, code)
        with self._database.transaction() as session:
            if isinstance(error, ChannelClosed):
                # Before the delivery: everybody locks in this order (core.locking).
                close_conversation(session, conversation_id=outgoing.conversation_id, reason=code)
            mark_failed(session, outgoing=outgoing, failure=code)


def _longest(paces: Iterable[Pace | None]) -> timedelta:
    """How long any of these leases lasts at most, with its place in the pace."""
    return max((each.longest_answer + MARGIN for each in paces if each), default=LEASE) + AHEAD


def _is_out_of_date(outgoing: Outgoing, now: datetime) -> bool:
    made = outgoing.created_at
    return outgoing.kind in TALK and made is not None and now - made > TALK_LASTS
