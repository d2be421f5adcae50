"""The public pages of the policy articles: the list and one article. Must not set a cookie or need a script.

What somebody looks for is in the address of the list and nowhere else: it is neither kept nor logged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from core.clock import KST
from core.errors import TemporaryFailure
from knowledge.articles import KEY
from knowledge.catalogue import LONGEST_QUERY, Entry, look_up
from knowledge.queries import articles_by_id
from website.catalogue import Catalogue
from website.ports import WebsiteDeps
from website.shown import department_of, korean_date, shown

ROWS = 20
MOST_PAGES = 10_000
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
# A change by an officer is seen by everybody a minute later at the latest.
PUBLIC = "public, max-age=60"
PRIVATE = "no-store"


def make_router(deps: WebsiteDeps) -> APIRouter:
    """The pages below /articles."""
    router = APIRouter(route_class=_route_class(deps), tags=["articles"])
    catalogue = Catalogue()

    @router.head("/articles", include_in_schema=False)
    @router.get("/articles/", include_in_schema=False)
    @router.get(
        "/articles", summary="Policy articles, by department or word", response_class=Response
    )
    def article_list(
        request: Request, q: str = "", department: str = "", page: str = ""
    ) -> Response:
        query = " ".join(q[:LONGEST_QUERY].split())
        today = deps.now().astimezone(KST).date()
        with deps.database.reading() as session:
            current = [each for each in catalogue.entries(session) if each.answers_on(today)]
        departments = _departments(current)
        chosen = department if department in dict(departments) else ""
        found = look_up((e for e in current if chosen in ("", e.department)), query)
        number = _page_number(page)
        response = deps.pages.page(
            "articles.html",
            rows=found[(number - 1) * ROWS : number * ROWS],
            count=len(found),
            query=query,
            chosen=chosen,
            departments=departments,
            name_of=name_of,
            day=korean_date,
            previous=_address(query, chosen, number - 1) if number > 1 else "",
            following=_address(query, chosen, number + 1) if len(found) > number * ROWS else "",
        )
        # What was typed may be anything: no cache on the way keeps a page that repeats it.
        return _kept(request, response, how=PRIVATE if query else PUBLIC)

    @router.head("/articles/{key}", include_in_schema=False)
    @router.get("/articles/{key}", summary="One policy article", response_class=Response)
    def article_page(request: Request, key: str) -> Response:
        today = deps.now().astimezone(KST).date()
        stored, related = None, []
        if KEY.fullmatch(key):
            with deps.database.reading() as session:
                entry = catalogue.find(session, key)
                if entry is not None:
                    stored = articles_by_id(session, [entry.id])[entry.id].article
                    found = (catalogue.find(session, each) for each in stored.related)
                    related = [each for each in found if each and each.answers_on(today)]
        if stored is None:
            return deps.pages.page("article-missing.html", status=404)
        article = shown(stored, related=related, city=deps.city, today=today)
        return _kept(request, deps.pages.page("article.html", article=article), how=PUBLIC)

    def name_of(department_id: str) -> str:
        department = department_of(deps.city, department_id)
        return "" if department is None else department.name

    def _departments(entries: list[Entry]) -> list[tuple[str, str]]:
        """Id and name of those that answer for an article, by name."""
        known = {each.department: name_of(each.department) for each in entries}
        return sorted(((id_, name) for id_, name in known.items() if name), key=lambda e: e[1])

    return router


def _route_class(deps: WebsiteDeps) -> type[APIRoute]:
    class PageRoute(APIRoute):
        """Puts the headers on every answer; trouble becomes a page in Korean."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    response = await handle(request)
                except RequestValidationError:
                    response = deps.pages.page("article-missing.html", status=404)
                except TemporaryFailure as error:
                    response = deps.pages.page("articles-busy.html", status=503)
                    response.headers["Retry-After"] = str(max(1, round(error.retry_after or 5)))
                for name, value in HEADERS.items():
                    response.headers.setdefault(name, value)
                response.headers.setdefault("Cache-Control", PRIVATE)
                return response

            return guarded

    return PageRoute


def _kept(request: Request, response: Response, *, how: str) -> Response:
    """The page with its mark; 304 where the browser has it already."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": how}
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _page_number(text: str) -> int:
    readable = text.isascii() and text.isdigit() and len(text) <= 5
    return min(max(int(text), 1), MOST_PAGES) if readable else 1


def _address(query: str, department: str, page: int) -> str:
    values = {"q": query, "department": department, "page": str(page) if page > 1 else ""}
    asked = urlencode({name: value for name, value in values.items() if value})
    return f"/articles?{asked}" if asked else "/articles"
