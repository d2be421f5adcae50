"""The ways to departments: who is silent, what needs a person, and the buttons for it. Must not send."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from console import department_words
from console.access import Visit, needs
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import read_line
from console.pages import Pages
from core.audit import record_audit
from core.case_status import TITLES, CaseStatus
from core.department_desk import (
    TROUBLED,
    decide_callback,
    department_states,
    dismiss,
    list_callbacks,
    list_messages,
    probe_now,
    resolve,
    retry,
)
from core.errors import Refused
from core.officer_sessions import use_form

SHOWN = 100


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /departments and its buttons."""

    def decide(request: Request, change: Callable[[Session, str], None]) -> Response:
        visit: Visit = request.state.visit
        officer = visit.signed_in.officer
        try:
            with deps.database.transaction() as session:
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=officer.id,
                    now=visit.now,
                )
                if first:
                    change(session, officer.actor)
        except Refused as refused:
            return _show(request, deps=deps, pages=pages, problem=refused)
        done = "department" if first else "already"
        return RedirectResponse(f"/departments?done={done}", status_code=303)

    @router.get("/departments")
    @needs("case.read")
    def departments(request: Request) -> Response:
        visit: Visit = request.state.visit
        with deps.database.transaction() as session:
            # What came back from departments stands there: words about citizens' cases.
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="department.list",
                subject="departments",
                now=visit.now,
            )
        return _show(request, deps=deps, pages=pages)

    @router.post("/departments/{department_id}/probe")
    @needs("case.change")
    def probe(request: Request, department_id: str) -> Response:
        now = request.state.visit.now
        return decide(
            request,
            lambda session, by: probe_now(
                session, city=deps.city, department_id=department_id, by=by, now=now
            ),
        )

    @router.post("/departments/messages/{message_id}/{decision}")
    @needs("case.change")
    def message(request: Request, message_id: RowId, decision: str) -> Response:
        now = request.state.visit.now

        def change(session: Session, by: str) -> None:
            if decision == "retry":
                retry(session, message_id=message_id, by=by, now=now)
            elif decision in ("arrived", "not-arrived"):
                arrived = decision == "arrived"
                resolve(session, message_id=message_id, by=by, arrived=arrived, now=now)
            elif decision == "dismiss":
                dismiss(session, message_id=message_id, by=by, now=now)
            else:
                raise Refused("bad_request")

        return decide(request, change)

    @router.post("/departments/callbacks/{callback_id}/{decision}")
    @needs("case.change")
    def callback(request: Request, callback_id: RowId, decision: str) -> Response:
        now = request.state.visit.now

        def change(session: Session, by: str) -> None:
            if decision not in ("retry", "dismiss"):
                raise Refused("bad_request")
            again = decision == "retry"
            decide_callback(session, callback_id=callback_id, again=again, by=by, now=now)

        return decide(request, change)


def _show(
    request: Request, *, deps: ConsoleDeps, pages: Pages, problem: Refused | None = None
) -> Response:
    with deps.database.reading() as session:
        states = department_states(session, city=deps.city)
        troubled = list_messages(session, states=TROUBLED, limit=SHOWN)
        callbacks = list_callbacks(session, limit=SHOWN)
    return pages.render(
        request,
        "departments.html",
        status_code=200 if problem is None else 400,
        problem=problem,
        states=states,
        silent=[state for state in states if not state.answers],
        troubled=troubled,
        callbacks=callbacks,
        dwords=department_words,
        titles={state.value: TITLES[state] for state in CaseStatus},
    )
