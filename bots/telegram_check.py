"""Compares a Telegram bot with the settings and the city's texts. Must change nothing and leak nothing.

A sentence names what to do; no token, no secret, no path of an address and none of Telegram's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from bots.telegram_client import TelegramClient
from bots.telegram_polling import ALLOWED_UPDATES
from bots.telegram_setup import host_of
from bots.telegram_state import (
    LANGUAGES,
    BotState,
    Webhook,
    explain,
    read_bot,
    read_profiles,
    wanted_profile,
)
from bots.telegram_webhook import PATH
from core.errors import PermanentFailure, SotongError
from core.texts import Texts

PORTS = (443, 80, 88, 8443)
MANY_PENDING = 100
# A failure so long ago is history; one that is younger is named.
RECENT = timedelta(hours=1)
SET_UP = "run `sotong telegram setup`"
_STATUS = re.compile(r"wrong response from the webhook: ([1-5]\d\d)\b", re.IGNORECASE)
# A part of Telegram's words (lower case) → ours.
_FAILURES = {
    "timed out": "the address did not answer in time",
    "timeout": "the address did not answer in time",
    "refused": "nothing listens at the address",
    "certificate": "the certificate is not accepted",
    "ssl": "the TLS connection failed",
    "resolve": "the name of the address is not found",
    "connection": "the connection failed",
}


class Level(StrEnum):
    """ok: as it should be; warning: works, but look; problem: citizens would feel it."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One check; ``text`` names the fix unless it is ok. ``code`` is for programs."""

    code: str
    level: Level
    text: str

    def to_data(self) -> dict[str, str]:
        """The finding as JSON data."""
        return {"code": self.code, "level": self.level.value, "text": self.text}


def check(
    client: TelegramClient,
    *,
    texts: Texts,
    city: str,
    webhook_url: str,
    now: datetime,
    public_api: bool = True,
) -> list[Finding]:
    """Everything that can be read of the bot, against what is wanted.

    ``now`` is aware UTC; ``public_api`` is False for a Bot API server of one's own, which takes any
    address. Whatever goes wrong on the way is a finding, not an error.
    """
    findings: list[Finding] = []
    try:
        state = read_bot(client)
        findings += [
            *_bot(state),
            *webhook_findings(state.webhook, webhook_url=webhook_url, now=now),
        ]
        if webhook_url:
            findings += _address(webhook_url, public_api=public_api)
        findings += _profile(client, texts=texts, city=city)
    except SotongError as error:
        findings.append(Finding("telegram", Level.PROBLEM, explain(error)))
    return findings


def webhook_findings(hook: Webhook, *, webhook_url: str, now: datetime) -> Iterator[Finding]:
    """Whether updates travel as the settings say, and whether they arrive."""
    if webhook_url:
        yield _webhook_address(hook, webhook_url)
        if hook.url == webhook_url and set(hook.allowed_updates) != set(ALLOWED_UPDATES):
            yield Finding(
                "allowed_updates",
                Level.PROBLEM,
                f"Telegram sends other kinds of updates than those we read: {SET_UP}",
            )
        yield from _last_failure(hook, now=now)
    elif hook.url:
        yield Finding(
            "webhook",
            Level.PROBLEM,
            f"a webhook at {host_of(hook.url)} takes the updates, but the settings poll: {SET_UP}, or "
            "set SOTONG_TELEGRAM_WEBHOOK_URL",
        )
    else:
        yield Finding("webhook", Level.OK, "none, as polling needs it")
    if hook.pending > MANY_PENDING:
        whose = "the public app" if webhook_url else "the worker"
        yield Finding(
            "pending",
            Level.WARNING,
            f"{hook.pending} updates wait at Telegram, which keeps each for 24 hours: does {whose} "
            "run? `sotong doctor` says it",
        )
    else:
        yield Finding("pending", Level.OK, f"{hook.pending} updates wait at Telegram")


