"""Log-in, log-out and one's own account. Must not manage other officers: see ``console.officers``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from console.access import (
    LOGIN_COOKIE,
    SESSION_COOKIE,
    Visit,
    any_officer,
    cookie_name,
    login_form_token,
    new_login_cookie,
    open_to_all,
)
from console.deps import ConsoleDeps
from console.forms import read_line, read_secret
from console.pages import Pages
from core.audit import record_audit
from core.errors import Refused
from core.officer_sessions import close_session, open_session
from core.officers import authenticate, set_password


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /login, /logout, /account."""

    @router.get("/login")
    @open_to_all
    def login_page(request: Request) -> Response:
        return _login_page(request, deps=deps, pages=pages)

    @router.post("/login")
    @open_to_all
    def log_in(request: Request) -> Response:
        visit: Visit = request.state.visit
        login = read_line(visit.form, "login", limit=40)
        place = request.client.host if request.client else ""
        try:
            officer = authenticate(
                deps.database,
                login=login,
                password=read_secret(visit.form, "password"),
                hasher=deps.hasher,
                place=place,
                now=visit.now,
            )
        except Refused as refused:
            return _login_page(request, deps=deps, pages=pages, login=login, problem=refused)
        with deps.database.transaction() as session:
            # Whoever was signed in on this browser is signed out: a session is never taken over.
            close_session(session, token=request.cookies.get(_session(request), ""))
            new = open_session(session, officer_id=officer.id, now=visit.now)
        target = safe_next(read_line(visit.form, "next", limit=500))
        response = RedirectResponse(target, status_code=303)
        _set_cookie(response, request, name=_session(request), value=new.token)
        response.delete_cookie(cookie_name(request, LOGIN_COOKIE), path="/")
        return response

    @router.post("/logout")
    @any_officer
    def log_out(request: Request) -> Response:
        visit: Visit = request.state.visit
        actor = visit.signed_in.officer.actor
        with deps.database.transaction() as session:
            close_session(session, token=request.cookies.get(_session(request), ""))
            record_audit(
                session, actor=actor, action="officer.sign_out", subject=actor, now=visit.now
            )
        response = RedirectResponse("/login?done=signed_out", status_code=303)
        response.delete_cookie(_session(request), path="/")
        return response

    @router.get("/account")
    @any_officer
    def account(request: Request) -> Response:
        return pages.render(request, "account.html")

    @router.post("/account")
    @any_officer
    def change_password(request: Request) -> Response:
        visit: Visit = request.state.visit
        try:
            _change_password(request, deps=deps, visit=visit)
        except Refused as refused:
            return pages.render(request, "account.html", status_code=400, problem=refused)
        return RedirectResponse("/account?done=password", status_code=303)


def safe_next(target: str) -> str:
    """Where to go after the log-in: a path of ours, else the first page (no open redirect)."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return "/"
    return "/" if target.partition("?")[0] in ("/login", "/logout") else target


def _change_password(request: Request, *, deps: ConsoleDeps, visit: Visit) -> None:
    who = visit.signed_in
    new = read_secret(visit.form, "new")
    if new != read_secret(visit.form, "again"):
        raise Refused("password_mismatch")
    try:
        # The lock-out counts here too: a stolen session must not become a way to guess.
        authenticate(
            deps.database,
            login=who.officer.login,
            password=read_secret(visit.form, "current"),
            hasher=deps.hasher,
            place=request.client.host if request.client else "",
            now=visit.now,
        )
    except Refused as refused:
        raise Refused("password_wrong") from refused
    with deps.database.transaction() as session:
        set_password(
            session,
            officer_id=who.officer.id,
            password=new,
            hasher=deps.hasher,
            actor=who.officer.actor,
            now=visit.now,
            must_change_password=False,
            keep_session=who.token_hash,
        )


def _login_page(
    request: Request,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    login: str = "",
    problem: Refused | None = None,
) -> Response:
    name = cookie_name(request, LOGIN_COOKIE)
    cookie = request.cookies.get(name) or new_login_cookie()
    visit: Visit = request.state.visit
    target = read_line(visit.form, "next", limit=500) or request.query_params.get("next", "/")
    response = pages.render(
        request,
        "login.html",
        status_code=200 if problem is None else 401,
        problem=problem,
        login_token=login_form_token(deps, cookie),
        login=login,
        target=safe_next(target),
    )
    _set_cookie(response, request, name=name, value=cookie)
    return response


def _session(request: Request) -> str:
    return cookie_name(request, SESSION_COOKIE)


def _set_cookie(response: Response, request: Request, *, name: str, value: str) -> None:
    # No max-age: the cookie ends with the browser; the server ends it earlier.
    response.set_cookie(
        name,
        value,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
