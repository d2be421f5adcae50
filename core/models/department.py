"""Tables of what goes to the city's departments and comes back. Must not hold rules or a citizen's words.

A message names a case and one of its events; what it says is read from them when it is sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

_OPEN = text("state IN ('pending', 'sending')")
_TROUBLED = text("state IN ('failed', 'unsure')")
_WAITING = text("state = 'waiting'")


class DepartmentMessage(Base):
    """One event of a case for one department; the rows form a queue (core.department_queue writes)."""

    __tablename__ = "department_message"
    __table_args__ = (
        # What waits for one department, in the order of sending; what waits of one case.
        Index(
            "ix_department_message_open",
            "department_id",
            "id",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_department_message_case", "case_id", "department_id", "id"),
        Index(
            "ix_department_message_troubled",
            "id",
            sqlite_where=_TROUBLED,
            postgresql_where=_TROUBLED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The name under which the department knows it; the same in every try.
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    department_id: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("case_event.id"))
    # opened | status | note | photos | moved
    kind: Mapped[str] = mapped_column(String(12))
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    # Our own code and technical words, never a citizen's.
    failure: Mapped[str | None] = mapped_column(String(300), default=None)
    # A person has looked at what failed or was unsure: "officer:<id>" or "cli:<account>".
    resolved_by: Mapped[str | None] = mapped_column(String(80), default=None)
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)


class DepartmentStandby(Base):
    """Whether a department answers: the circuit breaker of one way out (core.department_standby)."""

    __tablename__ = "department_standby"

    department_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    # Temporary failures since the last success.
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    # Nothing goes out before then; while it is open, one probe goes out after it.
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(String(300), default=None)
    failed_at: Mapped[datetime | None] = mapped_column(default=None)
    succeeded_at: Mapped[datetime | None] = mapped_column(default=None)


class DepartmentCallback(Base):
    """What a department sent back, kept before it is acknowledged (core.department_callbacks)."""

    __tablename__ = "department_callback"
    __table_args__ = (
        UniqueConstraint("department_id", "dedupe_key"),
        Index(
            "ix_department_callback_waiting",
            "next_attempt_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_department_callback_state", "state", "id"),
        Index("ix_department_callback_case", "case_number", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[str] = mapped_column(String(60))
    # The sender's webhook-id, or a name of our own for what nobody signed.
    dedupe_key: Mapped[str] = mapped_column(String(160))
    webhook_id: Mapped[str] = mapped_column(String(120), default="")
    body_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    # When it happened at the department, and its place among those of one case.
    occurred_at: Mapped[datetime]
    sequence: Mapped[int | None] = mapped_column(BigInteger, default=None)
    kind: Mapped[str] = mapped_column(String(20), default="")
    case_number: Mapped[str] = mapped_column(String(20), default="")
    # The checked content without what may not be kept; empty for what nobody signed.
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # waiting | applied | outdated | refused | rejected
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(default=None)
    applied_at: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(String(300), default=None)
    # How often the very same one came again.
    replays: Mapped[int] = mapped_column(default=0)
    replayed_at: Mapped[datetime | None] = mapped_column(default=None)
    resolved_by: Mapped[str | None] = mapped_column(String(80), default=None)
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)
