"""Finds cases and what happened to them. Must not change a case: ``core.cases`` is its one writer."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.case_status import DONE, CaseStatus
from core.errors import Refused
from core.locking import lock_existing
from core.lookup_codes import LookupCodes
from core.models.case import Case, CaseEvent, LookupAttempt

# 31⁸ codes: a hundred guesses an hour find nothing, and a stranger cannot easily lock a citizen out.
LOOKUP_TRIES_PER_HOUR = 100


def cases_of(session: Session, *, conversation_id: int, limit: int = 5) -> list[Case]:
    """The cases that were filed in this conversation, newest first."""
    return list(
        session.scalars(
            select(Case)
            .where(Case.conversation_id == conversation_id)
            .order_by(Case.id.desc())
            .limit(limit)
        )
    )


def find_case(session: Session, *, number: str) -> Case | None:
    """The case with this number, whoever filed it (for officers)."""
    return session.scalars(select(Case).where(Case.number == number)).first()


def look_up(
    session: Session, *, codes: LookupCodes, number: str, code: str, now: datetime
) -> Case | None:
    """The case whose receipt carries this number and code, or None; needs a writing session.

    Raises Refused("lookup_locked") after a hundred wrong codes for a number within an hour.
    """
    case = find_case(session, number=number)
    if case is not None:
        # Guesses at the same time are counted one after the other.
        lock_existing(session, Case, case.id)
    failures = session.scalar(
        select(func.count()).where(
            LookupAttempt.number == number, LookupAttempt.at > now - timedelta(hours=1)
        )
    )
    if (failures or 0) >= LOOKUP_TRIES_PER_HOUR:
        raise Refused("lookup_locked")
    given = codes.hash(number=number, code=code)
    # The comparison happens in either case, so that an unknown number takes as long as a known one.
    if hmac.compare_digest(case.lookup_hash if case else "-", given) and case is not None:
        return case
    if case is not None:
        # Only a number of ours is kept: people type all kinds of numbers into that field.
        session.add(LookupAttempt(number=case.number, at=now))
    return None


def list_cases(
    session: Session,
    *,
    status: CaseStatus | None = None,
    department_id: str | None = None,
    overdue_at: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Case]:
    """Cases by due time, the most urgent first. ``overdue_at`` keeps those overdue at that moment."""
    query = select(Case)
    if status is not None:
        query = query.where(Case.status == status.value)
    if department_id is not None:
        query = query.where(Case.department_id == department_id)
    if overdue_at is not None:
        query = query.where(
            Case.due_at < overdue_at, Case.status.not_in([state.value for state in DONE])
        )
    done_last = or_(*(Case.status == state.value for state in sorted(DONE)))
    return list(
        session.scalars(query.order_by(done_last, Case.due_at, Case.id).limit(limit).offset(offset))
    )


def events_of(session: Session, *, case_id: int, public_only: bool = False) -> list[CaseEvent]:
    """What happened to a case, oldest first."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id)
    if public_only:
        query = query.where(CaseEvent.public.is_(True))
    return list(session.scalars(query.order_by(CaseEvent.id)))
