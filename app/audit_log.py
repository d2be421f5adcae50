"""Keeps and proves the audit log: signed ends, verification, time of keeping. Must not write lines of others.

The rules are in ``core.audit…``; here they meet the settings and the file of signed ends.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.settings import Settings
from core.audit_anchors import Anchor, AnchorFault, AnchorFile, AnchorKeys
from core.audit_chain import Verification, verify_chain
from core.audit_retention import cut_audit, end_of
from core.database import Database
from core.models.vault import AuditEntry

# A run of the job takes no longer than this many cuts.
MOST_CUTS = 40


@dataclass(frozen=True)
class AuditState:
    """What a verification found; ``fault`` is of the file of signed ends."""

    found: Verification
    fault: AnchorFault | None
    anchors_file: Path
    # Signed ends in that file.
    signed: int
    # The line after which it was read; None: from the beginning.
    since: Anchor | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return self.found.broken is None and self.fault is None

    @property
    def sentence(self) -> str:
        """What is wrong, or that nothing is, in one sentence."""
        broken, fault = self.found.broken, self.fault
        if broken is not None:
            when = "" if broken.at is None else f" of {broken.at.isoformat(timespec='seconds')}"
            return f"line {broken.id}{when}: {broken.text}"
        if fault is not None:
            return f"line {fault.line} of {self.anchors_file}: {fault.text}"
        return f"{self.found.lines} lines fit the chain, {self.found.anchors} signed ends fit"


def anchor_keys(settings: Settings) -> AnchorKeys:
    """The keys that sign ends: those set, then the one made from the cookie secret."""
    made = hmac.new(settings.cookie_secret.encode(), b"audit anchors", hashlib.sha256).digest()
    given = [each.encode() for each in settings.audit_anchor_key.split(",") if each]
    return AnchorKeys((*given, made))


def anchor_file(settings: Settings, path: Path | None = None) -> AnchorFile:
    """The file of signed ends, or a copy of it."""
    return AnchorFile(path or settings.audit_anchors, anchor_keys(settings))


def verify_audit(
    settings: Settings,
    database: Database,
    *,
    anchors: Path | None = None,
    quick: bool = False,
    progress: Callable[[int], None] = lambda _lines: None,
) -> AuditState:
    """Read the log and compare it with the signed ends in ``anchors`` (default: our file).

    ``quick``: only what came after the last verified end.
    """
    began = time.monotonic()
    keys = anchor_keys(settings)
    path = anchors or settings.audit_anchors
    # Before the database, or lines that come meanwhile would look removed.
    try:
        known, fault = AnchorFile(path, keys).read()
    except OSError as error:
        known, fault = [], AnchorFault(0, f"it cannot be read ({error.strerror})")
    if anchors is not None and not path.exists():
        fault = AnchorFault(0, "there is no such file")
    with database.reading() as session:
        since = _verified(settings, keys, database) if quick else None
        found = verify_chain(session, anchors=known, keys=keys, since=since, progress=progress)
    return AuditState(found, fault, path, len(known), since, time.monotonic() - began)


def note_verified(settings: Settings, state: AuditState, *, now: datetime) -> None:
    """Remember the end of a verification that found nothing, for the next quick one."""
    found = state.found
    if not state.ok or found.last_id is None:
        return
    end = anchor_keys(settings).sign(
        kind="head", at=now, count=found.count, id=found.last_id, hash=found.last_hash
    )
    with suppress(OSError):
        path = _verified_path(settings)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(end)))
        part.replace(path)


def write_anchor(settings: Settings, database: Database, *, now: datetime) -> Anchor | None:
    """Append the log's end unless it is there; returns it (None: the log is empty). Raises OSError."""
    with database.reading() as session:
        end = end_of(session, keys=anchor_keys(settings), now=now)
    if end is not None:
        anchor_file(settings).append(end)
    return end


def note_restored(settings: Settings, database: Database, *, now: datetime) -> None:
    """Sign that the log ends earlier than before because a backup was put back. Raises OSError."""
    keys = anchor_keys(settings)
    with database.reading() as session:
        end = end_of(session, keys=keys, now=now)
    count, id_, hash_ = (end.count, end.id, end.hash) if end else (0, 0, "")
    anchor_file(settings).append(
        keys.sign(kind="restored", at=now, count=count, id=id_, hash=hash_)
    )
    _verified_path(settings).unlink(missing_ok=True)


def cut_old_lines(settings: Settings, database: Database, *, now: datetime) -> int:
    """Remove lines that are older than the settings keep; how many cuts were made."""
    keys, file = anchor_keys(settings), anchor_file(settings)
    for cuts in range(MOST_CUTS):
        with database.transaction() as session:
            cut = cut_audit(session, years=settings.audit_years, keys=keys, now=now)
        if cut is None:
            return cuts
        file.append(cut)
    return MOST_CUTS


class AnchorClock:
    """Appends an end every so many minutes; one for a process."""

    def __init__(
        self, settings: Settings, database: Database, *, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._database, self._now = settings, database, now
        self._every = timedelta(minutes=settings.audit_anchor_minutes)
        self._at: datetime | None = None

    def look(self) -> None:
        """Append one when it is time. Raises OSError when the file cannot be written."""
        now = self._now()
        if self._at is not None and timedelta(0) <= now - self._at < self._every:
            return
        write_anchor(self._settings, self._database, now=now)
        self._at = now


def _verified_path(settings: Settings) -> Path:
    return settings.var_dir / "audit-verified.json"


def _verified(settings: Settings, keys: AnchorKeys, database: Database) -> Anchor | None:
    """The last verified end, if it is ours and its line still stands there."""
    try:
        end = Anchor(**json.loads(_verified_path(settings).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if not keys.signed(end):
        return None
    with database.reading() as session:
        there = session.scalar(select(AuditEntry.hash).where(AuditEntry.id == end.id))
    return end if there == end.hash else None
