"""Reads how a Telegram bot stands: who it is, its webhook, its profile. Must not change anything there."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from telegram import Bot

from bots.telegram_client import TelegramClient
from bots.telegram_errors import TokenRefused
from core.errors import PermanentFailure, RateLimited, SotongError
from core.texts import Texts

# In the order in which Telegram shows them.
COMMANDS = ("start", "help", "cancel")
# "" is what everybody sees for whom there is no other; the other one is for those who read Korean.
LANGUAGES = ("", "ko")
MOST_DESCRIPTION, MOST_SHORT, MOST_COMMAND = 512, 120, 256
PATIENCE = 20.0


@dataclass(frozen=True)
class Profile:
    """What stands in the bot's profile in one language. ``commands``: name and description."""

    commands: tuple[tuple[str, str], ...]
    description: str
    short_description: str


@dataclass(frozen=True)
class Webhook:
    """What Telegram says of the webhook; ``url`` is "" without one. The words of its last error are
    Telegram's own and may hold addresses: do not print them."""

    url: str
    pending: int
    allowed_updates: tuple[str, ...]
    max_connections: int | None
    failed_at: datetime | None
    failed_with: str


@dataclass(frozen=True)
class BotState:
    """Who the token belongs to, and how its updates travel."""

    username: str
    name: str
    can_join_groups: bool
    reads_all_messages: bool
    webhook: Webhook


def wanted_profile(texts: Texts, *, city: str) -> Profile:
    """The profile that the city's texts describe.

    Raises PermanentFailure for one that is longer than Telegram takes (in characters).
    """
    made = Profile(
        tuple((name, texts.render(f"telegram_command_{name}").strip()) for name in COMMANDS),
        texts.render("telegram_description", city=city).strip(),
        texts.render("telegram_short_description", city=city).strip(),
    )
    sizes = [
        ("telegram_description", made.description, MOST_DESCRIPTION),
        ("telegram_short_description", made.short_description, MOST_SHORT),
        *((f"telegram_command_{name}", text, MOST_COMMAND) for name, text in made.commands),
    ]
    for key, text, most in sizes:
        if not 1 <= len(text) <= most:
            raise PermanentFailure(
                "profile_length",
                f"{key} in city/texts/telegram.yml has {len(text)} characters, and Telegram takes "
                f"1 to {most}: correct it.",
            )
    return made


def read_bot(client: TelegramClient, *, seconds: float = PATIENCE) -> BotState:
    """Ask for both together, for ``seconds`` at most. Raises our own errors."""

    async def ask(bot: Bot) -> BotState:
        async with asyncio.timeout(seconds):
            me = await bot.get_me()
            hook = await bot.get_webhook_info()
        return BotState(
            username=me.username or "",
            name=me.first_name,
            can_join_groups=bool(me.can_join_groups),
            reads_all_messages=bool(me.can_read_all_group_messages),
            webhook=Webhook(
                url=hook.url,
                pending=hook.pending_update_count,
                allowed_updates=tuple(hook.allowed_updates or ()),
                max_connections=hook.max_connections,
                failed_at=hook.last_error_date,
                failed_with=hook.last_error_message or "",
            ),
        )

    return client.call(ask)


def read_profiles(client: TelegramClient) -> Mapping[str, Profile]:
    """The profile in each of LANGUAGES. Raises our own errors."""

    async def ask(bot: Bot) -> Mapping[str, Profile]:
        found = {}
        for language in LANGUAGES:
            code = language or None
            commands = await bot.get_my_commands(language_code=code)
            description = await bot.get_my_description(language_code=code)
            short = await bot.get_my_short_description(language_code=code)
            found[language] = Profile(
                tuple((one.command, one.description) for one in commands),
                description.description.strip(),
                short.short_description.strip(),
            )
        return found

    return client.call(ask)


def explain(error: SotongError) -> str:
    """What an operator should do about an error of the client: one sentence, never the token."""
    if isinstance(error, TokenRefused):
        return (
            "Telegram does not accept the token: copy it again from @BotFather (/mybots, the bot, "
            "API Token) into SOTONG_TELEGRAM_TOKEN."
        )
    if isinstance(error, RateLimited):
        wait = math.ceil(error.retry_after or 1)
        return f"Telegram asks for a pause of {wait} s: run this again after it."
    if isinstance(error, PermanentFailure):
        known = str(error) != error.code
        return (
            str(error)
            if known
            else f"Telegram refuses this ({error.code}): is SOTONG_TELEGRAM_API_URL a Bot API server?"
        )
    return (
        "Telegram does not answer: look at this machine's way out (DNS, firewall, proxy) and at "
        "SOTONG_TELEGRAM_API_URL, or try again in a minute."
    )
