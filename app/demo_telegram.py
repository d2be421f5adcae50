"""Says which Telegram bot the demo serves. Must not hold the start up, and never shows the token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.settings import Settings
from app.settings_parts import variable

SECONDS = 2.0


def ask_for_bot(settings: Settings) -> Callable[[], str]:
    """Begin to ask; what is returned gives the line, and waits until two seconds after the begin."""
    if not settings.telegram_token:
        return lambda: f"off (set {variable('telegram_token')})"
    mode = "webhook" if settings.telegram_webhook_url else "polling"
    found: list[str] = []
    deadline = time.monotonic() + SECONDS
    thread = threading.Thread(
        target=lambda: found.append(_ask(settings)), name="telegram-name", daemon=True
    )
    thread.start()

    def line() -> str:
        thread.join(max(0.0, deadline - time.monotonic()))
        return f"{found[0] if found else 'not reached yet'} ({mode})"

    return line


def _ask(settings: Settings) -> str:
    from bots.telegram_client import TelegramClient
    from bots.telegram_errors import TokenRefused
    from bots.telegram_state import read_bot
    from core.errors import SotongError

    client = TelegramClient(token=settings.telegram_token, api_url=settings.telegram_api_url)
    try:
        return f"https://t.me/{read_bot(client, seconds=SECONDS).username}"
    except TokenRefused:
        return f"the token in {variable('telegram_token')} is not accepted"
    except SotongError:
        return "not reached yet"
    finally:
        client.close()
