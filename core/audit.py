"""The hash-chained audit log (접속기록, 안전성 확보조치 기준 8조). Must never change or drop a line.

Each line's hash covers its own content and the hash before it, so a changed or missing line in the
middle shows. Personal data never goes into a line: subjects are ids.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.locking import Chain, lock_chain
from core.models.vault import AuditEntry

GENESIS = "0" * 64


def record_audit(
    session: Session, *, actor: str, action: str, subject: str, purpose: str = "", now: datetime
) -> AuditEntry:
    """Append one line: who did what, to whose data, why. The caller's transaction commits it."""
    # Two lines after the same one would fork the chain.
    lock_chain(session, Chain.AUDIT)
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).first()
    previous = last.hash if last else GENESIS
    entry = AuditEntry(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        purpose=purpose,
        previous_hash=previous,
        hash="",
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def first_broken_entry(session: Session) -> int | None:
    """The id of the first line that does not fit the chain, or None when all fit."""
    previous = GENESIS
    # A few at a time: the log of ten years does not fit into memory.
    lines = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000)
    # Closed at once: PostgreSQL keeps a cursor open for what is not read.
    with closing(session.scalars(lines)) as entries:
        for entry in entries:
            if entry.previous_hash != previous or entry.hash != _hash(entry):
                return entry.id
            previous = entry.hash
    return None


def _hash(entry: AuditEntry) -> str:
    content = [
        entry.previous_hash,
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.purpose,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
