"""Lets only who knows the secret through the inner HTTP doors. Must not look into what is asked."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from actions.inner_doors import SECRET_HEADER


class Guard:
    """One secret for all inner doors. Raises ValueError for an empty one: that would let anyone in."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("the actions' secret is empty")
        self._expected = secret.encode()

    async def read(self, request: Request) -> Any:
        """The JSON of the call, or the response that refuses it: 401 wrong secret, 422 no JSON."""
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._expected):
            return JSONResponse({"error": "secret"}, 401)
        try:
            return await request.json()
        except ValueError:
            return JSONResponse({"error": "not JSON"}, 422)
