"""The first page: who waits for a person, and the cases by due time. Must not change anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from console.access import Visit, needs, passive
from console.deps import ConsoleDeps
from console.pages import Pages
from console.words import RATING_DAYS
from core.audit import record_audit
from core.case_queries import list_cases
from core.case_status import DONE, TITLES, CaseStatus
from core.case_work import late_receipts, work_of
from core.department_desk import department_states, list_callbacks
from core.desk import waiting_rows
from core.models.case import Case
from core.officers import names_of
from core.ratings import summary_since

CASES_PER_PAGE = 25
LAST_PAGE = 10_000
# Waiting conversations in which a report may have arrived that nobody has received.
NOT_RECEIVED = ("failed_turn", "lapsed_draft")


@dataclass(frozen=True)
class CaseFilter:
    """What the list of cases is narrowed to."""

    status: CaseStatus | None
    department_id: str | None
    overdue: bool
    page: int

    def address(self, *, page: int) -> str:
        """The address of another page of the same list."""
        values = {
            "status": self.status.value if self.status else "",
            "department": self.department_id or "",
            "overdue": "1" if self.overdue else "",
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/?{query}#cases" if query else "/#cases"


def parse_filter(query: QueryParams, *, department_ids: frozenset[str]) -> CaseFilter:
    """The filter in an address; what it does not know narrows nothing."""
    status, department, page = (query.get(name, "") for name in ("status", "department", "page"))
    return CaseFilter(
        status=CaseStatus(status) if status in {state.value for state in CaseStatus} else None,
        department_id=department if department in department_ids else None,
        overdue=query.get("overdue") == "1",
        page=min(int(page), LAST_PAGE)
        if page.isascii() and page.isdigit() and 0 < len(page) <= 5 and int(page) > 0
        else 1,
    )


def is_overdue(case: Case, now: datetime) -> bool:
    """Whether the city still owes an answer whose time has passed."""
    nobody = DONE | {CaseStatus.TRANSFERRED}
    owed = CaseStatus(case.status) not in nobody and case.paused_at is None
    return owed and case.due_at < now


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add / and the fragment that keeps its first half fresh."""
    department_ids = frozenset(department.id for department in deps.city.departments)

    @router.get("/")
    @needs("case.read")
    def dashboard(request: Request) -> Response:
        visit: Visit = request.state.visit
        chosen = parse_filter(request.query_params, department_ids=department_ids)
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="case.list",
                subject="cases",
                now=visit.now,
            )
            found = list_cases(
                session,
                status=chosen.status,
                department_id=chosen.department_id,
                overdue_at=visit.now if chosen.overdue else None,
                limit=CASES_PER_PAGE + 1,
                offset=(chosen.page - 1) * CASES_PER_PAGE,
            )
            rows, names = waiting_rows(session), names_of(session)
            ratings = summary_since(session, since=visit.now - timedelta(days=RATING_DAYS))
            ways = department_states(session, city=deps.city)
            callbacks = len(list_callbacks(session))
            work = work_of(session, city=deps.city, now=visit.now)
        unreceived = [row.opened_at for row in rows if row.reason.startswith(NOT_RECEIVED)]
        return pages.render(
            request,
            "dashboard.html",
            rows=rows,
            names=names,
            ratings=ratings,
            work=work,
            unreceived=len(unreceived),
            late_receipts=late_receipts(unreceived, city=deps.city, now=visit.now),
            silent=[state for state in ways if not state.answers],
            troubled=sum(state.troubled for state in ways) + callbacks,
            cases=found[:CASES_PER_PAGE],
            more=len(found) > CASES_PER_PAGE,
            chosen=chosen,
            statuses=TITLES,
            departments=deps.city.departments,
            overdue=lambda case: is_overdue(case, visit.now),
        )

    @router.get("/waiting")
    @passive
    @needs("conversation.read")
    def waiting_fragment(request: Request) -> Response:
        with deps.database.reading() as session:
            rows, names = waiting_rows(session), names_of(session)
        return pages.fragment(request, "_waiting.html", rows=rows, names=names)
