"""Sends what waits for departments, many at once. Must not hold a transaction open while it sends.

Each department has its own batches, so one that is slow or silent takes a few threads for a moment and
delays nobody. After a failure the rest of a batch goes back unspent.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.city import City, Department, UnknownName
from core.database import Database
from core.department_events import load_events, reveal_contact
from core.department_ports import DepartmentEvent, DepartmentSender
from core.department_queue import (
    LEASE,
    Leased,
    Result,
    due_departments,
    lease_batch,
    record_results,
    still_ours,
)
from core.department_standby import allowance, give_back, note_failure, note_success
from core.errors import (
    AnswerLost,
    PermanentFailure,
    ProviderAway,
    RateLimited,
    TemporaryFailure,
)
from core.ports import Now
from core.vault import Vault

log = logging.getLogger(__name__)

# Batches of one department at a time; more would let one department have all threads.
BATCHES_AT_ONCE = 3
FIRST_RETRY = 15.0
LONGEST_RETRY = 900.0
# A single message that fails again and again while its department answers: a person must look.
MOST_TRIES = 30
# Between the end of the longest sending and the end of its lease: the result is recorded meanwhile.
MARGIN = timedelta(seconds=3)
LOOK_AGAIN = 0.5
NOT_THE_NEXT = timedelta(seconds=1)


@dataclass
class _Outcome:
    """What a batch came to."""

    results: list[Result] = field(default_factory=list)
    answered: bool = False
    failure: TemporaryFailure | None = None


class DepartmentRunner:
    """Works the queue. ``senders`` are the ways that this process knows."""

    def __init__(
        self,
        *,
        database: Database,
        city: City,
        vault: Vault,
        senders: Iterable[DepartmentSender],
        now: Now,
        threads: int = 12,
    ) -> None:
        self._database, self._city, self._vault, self._now = database, city, vault, now
        self._senders = {sender.kind: sender for sender in senders}
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="departments")
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish what is being sent and take nothing new."""
        self._stopping.set()
        self._pool.shutdown(wait=True)

    def run_due(self) -> int:
        """Send whatever may go to any department now; returns how many were taken."""
        busy: dict[Future[int], str] = {}
        count = 0
        while not self._stopping.is_set():
            for done in [task for task in busy if task.done()]:
                del busy[done]
                count += done.result()
            at_work = Counter(busy.values())
            started = 0
            with self._database.reading() as session:
                waiting = due_departments(session)
            for department_id in waiting:
                if at_work[department_id] >= BATCHES_AT_ONCE:
                    continue
                batch = self._lease(department_id, at_work[department_id])
                if batch:
                    try:
                        busy[self._pool.submit(self._work, department_id, batch)] = department_id
                    except RuntimeError:  # Stopped meanwhile: the lease runs out.
                        break
                    started += 1
            if not started and not busy:
                break
            if not started:
                wait(busy, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
        wait(busy)
        return count + sum(task.result() for task in busy)

    def _lease(self, department_id: str, at_work: int) -> list[Leased]:
        sender = self._sender(department_id)
        limit = sender.batch if sender else 100
        with self._database.transaction() as session:
            # First the lock, then the clock.
            session.connection()
            now = self._now()
            allowed = allowance(session, department_id=department_id, limit=limit, now=now)
            # While it is in doubt, one at a time is enough.
            if allowed < min(limit, 2) and at_work:
                if allowed:
                    give_back(session, department_id=department_id, now=now)
                return []
            if not allowed:
                return []
            lasts = max(LEASE, sender.answers_within + 2 * MARGIN) if sender else LEASE
            batch = lease_batch(
                session, department_id=department_id, limit=allowed, now=now, lasts=lasts
            )
            if not batch:
                give_back(session, department_id=department_id, now=now)
            return batch

    def _work(self, department_id: str, batch: list[Leased]) -> int:
        outcome = _Outcome()
        try:
            department = self._city.department(department_id)
        except UnknownName:
            department = None
        sender = self._sender(department_id)
        try:
            with self._database.reading() as session:
                events = load_events(session, batch, city=self._city)
        except TemporaryFailure as error:
            log.info("department %s waits for the database: %s", department_id, error)
            outcome.results += [Result(each, "pending", tried=False) for each in batch]
            events, batch = {}, []
        for leased in batch:
            if outcome.failure is not None or self._stopping.is_set():
                outcome.results.append(Result(leased, "pending", _failure_of(outcome), tried=False))
            elif department is None or sender is None:
                outcome.results.append(Result(leased, "failed", "no_way"))
            else:
                self._send(leased, events[leased.message_id], sender, department, outcome)
        try:
            self._record(department_id, outcome)
        except TemporaryFailure as error:
            # The database is busy: leases run out, and what is not sure is not sent again by itself.
            log.warning("results for department %s were not recorded: %s", department_id, error)
        return len(outcome.results)

    def _send(
        self,
        leased: Leased,
        event: DepartmentEvent,
        sender: DepartmentSender,
        department: Department,
        outcome: _Outcome,
    ) -> None:
        if leased.maybe_sent and not sender.may_repeat(department):
            outcome.results.append(Result(leased, "unsure", "answer_lost: the sender stopped"))
            return
        try:
            ready = self._ready(leased, event, sender, department)
            if ready is None:
                # Somebody else has it by now, or will: the token keeps this from changing anything.
                outcome.results.append(Result(leased, "pending", tried=False))
                return
            sender.send(ready, department=department)
        except PermanentFailure as error:
            # It answered, if only to say no.
            outcome.answered = True
            outcome.results.append(Result(leased, "failed", str(error)))
        except AnswerLost as error:
            if sender.may_repeat(department):
                self._put_off(leased, error, outcome)
            else:
                outcome.failure = error
                outcome.results.append(Result(leased, "unsure", str(error)))
        except TemporaryFailure as error:
            self._put_off(leased, error, outcome)
        except Exception as error:
            # Its words may hold what a citizen wrote.
            log.error("department message %s: %s", leased.message_id, type(error).__name__)
            outcome.results.append(Result(leased, "failed", f"unexpected: {type(error).__name__}"))
        else:
            outcome.answered = True
            outcome.results.append(Result(leased, "sent"))

    def _ready(
        self,
        leased: Leased,
        event: DepartmentEvent,
        sender: DepartmentSender,
        department: Department,
    ) -> DepartmentEvent | None:
        """The event if it may leave: the last look before it does."""
        needs = sender.answers_within + MARGIN
        if department.way.needs_contact and leased.kind in ("opened", "note"):
            with self._database.transaction() as session:
                if not still_ours(session, leased, now=self._now(), needs=needs):
                    return None
                contact = reveal_contact(session, leased, vault=self._vault, now=self._now())
            event = replace(event, contact=contact)
        with self._database.reading() as session:
            return event if still_ours(session, leased, now=self._now(), needs=needs) else None

    def _put_off(self, leased: Leased, error: TemporaryFailure, outcome: _Outcome) -> None:
        outcome.failure = error
        seconds = error.retry_after or min(
            FIRST_RETRY * 2.0 ** min(leased.attempts - 1, 10), LONGEST_RETRY
        )
        again_at = self._now() + timedelta(seconds=seconds)
        outcome.results.append(Result(leased, "pending", str(error), again_at=again_at))

    def _record(self, department_id: str, outcome: _Outcome) -> None:
        with self._database.transaction() as session:
            now = self._now()
            error = outcome.failure
            held: datetime | None = None
            if outcome.answered:
                note_success(session, department_id=department_id, now=now)
            if error is not None:
                held = note_failure(
                    session,
                    department_id=department_id,
                    failure=str(error),
                    now=now,
                    wish=error.retry_after,
                    silence_only=isinstance(error, RateLimited),
                )
            lost = record_results(
                session, [_settled(each, error, held) for each in outcome.results], now=now
            )
        if lost:
            log.warning("%s leases for department %s had run out", lost, department_id)

    def _sender(self, department_id: str) -> DepartmentSender | None:
        try:
            way = self._city.department(department_id).way
        except UnknownName:
            return None
        return self._senders.get(way.kind)


def _failure_of(outcome: _Outcome) -> str | None:
    return None if outcome.failure is None else str(outcome.failure)


def _settled(result: Result, error: TemporaryFailure | None, held: datetime | None) -> Result:
    """When a message goes again, or that it never does.

    The cause of a silence is not the message: it goes as soon as the department is tried again, but
    not as the very next one, so that a message that breaks the other side cannot stop all others.
    """
    if result.state != "pending" or error is None or not result.tried:
        return result
    if isinstance(error, ProviderAway | RateLimited):
        soon = None if held is None else held + NOT_THE_NEXT
        return replace(result, again_at=soon)
    if result.leased.attempts >= MOST_TRIES:
        return Result(result.leased, "failed", f"too_often: {result.failure}")
    return result
