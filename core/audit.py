"""The hash-chained audit log (접속기록, 안전성 확보조치 기준 8조). Must never change or drop a line.

Each line holds who, when, from where, whose data, what and why; its hash covers all of it and the hash
before it. Personal data never goes into a line: subjects are ids. ``core.audit_chain`` verifies it,
``core.audit_retention`` alone may cut its beginning.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.acting import acting_place
from core.locking import Chain, lock_chain
from core.models.vault import AuditEntry, AuditHead

GENESIS = "0" * 64
# 1: previous hash, time, actor, action, subject, purpose. 2: place and whose data, too.
VERSION = 2
HEAD_ID = 1
LONGEST_SUBJECT, LONGEST_PURPOSE = 120, 200
_WHOSE = re.compile(r"(conversation|case):([0-9]{1,10})(?::|$)")


def record_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    purpose: str = "",
    conversation_id: int | None = None,
    case_id: int | None = None,
    now: datetime,
) -> AuditEntry:
    """Append one line: who did what, to whose data, why. The caller's transaction commits it.

    Whose data: the conversation and case given, else those that ``subject`` names
    ("conversation:3:phone:7", "case:5").
    """
    # Two lines after the same one would fork the chain.
    lock_chain(session, Chain.AUDIT)
    session.flush()
    count, previous = _end(session)
    named = _WHOSE.match(subject)
    if named is not None and named[1] == "conversation" and conversation_id is None:
        conversation_id = int(named[2])
    if named is not None and named[1] == "case" and case_id is None:
        case_id = int(named[2])
    entry = AuditEntry(
        version=VERSION,
        # As it comes back from the database: the hash covers its form, too.
        at=now.astimezone(UTC),
        actor=actor,
        place=acting_place(),
        conversation_id=conversation_id,
        case_id=case_id,
        action=action,
        subject=_clean(subject, LONGEST_SUBJECT),
        purpose=_clean(purpose, LONGEST_PURPOSE),
        previous_hash=previous,
        hash="",
    )
    entry.hash = hash_of(entry)
    session.add(entry)
    session.flush()
    session.execute(
        update(AuditHead)
        .where(AuditHead.id == HEAD_ID)
        .values(lines=count + 1, last_id=entry.id, last_hash=entry.hash)
        .execution_options(synchronize_session=False)
    )
    return entry


def hash_of(line: Any) -> str:
    """The hash that a line (AuditEntry or a row with its columns) must have."""
    content = [line.previous_hash, line.at.isoformat(), line.actor]
    if line.version == 1:
        content += [line.action, line.subject, line.purpose]
    else:
        content = [
            line.version,
            *content,
            line.place,
            line.conversation_id,
            line.case_id,
            line.action,
            line.subject,
            line.purpose,
        ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _end(session: Session) -> tuple[int, str]:
    """How many lines there ever were and the last one's hash; makes the end's row when it is missing."""
    head = session.execute(
        select(AuditHead.lines, AuditHead.last_hash).where(AuditHead.id == HEAD_ID)
    ).first()
    if head is not None:
        return head.lines, head.last_hash
    last = session.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).first()
    count = session.scalar(select(func.count()).select_from(AuditEntry)) if last else 0
    last_id, last_hash = (last.id, last.hash) if last else (0, GENESIS)
    session.execute(
        insert(AuditHead).values(
            id=HEAD_ID, lines=count, last_id=last_id, last_hash=last_hash, cut_count=0
        )
    )
    return count or 0, last_hash


def _clean(text: str, limit: int) -> str:
    """One line that every database keeps as it is, so that its hash stays true."""
    whole = text.encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(whole.split())[:limit]
