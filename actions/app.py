"""The HTTP door for Rasa's action calls. Must not log what a citizen wrote.

200 with events and responses · 400 for a rejected execution (Rasa then asks its rules) · 401 for a
wrong secret · 404 for an unknown action · 422 for a malformed call · 500 for anything else, so that
the turn channel answers 503 and the turn is worked again.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionNotFoundException,
)

from actions.guard import Guard
from core.failpoints import failpoint
from core.telemetry import NO_TELEMETRY, Telemetry

PATH = "/rasa/actions"

log = logging.getLogger(__name__)


def make_router(
    executor: ActionExecutor, secret: str, *, telemetry: Telemetry = NO_TELEMETRY
) -> APIRouter:
    """Routes for app.actions. Raises ValueError for an empty secret: that would let anyone in."""
    guard = Guard(secret)
    router = APIRouter()

    @router.post(PATH)
    async def run_action(request: Request) -> JSONResponse:
        call = await guard.read(request)
        if isinstance(call, JSONResponse):
            return call
        if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
            return JSONResponse({"error": "not an action call"}, 422)
        turn_id, conversation_id = _ids(call)
        with telemetry.step("action", turn_id=turn_id, conversation_id=conversation_id) as step:
            response = await _run(executor, call)
            if response.status_code >= 500:
                step.outcome = "failed"
            return response

    return router


def _ids(call: dict[str, Any]) -> tuple[int | None, int | None]:
    """Turn and conversation, which the turn's metadata names; Rasa passes no header on."""
    message = call["tracker"].get("latest_message")
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict):
        return None, None
    found = [metadata.get(name) for name in ("turn_id", "conversation_id")]
    turn_id, conversation_id = (each if isinstance(each, int) else None for each in found)
    return turn_id, conversation_id


async def _run(executor: ActionExecutor, call: dict[str, Any]) -> JSONResponse:
    name = str(call.get("next_action"))
    # Our actions never read the domain; the executor only insists that there is one.
    call = {**call, "domain": {}}
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        return JSONResponse({"error": rejection.message, "action_name": name}, 400)
    except ActionNotFoundException:
        log.error("Rasa asked for an unknown action: %s", name)
        return JSONResponse({"error": "unknown action", "action_name": name}, 404)
    except Exception as error:
        # Where it broke, never the error's words: they may quote a citizen or a row.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("action %s failed with %s\n%s", name, type(error).__name__, where)
        return JSONResponse({"error": "action failed", "action_name": name}, 500)
    if result is None:
        return JSONResponse({"error": "no action named"}, 422)
    failpoint("actions_done")
    return JSONResponse(result.model_dump())
