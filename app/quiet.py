"""Keeps an unexpected error's words out of the log: they may quote a citizen. Must not hide that it was."""

from __future__ import annotations

import logging
import traceback

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


def log_unexpected(where: str, error: BaseException) -> None:
    """Log an error by its kind and the lines of code it went through, never by its own words."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed with %s\n%s", where, type(error).__name__, trace)


class QuietErrors:
    """ASGI middleware: an unexpected error becomes a plain 500, and only its kind and place are logged.

    Without it the server writes the whole traceback with the error's message, and messages of
    libraries repeat what they were given.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through; answer only where the app could not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            # The route's pattern, not the path: a path may hold anything.
            route = getattr(scope.get("route"), "path", "a request")
            log_unexpected(f"{scope['method']} {route}", error)
            if started:
                # Too late for another answer. The server must cut the connection, which it does on
                # an error; this one has no words.
                raise RuntimeError("the answer broke off") from None
            response = JSONResponse({"error": "internal"}, status_code=500)
            await response(scope, receive, watched)
