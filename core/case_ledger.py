"""The ledger of cases (민원처리부, 시행령 6조 2항, 시행규칙 3조): one row a case, in the order of receipt.

It is kept electronically (시행규칙 3조 4항). It must not carry personal data: who filed is not named, only
whether a contact was left, and the citizen's own words stay in the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.case_course import Course, courses_of
from core.case_month import Month
from core.case_status import TITLES, CaseStatus
from core.city import City, UnknownName
from core.clock import KST, Period
from core.csv_text import csv_chunks
from core.database import Database
from core.models.case import Case

AT_ONCE = 500
COLUMNS = (
    "연번",
    "접수번호",
    "접수일시",
    "민원 종류",
    "민원명",
    "지역",
    "민원인",
    "처리주무부서",
    "처리기간",
    "처리기한",
    "처리상태",
    "처리일시",
    "기한 지킴",
    "비고",
)


@dataclass(frozen=True)
class LedgerRow:
    """One case in the ledger; moments are aware, ``in_time`` is None while it is open."""

    sequence: int
    number: str
    received_at: datetime
    kind: str
    title: str
    area: str
    contact: bool
    department: str
    period: str
    due_at: datetime
    status: str
    ended_at: datetime | None
    in_time: bool | None
    notes: tuple[str, ...]

    def cells(self) -> tuple[object, ...]:
        """As in COLUMNS; times in Seoul."""
        return (
            self.sequence,
            self.number,
            _moment(self.received_at),
            self.kind,
            self.title,
            self.area,
            "연락처 있음" if self.contact else "연락처 없음",
            self.department,
            Period.parse(self.period).in_korean(),
            _moment(self.due_at),
            TITLES[CaseStatus(self.status)],
            _moment(self.ended_at) if self.ended_at else "",
            "" if self.in_time is None else "지킴" if self.in_time else "넘김",
            ", ".join(self.notes),
        )


def ledger_batches(
    database: Database, *, city: City, month: Month, now: datetime
) -> Iterator[list[LedgerRow]]:
    """The cases received in a month, a few hundred at a time; no session is open between two batches."""
    key: tuple[datetime, int] | None = None
    sequence = 0
    while True:
        with database.reading() as session:
            batch = _batch(session, city=city, month=month, now=now, after=key, before=sequence)
            rows, key = batch
        if not rows:
            return
        yield rows
        sequence += len(rows)


def ledger_csv(database: Database, *, city: City, month: Month, now: datetime) -> Iterator[bytes]:
    """The ledger of a month as a CSV file, piece by piece."""
    batches = ledger_batches(database, city=city, month=month, now=now)
    return csv_chunks(COLUMNS, ((row.cells() for row in rows) for rows in batches))


def _batch(
    session: Session,
    *,
    city: City,
    month: Month,
    now: datetime,
    after: tuple[datetime, int] | None,
    before: int,
) -> tuple[list[LedgerRow], tuple[datetime, int] | None]:
    query = select(Case).where(Case.received_at >= month.start, Case.received_at < month.end)
    if after is not None:
        at, case_id = after
        query = query.where(
            and_(Case.received_at >= at, or_(Case.received_at > at, Case.id > case_id))
        )
    cases = session.scalars(query.order_by(Case.received_at, Case.id).limit(AT_ONCE)).all()
    if not cases:
        return [], None
    courses = courses_of(session, case_ids=[case.id for case in cases])
    rows = [
        _row(case, courses[case.id], city=city, now=now, sequence=number)
        for number, case in enumerate(cases, before + 1)
    ]
    return rows, (cases[-1].received_at, cases[-1].id)


def _row(case: Case, course: Course, *, city: City, now: datetime, sequence: int) -> LedgerRow:
    end = course.end_before(now)
    ended_at = end[0] if end else None
    return LedgerRow(
        sequence=sequence,
        number=case.number,
        received_at=case.received_at,
        kind=case.kind,
        title=service_name(city, case.service_code),
        area=" ".join(part for part in (case.gu, case.dong) if part),
        contact=case.contact_token is not None,
        department=department_name(city, case.department_id),
        period=case.period,
        due_at=case.due_at,
        status=case.status,
        ended_at=ended_at,
        in_time=None if ended_at is None else ended_at <= case.due_at,
        notes=tuple(_notes(course, now)),
    )


def _notes(course: Course, now: datetime) -> Sequence[str]:
    counted = (
        ("기간 연장", CaseStatus.EXTENDED),
        ("보완 요청", CaseStatus.SUPPLEMENT_REQUESTED),
        ("이송", CaseStatus.TRANSFERRED),
        ("다시 처리", CaseStatus.REOPENED),
    )
    found = [(title, course.count(state, before=now)) for title, state in counted]
    return [f"{title} {count}회" if count > 1 else title for title, count in found if count]


def service_name(city: City, code: str) -> str:
    """The service's name; the code itself when the city no longer knows it."""
    return city.service(code).name if city.has_service(code) else code


def department_name(city: City, department_id: str) -> str:
    """The department's name; the id itself when the city no longer knows it."""
    try:
        return city.department(department_id).name
    except UnknownName:
        return department_id


def _moment(at: datetime) -> str:
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M}"
