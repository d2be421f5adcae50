"""Lists of cases for officers. Must not change a case.

However many cases are done, the first pages look at the open ones only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from core.case_status import DONE, CaseStatus
from core.models.case import OPEN_CASES, Case


def list_cases(
    session: Session,
    *,
    status: CaseStatus | None = None,
    department_id: str | None = None,
    overdue_at: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Case]:
    """Cases by due time, those that are done last. ``overdue_at`` keeps those overdue at that moment."""
    query = select(Case)
    if department_id is not None:
        query = query.where(Case.department_id == department_id)
    if status is not None:
        query = query.where(Case.status == status.value)
        if overdue_at is not None and status in DONE:
            return []  # Nothing more is owed there.
    if overdue_at is not None:
        query = query.where(Case.due_at < overdue_at)
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


def _page(session: Session, query: Select[Case], limit: int, offset: int) -> list[Case]:
    ordered = query.order_by(Case.due_at, Case.id).limit(limit).offset(offset)
    return list(session.scalars(ordered))
