"""The settings of the Telegram bot, a part of `app.settings.Settings`. Must ask nobody whether they work."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from app.settings_parts import http_address, variable

_BOT_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{10,100}")
# "@name" of a public channel, or the number of any channel.
TELEGRAM_CHANNEL = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}|-100[0-9]{1,15}")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{24,256}")


class TelegramSettings(BaseModel):
    """The bot, its webhook and the city's channel."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("telegram_token", "telegram_webhook_secret")

    telegram_token: str = Field(
        "",
        repr=False,
        description="token of the Telegram bot; without one there is no Telegram. Alone it means polling",
    )
    telegram_webhook_url: str = Field(
        "",
        description="public https address of `/telegram/webhook`; with it Telegram sends instead of polling",
    )
    telegram_webhook_secret: str = Field(
        "",
        repr=False,
        description="what Telegram must show with each update (24 to 256 of A-Z a-z 0-9 _ -); needed "
        "with a webhook",
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="another Bot API server (the city's own, or a test's)",
    )
    telegram_channel: str = Field(
        "",
        description="the city's channel for posts, `@name` or `-100…`; the bot must be an administrator",
    )

    @field_validator("telegram_api_url", "telegram_webhook_url")
    @classmethod
    def _telegram_address(cls, value: str) -> str:
        return http_address(value)

    @field_validator("telegram_token")
    @classmethod
    def _a_bot_token(cls, value: str) -> str:
        if value and not _BOT_TOKEN.fullmatch(value):
            raise ValueError("expected a token as BotFather gives it, such as 123456789:AAE…")
        return value

    @field_validator("telegram_channel")
    @classmethod
    def _a_channel(cls, value: str) -> str:
        if value and not TELEGRAM_CHANNEL.fullmatch(value):
            raise ValueError("expected @name or -100 and a number")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _a_webhook_secret(cls, value: str) -> str:
        if value and not _WEBHOOK_SECRET.fullmatch(value):
            raise ValueError("expected 24 to 256 of the characters A-Z a-z 0-9 _ -")
        return value

    @model_validator(mode="after")
    def _telegram_fits(self) -> Self:
        """A webhook without a secret would take updates from anybody."""
        if self.telegram_webhook_url and not self.telegram_token:
            raise ValueError(
                f"{variable('telegram_webhook_url')} is set without {variable('telegram_token')}: "
                "set the token too"
            )
        if self.telegram_webhook_url and not self.telegram_webhook_secret:
            raise ValueError(
                f"{variable('telegram_webhook_url')} is set without "
                f"{variable('telegram_webhook_secret')}, so anybody could send updates: make one with "
                "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` and set it"
            )
        return self
