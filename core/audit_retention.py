"""Cuts away audit lines whose time of keeping is over (8조: one or two years). Must cut nothing else.

The last line that goes is signed and told in a line of the log itself, so that what stays still proves
that nothing else is missing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.audit import HEAD_ID, record_audit
from core.audit_anchors import Anchor, AnchorKeys
from core.audit_chain import CUT, cut_in_words
from core.locking import Chain, lock_chain
from core.models.vault import AuditEntry, AuditHead

# One transaction must not hold up writers for long.
MOST_AT_ONCE = 5000
YEAR = timedelta(days=366)


def cut_audit(
    session: Session, *, years: int, keys: AnchorKeys, now: datetime, most: int = MOST_AT_ONCE
) -> Anchor | None:
    """Remove the oldest lines that are older than ``years``, at most ``most``; None when there are none.

    The caller appends the anchor to the anchor file after its commit, and calls again for more.
    """
    lock_chain(session, Chain.AUDIT)
    before = now - years * YEAR
    oldest = session.execute(
        select(AuditEntry.id, AuditEntry.at, AuditEntry.hash).order_by(AuditEntry.id).limit(most)
    ).all()
    gone = []
    for line in oldest:
        if line.at >= before:
            break
        gone.append(line)
    if not gone:
        return None
    last = gone[-1]
    done = session.scalar(select(AuditHead.cut_count).where(AuditHead.id == HEAD_ID)) or 0
    cut = keys.sign(kind="cut", at=now, count=done + len(gone), id=last.id, hash=last.hash)
    record_audit(
        session,
        actor="system",
        action=CUT,
        subject=f"audit:{gone[0].id}-{last.id}",
        purpose=cut_in_words(cut),
        now=now,
    )
    session.execute(delete(AuditEntry).where(AuditEntry.id <= last.id))
    session.execute(
        update(AuditHead)
        .where(AuditHead.id == HEAD_ID)
        .values(cut_count=done + len(gone))
        .execution_options(synchronize_session=False)
    )
    return cut


def end_of(session: Session, *, keys: AnchorKeys, now: datetime) -> Anchor | None:
    """A signed anchor of the log's end; None while the log is empty."""
    head = session.execute(
        select(AuditHead.lines, AuditHead.last_id, AuditHead.last_hash).where(
            AuditHead.id == HEAD_ID
        )
    ).first()
    if head is None or not head.lines:
        return None
    return keys.sign(kind="head", at=now, count=head.lines, id=head.last_id, hash=head.last_hash)
