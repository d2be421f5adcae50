"""The inner HTTP door to the search for policy articles. Must not log a question, nor word an answer.

200 with what was found · 401 for a wrong secret · 422 for a malformed request · 503 while there is no index.
The question must be redacted by who asks; what is longer than the search looks at is cut off.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from actions.guard import Guard
from actions.inner_doors import SEARCH_PATH
from core.errors import TemporaryFailure
from core.policy_port import PolicySearch
from core.policy_questions import LONGEST_QUESTION

MOST_ARTICLES = 20


def make_router(search: PolicySearch, secret: str) -> APIRouter:
    """The route for app.actions. Raises ValueError for an empty secret: that would let anyone in."""
    guard = Guard(secret)
    router = APIRouter()

    @router.post(SEARCH_PATH)
    async def find(request: Request) -> JSONResponse:
        body = await guard.read(request)
        if isinstance(body, JSONResponse):
            return body
        question = body.get("question") if isinstance(body, dict) else None
        most = body.get("most", 5) if isinstance(body, dict) else None
        if not isinstance(question, str) or not question.strip():
            return JSONResponse({"error": "question must be a text"}, 422)
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_ARTICLES:
            return JSONResponse({"error": f"most must be from 1 to {MOST_ARTICLES}"}, 422)
        try:
            # In a thread: reading the index and the articles must not hold up Rasa's other calls.
            found = await asyncio.to_thread(search.search, question[:LONGEST_QUESTION], most=most)
        except TemporaryFailure as failure:
            return JSONResponse({"retry_after": failure.retry_after}, 503)
        return JSONResponse(found.to_data())

    return router
