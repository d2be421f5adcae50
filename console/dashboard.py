"""The first page: what has a time, and who waits for a person. Must not change anything."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.access import Visit, needs, passive
from console.case_list import quick_counts
from console.deps import ConsoleDeps
from console.pages import Pages
from console.words import RATING_DAYS
from core.audit import record_audit
from core.case_list import CaseFilter, is_overdue
from core.case_work import receipts_due, work_of
from core.department_desk import department_states, list_callbacks
from core.desk import waiting_rows
from core.officers import names_of
from core.ratings import summary_since

# Waiting conversations in which a report may have arrived that nobody has received.
NOT_RECEIVED = ("failed_turn", "lapsed_draft")


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add / and the fragment that keeps its first half fresh."""

    @router.get("/")
    @needs("case.read")
    def dashboard(request: Request) -> Response:
        visit: Visit = request.state.visit
        department = visit.signed_in.officer.department_id or ""
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="case.list",
                subject="cases",
                now=visit.now,
            )
            rows, names = waiting_rows(session), names_of(session)
            ratings = summary_since(session, since=visit.now - timedelta(days=RATING_DAYS))
            ways = department_states(session, city=deps.city)
            callbacks = len(list_callbacks(session))
            work = work_of(session, city=deps.city, now=visit.now)
            counts = quick_counts(session, CaseFilter(), now=visit.now)
            own = (
                quick_counts(session, CaseFilter(department_id=department), now=visit.now)
                if department
                else ()
            )
        unreceived = [row for row in rows if row.reason.startswith(NOT_RECEIVED)]
        return pages.render(
            request,
            "dashboard.html",
            rows=rows,
            names=names,
            ratings=ratings,
            work=work,
            receipts=receipts_due(
                [(row.conversation_id, row.opened_at) for row in unreceived],
                city=deps.city,
                now=visit.now,
            ),
            silent=[state for state in ways if not state.answers],
            troubled=sum(state.troubled for state in ways) + callbacks,
            counts=counts,
            own=own,
            department_id=department,
            overdue=lambda case: is_overdue(case, visit.now),
        )

    @router.get("/waiting")
    @passive
    @needs("conversation.read")
    def waiting_fragment(request: Request) -> Response:
        with deps.database.reading() as session:
            rows, names = waiting_rows(session), names_of(session)
        return pages.fragment(request, "_waiting.html", rows=rows, names=names)
