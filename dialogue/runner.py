"""Works the turn queue: one conversation at a time, oldest turn first. Must not parse any channel.

What a citizen needs while Rasa is down is said here from ``city/texts``; everything that is decided by
understanding is asked of Rasa.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.city import City
from core.conversations import (
    Lease,
    answer_turn,
    fail_turn,
    next_turn,
    postpone_turn,
)
from core.database import Database
from core.errors import PermanentFailure, TemporaryFailure
from core.failpoints import failpoint
from core.handovers import open_handover
from core.inbound import Photo, RemoteFile
from core.invitations import Invitations
from core.models.conversation import Conversation, Turn
from core.photo_places import PhotoPlaces
from core.ports import Channel, Now
from core.replies import Reply
from core.telemetry import NO_TELEMETRY, Step, Telemetry
from core.turn_queue import due_turn, waiting_conversations
from dialogue.dispatch import Dispatcher
from dialogue.erasure import forget_conversation
from dialogue.files import fetch_files
from dialogue.later import Later
from dialogue.leases import Leases
from dialogue.public import answer_in_public
from dialogue.rasa import RasaClient
from dialogue.reading import Reading, read_turn
from dialogue.revisions import keep_revision
from dialogue.rights import Rights

log = logging.getLogger(__name__)

AcceptFile = Callable[[bytes], Photo]
FIRST_RETRY = 2.0
LONGEST_RETRY = 30.0
GIVE_UP_AFTER = timedelta(hours=24)
TRIES_ON_BUG = 3
# How many turns of one conversation a thread works before another conversation may have it.
FAIR_SHARE = 5


@dataclass(frozen=True)
class _Worked:
    """The replies to a turn, the revision of it that they answer and what that held.

    See ``Reading.aside``.
    """

    replies: Sequence[Reply]
    revision: int
    heard: dict[str, Any]
    aside: bool = False


def wait_before_retry(attempts: int) -> float:
    """Seconds until the next try after ``attempts`` tries: 2, 4, 8, 16, then 30, however many."""
    return min(FIRST_RETRY * 2.0 ** min(attempts - 1, 10), LONGEST_RETRY)


class TurnRunner:
    """Answers turns. ``kick`` works in the background; ``run`` works now, in this thread."""

    def __init__(
        self,
        *,
        database: Database,
        city: City,
        rasa: RasaClient,
        dispatcher: Dispatcher,
        now: Now,
        channels: Iterable[Channel] = (),
        accept_file: AcceptFile | None = None,
        may_keep: Callable[[int, int], None] = lambda _conversation, _size: None,
        invitations: Invitations | None = None,
        places: PhotoPlaces | None = None,
        leases: Leases | None = None,
        threads: int = 8,
        telemetry: Telemetry = NO_TELEMETRY,
        rights: Rights | None = None,
    ) -> None:
        """``accept_file`` checks and stores what a channel's ``files`` bring, where there is room.

        ``may_keep(conversation_id, size)`` raises Refused where there is none. ``leases``
        end with us. ``places`` keeps where photos were taken until the citizen has said yes or no.
        """
        self._telemetry = telemetry
        self._database = database
        self._city = city
        self._rasa = rasa
        self._dispatcher = dispatcher
        self._now = now
        self._channels = {channel.name: channel for channel in channels}
        self._accept_file = accept_file
        self._may_keep = may_keep
        self._invitations = invitations
        self._places = places
        self._rights = rights
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="turns")
        # A slow file must not take the threads from those who only write.
        self._slow_pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="files")
        self._later = Later("kicks")
        self.leases = leases or Leases(database=database, now=now)
        self._stopping = threading.Event()

    def kick(self, conversation_id: int, after: float = 0.0) -> None:
        """Work this conversation soon (in ``after`` seconds), in the background.

        The worker takes it if this process dies.
        """
        if after:
            self._later.call(after, lambda: self._submit(self._pool, conversation_id))
        else:
            self._submit(self._pool, conversation_id)

    def _submit(self, pool: ThreadPoolExecutor, conversation_id: int) -> None:
        # Once the pool takes nothing new, the turn waits in the database for the next process.
        with suppress(RuntimeError):
            pool.submit(self._run_logged, conversation_id, pool)

    def stop(self) -> None:
        """Finish what is under way and take nothing new."""
        self._stopping.set()
        self._later.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._slow_pool.shutdown(wait=True, cancel_futures=True)
        self.leases.stop()

    def run_waiting(self) -> int:
        """Work every conversation that waits and that nobody holds; returns how many were worked.

        Side by side, and whatever happens to one of them: a slow or broken turn holds up no other.
        """
        with self._database.reading() as session:
            waiting = waiting_conversations(session, now=self._now())
        with suppress(RuntimeError):
            tasks = [self._pool.submit(self._run_logged, each, self._pool) for each in waiting]
            for task in tasks:
                with suppress(CancelledError):
                    task.result()
        return len(waiting)

    def run(
        self, conversation_id: int, *, most: int | None = None, with_files: bool = True
    ) -> bool:
        """Answer the due turns of a conversation and send the answers.

        ``most`` limits how many; without ``with_files`` it stops before a turn whose files must be
        fetched. True when it left some.
        """
        worked = 0
        left = False
        while not self._stopping.is_set():
            # Also after each release: a turn that arrived just before it found the lease taken.
            due = self._due(conversation_id)
            left = due is not None
            if due is None or worked == most or (due.files and not with_files):
                break
            with self.leases.hold(conversation_id) as lease:
                if lease is None:
                    left = False
                    break
                while not self._stopping.is_set() and worked != most and self._work_one(lease):
                    worked += 1
                    self._dispatcher.dispatch_conversation(conversation_id)
                    # A look is cheaper than asking for the right to write.
                    due = self._due(conversation_id)
                    if due is None or (due.files and not with_files):
                        break
        self._dispatcher.dispatch_conversation(conversation_id)
        return left

    def _run_logged(self, conversation_id: int, pool: ThreadPoolExecutor) -> None:
        slow = pool is self._slow_pool
        try:
            if self.run(conversation_id, most=FAIR_SHARE, with_files=slow):
                # To the end of the line: who writes much must not hold a thread for himself.
                due = self._due(conversation_id)
                fetch = due is not None and bool(due.files)
                self._submit(self._slow_pool if fetch else self._pool, conversation_id)
        except TemporaryFailure as error:
            log.warning("conversation %s waits: %s", conversation_id, error)
        except Exception as error:
            # Only the type: an exception's words may hold a citizen's.
            log.error("conversation %s stopped: %s", conversation_id, type(error).__name__)

    def _due(self, conversation_id: int) -> Turn | None:
        with self._database.reading() as session:
            return due_turn(session, conversation_id=conversation_id, now=self._now())

    def _work_one(self, lease: Lease) -> bool:
        """Answer one turn. False when none is due."""
        now = self._now()
        with self._database.transaction(durable=False) as session:
            turn = next_turn(session, lease=lease, now=now)
            if turn is None:
                return False
            turn_id, attempts, arrived_at = turn.id, turn.attempts, turn.arrived_at
            channel = turn.channel
        failpoint("turn_leased")
        if attempts == 1:
            waited = (now - arrived_at).total_seconds()
            self._telemetry.took("wait", waited, channel=channel)
        with self._telemetry.step(
            "turn", channel=channel, turn_id=turn_id, conversation_id=lease.conversation_id
        ) as step:
            self._answer(lease, step, turn_id=turn_id, attempts=attempts, arrived_at=arrived_at)
        return True

    def _answer(
        self, lease: Lease, step: Step, *, turn_id: int, attempts: int, arrived_at: datetime
    ) -> None:
        now = self._now()
        try:
            # After the try was counted: a turn that cannot be read must not be tried for ever.
            worked = None
            while worked is None:
                self._fetch_files(lease, turn_id, attempts)
                worked = self._work(lease, turn_id)
        except TemporaryFailure as error:
            if now - arrived_at < GIVE_UP_AFTER:
                wait = error.retry_after or wait_before_retry(attempts)
                self._postpone(lease, turn_id, wait=wait, failure=str(error))
                step.outcome = "later"
            else:
                self._give_up(lease, turn_id, failure=str(error))
                step.outcome = "failed"
            return
        except Exception as error:
            step.outcome = self._stumble(lease, turn_id, attempts=attempts, error=error)
            return
        failpoint("rasa_answered")
        try:
            with self._database.transaction() as session:
                answer_turn(
                    session,
                    lease=lease,
                    turn_id=turn_id,
                    replies=worked.replies,
                    now=self._now(),
                    kind="notice" if worked.aside else "reply",
                    revision=worked.revision,
                    heard=worked.heard,
                )
        except TemporaryFailure:
            raise
        except Exception as error:
            step.outcome = self._stumble(lease, turn_id, attempts=attempts, error=error)
            return
        failpoint("turn_answered")
        step.outcome = "answered"
        took = (self._now() - arrived_at).total_seconds()
        self._telemetry.took("answer", took, channel=step.channel)

    def _fetch_files(self, lease: Lease, turn_id: int, attempts: int) -> None:
        with self._database.reading() as session:
            turn = session.get_one(Turn, turn_id)
            files, channel = list(turn.files), self._channels.get(turn.channel)
        if not files:
            return
        if channel is None or channel.files is None or self._accept_file is None:
            # Not this process's channel: another one will take the turn.
            raise TemporaryFailure(f"no way to fetch files of {turn.channel} from here")
        fetch_files(
            database=self._database,
            lease=lease,
            turn_id=turn_id,
            files=[RemoteFile.from_data(data) for data in files],
            source=channel.files,
            accept=self._accept_file,
            may_keep=self._may_keep,
            attempts=attempts,
            now=self._now,
            places=self._places,
        )

    def _work(self, lease: Lease, turn_id: int) -> _Worked | None:
        """The replies to the turn as it is now; None when a part with a file joined it meanwhile."""
        case_number = None
        with self._database.reading() as session:
            revised = session.get_one(Turn, turn_id).revised is not None
        if revised:
            with self._database.transaction() as session:
                case_number = keep_revision(session, lease=lease, turn_id=turn_id, now=self._now())
        with self._database.reading() as session:
            turn = session.get_one(Turn, turn_id)
            if turn.files:
                return None
            conversation = session.get_one(Conversation, turn.conversation_id)
            channel = self._channels.get(turn.channel)
            heard = {"text": turn.text, "attachments": len(turn.attachment_ids)}
            private = conversation.visibility == "private"
            forget = conversation.forget_in_rasa
            reading = Reading()
            if private:
                reading = read_turn(
                    session,
                    turn=turn,
                    city=self._city,
                    now=self._now(),
                    invitations=self._invitations,
                    noted_in_case=case_number,
                )
        if private and self._rights is not None:
            reading = self._rights.fit(reading, self._rights.read(turn_id))
        if not private:
            replies = answer_in_public(
                turn,
                city=self._city,
                understand=self._rasa.understand,
                links=channel.private_links if channel else None,
                invitations=self._invitations,
            )
            return _Worked(replies, turn.revision, heard)
        if forget and reading.for_rasa is not None:
            forget_conversation(self._database, self._rasa, lease, now=self._now)
        with _presence(channel, conversation.address, needed=reading.for_rasa is not None):
            answer = self._replies(reading)
        if self._rights is not None:
            answer = self._rights.expand(
                answer, conversation_id=turn.conversation_id, channel=turn.channel
            )
        return _Worked(answer, turn.revision, heard, aside=reading.aside)

    def _stumble(self, lease: Lease, turn_id: int, *, attempts: int, error: Exception) -> str:
        """What to do about a fault of our own: a few more tries, then a person; returns the outcome."""
        code = error.code if isinstance(error, PermanentFailure) else type(error).__name__
        log.error("turn %s failed: %s", turn_id, code)
        if attempts < TRIES_ON_BUG:
            self._postpone(lease, turn_id, wait=FIRST_RETRY * attempts, failure=code)
            return "later"
        self._give_up(lease, turn_id, failure=code)
        return "failed"

    def _replies(self, reading: Reading) -> Sequence[Reply]:
        if reading.for_rasa is None:
            return reading.before
        answer = self._rasa.converse(reading.for_rasa)
        return [*reading.before, *answer.replies, *reading.after]

    def _postpone(self, lease: Lease, turn_id: int, *, wait: float, failure: str) -> None:
        now = self._now()
        with self._database.transaction() as session:
            conversation = session.get_one(Conversation, lease.conversation_id)
            # Where everybody reads along only the answer itself is worth a message.
            private = conversation.visibility == "private"
            late = Reply(self._city.texts.render("rasa_down")) if private else None
            postpone_turn(
                session,
                lease=lease,
                turn_id=turn_id,
                until=now + timedelta(seconds=wait),
                failure=failure,
                late_notice=late,
                now=now,
            )

    def _give_up(self, lease: Lease, turn_id: int, *, failure: str) -> None:
        now = self._now()
        with self._database.transaction() as session:
            fail_turn(
                session,
                lease=lease,
                turn_id=turn_id,
                failure=failure,
                notice=Reply(self._city.texts.render("turn_failed")),
                now=now,
            )
            open_handover(
                session,
                conversation_id=lease.conversation_id,
                reason=f"failed_turn:{turn_id}",
                now=now,
            )


def _presence(
    channel: Channel | None, address: str, *, needed: bool
) -> AbstractContextManager[None]:
    if channel is None or channel.presence is None or not needed:
        return nullcontext()
    return channel.presence.working(address)
