"""The administrator's page: list, add and close officers' accounts. Must not show a stored password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from console.access import Visit, needs
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import read_line, read_words, typed
from console.pages import Pages
from core.errors import Refused
from core.officer_sessions import use_form
from core.officers import (
    OfficerView,
    create_officer,
    disable_officer,
    list_officers,
    list_roles,
    make_password,
    set_password,
    view_of,
)


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /officers…"""
    department_ids = frozenset(department.id for department in deps.city.departments)

    @router.get("/officers")
    @needs("officer.manage")
    def officer_list(request: Request) -> Response:
        return _show(request, deps=deps, pages=pages)

    @router.post("/officers")
    @needs("officer.manage")
    def create(request: Request) -> Response:
        visit: Visit = request.state.visit
        department_id = read_line(visit.form, "department", limit=60)
        password, made = make_password(), None
        try:
            if department_id and department_id not in department_ids:
                raise Refused("department_unknown")
            with deps.database.transaction() as session:
                if _first_use(session, visit):
                    made = create_officer(
                        session,
                        login=read_words(visit.form, "login", limit=60),
                        name=read_words(visit.form, "name", limit=80),
                        role=read_line(visit.form, "role", limit=20),
                        department_id=department_id or None,
                        password=password,
                        hasher=deps.hasher,
                        actor=visit.signed_in.officer.actor,
                        now=visit.now,
                    )
        except Refused as refused:
            return _show(request, deps=deps, pages=pages, problem=refused)
        return _first_password(request, deps=deps, pages=pages, officer=made, password=password)

    @router.post("/officers/{officer_id}/password")
    @needs("officer.manage")
    def reset_password(request: Request, officer_id: RowId) -> Response:
        visit: Visit = request.state.visit
        password, officer = make_password(), None
        try:
            with deps.database.transaction() as session:
                if _first_use(session, visit):
                    set_password(
                        session,
                        officer_id=officer_id,
                        password=password,
                        hasher=deps.hasher,
                        actor=visit.signed_in.officer.actor,
                        now=visit.now,
                        must_change_password=True,
                    )
                    officer = view_of(session, officer_id=officer_id)
        except Refused as refused:
            return _show(request, deps=deps, pages=pages, problem=refused)
        return _first_password(request, deps=deps, pages=pages, officer=officer, password=password)

    @router.post("/officers/{officer_id}/disable")
    @needs("officer.manage")
    def disable(request: Request, officer_id: RowId) -> Response:
        visit: Visit = request.state.visit
        try:
            with deps.database.transaction() as session:
                disable_officer(
                    session,
                    officer_id=officer_id,
                    actor=visit.signed_in.officer.actor,
                    now=visit.now,
                )
        except Refused as refused:
            return _show(request, deps=deps, pages=pages, problem=refused)
        return RedirectResponse("/officers?done=disabled", status_code=303)


def _first_use(session: Session, visit: Visit) -> bool:
    return use_form(
        session,
        token=read_line(visit.form, "form_token", limit=64),
        officer_id=visit.signed_in.officer.id,
        now=visit.now,
    )


def _first_password(
    request: Request,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    officer: OfficerView | None,
    password: str,
) -> Response:
    """The one page that shows a first password. It has no address of its own, so it cannot be asked again."""
    if officer is None:
        return RedirectResponse("/officers?done=already", status_code=303)
    return _show(request, deps=deps, pages=pages, made=officer, password=password)


def _show(
    request: Request,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    problem: Refused | None = None,
    made: OfficerView | None = None,
    password: str = "",
) -> Response:
    visit: Visit = request.state.visit
    with deps.database.reading() as session:
        officers, roles = list_officers(session), list_roles(session)
    fields = ("login", "name", "role", "department")
    return pages.render(
        request,
        "officers.html",
        status_code=200 if problem is None else 400,
        problem=problem,
        officers=officers,
        roles=roles,
        departments=deps.city.departments,
        made=made,
        password=password,
        typed=dict.fromkeys(fields, "") if made else typed(visit.form, *fields),
    )
