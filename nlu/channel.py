"""The one door into Rasa: POST turn, POST parse, GET health, GET conversations, DELETE one. HTTP only.

Named in credentials.yml as `nlu.channel.TurnChannel`; its routes lie under /webhooks/turns.
A turn whose answer is lost is never answered with 200.
"""

from __future__ import annotations

import gc
import hmac
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from nlu.failures import Malformed, TurnLost
from nlu.quiet import describe, log, quieten_rasa
from nlu.request import parse_page, parse_text, parse_turn
from nlu.turns import (
    CHANNEL,
    erase_conversation,
    list_conversations,
    model_is_ready,
    understand,
    work_turn,
)

SECRET_VARIABLE = "SOTONG_TURN_SECRET"  # noqa: S105 (a name, not a secret)
SECRET_HEADER = "X-Sotong-Secret"  # noqa: S105
TURN_HEADER = "X-Sotong-Turn"

Handler = Callable[[], Awaitable[HTTPResponse]]


class TurnChannel(InputChannel):
    """Rasa's input channel for turns that the project's turn queue sends, one at a time."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise RasaException(f"{SECRET_VARIABLE} is not set: the turn channel does not open.")
        self._secret = secret.encode()

    @classmethod
    def name(cls) -> str:
        """Rasa's name of the channel; a part of its address."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TurnChannel:
        """Read the secret from the environment; refuse to start without one."""
        return cls(os.environ.get(SECRET_VARIABLE, ""))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. Rasa's `on_new_message` is not used: it would save a half-finished turn."""
        quieten_rasa()
        routes = Blueprint("turns_webhook")

        @routes.listener("after_server_start")
        async def ready(*_: Any) -> None:
            # The model is loaded by now. A full collection walks all of it and holds up every turn
            # for 100 to 250 ms; what stands now lives as long as the process, so it is left out.
            gc.collect()
            gc.freeze()

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            if model_is_ready(_agent(request)):
                return json({"status": "ok"})
            return json({"error": "model", "retry_after": 10.0}, status=503)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            async def work() -> HTTPResponse:
                return json(await work_turn(_agent(request), parse_turn(_body(request))))

            return await self._answered(request, work)

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            async def work() -> HTTPResponse:
                return json(await understand(_agent(request), parse_text(_body(request))))

            return await self._answered(request, work)

        @routes.get("/conversations")
        async def conversations(request: Request) -> HTTPResponse:
            async def work() -> HTTPResponse:
                after, limit = parse_page(request.args.get("after"), request.args.get("limit"))
                names = await list_conversations(_agent(request), after=after, limit=limit)
                return json({"conversations": names})

            return await self._answered(request, work)

        @routes.delete("/conversations/<sender>")
        async def erase(request: Request, sender: str) -> HTTPResponse:
            async def work() -> HTTPResponse:
                return json({"erased": await erase_conversation(_agent(request), unquote(sender))})

            return await self._answered(request, work)

        return routes

    async def _answered(self, request: Request, work: Handler) -> HTTPResponse:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return json({"error": "secret"}, status=401)
        try:
            return await work()
        except Malformed as error:
            return json({"error": "malformed", "detail": str(error)}, status=422)
        except TurnLost as lost:
            log.error("turn not finished (%s): %s%s", lost.code, lost.reason, _ids(request))
            return json({"error": lost.code, "retry_after": lost.retry_after}, status=503)
        except LockError:
            return json({"error": "internal", "retry_after": 1.0}, status=503)
        except Exception as error:
            log.error("turn not finished (internal): %s%s", describe(error), _ids(request))
            return json({"error": "internal", "retry_after": 5.0}, status=503)


def _ids(request: Request) -> str:
    """The turn as the caller names it, so that our line can be joined to its lines."""
    turn = str(request.headers.get(TURN_HEADER, ""))
    return f" [turn={turn}]" if turn.isascii() and turn.isdigit() and len(turn) < 20 else ""


def _agent(request: Request) -> Agent | None:
    return getattr(request.app.ctx, "agent", None)


def _body(request: Request) -> Any:
    try:
        return request.json
    except SanicException:
        raise Malformed("the body is not JSON") from None
