"""The actions app: what Rasa may ask of us. Its own process, so that officers never slow a dialogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from actions import policy_door
from actions.app import make_router
from actions.registry import make_executor
from app.headers import DefaultHeaders
from app.operations import make_operations
from app.policy_search import LivePolicySearch
from app.quiet import QuietErrors
from app.settings import Settings


def make_app(settings: Settings | None = None) -> FastAPI:
    """Build the app (``app.serve.actions`` sets up its logs first)."""
    settings = settings or Settings.load()
    operations = make_operations(settings, process="actions")
    parts = operations.parts
    articles = LivePolicySearch.of(parts)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        articles.start()
        yield
        articles.close()
        operations.close()
        parts.close()

    app = FastAPI(title="Sotong actions", lifespan=lifespan, openapi_url=None)
    # The last one added is the outermost: an error's answer gets the headers too.
    app.add_middleware(QuietErrors)
    app.add_middleware(DefaultHeaders)
    executor = make_executor(
        database=parts.database,
        city=parts.city,
        codes=parts.codes,
        vault=parts.vault,
        now=parts.now,
        articles=articles,
        public_base_url=settings.public_base_url,
    )
    app.include_router(
        make_router(executor, secret=settings.actions_secret, telemetry=parts.telemetry)
    )

    app.include_router(policy_door.make_router(articles, settings.actions_secret))
    operations.watch(app)

    return app
