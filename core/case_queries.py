"""Finds cases and what happened to them. Must not change a case: ``core.cases`` is its one writer."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from core.case_status import DONE, CaseStatus
from core.errors import Refused
from core.locking import lock_existing
from core.lookup_codes import LookupCodes
from core.models.case import OPEN_CASES, PAUSED_CASES, Case, CaseEvent, LookupAttempt

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
    """Cases by due time, those that are done last. ``overdue_at`` keeps those overdue at that moment.

    While a citizen's supplement is waited for, a case is not overdue, and what another agency has is not
    overdue here.
    """
    query = select(Case)
    if department_id is not None:
        query = query.where(Case.department_id == department_id)
    if status is not None:
        query = query.where(Case.status == status.value)
        if overdue_at is not None and status in DONE:
            return []  # Nothing more is owed there.
    if overdue_at is not None:
        query = query.where(
            Case.due_at < overdue_at,
            Case.paused_at.is_(None),
            Case.status != CaseStatus.TRANSFERRED.value,
        )
    if status is not None:
        return _page(session, query, limit, offset)
    still_open = query.where(text(OPEN_CASES))
    found = _page(session, still_open, limit, offset)
    if len(found) == limit or overdue_at is not None:
        return found
    before = 0
    if offset and not found:
        # In the order of the index of open cases, so that no other is looked at.
        open_ids = still_open.with_only_columns(Case.id).order_by(Case.due_at, Case.id)
        counted = select(func.count()).select_from(open_ids.limit(offset).subquery())
        before = offset - (session.scalar(counted) or 0)
    done = query.where(Case.status.in_(sorted(state.value for state in DONE)))
    return found + _page(session, done, limit - len(found), before)


def supplements_arrived(session: Session) -> list[tuple[int, datetime]]:
    """Cases whose citizen has answered what was asked for: the case and when the first answer came."""
    answered = (
        select(CaseEvent.case_id, func.min(CaseEvent.at))
        .join(Case, Case.id == CaseEvent.case_id)
        .where(
            text(PAUSED_CASES),
            CaseEvent.actor_kind == "citizen",
            CaseEvent.kind.in_(("note", "photos")),
            CaseEvent.at >= Case.paused_at,
        )
        .group_by(CaseEvent.case_id)
    )
    return [(row[0], row[1]) for row in session.execute(answered)]


def _page(session: Session, query: Select[Case], limit: int, offset: int) -> list[Case]:
    ordered = query.order_by(Case.due_at, Case.id).limit(limit).offset(offset)
    return list(session.scalars(ordered))


def events_of(session: Session, *, case_id: int, public_only: bool = False) -> list[CaseEvent]:
    """What happened to a case, oldest first."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id)
    if public_only:
        query = query.where(CaseEvent.public.is_(True))
    return list(session.scalars(query.order_by(CaseEvent.id)))
