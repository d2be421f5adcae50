"""The doctor's look at Telegram: a short one, for `sotong telegram check` has the rest. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.clock import utc_now
from app.demo_programs import heartbeat_age
from app.doctor_findings import Finding, fail, ok, warn
from app.settings import Settings
from app.settings_parts import variable
from core.database import Database
from core.errors import SotongError
from core.leases import is_held

if TYPE_CHECKING:
    from bots.telegram_state import Webhook

NAME = "telegram"
SECONDS = 3.0


def look_at_telegram(settings: Settings) -> Finding:
    """Whether the bot is reached and its updates have somebody who takes them."""
    if not settings.telegram_token:
        return ok(NAME, f"off ({variable('telegram_token')} is not set)")
    from bots.telegram_client import TelegramClient
    from bots.telegram_state import explain, read_bot

    mode = "webhook" if settings.telegram_webhook_url else "polling"
    client = TelegramClient(token=settings.telegram_token, api_url=settings.telegram_api_url)
    try:
        state = read_bot(client, seconds=SECONDS)
    except SotongError as error:
        return fail(NAME, f"{mode}; {error}", explain(error))
    finally:
        client.close()
    who = f"@{state.username}, {mode}"
    if settings.telegram_webhook_url:
        return _webhook(settings, who, state.webhook)
    return _polling(settings, who, state.webhook)


def _webhook(settings: Settings, who: str, hook: Webhook) -> Finding:
    from bots.telegram_check import Level, webhook_findings

    for found in webhook_findings(hook, webhook_url=settings.telegram_webhook_url, now=utc_now()):
        if found.level is not Level.OK:
            tell = fail if found.level is Level.PROBLEM else warn
            return tell(NAME, f"{who}; {found.text}", "`sotong telegram check` says more")
    return ok(NAME, f"{who}; set, {hook.pending} updates wait")


def _polling(settings: Settings, who: str, hook: Webhook) -> Finding:
    held = _somebody_polls(settings)
    text = f"{who}; {hook.pending} updates wait"
    if held and not hook.url:
        return ok(NAME, f"{text}; a worker polls")
    if hook.url:
        return fail(NAME, f"{who}; a webhook takes its updates", "run `sotong telegram setup`")
    advice = f"start `sotong worker`, or read {settings.log_dir / 'worker.log'}"
    if heartbeat_age(settings) is None:
        return warn(NAME, f"{text}; nobody polls, for no worker runs", advice)
    return fail(NAME, f"{text}; nobody polls", advice)


def _somebody_polls(settings: Settings) -> bool:
    from bots.telegram_polling import LEASE_NAME

    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(f"{url.database}").exists():
        return False  # Opening it would create it.
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            return is_held(session, name=LEASE_NAME, now=utc_now())
    except (SQLAlchemyError, SotongError, OSError):
        return False  # The database's own finding says what is wrong with it.
    finally:
        database.dispose()
