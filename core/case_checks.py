"""The monthly check of how cases were worked on (시행령 22조 1항, 시행규칙 7조). Must judge nobody.

It is made by the 5th of the next month. It counts from the history, so a month reads the same whenever it is
asked for, but for due times that were moved since. Whoever checks writes down what is to be mended (22조
2항).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, text
from sqlalchemy.orm import Session, load_only

from core.case_course import Course, courses_of
from core.case_duties import DEMAND, PROGRESS
from core.case_flags import JOINT, REPEAT
from core.case_month import Month
from core.case_status import DONE, CaseStatus
from core.city import City
from core.clock import next_open, receive_by
from core.errors import Refused
from core.models.case import DONE_EVENTS, OPEN_CASES, Case, CaseEvent, CaseFlag, CaseRating

AT_ONCE = 500
# So many cases are named; the rest is in the numbers.
MOST_NAMED = 50
# Received at once, more or less: its hours need no counting.
AT_ONCE_RECEIVED = timedelta(minutes=30)
# Words and traces are most of a row and are not counted.
_COUNTED = load_only(
    Case.number,
    Case.service_code,
    Case.department_id,
    Case.received_at,
    Case.arrived_at,
    Case.due_at,
    Case.paused_at,
    raiseload=True,
)
# They end without an answer of the city, so they say nothing of its speed.
_OTHERWISE = frozenset({CaseStatus.WITHDRAWN, CaseStatus.MERGED})


@dataclass
class Tally:
    """Numbers of cases: carried + received + reopened = in_time + late + otherwise + open.

    ``overdue`` are those of the open ones whose due time had passed and that waited for nobody else.
    """

    carried: int = 0
    received: int = 0
    reopened: int = 0
    in_time: int = 0
    late: int = 0
    otherwise: int = 0
    open: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class Named:
    """A case that whoever checks should look at; ``ended_at`` is None while it is open."""

    case_id: int
    number: str
    service_code: str
    department_id: str
    due_at: datetime
    ended_at: datetime | None


@dataclass
class MonthCheck:
    """One month, seen at ``as_of``: its end, or now while it lasts."""

    month: Month
    as_of: datetime
    all: Tally = field(default_factory=Tally)
    departments: dict[str, Tally] = field(default_factory=dict)
    late_receipts: int = 0
    over_progress: int = 0
    extended: int = 0
    supplements: int = 0
    transferred: int = 0
    progress_told: int = 0
    demanded: int = 0
    repeats: int = 0
    joints: int = 0
    ratings: int = 0
    rating: float | None = None
    # The longest overdue first.
    overdue: list[Named] = field(default_factory=list)
    # Answered after the due time, the latest first.
    late: list[Named] = field(default_factory=list)


def check_month(session: Session, *, city: City, month: Month, now: datetime) -> MonthCheck:
    """Count one month; a month to come is empty."""
    check = MonthCheck(month, as_of=max(month.start, min(month.end, now)))
    if now <= month.start:
        return check
    for cases in _cases_of(session, check):
        courses = courses_of(session, case_ids=[case.id for case in cases])
        for case in cases:
            _count(check, case, courses[case.id], city=city)
    check.overdue = sorted(check.overdue, key=lambda each: each.due_at)[:MOST_NAMED]
    check.late = sorted(check.late, key=_lateness, reverse=True)[:MOST_NAMED]
    _count_events(session, check)
    return check


def _lateness(named: Named) -> timedelta:
    return (named.ended_at or named.due_at) - named.due_at


def _cases_of(session: Session, check: MonthCheck) -> Iterator[Sequence[Case]]:
    """Received in the month; received before and still open; received before and ended since it began."""
    start = check.month.start
    ended = select(CaseEvent.case_id).where(text(DONE_EVENTS), CaseEvent.at >= start)
    parts = (
        and_(Case.received_at >= start, Case.received_at < check.as_of),
        and_(text(OPEN_CASES), Case.received_at < start),
        and_(text(f"NOT ({OPEN_CASES})"), Case.received_at < start, Case.id.in_(ended)),
    )
    for part in parts:
        ids = list(session.scalars(select(Case.id).where(part)))
        for at in range(0, len(ids), AT_ONCE):
            chunk = ids[at : at + AT_ONCE]
            query = select(Case).where(Case.id.in_(chunk)).options(_COUNTED)
            cases = session.scalars(query).all()
            yield cases
            for case in cases:
                session.expunge(case)


def _count(check: MonthCheck, case: Case, course: Course, *, city: City) -> None:
    start, as_of = check.month.start, check.as_of
    state, before = course.state_at(as_of), course.state_at(start)
    if state is None:
        return
    end = course.end_before(as_of)
    new = case.received_at >= start
    if end is not None and end[0] < start:
        return
    tallies = (check.all, check.departments.setdefault(case.department_id, Tally()))
    named = Named(
        case_id=case.id,
        number=case.number,
        service_code=case.service_code,
        department_id=case.department_id,
        due_at=case.due_at,
        ended_at=end[0] if end else None,
    )
    for tally in tallies:
        tally.received += new
        tally.carried += not new and before not in DONE
        tally.reopened += not new and before in DONE
        if end is None:
            tally.open += 1
            tally.overdue += _is_overdue(case, state, as_of)
        elif end[1] in _OTHERWISE:
            tally.otherwise += 1
        elif end[0] <= case.due_at:
            tally.in_time += 1
        else:
            tally.late += 1
    if end is None and _is_overdue(case, state, as_of):
        check.overdue.append(named)
    if end is not None and end[1] not in _OTHERWISE and end[0] > case.due_at:
        check.late.append(named)
    check.late_receipts += new and _received_late(case, city)
    days = timedelta(days=city.duties.progress_every_days)
    check.over_progress += end is None and case.received_at + days < as_of


def _is_overdue(case: Case, state: CaseStatus, as_of: datetime) -> bool:
    waits = case.paused_at is not None and case.paused_at < as_of
    return case.due_at < as_of and not waits and state is not CaseStatus.TRANSFERRED


def _received_late(case: Case, city: City) -> bool:
    if case.received_at - case.arrived_at < AT_ONCE_RECEIVED:
        return False
    try:
        opens = next_open(city.calendar, case.arrived_at)
        return receive_by(opens, calendar=city.calendar, duties=city.duties).due < case.received_at
    except Refused:
        return False


def _count_events(session: Session, check: MonthCheck) -> None:
    start, as_of = check.month.start, check.as_of
    rows = session.execute(
        select(CaseEvent.kind, CaseEvent.to_status, func.count())
        .where(CaseEvent.at >= start, CaseEvent.at < as_of)
        .group_by(CaseEvent.kind, CaseEvent.to_status)
    ).all()
    by_state = {state: count for _, state, count in rows if state}
    by_kind = {kind: count for kind, state, count in rows if not state}
    check.extended = by_state.get(CaseStatus.EXTENDED.value, 0)
    check.supplements = by_state.get(CaseStatus.SUPPLEMENT_REQUESTED.value, 0)
    check.transferred = by_state.get(CaseStatus.TRANSFERRED.value, 0)
    check.progress_told, check.demanded = by_kind.get(PROGRESS, 0), by_kind.get(DEMAND, 0)
    flagged = session.execute(
        select(CaseFlag.kind, func.count())
        .where(CaseFlag.at >= start, CaseFlag.at < as_of)
        .group_by(CaseFlag.kind)
    )
    flags = {row[0]: row[1] for row in flagged}
    check.repeats, check.joints = flags.get(REPEAT, 0), flags.get(JOINT, 0)
    count, average = session.execute(
        select(func.count(), func.avg(CaseRating.score)).where(
            CaseRating.updated_at >= start, CaseRating.updated_at < as_of
        )
    ).one()
    check.ratings, check.rating = count, None if average is None else float(average)
