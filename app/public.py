"""The public app: what citizens' browsers and channels reach. Must not serve officers or Rasa."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.channels import make_channels, make_telegram_intake
from app.docs import add_docs
from app.headers import DefaultHeaders
from app.operations import make_operations
from app.quiet import QuietErrors
from app.settings import Settings
from app.wiring import build_talk
from bots.web import WebDeps, make_router
from bots.web_hub import Hub
from bots.web_input import CHANNEL
from bots.web_missing import make_missing_handler
from bots.web_pages import Pages
from core.conversations import find_conversation
from core.inbound import Photo
from dialogue.photos import accept_photo
from website.articles import make_router as make_article_router
from website.ports import TEMPLATES, WebsiteDeps


def make_app(settings: Settings | None = None) -> FastAPI:
    """Build the app (``app.serve.public`` sets up its logs first)."""
    settings = settings or Settings.load()
    operations = make_operations(settings, process="public")
    parts = operations.parts
    hub = Hub(parts.database, vault=parts.vault)
    channels = make_channels(parts)
    talk = build_talk(parts, channels=channels.all, sent=hub.wake)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield
        talk.close()
        channels.close()
        operations.close()
        parts.close()

    app = FastAPI(
        title="Sotong public API",
        summary="Web chat of a city's citizens: messages in, live replies out, look-up of cases",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )

    # The last one added is the outermost: an error's answer gets the headers too.
    app.add_middleware(QuietErrors)
    app.add_middleware(DefaultHeaders)

    def keep_photo(data: bytes, name: str) -> Photo:
        return accept_photo(data, name=name, store=parts.store)

    def keep_web_file(address: str, size: int) -> None:
        with parts.database.reading() as session:
            conversation = find_conversation(session, channel=CHANNEL, address=address)
            parts.room.check(
                session,
                conversation_id=None if conversation is None else conversation.id,
                size=size,
                now=parts.now(),
            )

    app.include_router(
        make_router(
            WebDeps(
                database=parts.database,
                receive=talk.door.receive,
                kick=talk.runner.kick,
                accept_photo=keep_photo,
                attachments=parts.store,
                vault=parts.vault,
                city=parts.city,
                codes=parts.codes,
                hub=hub,
                cookie_secret=parts.derived_key("web cookie"),
                now=parts.now,
                always_secure=settings.environment == "production",
                may_keep=keep_web_file,
            )
        )
    )
    app.include_router(
        make_article_router(
            WebsiteDeps(
                database=parts.database,
                city=parts.city,
                pages=Pages(parts.city, beside=TEMPLATES),
                now=parts.now,
            )
        )
    )
    if channels.telegram is not None and settings.telegram_webhook_url:
        from bots.telegram_webhook import make_router as make_telegram_router

        intake = make_telegram_intake(parts, talk, channels.telegram)
        app.include_router(
            make_telegram_router(take=intake.take, secret=settings.telegram_webhook_secret)
        )
    app.add_exception_handler(404, make_missing_handler(parts.city))
    add_docs(app)

    operations.watch(app)

    return app
