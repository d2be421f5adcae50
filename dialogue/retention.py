"""Applies the city's retention: kind after kind, batch after batch. Must not decide what is due.

A kind that fails stops no other; each batch is committed, so that a run that was broken off goes on where
it stopped. One line of the audit log for each kind and run.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.conversations import ERASED
from core.database import Database
from core.drafts import open_draft
from core.errors import Refused
from core.failpoints import failpoint
from core.files import FileStore
from core.leases import drop_lease, hold_lease
from core.locking import insert_missing
from core.models.conversation import Conversation
from core.models.privacy import RetentionRun
from core.ports import Now
from core.retention import BY, HANDLERS, treat_batch, unnamed_files
from core.retention_rules import RetentionRule
from dialogue.rasa import RasaClient

log = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
BATCH = 200
LEASE_NAME = "retention"
LEASE = timedelta(minutes=5)
TRACKERS = "rasa_trackers"
_TRACKER = re.compile(r"c([1-9][0-9]{0,17})")

# How a kind without a table is treated: (before, dry run) → how many.
Beside = Callable[[datetime, bool], int]


@dataclass(frozen=True)
class KindResult:
    """``due`` records of a kind; a run has treated them, a dry run has not. ``failure``: why it stopped."""

    kind: str
    due: int
    failure: str | None = None


class RetentionRunner:
    """Runs the retention of one city. ``beside`` treats kinds that are no rows (logs)."""

    def __init__(
        self,
        *,
        database: Database,
        rules: Sequence[RetentionRule],
        rasa: RasaClient,
        store: FileStore,
        now: Now,
        beside: Mapping[str, Beside] | None = None,
        batch: int = BATCH,
    ) -> None:
        self._database = database
        self._rules = [rule for rule in rules if rule.is_timed]
        self._rasa = rasa
        self._store = store
        self._now = now
        self._beside: dict[str, Beside] = {TRACKERS: self._trackers, **(beside or {})}
        self._batch = batch
        self._holder = uuid.uuid4().hex

    def run_if_due(self) -> list[KindResult]:
        """What the clock calls: a run if the last one began a day ago or never."""
        with self._database.reading() as session:
            last = session.scalar(select(func.max(RetentionRun.started_at)))
        if last is not None and self._now() - last < EVERY:
            return []
        try:
            return self.run()
        except Refused:
            return []  # Another process is at it.

    def run(
        self,
        *,
        dry_run: bool = False,
        by: str = BY,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> list[KindResult]:
        """Treat what is due, or only count it. Raises Refused("retention_runs") while another one does."""
        results = []
        try:
            for rule in self._rules:
                if not dry_run:
                    self._hold()
                results.append(self._kind(rule, dry_run=dry_run, by=by, tell=tell))
        finally:
            if not dry_run:
                with self._database.transaction() as session:
                    drop_lease(session, name=LEASE_NAME, holder=self._holder, now=self._now())
        if any(result.due for result in results) and not dry_run:
            self._database.empty_log()
        return results

    def _hold(self) -> None:
        with self._database.transaction() as session:
            held = hold_lease(
                session, name=LEASE_NAME, holder=self._holder, now=self._now(), lasts=LEASE
            )
        if not held:
            raise Refused("retention_runs")

    def _kind(
        self, rule: RetentionRule, *, dry_run: bool, by: str, tell: Callable[[str], None]
    ) -> KindResult:
        now = self._now()
        done = [0]
        failure = None
        try:
            if not dry_run:
                self._note(rule.kind, started_at=now, finished_at=None, failure=None)
            if rule.kind in HANDLERS:
                self._rows(rule, now=now, dry_run=dry_run, done=done, tell=tell)
            else:
                done[0] += self._beside[rule.kind](rule.before(now), dry_run)
            if not dry_run:
                self._note(rule.kind, finished_at=self._now(), changed=done[0])
        except Exception as error:
            # Only the type: an exception's words may hold a citizen's.
            failure = type(error).__name__
            log.error("retention of %s stopped: %s", rule.kind, failure)
        if not dry_run:
            self._audit(rule, by=by, done=done[0], failure=failure, now=now)
        tell(f"{rule.kind}: {done[0]}{f' ({failure})' if failure else ''}")
        return KindResult(rule.kind, done[0], failure)

    def _rows(
        self,
        rule: RetentionRule,
        *,
        now: datetime,
        dry_run: bool,
        done: list[int],
        tell: Callable[[str], None],
    ) -> None:
        after = None
        while True:
            with self._database.reading() if dry_run else self._database.transaction() as session:
                batch = treat_batch(
                    session,
                    kind=rule.kind,
                    before=rule.before(now),
                    after=after,
                    limit=self._batch,
                    dry_run=dry_run,
                    now=now,
                )
                session.flush()
                # Inside, so that no new row can take up a file between look and removal.
                for sha256 in unnamed_files(session, batch.files):
                    self._store.remove(sha256)
            if batch.last is None:
                return
            done[0] += batch.due
            after = batch.last
            failpoint("retention_batch")
            if not dry_run:
                self._hold()
            tell(f"{rule.kind}: {done[0]} …")

    def _trackers(self, before: datetime, dry_run: bool) -> int:
        """Let Rasa forget who has been quiet, and whoever has no conversation with us (any more)."""
        count, after = 0, ""
        while True:
            names = self._rasa.list_trackers(after=after, limit=self._batch)
            if not names:
                return count
            after = names[-1]
            with self._database.reading() as session:
                due = [name for name in names if _is_idle(session, name, before)]
            for name in due:
                if not dry_run:
                    self._rasa.forget_tracker(name)
                count += 1

    def _note(self, kind: str, **values: object) -> None:
        with self._database.transaction() as session:
            insert_missing(session, RetentionRun, kind=kind, started_at=self._now(), changed=0)
            row = session.get_one(RetentionRun, kind)
            for name, value in values.items():
                setattr(row, name, value)

    def _audit(
        self, rule: RetentionRule, *, by: str, done: int, failure: str | None, now: datetime
    ) -> None:
        with self._database.transaction() as session:
            row = session.get(RetentionRun, rule.kind)
            if row is not None:
                row.failure = failure
            record_audit(
                session,
                actor=by,
                action="retention.run",
                subject=f"retention:{rule.kind}",
                purpose=f"{rule.action}: {done}{f', stopped by {failure}' if failure else ''}",
                now=now,
            )


def _is_idle(session: Session, name: str, before: datetime) -> bool:
    found = _TRACKER.fullmatch(name)
    conversation = session.get(Conversation, int(found[1])) if found else None
    if conversation is None or conversation.address.startswith(ERASED):
        return True
    if open_draft(session, conversation_id=conversation.id) is not None:
        return False
    return (conversation.last_turn_at or conversation.created_at) < before
