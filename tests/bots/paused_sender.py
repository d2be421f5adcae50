"""A process that sends what is due on Telegram, for tests that pause or kill it. Not used by the service.

`python -m tests.bots.paused_sender <database url> <api url> <token>`: sends once what is due, then ends. A send
may take one second here, so that its lease is short.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import core.deliveries
from app.clock import utc_now
from bots import telegram_sender
from bots.telegram_client import TelegramClient
from core.database import Database
from core.ports import Channel
from dialogue.dispatch import Dispatcher
from tests.builders import sample_city

LEASE = timedelta(seconds=1)


def main() -> None:
    """Send."""
    url, api_url, token = sys.argv[1:4]
    core.deliveries.LEASE = core.deliveries.MARGIN = LEASE
    sender = telegram_sender.TelegramSender(
        TelegramClient(token=token, api_url=api_url),
        texts=sample_city().texts,
        load_image=lambda _: b"",
        superseded=lambda _: None,
    )
    sender.pace = replace(sender.pace, answers_within=LEASE)
    database = Database(url)
    dispatcher = Dispatcher(database=database, channels=[Channel(sender)], now=utc_now)
    print(dispatcher.dispatch_due(), flush=True)
    dispatcher.stop()
    database.dispose()


if __name__ == "__main__":
    assert Path("core").is_dir(), "start it in the checkout"
    main()
