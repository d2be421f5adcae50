"""Brings a Telegram bot to what the settings and the city's texts say. Must never drop an update.

It reads first and writes only what differs. Only the webhook is always said again: Telegram does not
show which secret it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from telegram import Bot, BotCommand

from bots.telegram_client import TelegramClient
from bots.telegram_polling import ALLOWED_UPDATES
from bots.telegram_state import (
    LANGUAGES,
    BotState,
    Profile,
    read_bot,
    read_profiles,
    wanted_profile,
)
from core.errors import PermanentFailure
from core.texts import Texts

MAX_CONNECTIONS = 40


@dataclass(frozen=True)
class Done:
    """One step of the set-up: ``changed`` is False where it was as it should be."""

    code: str
    text: str
    changed: bool

    def to_data(self) -> dict[str, str | bool]:
        """The step as JSON data."""
        return {"code": self.code, "text": self.text, "changed": self.changed}


def set_up(
    client: TelegramClient,
    *,
    texts: Texts,
    city: str,
    webhook_url: str,
    webhook_secret: str,
    tell: Callable[[Done], None] = lambda done: None,
) -> list[Done]:
    """Set webhook (or polling), commands and descriptions; ``tell`` hears of each step when it is done.

    Without ``webhook_url`` the bot is set to polling. Raises our own errors; what was done before
    stays, and a second run goes on from there.
    """
    wanted = wanted_profile(texts, city=city)
    steps: list[Done] = []

    def note(code: str, text: str, changed: bool) -> None:
        steps.append(Done(code, text, changed))
        tell(steps[-1])

    state = read_bot(client)
    note("bot", f"bot: the token is accepted, https://t.me/{state.username}", False)
    if webhook_url:
        note("webhook", *_set_webhook(client, state, url=webhook_url, secret=webhook_secret))
    else:
        note("webhook", *_end_webhook(client, state))
    found = read_profiles(client)
    for language in LANGUAGES:
        for field, act in _ACTS.items():
            title = f"{field.replace('_', ' ')} {f'({language})' if language else '(default)'}"
            if getattr(found[language], field) == getattr(wanted, field):
                note(field, f"{title}: already so", False)
            else:
                act(client, wanted, language or None)
                note(field, f"{title}: now as in city/texts/telegram.yml", True)
    return steps


def host_of(url: str) -> str:
    """The part of an address that may be shown: paths of others can hold their tokens."""
    return urlsplit(url).hostname or "another address"


def _set_webhook(
    client: TelegramClient, state: BotState, *, url: str, secret: str
) -> tuple[str, bool]:
    before = state.webhook
    same = (
        before.url == url
        and set(before.allowed_updates) == set(ALLOWED_UPDATES)
        and before.max_connections == MAX_CONNECTIONS
    )

    async def act(bot: Bot) -> object:
        return await bot.set_webhook(
            url,
            secret_token=secret,
            allowed_updates=list(ALLOWED_UPDATES),
            max_connections=MAX_CONNECTIONS,
        )

    try:
        client.call(act)
    except PermanentFailure:
        raise PermanentFailure(
            "webhook_refused",
            "Telegram refuses the address in SOTONG_TELEGRAM_WEBHOOK_URL: it must be https, with a "
            "name that the whole internet can look up, on port 443, 80, 88 or 8443.",
        ) from None
    if same:
        return (
            "webhook: already so (the secret was said again: Telegram does not show which it has)",
            False,
        )
    return f"webhook: Telegram sends updates to {host_of(url)}", True


def _end_webhook(client: TelegramClient, state: BotState) -> tuple[str, bool]:
    if not state.webhook.url:
        return "webhook: already so (none; the worker polls)", False
    client.call(lambda bot: bot.delete_webhook())
    return (
        f"webhook: the one at {host_of(state.webhook.url)} is gone; the worker polls, and what "
        "waits is kept",
        True,
    )


def _set_commands(client: TelegramClient, wanted: Profile, language: str | None) -> None:
    commands = [BotCommand(name, text) for name, text in wanted.commands]
    client.call(lambda bot: bot.set_my_commands(commands, language_code=language))


def _set_description(client: TelegramClient, wanted: Profile, language: str | None) -> None:
    client.call(lambda bot: bot.set_my_description(wanted.description, language_code=language))


def _set_short(client: TelegramClient, wanted: Profile, language: str | None) -> None:
    text = wanted.short_description
    client.call(lambda bot: bot.set_my_short_description(text, language_code=language))


_ACTS = {
    "commands": _set_commands,
    "description": _set_description,
    "short_description": _set_short,
}
