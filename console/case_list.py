"""The list of cases: filters, order, pages, counts. Must not change a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from console import words
from console.access import Visit, needs
from console.deps import ConsoleDeps
from console.pages import Pages
from core.audit import record_audit
from core.case_flags import JOINT, REPEAT, kinds_of
from core.case_list import (
    MOST_COUNTED,
    CaseFilter,
    Due,
    Order,
    State,
    count_cases,
    find_page,
    is_overdue,
)
from core.case_queries import find_case
from core.case_status import TITLES, CaseStatus
from core.city import City
from core.desk import parse_case_number
from core.errors import Refused

CASES_PER_PAGE = 25
FLAGS = ("any", REPEAT, JOINT)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class QuickCount:
    """One of the lists that officers look at most, with how many there are."""

    title: str
    address: str
    count: str
    chosen: bool
    urgent: bool


def parse_filter(query: QueryParams, city: City) -> CaseFilter:
    """The filter in an address; what it does not know narrows nothing."""

    def known(name: str, values: frozenset[str]) -> str:
        value = query.get(name, "")
        return value if value in values else ""

    status = query.get("status", "")
    return CaseFilter(
        state=_one_of(CaseStatus, status) or _one_of(State, status) or State.OPEN,
        department_id=known("department", frozenset(each.id for each in city.departments)),
        service_code=known("service", frozenset(each.code for each in city.services)),
        gu=known("gu", frozenset(each.name for each in city.gus)),
        due=_one_of(Due, query.get("due", "")),
        flag=known("flag", frozenset(FLAGS)),
        order=_one_of(Order, query.get("order", "")) or Order.DUE,
    )


def address_of(wanted: CaseFilter, **more: str | None) -> str:
    """The address of the list with this filter; ``more`` are the keys of a page."""
    values: Mapping[str, str | None] = {
        "status": "" if wanted.state is State.OPEN else wanted.state.value,
        "department": wanted.department_id,
        "service": wanted.service_code,
        "gu": wanted.gu,
        "due": wanted.due.value if wanted.due else "",
        "flag": wanted.flag,
        "order": "" if wanted.order is Order.DUE else wanted.order.value,
        **more,
    }
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/cases?{query}" if query else "/cases"


def quick_counts(session: Session, wanted: CaseFilter, *, now: datetime) -> tuple[QuickCount, ...]:
    """The lists by the clock and the flagged ones, within department, service and gu of ``wanted``."""
    base = replace(wanted, state=State.OPEN, due=None, flag="", order=Order.DUE)
    lists = [("처리할 민원", base)]
    lists += [(words.DUES[due.value], replace(base, due=due)) for due in Due]
    lists.append(("살펴볼 표시", replace(base, flag="any")))
    counts = [count_cases(session, each, now=now) for _, each in lists]
    return tuple(
        QuickCount(
            title=title,
            address=address_of(each),
            count=in_words(count),
            chosen=(each.due, each.flag, each.state) == (wanted.due, wanted.flag, wanted.state),
            urgent=each.due is Due.OVERDUE and count > 0,
        )
        for (title, each), count in zip(lists, counts, strict=True)
    )


def in_words(count: int) -> str:
    """A count that stopped at the most says so."""
    return f"{count:,}건 넘음" if count >= MOST_COUNTED else f"{count}건"


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /cases."""
    city = deps.city

    @router.get("/cases")
    @needs("case.read")
    def cases_page(request: Request) -> Response:
        visit: Visit = request.state.visit
        query = request.query_params
        wanted = parse_filter(query, city)
        asked = " ".join(query.get("number", "").replace("\0", "").split())[:40]
        number = parse_case_number(asked) if asked else None
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="case.list",
                subject="cases",
                now=visit.now,
            )
            named = find_case(session, number=number) if number else None
            if named is not None:
                return RedirectResponse(f"/cases/{named.id}", status_code=303)
            page = find_page(
                session,
                wanted,
                limit=CASES_PER_PAGE,
                now=visit.now,
                after=query.get("after", ""),
                before=query.get("before", ""),
            )
            count = count_cases(session, wanted, now=visit.now)
            counts = quick_counts(session, wanted, now=visit.now)
            flags = kinds_of(session, case_ids=[case.id for case in page.cases])
        return pages.render(
            request,
            "cases.html",
            problem=Refused("case_number_unknown") if asked else None,
            status_code=404 if asked else 200,
            asked=asked,
            wanted=wanted,
            narrows=wanted != CaseFilter(),
            page=page,
            count=in_words(count),
            counts=counts,
            flags=flags,
            following=page.following and address_of(wanted, after=page.following),
            previous=page.previous and address_of(wanted, before=page.previous),
            own=address_of(
                replace(wanted, department_id=visit.signed_in.officer.department_id or "")
            ),
            states=[*words.STATES.items(), *((s.value, title) for s, title in TITLES.items())],
            departments=city.departments,
            services=city.services,
            gus=city.gus,
            overdue=lambda case: is_overdue(case, visit.now),
        )


def _one_of(kind: type[E], value: str) -> E | None:
    return kind(value) if value in {each.value for each in kind} else None
