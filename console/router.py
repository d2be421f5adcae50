"""Puts the officers' pages together behind one guard. Must not hold a page of its own but static files.

Every answer leaves here with the security headers; every refusal becomes a page in Korean.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console import (
    article_ask,
    article_forms,
    article_gaps,
    articles,
    audit,
    case_flags,
    case_forms,
    case_list,
    case_merge,
    case_months,
    cases,
    conversations,
    dashboard,
    departments,
    login,
    officers,
    posts,
)
from console.access import (
    Access,
    Forbidden,
    MustChangePassword,
    NotSignedIn,
    access_of,
    check_visit,
    open_to_all,
)
from console.deps import ConsoleDeps
from console.forms import typed
from console.pages import STATIC, Pages
from core.acting import acting_from
from core.errors import PermanentFailure, Refused, TemporaryFailure
from core.file_links import FileLinks

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Characters of what was being written when the session ended; an article is the longest.
LONGEST_LOST = 25_000
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


def make_router(deps: ConsoleDeps) -> APIRouter:
    """All pages of the console. Raises LookupError when a page does not say who may call it."""
    pages = Pages(deps.city, links=FileLinks(deps.cookie_key))
    router = APIRouter(route_class=_route_class(deps, pages), include_in_schema=False)
    pages_of = (
        *(login, dashboard, conversations, case_list, case_months, cases),
        *(case_forms, case_flags, case_merge),
        # "/articles/new" and the like before "/articles/{id}".
        *(article_gaps, article_ask, article_forms, articles),
        *(departments, posts, officers, audit),
    )
    for module in pages_of:
        module.add_pages(router, deps=deps, pages=pages)
    _add_static(router, pages)
    return router


def _route_class(deps: ConsoleDeps, pages: Pages) -> type[APIRoute]:
    class GuardedRoute(APIRoute):
        """A route that nobody reaches but through ``check_visit``."""

        def get_route_handler(self) -> Handle:
            access = access_of(self.endpoint)
            handler = super().get_route_handler()

            async def handle(request: Request) -> Response:
                response = await _answer(request, handler, access)
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
                response.headers.setdefault("Cache-Control", "no-store")
                if request.url.scheme == "https":
                    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                return response

            return handle

    async def _answer(request: Request, handler: Handle, access: Access) -> Response:
        try:
            # Every audit line of this request says where it came from.
            with acting_from(request.client.host if request.client else ""):
                request.state.visit = await check_visit(request, deps=deps, access=access)
                return await handler(request)
        except NotSignedIn as nobody:
            return _not_signed_in(request, access, nobody.form)
        except MustChangePassword:
            if request.method == "GET":
                return RedirectResponse("/account", status_code=303)
            return _error(request, 403, Refused("change_password_first"))
        except Forbidden as forbidden:
            return _error(request, 403, Refused(forbidden.code))
        except Refused as refused:
            return _error(request, 413 if refused.code == "too_large" else 400, refused)
        except RequestValidationError:
            return _error(request, 404, Refused("not_found"))
        except HTTPException as error:
            code = "not_found" if error.status_code == 404 else "bad_request"
            return _error(request, error.status_code, Refused(code))
        except TemporaryFailure:
            response = _error(request, 503, Refused("busy"))
            response.headers["Retry-After"] = "5"
            return response
        except PermanentFailure:
            return _error(request, 500, Refused("broken"))
        finally:
            # Uploads lie in temporary files until the form is closed.
            await request.close()

    def _not_signed_in(request: Request, access: Access, form: FormData) -> Response:
        if request.method == "GET":
            if access.passive:
                return Response(status_code=401)
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?{urlencode({'next': here})}", status_code=303)
        # The session ended while something was being written: give the words back.
        lost = typed(form, "text", "note", "reason", "words", "title", "body", limit=LONGEST_LOST)
        return pages.render(request, "expired.html", status_code=401, lost=lost)

    def _error(request: Request, status_code: int, refused: Refused) -> Response:
        return pages.render(request, "error.html", status_code=status_code, problem=refused)

    return GuardedRoute


def _add_static(router: APIRouter, pages: Pages) -> None:
    @router.get("/static/{name}")
    @open_to_all
    def static(request: Request, name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404)
        # Pages ask with the content's hash, so what a browser keeps is never out of date.
        lasting = (
            "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
        )
        return Response(
            pages.static[name], media_type=STATIC[name], headers={"Cache-Control": lasting}
        )
