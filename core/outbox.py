"""What waits to go out or could not, and what an operator may do about it. Must not send anything.

Each queue of outgoing messages is one source; a second one is another row of SOURCES. Every change has a
reason and an audit line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.delivery_changes import retry_delivery, settle_unsure
from core.errors import Refused
from core.models.conversation import Conversation, Delivery

STATES = ("pending", "sending", "failed", "unsure")


@dataclass(frozen=True)
class OutboxItem:
    """One outgoing message, without its words. ``ids``: what it belongs to (conversation, turn, case)."""

    source: str
    id: int
    channel: str
    state: str
    kind: str
    created_at: datetime
    next_attempt_at: datetime
    attempts: int
    failure: str | None
    ids: Mapping[str, int]

    @property
    def ref(self) -> str:
        """Its name on the command line and in the audit log, such as ``delivery:12``."""
        return f"{self.source}:{self.id}"


class OutboxSource(Protocol):
    """One queue of outgoing messages."""

    def find(
        self,
        session: Session,
        *,
        states: Sequence[str],
        channel: str | None,
        before: datetime | None,
        limit: int,
    ) -> list[OutboxItem]:
        """Messages in one of ``states``, made before ``before``, the oldest first."""
        ...

    def get(self, session: Session, item_id: int) -> OutboxItem | None:
        """One message, or None."""
        ...

    def words(self, session: Session, item_id: int) -> str:
        """What it says."""
        ...

    def retry(self, session: Session, item_id: int, now: datetime) -> None:
        """Have it sent (again) now. Raises Refused with the reason why it cannot."""
        ...

    def resolve(
        self, session: Session, item_id: int, arrived: Sequence[str] | None, now: datetime
    ) -> None:
        """A person has looked: it arrived as these messages, or (None) it did not. Raises Refused."""
        ...


class DeliveryOutbox:
    """The messages to citizens (table delivery)."""

    name = "delivery"

    def find(
        self,
        session: Session,
        *,
        states: Sequence[str],
        channel: str | None,
        before: datetime | None,
        limit: int,
    ) -> list[OutboxItem]:
        """See OutboxSource."""
        query = select(Delivery).where(Delivery.state.in_(states))
        if channel is not None:
            query = query.where(Delivery.channel == channel)
        if before is not None:
            query = query.where(Delivery.created_at < before)
        rows = session.scalars(query.order_by(Delivery.id).limit(limit))
        return [self._item(row) for row in rows]

    def get(self, session: Session, item_id: int) -> OutboxItem | None:
        """See OutboxSource."""
        row = session.get(Delivery, item_id)
        return None if row is None else self._item(row)

    def words(self, session: Session, item_id: int) -> str:
        """See OutboxSource."""
        return str(session.get_one(Delivery, item_id).payload.get("text", ""))

    def retry(self, session: Session, item_id: int, now: datetime) -> None:
        """Raises Refused("outbox_is_a_post" | "outbox_channel_closed" | "outbox_not_retryable")."""
        row = session.get_one(Delivery, item_id)
        self._no_post(row)
        conversation = session.get_one(Conversation, row.conversation_id)
        if conversation.mode == "closed":
            raise Refused("outbox_channel_closed", conversation_id=conversation.id)
        if not retry_delivery(session, delivery_id=item_id, now=now):
            raise Refused("outbox_not_retryable", state=row.state)

    def resolve(
        self, session: Session, item_id: int, arrived: Sequence[str] | None, now: datetime
    ) -> None:
        """Raises Refused("outbox_is_a_post" | "outbox_not_unsure")."""
        self._no_post(session.get_one(Delivery, item_id))
        if not settle_unsure(session, delivery_id=item_id, arrived=arrived, now=now):
            raise Refused("outbox_not_unsure")

    @staticmethod
    def _no_post(row: Delivery) -> None:
        # Its post has a state of its own and needs an officer with the right to approve.
        if row.kind == "post":
            raise Refused("outbox_is_a_post", use="`sotong post list`")

    def _item(self, row: Delivery) -> OutboxItem:
        ids = {"conversation": row.conversation_id, "turn": row.turn_id, "case": row.case_id}
        return OutboxItem(
            source=self.name,
            id=row.id,
            channel=row.channel,
            state=row.state,
            kind=row.kind,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            attempts=row.attempts,
            failure=row.failure,
            ids={name: value for name, value in ids.items() if value is not None},
        )


SOURCES: Mapping[str, OutboxSource] = {DeliveryOutbox.name: DeliveryOutbox()}


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
    SOURCES[item.source].retry(session, item.id, now)
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
    SOURCES[item.source].resolve(session, item.id, arrived, now)
    return item


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise Refused(f"{what}_missing")
    return text.strip()


def _audit(session: Session, ref: str, action: str, **line: Any) -> None:
    record_audit(
        session,
        actor=line["by"],
        action=action,
        subject=ref,
        purpose=line["why"][:200],
        now=line["now"],
    )
