"""The internal app: officers' pages, departments' callbacks. Must not be reachable from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.channels import make_channels
from app.cli.post_view import as_data
from app.departments import make_department_router
from app.headers import DefaultHeaders
from app.operations import make_operations
from app.policy_client import make_policy_client
from app.quiet import QuietErrors
from app.settings import Settings
from app.wiring import build_talk
from console.deps import ConsoleDeps
from console.passwords import Argon2Hasher
from console.router import make_router


def make_app(settings: Settings | None = None) -> FastAPI:
    """Build the app (``app.serve.internal`` sets up its logs first)."""
    settings = settings or Settings.load()
    operations = make_operations(settings, process="internal")
    parts = operations.parts
    channels = make_channels(parts)
    talk = build_talk(parts, channels=channels.all)
    policy = make_policy_client(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # So that a dead worker is noticed by somebody.
        operations.alerts.start()
        yield
        policy.close()
        talk.close()
        channels.close()
        operations.close()
        parts.close()

    app = FastAPI(title="Sotong console", lifespan=lifespan, openapi_url=None)
    # The last one added is the outermost: an error's answer gets the headers too.
    app.add_middleware(QuietErrors)
    app.add_middleware(DefaultHeaders)
    app.include_router(
        make_router(
            ConsoleDeps(
                database=parts.database,
                city=parts.city,
                vault=parts.vault,
                store=parts.store,
                hasher=Argon2Hasher(),
                cookie_key=parts.derived_key("console cookie"),
                now=parts.now,
                kick=talk.runner.kick,
                policy=policy,
                preview=lambda post: as_data(post, parts.city.texts),
                channel_address=parts.settings.telegram_channel or None,
            )
        )
    )

    app.include_router(make_department_router(parts))
    operations.watch(app)

    return app
