"""Tables of the case: case, events, clock, numbering. Must not hold rules (core.cases writes)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

# As core.case_queries asks for it: an index is used only where a query says the same words.
OPEN_DUTIES = "done_at IS NULL"
PAUSED_CASES = "paused_at IS NOT NULL"
OPEN_FLAGS = "settled_at IS NULL"
DONE_EVENTS = "to_status IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn')"
OPEN_CASES = "status NOT IN ('answered', 'closed', 'merged', 'rejected', 'withdrawn')"


class Case(Base):
    """One matter that the city works on. Arrival is not receipt (민원처리법 시행령 6조 7항)."""

    __tablename__ = "civil_case"  # "case" is a reserved word of SQL
    __table_args__ = (
        Index("ix_civil_case_status_due_at", "status", "due_at"),
        Index("ix_civil_case_department_id_status", "department_id", "status"),
        Index("ix_civil_case_due_at_id", "due_at", "id"),
        # However many are done, the officers' list begins with the open ones.
        Index(
            "ix_civil_case_open",
            "due_at",
            "id",
            sqlite_where=text(OPEN_CASES),
            postgresql_where=text(OPEN_CASES),
        ),
        # What is open near a spot (core.nearby): by cell of the map, or by a place's exact words.
        *(
            Index(
                f"ix_civil_case_{column}_open",
                column,
                "service_code",
                "arrived_at",
                sqlite_where=text(OPEN_CASES),
                postgresql_where=text(OPEN_CASES),
            )
            for column in ("cell", "place_key")
        ),
        Index(
            "ix_civil_case_paused",
            "paused_at",
            sqlite_where=text(PAUSED_CASES),
            postgresql_where=text(PAUSED_CASES),
        ),
        # The ledger goes by receipt; what is like a new report is looked for within its service.
        Index("ix_civil_case_received_at_id", "received_at", "id"),
        Index("ix_civil_case_service_code_received_at", "service_code", "received_at"),
        # The officers' list, narrowed to a gu, a service or a department, in the order of the clock.
        Index("ix_civil_case_gu_due_at_id", "gu", "due_at", "id"),
        Index("ix_civil_case_service_code_due_at_id", "service_code", "due_at", "id"),
        Index("ix_civil_case_department_id_due_at_id", "department_id", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    # Only a keyed hash of the look-up code is kept; the citizen has the code itself on the receipt.
    lookup_hash: Mapped[str] = mapped_column(String(64))
    # The turn that filed it; a turn that is worked twice finds its case here.
    turn_id: Mapped[int] = mapped_column(ForeignKey("turn.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    service_code: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    place_text: Mapped[str] = mapped_column(Text)
    lat: Mapped[float | None] = mapped_column(default=None)
    long: Mapped[float | None] = mapped_column(default=None)
    gu: Mapped[str | None] = mapped_column(String(20), default=None)
    dong: Mapped[str | None] = mapped_column(String(40), default=None)
    # Made of the point (core.geo_cells) and of the words (korean.place_keys); None: it has none.
    cell: Mapped[int | None] = mapped_column(BigInteger, default=None)
    place_key: Mapped[str | None] = mapped_column(String(40), default=None)
    department_id: Mapped[str] = mapped_column(String(60))
    route_rule: Mapped[str] = mapped_column(String(60))
    route_explanation: Mapped[str] = mapped_column(Text)
    contact_token: Mapped[str | None] = mapped_column(String(32), default=None)
    consented_at: Mapped[datetime | None] = mapped_column(default=None)
    attachment_ids: Mapped[list[Any]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(String(24))
    arrived_at: Mapped[datetime]
    received_at: Mapped[datetime]
    period: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime]
    due_trace: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    # Since when the citizen is waited for (보완): meanwhile nothing is overdue.
    paused_at: Mapped[datetime | None] = mapped_column(default=None)
    # When its words were removed because its time of keeping was over (core.retention).
    anonymised_at: Mapped[datetime | None] = mapped_column(default=None)


class CaseEvent(Base):
    """One thing that happened to a case. Rows are only ever added."""

    __tablename__ = "case_event"
    __table_args__ = (
        # What ended within a month.
        Index(
            "ix_case_event_done",
            "at",
            "case_id",
            sqlite_where=text(DONE_EVENTS),
            postgresql_where=text(DONE_EVENTS),
        ),
        Index("ix_case_event_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(24))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(60))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(Text)
    # What the citizen may read; empty for internal events.
    note: Mapped[str] = mapped_column(Text, default="")
    public: Mapped[bool] = mapped_column(default=False)
    from_status: Mapped[str | None] = mapped_column(String(24), default=None)
    to_status: Mapped[str | None] = mapped_column(String(24), default=None)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CaseClock(Base):
    """One thing that moved a case's due time; with the receipt and the period they give it again.

    ``kind``: start (the period begins anew) | extension | supplement | inspection. A reason stands in
    the event, so that no row here holds words.
    """

    __tablename__ = "case_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("case_event.id"))
    kind: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime]
    # A pause that has not ended has none.
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    # By when the citizen is asked to answer, or the inspection is to end.
    until: Mapped[datetime | None] = mapped_column(default=None)
    # Of an extension or a new start, as core.clock.Period reads it.
    period: Mapped[str] = mapped_column(String(10), default="")
    # Whether the citizen agreed to it.
    consent: Mapped[bool] = mapped_column(default=False)


class CaseDuty(Base):
    """Something owed about a case at a time: a reminder, a progress notice, a demand (독촉).

    ``kind``: remind | progress | demand. What is not done yet is planned anew when the due time moves.
    """

    __tablename__ = "case_duty"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "at"),
        Index(
            "ix_case_duty_open",
            "at",
            "id",
            sqlite_where=text(OPEN_DUTIES),
            postgresql_where=text(OPEN_DUTIES),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(default=None)


class CaseFlag(Base):
    """Something that an officer should see before deciding on a case; it decides nothing by itself.

    ``kind``: repeat (the same citizen on the same matter again, 법 23조) | joint (many citizens on one
    matter, 법 2조 6호). ``others`` are the ids of cases that belong to it, oldest first; of many the newest
    when the flag was set.
    """

    __tablename__ = "case_flag"
    __table_args__ = (
        UniqueConstraint("case_id", "kind"),
        Index(
            "ix_case_flag_open",
            "kind",
            "case_id",
            sqlite_where=text(OPEN_FLAGS),
            postgresql_where=text(OPEN_FLAGS),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    kind: Mapped[str] = mapped_column(String(12))
    # How many times, or how many citizens, this one included.
    count: Mapped[int]
    others: Mapped[list[Any]]
    at: Mapped[datetime] = mapped_column(index=True)
    # When an officer looked into it; who and what they found stands in the case's history.
    settled_at: Mapped[datetime | None] = mapped_column(default=None)


class CaseRating(Base):
    """How the citizen found the result of a case; a changed mind changes the row."""

    __tablename__ = "case_rating"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"), unique=True)
    score: Mapped[int]
    # In the citizen's words, with tokens in place of personal data.
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class CaseNumber(Base):
    """The last number given out in a year; the row is locked while the next one is taken."""

    __tablename__ = "case_number"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class LookupAttempt(Base):
    """A failed look-up of a case by number and code; too many in an hour close the door."""

    __tablename__ = "lookup_attempt"
    __table_args__ = (Index("ix_lookup_attempt_number_at", "number", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
