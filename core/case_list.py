"""The officers' list of cases: filters, order, pages by key, counts; read-only. Must not change anything.

Each statement walks an index in the order of the list, so a page costs the same however many cases there are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.orm import Session

from core.case_month import Month
from core.case_status import DONE, CaseStatus
from core.clock import KST
from core.models.case import OPEN_CASES, OPEN_FLAGS, PAUSED_CASES, Case, CaseFlag

# Counts stop here: "1,000 and more" tells as much.
MOST_COUNTED = 1_000
_KEY = re.compile(r"(-?\d{1,17})-(\d{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Due(StrEnum):
    """Where a case stands by the clock; only open ones that are the city's to do have any."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    PAUSED = "paused"


class Order(StrEnum):
    """The order of the list: by the clock, or by receipt with the newest first."""

    DUE = "due"
    NEW = "new"


class State(StrEnum):
    """Groups of states."""

    OPEN = "open"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True)
class CaseFilter:
    """What the list is narrowed to; empty fields narrow nothing. ``flag``: repeat | joint | any."""

    state: State | CaseStatus = State.OPEN
    department_id: str = ""
    service_code: str = ""
    gu: str = ""
    due: Due | None = None
    flag: str = ""
    order: Order = Order.DUE
    # Only those received in it.
    month: Month | None = None


@dataclass(frozen=True)
class CasePage:
    """One page, and the keys of the pages after and before it, where there are any."""

    cases: Sequence[Case]
    following: str | None
    previous: str | None


def find_page(
    session: Session,
    wanted: CaseFilter,
    *,
    limit: int,
    now: datetime,
    after: str = "",
    before: str = "",
) -> CasePage:
    """A page of the list: its beginning, what comes ``after`` a key, or what came ``before`` one.

    A key stands between two cases, so a list that changes meanwhile skips and repeats nothing. A key that
    cannot be read is the beginning.
    """
    start, end = _parse_key(after), _parse_key(before)
    backwards = end is not None and start is None
    key = end if backwards else start
    query = _narrowed(wanted, now)
    if key is not None:
        query = query.where(_beyond(wanted.order, key, backwards=backwards))
    found = list(
        session.scalars(_ordered(query, wanted.order, backwards=backwards).limit(limit + 1))
    )
    more = len(found) > limit
    shown = found[:limit]
    if backwards:
        shown.reverse()
    if not shown:
        return CasePage((), None, None)
    has_more = key is not None if backwards else more
    has_before = more if backwards else key is not None
    return CasePage(
        cases=shown,
        following=_key_of(shown[-1], wanted.order) if has_more else None,
        previous=_key_of(shown[0], wanted.order) if has_before else None,
    )


def count_cases(session: Session, wanted: CaseFilter, *, now: datetime) -> int:
    """How many there are, up to MOST_COUNTED."""
    query = _ordered(_narrowed(wanted, now), wanted.order, backwards=False)
    ids = query.with_only_columns(Case.id).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def is_overdue(case: Case, now: datetime) -> bool:
    """Whether the city still owes an answer whose time has passed."""
    nobody = DONE | {CaseStatus.TRANSFERRED}
    owed = CaseStatus(case.status) not in nobody and case.paused_at is None
    return owed and case.due_at < now


def end_of_today(now: datetime) -> datetime:
    """The end of the day in Seoul."""
    tomorrow = now.astimezone(KST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), KST)


def due_within(due: Due, *, now: datetime) -> ColumnElement[bool]:
    """What stands so by the clock: open, not waiting for its citizen, not with another agency."""
    if due is Due.PAUSED:
        return text(PAUSED_CASES)  # type: ignore[return-value]
    ours = and_(
        text(OPEN_CASES), Case.paused_at.is_(None), Case.status != CaseStatus.TRANSFERRED.value
    )
    if due is Due.OVERDUE:
        return and_(ours, Case.due_at < now)
    end = end_of_today(now) if due is Due.TODAY else now + timedelta(days=7)
    return and_(ours, Case.due_at >= now, Case.due_at < end)


def _narrowed(wanted: CaseFilter, now: datetime) -> Select[Case]:
    query = select(Case)
    if wanted.state is State.OPEN:
        query = query.where(text(OPEN_CASES))
    elif wanted.state is State.DONE:
        query = query.where(Case.status.in_(sorted(state.value for state in DONE)))
    elif isinstance(wanted.state, CaseStatus):
        query = query.where(Case.status == wanted.state.value)
    if wanted.department_id:
        query = query.where(Case.department_id == wanted.department_id)
    if wanted.service_code:
        query = query.where(Case.service_code == wanted.service_code)
    if wanted.gu:
        query = query.where(Case.gu == wanted.gu)
    if wanted.month is not None:
        query = query.where(
            Case.received_at >= wanted.month.start, Case.received_at < wanted.month.end
        )
    if wanted.due is not None:
        query = query.where(due_within(wanted.due, now=now))
    if wanted.flag:
        flagged = select(CaseFlag.case_id).where(text(OPEN_FLAGS))
        if wanted.flag != "any":
            flagged = flagged.where(CaseFlag.kind == wanted.flag)
        query = query.where(Case.id.in_(flagged))
    return query


def _ordered(query: Select[Any], order: Order, *, backwards: bool) -> Select[Any]:
    column = Case.due_at if order is Order.DUE else Case.received_at
    rising = (order is Order.DUE) is not backwards
    if rising:
        return query.order_by(column, Case.id)
    return query.order_by(column.desc(), Case.id.desc())


def _beyond(order: Order, key: tuple[datetime, int], *, backwards: bool) -> ColumnElement[bool]:
    column = Case.due_at if order is Order.DUE else Case.received_at
    at, case_id = key
    # The first condition alone lets an index begin at the key.
    if (order is Order.DUE) is not backwards:
        return and_(column >= at, or_(column > at, Case.id > case_id))
    return and_(column <= at, or_(column < at, Case.id < case_id))


def _key_of(case: Case, order: Order) -> str:
    at = case.due_at if order is Order.DUE else case.received_at
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{case.id}"


def _parse_key(key: str) -> tuple[datetime, int] | None:
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(found[1])), int(found[2])
    except OverflowError:
        return None
