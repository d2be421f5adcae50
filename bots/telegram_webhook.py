"""The address to which Telegram sends updates. Must not look at a body before its secret was checked."""

from __future__ import annotations

import hmac
import json
import logging
import math
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.errors import TemporaryFailure

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (a name, not a secret)
# An update is a few kilobytes; the largest texts and quotes stay far below this.
BODY_LIMIT = 1024 * 1024
RETRY_AFTER = 5


def make_router(*, take: Callable[[object], None], secret: str) -> APIRouter:
    """One route. ``take`` keeps an update or raises TemporaryFailure. Raises ValueError without a secret."""
    if not secret:
        raise ValueError("a webhook needs a secret")
    wanted = secret.encode()
    router = APIRouter(tags=["Telegram"])

    @router.post(PATH, summary="Updates from Telegram", include_in_schema=False)
    async def webhook(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, wanted):
            return JSONResponse({"error": "secret"}, status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return JSONResponse({"error": "too_large"}, status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return JSONResponse({"error": "malformed"}, status_code=400)
        try:
            await run_in_threadpool(take, update)
        except TemporaryFailure as error:
            # Telegram keeps the update and honours Retry-After.
            log.warning("telegram: an update is put off: %s", error)
            wait = str(max(1, math.ceil(error.retry_after or RETRY_AFTER)))
            return JSONResponse({"error": "busy"}, status_code=503, headers={"Retry-After": wait})
        return JSONResponse({})

    return router
