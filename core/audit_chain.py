"""Verifies the audit log against itself, its end and signed anchors. Must change nothing.

What it can find: a changed line, a missing or moved one, a missing beginning, missing last lines, and (by
anchors) a chain that was made anew. It reads a few lines at a time: the log of years fits in no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, literal, select
from sqlalchemy.orm import Session

from core.audit import GENESIS, HEAD_ID, hash_of
from core.audit_anchors import Anchor, AnchorKeys
from core.models.vault import AuditEntry, AuditHead

CUT = "audit.cut"
AT_ONCE = 5000
_TABLE = AuditEntry.__tablename__
Progress = Callable[[int], None]
_COLUMNS: tuple[Any, ...] = (
    AuditEntry.id,
    AuditEntry.version,
    AuditEntry.at,
    AuditEntry.actor,
    AuditEntry.place,
    AuditEntry.conversation_id,
    AuditEntry.case_id,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.purpose,
    AuditEntry.previous_hash,
    AuditEntry.hash,
)


@dataclass(frozen=True)
class Break:
    """Where the chain breaks first. ``reason`` is one of the keys of ``SENTENCES``."""

    id: int
    at: datetime | None
    reason: str
    detail: str = ""

    @property
    def text(self) -> str:
        """One sentence for an operator."""
        return f"{SENTENCES[self.reason]}{f' ({self.detail})' if self.detail else ''}"


SENTENCES = {
    "changed": "this line was changed: its hash does not fit its content",
    "missing_before": "this line does not follow the one before it: a line between them was removed, the "
    "one before was changed, or lines were exchanged",
    "beginning_missing": "the lines before this one are gone and no signed cut says why",
    "rewritten": "this line is not the one that was signed: the log was written anew",
    "missing_after": "lines after this one were removed from the end of the log",
    "end_unknown": "the log's end does not fit what the database noted of it: lines were added or removed "
    "past the service",
}


@dataclass(frozen=True)
class Verification:
    """What was found. ``lines``: how many were read; ``anchors``: how many ends were compared."""

    lines: int
    first_id: int | None
    last_id: int | None
    last_hash: str
    count: int
    anchors: int
    broken: Break | None


def verify_chain(
    session: Session,
    *,
    anchors: Sequence[Anchor] = (),
    keys: AnchorKeys | None = None,
    since: Anchor | None = None,
    progress: Progress = lambda _lines: None,
) -> Verification:
    """Read the log from its beginning, or from the line of ``since``, and compare everything.

    ``anchors`` must have been read before the session's first statement, or new lines look missing.
    Without ``keys`` a cut is believed without its signature.
    """
    return _Walk(session, anchors, keys, since, progress).run()


def first_broken_entry(session: Session) -> int | None:
    """The id of the first line that does not fit the chain, or None when all fit (without anchors)."""
    broken = verify_chain(session).broken
    return None if broken is None else broken.id


class _Walk:
    def __init__(
        self,
        session: Session,
        anchors: Sequence[Anchor],
        keys: AnchorKeys | None,
        since: Anchor | None,
        progress: Progress,
    ) -> None:
        self._session, self._keys, self._since, self._progress = session, keys, since, progress
        self._cuts = {each.hash: each for each in anchors if each.kind == "cut"}
        self._ends = _expected_ends(anchors, since)
        self._previous = since.hash if since else GENESIS
        self._count = since.count if since else 0
        self._lines = self._compared = self._cut_id = 0
        self._first: int | None = None
        self._last: Any = None
        # A backup may be older than the columns of today.
        known = {each["name"] for each in inspect(session.connection()).get_columns(_TABLE)}
        self._columns = [
            each
            if each.key in known
            else literal(1 if each.key == "version" else None).label(each.key)
            for each in _COLUMNS
        ]
        self._is_old = "version" not in known

    def run(self) -> Verification:
        head = None if self._is_old else self._head()
        broken = self._read() or (None if self._is_old else self._look_at_end(head))
        return Verification(
            self._lines,
            self._first,
            None if self._last is None else self._last.id,
            self._previous,
            self._count,
            self._compared,
            broken,
        )

    def _head(self) -> Any:
        return self._session.execute(
            select(AuditHead.lines, AuditHead.last_id, AuditHead.last_hash).where(
                AuditHead.id == HEAD_ID
            )
        ).first()

    def _read(self) -> Break | None:
        wanted = select(*self._columns).order_by(AuditEntry.id).execution_options(yield_per=AT_ONCE)
        if self._since is not None:
            wanted = wanted.where(AuditEntry.id > self._since.id)
        # Closed at once: PostgreSQL keeps a cursor open for what is not read.
        with closing(self._session.execute(wanted)) as lines:
            for line in lines:
                broken = self._look_at(line)
                if broken is not None:
                    return broken
        return None

    def _look_at(self, line: Any) -> Break | None:
        if self._first is None:
            self._first = line.id
            if line.previous_hash != self._previous and self._since is None:
                cut = self._cut_before(line.previous_hash)
                if cut is None:
                    return Break(line.id, line.at, "beginning_missing")
                self._previous, self._count, self._cut_id = cut.hash, cut.count, cut.id
        if line.previous_hash != self._previous:
            return Break(line.id, line.at, "missing_before")
        if line.hash != hash_of(line):
            return Break(line.id, line.at, "changed")
        while self._ends and self._ends[-1].id < line.id:
            end = self._ends.pop()
            if end.id <= self._cut_id:
                continue  # It was cut away since.
            return Break(line.id, line.at, "rewritten", f"line {end.id} was signed at {end.at}")
        self._lines += 1
        self._count += 1
        self._previous, self._last = line.hash, line
        if self._ends and self._ends[-1].id == line.id:
            end = self._ends.pop()
            self._compared += 1
            if end.hash != line.hash or end.count != self._count:
                return Break(line.id, line.at, "rewritten", f"it was signed at {end.at}")
        if self._lines % AT_ONCE == 0:
            self._progress(self._lines)
        return None

    def _look_at_end(self, head: Any) -> Break | None:
        since = self._since.id if self._since else 0
        last_id, at = (since, None) if self._last is None else (self._last.id, self._last.at)
        if self._ends:
            end = self._ends[0]
            return Break(last_id, at, "missing_after", f"line {end.id} was signed at {end.at}")
        if head is None:
            return Break(last_id, at, "end_unknown") if last_id else None
        if head.last_id > last_id:
            return Break(last_id, at, "missing_after", f"line {head.last_id} was the last one")
        # Others may have written while we read: the end must be ours or lie behind it.
        now = self._head()
        if now is None or now.last_id < last_id or now.lines < self._count:
            return Break(last_id, at, "end_unknown")
        if now.last_id == last_id and (now.last_hash, now.lines) != (self._previous, self._count):
            return Break(last_id, at, "end_unknown")
        return None

    def _cut_before(self, hash_before: str) -> Anchor | None:
        """A signed cut whose last line has this hash."""
        known = self._cuts.get(hash_before)
        if known is not None:
            return known
        for line in self._session.execute(
            select(AuditEntry.at, AuditEntry.purpose)
            .where(AuditEntry.action == CUT)
            .order_by(AuditEntry.id.desc())
        ):
            cut = cut_of(line.purpose, line.at)
            if cut is not None and cut.hash == hash_before:
                return cut if self._keys is None or self._keys.signed(cut) else None
        return None


def cut_in_words(cut: Anchor) -> str:
    """A cut as the purpose of its own line in the log."""
    return f"{cut.count}:{cut.id}:{cut.hash}:{cut.mac}"


def cut_of(purpose: str, at: datetime) -> Anchor | None:
    """The cut that a line tells of, or None when it cannot be read."""
    parts = purpose.split(":")
    if len(parts) != 4 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return Anchor("cut", at.isoformat(), int(parts[0]), int(parts[1]), parts[2], parts[3])


def _expected_ends(anchors: Sequence[Anchor], since: Anchor | None) -> list[Anchor]:
    """Signed ends that must be found, the newest first; a restored backup ends before some of them."""
    ends: dict[int, Anchor] = {}
    for anchor in anchors:
        if anchor.kind == "restored":
            ends = {each.id: each for each in ends.values() if each.id <= anchor.id}
        if anchor.kind != "cut":
            ends[anchor.id] = anchor
    start = since.id if since else 0
    return sorted((e for e in ends.values() if e.id > start), key=lambda e: e.id, reverse=True)
