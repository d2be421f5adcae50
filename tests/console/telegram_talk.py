"""Telegram's conversations as rows, for tests of the officers' pages: files, groups, what did not go out."""

from __future__ import annotations

from typing import Any

from core.deliveries import enqueue
from core.inbound import Photo
from core.models.conversation import Conversation, Delivery, Turn
from core.replies import Reply
from dialogue.media import accept_file
from tests.builders import make_conversation, make_turn
from tests.console.house import House
from tests.media_files import make_mp4, make_pdf

MP4 = make_mp4(brand=b"mp42", padding=1_300_000)
PDF = make_pdf()
CITIZEN = "7001"
GROUP = "-1007001"


def stored(house: House, data: bytes) -> Photo:
    """One file as it is kept when it came from a messenger."""
    return accept_file(data, store=house.store)


def say(house: House, *, address: str = CITIZEN, columns: Any = None, **message: Any) -> int:
    """One message of a citizen on Telegram, with ``columns`` of its row set; its id."""
    visibility = message.get("visibility", "private")
    with house.database.transaction() as session:
        talk = make_conversation(
            session, channel="telegram", address=address, visibility=visibility
        )
        turn = make_turn(
            session,
            conversation=talk,
            now=house.clock(),
            channel="telegram",
            address=address,
            **message,
        )
        for name, value in (columns or {}).items():
            setattr(turn, name, value)
        return turn.id


def tell(house: House, text: str, *, conversation_id: int = 1, **columns: Any) -> int:
    """One message of the bot, with ``columns`` of its row set; its id."""
    with house.database.transaction() as session:
        delivery = enqueue(
            session,
            conversation=session.get_one(Conversation, conversation_id),
            reply=Reply(text),
            kind="reply",
            dedupe_key=f"test:{text}",
            now=house.clock(),
        )
        for name, value in columns.items():
            setattr(delivery, name, value)
        return delivery.id


def change(
    house: House, row: type[Conversation | Turn | Delivery], number: int, **values: Any
) -> None:
    """Set columns of one row."""
    with house.database.transaction() as session:
        found = session.get_one(row, number)
        for name, value in values.items():
            setattr(found, name, value)
