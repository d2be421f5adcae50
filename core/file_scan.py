"""The states of a file under the virus scanner, and who hears of them. Must not talk to any scanner.

unscanned: there was no scanner when it came. waiting → clean | infected: kept from everybody until it is
clean. ``dialogue.scanning`` asks the scanner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.conversations import reopen_conversation
from core.deliveries import enqueue
from core.models.conversation import Attachment, Conversation
from core.replies import Reply
from core.texts import Texts

UNSCANNED, WAITING, CLEAN, INFECTED = "unscanned", "waiting", "clean", "infected"
GIVEN_OUT = frozenset({UNSCANNED, CLEAN})
# After the n-th try in vain: 5 s, 10 s, 20 s … and never more than ten minutes.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True)
class WaitingFile:
    """One content that waits, by its hash, however many rows name it."""

    sha256: str
    attempts: int


def due_files(session: Session, *, now: datetime, limit: int = 20) -> list[WaitingFile]:
    """What is to be scanned now, the oldest first."""
    rows = session.execute(
        select(Attachment.sha256, func.max(Attachment.scan_attempts), func.min(Attachment.id))
        .where(Attachment.scan == WAITING)
        .where((Attachment.scan_next_at.is_(None)) | (Attachment.scan_next_at <= now))
        .group_by(Attachment.sha256)
        .order_by(func.min(Attachment.id))
        .limit(limit)
    )
    return [WaitingFile(sha256, attempts) for sha256, attempts, _first in rows]


def record_clean(session: Session, *, sha256: str, now: datetime) -> int:
    """Every row of this content may be given out; returns how many were waiting."""
    found = session.execute(
        update(Attachment)
        .where(Attachment.sha256 == sha256, Attachment.scan == WAITING)
        .values(scan=CLEAN, scanned_at=now, scan_next_at=None)
    )
    return int(getattr(found, "rowcount", 0))


def record_infected(
    session: Session, *, sha256: str, name: str, texts: Texts, now: datetime
) -> list[int]:
    """No row of this content is ever given out, whatever it was before; the senders are told.

    ``name`` is the scanner's for what it found. Returns the ids of the rows.
    """
    rows: Sequence[Attachment] = session.scalars(
        select(Attachment).where(Attachment.sha256 == sha256, Attachment.scan != INFECTED)
    ).all()
    told = set()
    for row in rows:
        row.scan, row.scan_note, row.scanned_at, row.scan_next_at = INFECTED, name[:80], now, None
        record_audit(
            session,
            actor="scanner",
            action="attachment.infected",
            subject=f"attachment:{row.id}",
            purpose=name[:200],
            now=now,
        )
        if row.conversation_id is not None and row.source == "citizen":
            told.add(row.conversation_id)
    for conversation_id in sorted(told):
        conversation = session.get_one(Conversation, conversation_id)
        if conversation.visibility != "private":
            continue
        reopen_conversation(session, conversation)
        enqueue(
            session,
            conversation=conversation,
            reply=Reply(texts.render("file_infected_told")),
            kind="notice",
            dedupe_key=f"infected:{conversation_id}:{sha256[:32]}",
            now=now,
        )
    return [row.id for row in rows]


def record_unanswered(session: Session, *, sha256: str, attempts: int, now: datetime) -> None:
    """The scanner gave no verdict: the file stays where it is and is tried again later."""
    wait = min(FIRST_WAIT * 2 ** min(attempts, 20), LONGEST_WAIT)
    session.execute(
        update(Attachment)
        .where(Attachment.sha256 == sha256, Attachment.scan == WAITING)
        .values(scan_attempts=attempts + 1, scan_next_at=now + wait)
    )


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the file has waited that has waited longest; None when none waits."""
    return session.scalar(select(func.min(Attachment.created_at)).where(Attachment.scan == WAITING))


def release_waiting(session: Session, *, by: str, now: datetime) -> int:
    """Give out, unscanned, what waits for a scanner that the city no longer has; audited."""
    found = session.execute(
        update(Attachment)
        .where(Attachment.scan == WAITING)
        .values(scan=UNSCANNED, scan_next_at=None)
    )
    count = int(getattr(found, "rowcount", 0))
    record_audit(
        session,
        actor=by,
        action="attachment.release",
        subject=f"attachments:{count}",
        purpose="no scanner any more",
        now=now,
    )
    return count