def _bot(state: BotState) -> Iterator[Finding]:
    yield Finding("token", Level.OK, f"accepted: {state.name}, https://t.me/{state.username}")
    if state.reads_all_messages:
        yield Finding(
            "privacy_mode",
            Level.WARNING,
            "privacy mode is off, so all that is said in its groups travels here: in @BotFather "
            "/setprivacy, the bot, Enable; then take it out of each group and add it again",
        )
    else:
        yield Finding("privacy_mode", Level.OK, "on: in groups it reads only what is meant for it")
    if state.can_join_groups:
        yield Finding(
            "groups",
            Level.OK,
            "it may be added to groups, where it leads to the private chat (to forbid it: "
            "@BotFather /setjoingroups)",
        )
    else:
        yield Finding(
            "groups", Level.OK, "it cannot be added to groups (@BotFather /setjoingroups)"
        )


def _webhook_address(hook: Webhook, wanted: str) -> Finding:
    if hook.url == wanted:
        return Finding("webhook", Level.OK, f"Telegram sends updates to {host_of(wanted)}")
    if not hook.url:
        return Finding(
            "webhook", Level.PROBLEM, f"Telegram knows no webhook, so nothing arrives: {SET_UP}"
        )
    where = host_of(hook.url)
    place = where if where != host_of(wanted) else f"another address at {where}"
    return Finding("webhook", Level.PROBLEM, f"Telegram sends updates to {place}: {SET_UP}")


def _last_failure(hook: Webhook, *, now: datetime) -> Iterator[Finding]:
    if hook.failed_at is None or now - hook.failed_at > RECENT:
        return
    minutes = max(0, int((now - hook.failed_at).total_seconds() // 60))
    what, fix = _failure(hook.failed_with)
    yield Finding(
        "delivery",
        Level.PROBLEM if hook.pending else Level.WARNING,
        f"{minutes} min ago Telegram could not deliver an update ({what}): {fix}",
    )


def _failure(words: str) -> tuple[str, str]:
    """What Telegram's words mean and what to do about it; the words themselves may hold addresses."""
    answered = _STATUS.search(words)
    if answered:
        status = answered[1]
        if status == "403":
            return "our answer was 403, a wrong secret", f"{SET_UP}, which says the secret again"
        if status == "404":
            return "the answer was 404", f"the proxy must pass {PATH} on to the public app"
        if status in ("502", "503", "504"):
            return f"the answer was {status}", "start the public app; `sotong doctor` looks at it"
        return f"the answer was {status}", "the log of the public app names the cause"
    lower = words.lower()
    what = next((ours for part, ours in _FAILURES.items() if part in lower), "for another reason")
    return what, "look at the proxy, its certificate and its name as seen from outside"


def _address(url: str, *, public_api: bool) -> Iterator[Finding]:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        port = 0
    if public_api and (parts.scheme != "https" or port not in PORTS):
        yield Finding(
            "webhook_address",
            Level.PROBLEM,
            "SOTONG_TELEGRAM_WEBHOOK_URL must be https on port 443, 80, 88 or 8443: correct it",
        )
    elif not parts.path.endswith(PATH):
        yield Finding(
            "webhook_address",
            Level.WARNING,
            f"SOTONG_TELEGRAM_WEBHOOK_URL does not end in {PATH}, where the public app listens: "
            "correct it unless the proxy changes the path",
        )


def _profile(client: TelegramClient, *, texts: Texts, city: str) -> Iterator[Finding]:
    try:
        wanted = wanted_profile(texts, city=city)
    except PermanentFailure as error:
        yield Finding("profile", Level.PROBLEM, str(error))
        return
    found = read_profiles(client)
    for field in ("commands", "description", "short_description"):
        other = [
            language or "default"
            for language in LANGUAGES
            if getattr(found[language], field) != getattr(wanted, field)
        ]
        if other:
            where = ", ".join(other)
            text = f"not as in city/texts/telegram.yml ({where}): {SET_UP}"
            yield Finding(field, Level.WARNING, text)
        else:
            yield Finding(field, Level.OK, "as in city/texts/telegram.yml")
