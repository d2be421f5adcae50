"""Who may call which page: deny by default, one guard for every route. Must not render anything.

A handler without one of the decorators below cannot be registered: building the router fails.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import FormData

from console.deps import ConsoleDeps
from core.errors import Refused
from core.officer_sessions import SignedIn, find_session, touch_session
from core.officers import PERMISSIONS, allows

SESSION_COOKIE = "sotong-officer"
LOGIN_COOKIE = "sotong-login"
BIGGEST_BODY = 40 * 1024 * 1024
SMALL_BODY = 64 * 1024
MOST_FILES = 8
MOST_FIELDS = 40
_MARK = "__sotong_access__"

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """What a route asks for. ``passive``: the page asks by itself, the officer may be away."""

    open_to_all: bool = False
    permission: str | None = None
    passive: bool = False
    before_password_change: bool = False


@dataclass(frozen=True)
class Visit:
    """One request that passed the guard."""

    who: SignedIn | None
    form: FormData
    now: datetime

    @property
    def signed_in(self) -> SignedIn:
        """Who is signed in; the guard has made sure of it on every route that is not open."""
        if self.who is None:
            raise NotSignedIn
        return self.who


class NotSignedIn(Exception):
    """Nobody is signed in; the answer is the log-in page. ``form`` is what they wanted to send."""

    def __init__(self, form: FormData | None = None) -> None:
        super().__init__()
        self.form = form or FormData()


class MustChangePassword(Exception):
    """Signed in with a first password; the answer is the account page."""


class Forbidden(Exception):
    """Signed in, but without the permission, or without the form's token; ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def open_to_all(handler: Handler) -> Handler:
    """Anyone may call this route."""
    return _mark(handler, Access(open_to_all=True))


def any_officer(handler: Handler) -> Handler:
    """Any officer who is signed in, even one who must change the password first."""
    return _mark(handler, Access(before_password_change=True))


def needs(permission: str) -> Callable[[Handler], Handler]:
    """Only officers whose role has ``permission``."""
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission {permission!r}")
    return lambda handler: _mark(handler, Access(permission=permission))


def passive(handler: Handler) -> Handler:
    """The page asks by itself every few seconds: that must not keep an idle session alive."""
    return _mark(handler, replace(access_of(handler), passive=True))


def access_of(handler: Callable[..., Any]) -> Access:
    """What a handler asks for. Raises LookupError when it was never said."""
    access = getattr(handler, _MARK, None)
    if not isinstance(access, Access):
        raise LookupError(f"{handler!r} does not say who may call it")
    return access


async def check_visit(request: Request, *, deps: ConsoleDeps, access: Access) -> Visit:
    """Find out who is there and whether they may: session, permission, form token, size.

    Raises NotSignedIn, MustChangePassword, Forbidden, Refused("too_large").
    """
    now = deps.now()
    who = None if access.open_to_all else await run_sync(_signed_in, request, deps, access, now)
    writing = request.method not in ("GET", "HEAD")
    # Whom we do not know may not make us read and store a large body.
    limit = SMALL_BODY if who is None else BIGGEST_BODY
    form = await _read_form(request, limit=limit) if writing else FormData()
    if not access.open_to_all:
        if who is None:
            raise NotSignedIn(form)
        if writing and not hmac.compare_digest(_field(form, "csrf"), who.csrf):
            raise Forbidden("csrf")
        if who.officer.must_change_password and not access.before_password_change:
            raise MustChangePassword
        if access.permission is not None and not allows(who.officer, access.permission):
            raise Forbidden("forbidden")
    elif writing and not _login_form_is_ours(request, form, deps):
        raise Forbidden("csrf")
    return Visit(who=who, form=form, now=now)


def cookie_name(request: Request, name: str) -> str:
    """With https the ``__Host-`` prefix, which a browser accepts only Secure and for this host."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def new_login_cookie() -> str:
    """A value for the cookie that binds a log-in form to its browser."""
    return secrets.token_urlsafe(24)


def login_form_token(deps: ConsoleDeps, cookie: str) -> str:
    """The token in the log-in form: signed, so that a planted cookie alone is of no use."""
    return hmac.new(deps.cookie_key, f"login-form:{cookie}".encode(), hashlib.sha256).hexdigest()


def _login_form_is_ours(request: Request, form: FormData, deps: ConsoleDeps) -> bool:
    cookie = request.cookies.get(cookie_name(request, LOGIN_COOKIE), "")
    if not cookie:
        return False
    return hmac.compare_digest(_field(form, "csrf"), login_form_token(deps, cookie))


def _signed_in(
    request: Request, deps: ConsoleDeps, access: Access, now: datetime
) -> SignedIn | None:
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE), "")
    if not token:
        return None
    with deps.database.reading() as session:
        who = find_session(session, token=token, now=now)
    if who is not None and who.touch_due and not access.passive:
        with deps.database.transaction() as session:
            touch_session(session, token_hash=who.token_hash, now=now)
    return who


async def _read_form(request: Request, *, limit: int) -> FormData:
    """The whole form. A body of unknown or great size is refused before a byte of it is read."""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length) > limit:
        raise Refused("too_large")
    return await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    # compare_digest takes only ASCII text.
    return value if isinstance(value, str) and value.isascii() else ""


def _mark(handler: Handler, access: Access) -> Handler:
    setattr(handler, _MARK, access)
    return handler
