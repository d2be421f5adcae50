"""The page for an address that does not exist. Must not repeat the address: it may hold anything."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from bots.web_pages import Pages
from bots.web_problems import SECURITY_HEADERS, Problem, problem_response
from core.city import City


def make_missing_handler(city: City) -> Callable[[Request, Exception], Response]:
    """An exception handler for 404: a page for browsers, JSON for programs."""
    pages = Pages(city)

    def missing(request: Request, _error: Exception) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            response: Response = pages.page("missing.html", status=404)
        else:
            response = problem_response(city.texts, Problem(404, "not_found"))
        response.headers.update(SECURITY_HEADERS)
        return response

    return missing
