"""What officers must look after today, by the clock, as read-only queries. Must not change anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.orm import Session

from core.case_clock import SUPPLEMENT
from core.case_duties import PROGRESS
from core.case_list import MOST_COUNTED, end_of_today
from core.case_status import CaseStatus
from core.city import City
from core.clock import due_at, next_open, receive_by
from core.errors import Refused
from core.models.case import OPEN_CASES, OPEN_DUTIES, PAUSED_CASES, Case, CaseClock, CaseDuty
from core.periods import Period, Unit

# A list of work shows so many; more are counted up to the most.
SHOWN = 5
SOON_HOURS = 8


@dataclass(frozen=True)
class WorkList:
    """Cases of one kind of work, the most urgent first; ``count`` stops at MOST_COUNTED."""

    count: int
    cases: Sequence[Case]


@dataclass(frozen=True)
class Work:
    """Everything with a time: past due (독촉), due today, soon, progress to tell, supplements missing."""

    overdue: WorkList
    today: WorkList
    soon: WorkList
    progress: WorkList
    supplements: WorkList

    def any(self) -> bool:
        """Whether there is anything to look after."""
        lists = (self.overdue, self.today, self.soon, self.progress, self.supplements)
        return any(each.count for each in lists)


def work_of(session: Session, *, city: City, now: datetime) -> Work:
    """What is to be done, seen from ``now``; soon is within eight working hours, but not today."""
    soon, tonight = soon_until(city, now=now), end_of_today(now)
    # What another agency has is that one's to do.
    ours = Case.status != CaseStatus.TRANSFERRED.value
    running = and_(text(OPEN_CASES), Case.paused_at.is_(None), ours)
    return Work(
        overdue=_list(session, and_(running, Case.due_at < now)),
        today=_list(session, and_(running, Case.due_at >= now, Case.due_at < tonight)),
        soon=_list(session, and_(running, Case.due_at >= tonight, Case.due_at <= soon)),
        progress=_list(
            session,
            Case.id.in_(
                select(CaseDuty.case_id).where(
                    text(OPEN_DUTIES), CaseDuty.kind == PROGRESS, CaseDuty.at <= soon
                )
            ),
        ),
        supplements=_list(
            session,
            and_(
                text(PAUSED_CASES),
                select(CaseClock.id)
                .where(
                    CaseClock.case_id == Case.id,
                    CaseClock.kind == SUPPLEMENT,
                    CaseClock.ends_at.is_(None),
                    CaseClock.until < now,
                )
                .exists(),
            ),
        ),
    )


def soon_until(city: City, *, now: datetime) -> datetime:
    """What is due until then is due soon; ``now`` itself where the calendar ends."""
    try:
        return due_at(now, Period(SOON_HOURS, Unit.HOURS), calendar=city.calendar).due
    except Refused:
        return now


@dataclass(frozen=True)
class Receipt:
    """A conversation in which a report may have arrived that nobody has received, and by when it is to be."""

    conversation_id: int
    arrived_at: datetime
    by: datetime | None
    late: bool


def receipts_due(
    arrivals: Sequence[tuple[int, datetime]], *, city: City, now: datetime
) -> list[Receipt]:
    """These (conversation, arrival), the most urgent first (시행령 6조 7항); no time beyond the calendar."""
    found = []
    for conversation_id, at in arrivals:
        try:
            # Nobody could receive it before the office opened.
            by = receive_by(
                next_open(city.calendar, at), calendar=city.calendar, duties=city.duties
            ).due
        except Refused:
            by = None
        found.append(Receipt(conversation_id, at, by, by is not None and by < now))
    return sorted(found, key=lambda each: (each.by or each.arrived_at, each.conversation_id))


def _list(session: Session, where: ColumnElement[bool]) -> WorkList:
    query = select(Case).where(where).order_by(Case.due_at, Case.id)
    ids = query.with_only_columns(Case.id).limit(MOST_COUNTED).subquery()
    count = session.scalar(select(func.count()).select_from(ids)) or 0
    return WorkList(count, list(session.scalars(query.limit(SHOWN))) if count else [])
