"""The queues of outgoing messages as an operator sees them, one class for each. Must write no audit line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.delivery_changes import retry_delivery, settle_unsure
from core.department_queue import settle
from core.errors import Refused
from core.models.case import Case, CaseEvent
from core.models.conversation import Conversation, Delivery
from core.models.department import DepartmentMessage

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

    def retry(self, session: Session, item_id: int, by: str, now: datetime) -> None:
        """Have it sent (again) now. Raises Refused with the reason why it cannot."""
        ...

    def resolve(
        self,
        session: Session,
        item_id: int,
        arrived: Sequence[str] | None,
        by: str,
        now: datetime,
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

    def retry(self, session: Session, item_id: int, by: str, now: datetime) -> None:
        """Raises Refused("outbox_is_a_post" | "outbox_channel_closed" | "outbox_not_retryable")."""
        row = session.get_one(Delivery, item_id)
        self._no_post(row)
        conversation = session.get_one(Conversation, row.conversation_id)
        if conversation.mode == "closed":
            raise Refused("outbox_channel_closed", conversation_id=conversation.id)
        if not retry_delivery(session, delivery_id=item_id, now=now):
            raise Refused("outbox_not_retryable", state=row.state)

    def resolve(
        self,
        session: Session,
        item_id: int,
        arrived: Sequence[str] | None,
        by: str,
        now: datetime,
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


class DepartmentOutbox:
    """The messages to departments (table department_message)."""

    name = "department"

    def find(
        self,
        session: Session,
        *,
        states: Sequence[str],
        channel: str | None,
        before: datetime | None,
        limit: int,
    ) -> list[OutboxItem]:
        """See OutboxSource; a channel is a department's id here. What a person has settled is left out."""
        query = select(DepartmentMessage).where(
            DepartmentMessage.state.in_(states), DepartmentMessage.resolved_at.is_(None)
        )
        if channel is not None:
            query = query.where(DepartmentMessage.department_id == channel)
        if before is not None:
            query = query.where(DepartmentMessage.created_at < before)
        rows = session.scalars(query.order_by(DepartmentMessage.id).limit(limit))
        return [self._item(row) for row in rows]

    def get(self, session: Session, item_id: int) -> OutboxItem | None:
        """See OutboxSource."""
        row = session.get(DepartmentMessage, item_id)
        return None if row is None else self._item(row)

    def words(self, session: Session, item_id: int) -> str:
        """What the case's event says, with tokens for personal data; the mail is made when it is sent."""
        row = session.get_one(DepartmentMessage, item_id)
        if row.kind == "opened":
            return session.get_one(Case, row.case_id).what
        return session.get_one(CaseEvent, row.event_id).note

    def retry(self, session: Session, item_id: int, by: str, now: datetime) -> None:
        """Raises Refused("outbox_not_retryable")."""
        states = ("failed", "pending")
        if not settle(session, message_id=item_id, states=states, by=by, to="pending", now=now):
            raise Refused(
                "outbox_not_retryable", state=session.get_one(DepartmentMessage, item_id).state
            )

    def resolve(
        self,
        session: Session,
        item_id: int,
        arrived: Sequence[str] | None,
        by: str,
        now: datetime,
    ) -> None:
        """Raises Refused("outbox_not_unsure")."""
        to = "pending" if arrived is None else "sent"
        if not settle(session, message_id=item_id, states=("unsure",), by=by, to=to, now=now):
            raise Refused("outbox_not_unsure")

    def _item(self, row: DepartmentMessage) -> OutboxItem:
        return OutboxItem(
            source=self.name,
            id=row.id,
            channel=row.department_id,
            state=row.state,
            kind=row.kind,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            attempts=row.attempts,
            failure=row.failure,
            ids={"case": row.case_id},
        )
