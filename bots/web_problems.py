"""What goes wrong in a web request, with a sentence for the citizen. Must not carry a citizen's own words.

A problem's sentence is the city's text ``web_problem_<code>``; its JSON is
``{"error": code, "message": sentence}``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import Refused, TemporaryFailure
from core.texts import TextError, Texts

# Photos are cleaned to stay below this (dialogue.photos); the page says it in words.
PHOTO_LIMIT_MB = 10
TEXT_LIMIT = 20_000

_VALUES: dict[str, dict[str, object]] = {
    "too_long": {"limit": f"{TEXT_LIMIT:,}"},
    "photo_too_large": {"limit_mb": PHOTO_LIMIT_MB},
}
_STATUS_OF_REFUSAL = {"photo_too_large": 413}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Not "no-referrer": with it browsers send "Origin: null", which our own check must refuse.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


class Problem(Exception):
    """An answer other than success: HTTP ``status``, our ``code``, seconds until another try."""

    def __init__(self, status: int, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


def problem_of(error: Refused | TemporaryFailure) -> Problem:
    """The house's errors as a web problem."""
    if isinstance(error, TemporaryFailure):
        return Problem(503, "busy", retry_after=error.retry_after or 3)
    return Problem(_STATUS_OF_REFUSAL.get(error.code, 422), error.code)


def message_of(texts: Texts, code: str) -> str:
    """The sentence for ``code``; a general one when a rule has none of its own for the page."""
    try:
        return texts.render(f"web_problem_{code}", **_VALUES.get(code, {}))
    except TextError:
        return texts.render("web_error")


def problem_response(texts: Texts, problem: Problem) -> JSONResponse:
    """The problem as JSON."""
    response = JSONResponse(
        {"error": problem.code, "message": message_of(texts, problem.code)}, problem.status
    )
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    return response


def guarded_route(texts: Texts) -> type[APIRoute]:
    """A route class that turns problems into JSON and puts the security headers on every answer."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    response = await handle(request)
                except Problem as problem:
                    response = problem_response(texts, problem)
                except RequestValidationError:
                    # FastAPI's own answer would repeat what was sent.
                    response = problem_response(texts, Problem(422, "bad_request"))
                except (Refused, TemporaryFailure) as error:
                    response = problem_response(texts, problem_of(error))
                for name, value in SECURITY_HEADERS.items():
                    response.headers.setdefault(name, value)
                response.headers.setdefault("Cache-Control", "no-store")
                return response

            return guarded

    return GuardedRoute
