"""What is owed about a case and when (table case_duty): its one writer. Must not send or word anything.

Reminders before the due time, progress every 30 days (시행령 23조), and demands (독촉, 28조) after it. What
is not done yet is planned anew whenever the due time moves; what is done stays.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.case_status import DONE, CaseStatus
from core.city import City
from core.locking import insert_missing
from core.models.case import OPEN_DUTIES, Case, CaseDuty
from core.statutory import demand_times, reminder_times
from core.working_time import KST, next_open

REMIND, PROGRESS, DEMAND = "remind", "progress", "demand"
# Nothing is owed by us once it is done or another agency's.
_NOBODY = DONE | {CaseStatus.TRANSFERRED}


def plan_duties(session: Session, *, city: City, case: Case, now: datetime) -> None:
    """Plan what is owed from ``now`` on. While the citizen is waited for nobody is reminded."""
    session.flush()
    session.execute(delete(CaseDuty).where(CaseDuty.case_id == case.id, CaseDuty.done_at.is_(None)))
    if CaseStatus(case.status) in _NOBODY:
        return
    _add(session, case, PROGRESS, next_progress(city, case, after=now))
    if case.paused_at is not None:
        return
    calendar, duties = city.calendar, city.duties
    for at in reminder_times(case.received_at, due=case.due_at, calendar=calendar, duties=duties):
        if at > now:
            _add(session, case, REMIND, at)
    _add(session, case, DEMAND, next_demand(city, case, after=now))


def duties_due(session: Session, *, now: datetime, limit: int = 50) -> list[CaseDuty]:
    """Duties whose time has come, the oldest first."""
    return list(
        session.scalars(
            select(CaseDuty)
            .where(text(OPEN_DUTIES), CaseDuty.at <= now)
            .order_by(CaseDuty.at, CaseDuty.id)
            .limit(limit)
        )
    )


def finish_duty(session: Session, *, city: City, case: Case, duty: CaseDuty, now: datetime) -> None:
    """It is done; what comes again is planned for the next time."""
    duty.done_at = now
    session.flush()
    if duty.kind == PROGRESS:
        _add(session, case, PROGRESS, next_progress(city, case, after=max(now, duty.at)))
    elif duty.kind == DEMAND:
        _add(session, case, DEMAND, next_demand(city, case, after=max(now, duty.at)))


def next_progress(city: City, case: Case, *, after: datetime) -> datetime | None:
    """When the citizen is next told how far it is; None beyond the years of the calendar."""
    every = city.duties.progress_every_days
    first = case.received_at.astimezone(KST).date()
    number = max(1, (after.astimezone(KST).date() - first).days // every)
    while True:
        day = first + timedelta(days=number * every)
        if day.year not in city.calendar.years or (day.month == 12 and day.day == 31):
            return None
        at = next_open(city.calendar, datetime.combine(day, time(), KST))
        if at > after:
            return at
        number += 1


def next_demand(city: City, case: Case, *, after: datetime) -> datetime | None:
    """When it is next demanded; None beyond the years of the calendar."""
    calendar = city.calendar
    horizon = max(after, case.due_at) + timedelta(days=3 * city.duties.demand_every_days + 30)
    if horizon.astimezone(KST).year not in calendar.years:
        return None
    for at in demand_times(case.due_at, until=horizon, calendar=calendar, duties=city.duties):
        if at > after:
            return at
    return None


def _add(session: Session, case: Case, kind: str, at: datetime | None) -> None:
    if at is not None:
        insert_missing(session, CaseDuty, case_id=case.id, kind=kind, at=at)
