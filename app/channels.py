"""Builds the channels that the settings ask for. Must not decide anything about a message.

Web chat needs no settings. Telegram is there when it has a token; its library is loaded only then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.wiring import Parts, Talk
from bots.web_sender import WebSender
from core.deliveries import Outgoing
from core.errors import PermanentFailure, TemporaryFailure
from core.files import FileGone
from core.models.conversation import Attachment, Turn
from core.ports import Channel
from dialogue.choices import resolve_press, superseded_by

if TYPE_CHECKING:
    from bots.telegram_client import TelegramClient
    from bots.telegram_intake import Intake, Press
    from bots.telegram_polling import Polling

# Seconds until a picture that is being scanned is tried again.
SCAN_WAIT = 5.0


@dataclass(frozen=True)
class Channels:
    """The channels of a process. Close them after everything that uses them."""

    all: tuple[Channel, ...]
    telegram: TelegramClient | None = None

    def close(self) -> None:
        """Close the connections."""
        if self.telegram is not None:
            self.telegram.close()


def make_channels(parts: Parts) -> Channels:
    """The ways out to citizens. Opens no connection until one is used."""
    # A browser shows each message by its id.
    web = Channel(WebSender(), seen_once=True)
    client = make_telegram_client(parts)
    if client is None:
        return Channels((web,))
    from bots.telegram_sender import (
        TelegramFiles,
        TelegramLinks,
        TelegramPresence,
        TelegramSender,
    )

    telegram = Channel(
        sender=TelegramSender(
            client,
            texts=parts.city.texts,
            load_image=_image_loader(parts),
            superseded=_superseded_reader(parts),
        ),
        files=TelegramFiles(client),
        presence=TelegramPresence(client),
        private_links=TelegramLinks(client),
    )
    return Channels((web, telegram), client)


def make_telegram_client(parts: Parts) -> TelegramClient | None:
    """The client of the Bot API, or None without a token."""
    settings = parts.settings
    if not settings.telegram_token:
        return None
    from bots.telegram_client import TelegramClient

    return TelegramClient(token=settings.telegram_token, api_url=settings.telegram_api_url)


def make_telegram_intake(parts: Parts, talk: Talk, client: TelegramClient) -> Intake:
    """What takes Telegram's updates in."""
    from bots.telegram_intake import Intake, IntakeDeps
    from bots.telegram_sender import TelegramAnswers

    return Intake(
        IntakeDeps(
            database=parts.database,
            receive=talk.door.receive,
            keep_unread=talk.door.keep_unread,
            kick=talk.runner.kick,
            press_of=_press_reader(parts),
            answers=TelegramAnswers(client),
            me=client.me_if_known,
            texts=parts.city.texts,
        )
    )


def make_telegram_polling(
    parts: Parts, talk: Talk, client: TelegramClient | None
) -> Polling | None:
    """What asks Telegram for updates, where the settings name no webhook."""
    if client is None or parts.settings.telegram_webhook_url:
        return None
    from bots.telegram_polling import Polling

    return Polling(
        client=client,
        database=parts.database,
        take=make_telegram_intake(parts, talk, client).take,
        now=parts.now,
    )


def _image_loader(parts: Parts) -> Callable[[int], bytes]:
    def load(attachment_id: int) -> bytes:
        with parts.database.reading() as session:
            found = session.get(Attachment, attachment_id)
        if found is None:
            return b""
        if found.scan == "waiting":
            raise TemporaryFailure("the picture waits for the virus scanner", retry_after=SCAN_WAIT)
        try:
            if found.scan == "infected":
                raise FileGone(found.sha256)
            return parts.store.read(found.sha256)
        except FileGone:
            raise PermanentFailure("picture_gone") from None

    return load


def _superseded_reader(parts: Parts) -> Callable[[Outgoing], str | None]:
    def read(outgoing: Outgoing) -> str | None:
        with parts.database.reading() as session:
            return superseded_by(
                session,
                delivery_id=outgoing.delivery_id,
                conversation_id=outgoing.conversation_id,
            )

    return read


def _press_reader(parts: Parts) -> Callable[[int], Press]:
    from bots.telegram_intake import Press

    def read(turn_id: int) -> Press:
        with parts.database.reading() as session:
            chosen = resolve_press(session, turn=session.get_one(Turn, turn_id))
        title = chosen.choice.title if chosen.choice else ""
        return Press(chosen.outcome, title, chosen.settled)

    return read
