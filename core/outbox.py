"""What waits to go out or could not, and what an operator may do about it. Must not send anything.

Each queue of outgoing messages is one source; a second one is another row of SOURCES. Every change has a
reason and an audit line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.audit import record_audit
from core.errors import Refused
from core.outbox_sources import DeliveryOutbox, DepartmentOutbox, OutboxItem, OutboxSource
from core.put_away import in_plain_words

SOURCES: Mapping[str, OutboxSource] = {
    DeliveryOutbox.name: DeliveryOutbox(),
    DepartmentOutbox.name: DepartmentOutbox(),
}


def parse_ref(text: str) -> tuple[str, int]:
    """``delivery:12`` or ``12`` → source and id. Raises Refused("outbox_unknown")."""
    source, _, number = text.rpartition(":")
    source = source or DeliveryOutbox.name
    if source not in SOURCES or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Refused("outbox_unknown", ref=text[:60])
    return source, int(number)


def find_items(
    session: Session,
    *,
    states: Sequence[str] = ("failed", "unsure"),
    channel: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[OutboxItem]:
    """Messages of all sources, the oldest first."""
    found = [
        item
        for source in SOURCES.values()
        for item in source.find(session, states=states, channel=channel, before=before, limit=limit)
    ]
    return sorted(found, key=lambda item: item.created_at)[:limit]


def get_item(session: Session, ref: str) -> OutboxItem:
    """One message. Raises Refused("outbox_unknown")."""
    source, item_id = parse_ref(ref)
    item = SOURCES[source].get(session, item_id)
    if item is None:
        raise Refused("outbox_unknown", ref=ref[:60])
    return item


def read_words(session: Session, *, ref: str, by: str, purpose: str, now: datetime) -> str:
    """What a message says; writes an audit line. Raises Refused("purpose_missing" | "outbox_unknown")."""
    item = get_item(session, ref)
    _audit(session, item.ref, "outbox.words", by=by, why=_said(purpose, "purpose"), now=now)
    return SOURCES[item.source].words(session, item.id)


def retry_item(session: Session, *, ref: str, by: str, reason: str, now: datetime) -> OutboxItem:
    """Have a message that failed, or waits for its next attempt, sent now; writes an audit line.

    Raises Refused: "reason_missing", "outbox_unknown", or why its source cannot.
    """
    item = get_item(session, ref)
    _audit(session, item.ref, "outbox.retry", by=by, why=_said(reason, "reason"), now=now)
    SOURCES[item.source].retry(session, item.id, by, now)
    return item


def resolve_item(
    session: Session,
    *,
    ref: str,
    arrived: Sequence[str] | None,
    by: str,
    reason: str,
    now: datetime,
) -> OutboxItem:
    """Say what became of a message whose answer was lost; writes an audit line. Raises Refused."""
    item = get_item(session, ref)
    what = "not arrived" if arrived is None else f"arrived={','.join(arrived)}"
    why = f"{what}: {_said(reason, 'reason')}"
    _audit(session, item.ref, "outbox.resolve", by=by, why=why, now=now)
    SOURCES[item.source].resolve(session, item.id, arrived, by, now)
    return item


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise Refused(f"{what}_missing")
    return in_plain_words(text.strip())


def _audit(session: Session, ref: str, action: str, **line: Any) -> None:
    record_audit(
        session,
        actor=line["by"],
        action=action,
        subject=ref,
        purpose=line["why"][:200],
        now=line["now"],
    )
