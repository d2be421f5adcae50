"""Reads one update of the Bot API into our own words. Pure; must not answer, keep or fetch anything.

Only what was said to the bot is read: in a group, that is what names it. Everything else is
``Ignored`` and leaves no trace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypeGuard

from bots.telegram_client import Me
from bots.text import storable
from core.inbound import InboundMessage, Location, RemoteFile, TurnKind

CHANNEL = "telegram"
# A bot may download no more (Bot API, getFile).
FILE_LIMIT = 20 * 1024 * 1024
PAYLOAD_LIMIT = 64
TEXT_LIMIT = 4096
GROUPS = ("group", "supergroup")
# What a link may carry (Bot API, deep linking); anything else after "/start" was typed.
_PAYLOAD = re.compile(rf"[A-Za-z0-9_-]{{1,{PAYLOAD_LIMIT}}}")
# What a database's integer holds; Telegram's own numbers stay below 2**52.
_HIGHEST = 2**63 - 1
_COMMAND = re.compile(r"^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?$", re.DOTALL)
_FILES = ("video", "animation", "video_note", "document")
# What a messenger shows about itself, which nobody said.
_SERVICE = frozenset(
    "new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo pinned_message "  # noqa: SIM905
    "group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed "
    "write_access_allowed connected_website users_shared chat_shared forum_topic_created "
    "forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden "
    "general_forum_topic_unhidden video_chat_scheduled video_chat_started video_chat_ended "
    "video_chat_participants_invited proximity_alert_triggered boost_added chat_background_set "
    "giveaway_created giveaway giveaway_winners giveaway_completed".split()
)


@dataclass(frozen=True)
class Talk:
    """Something a citizen said. ``callback_id`` and ``message_id`` are of a pressed button."""

    message: InboundMessage
    callback_id: str | None = None
    message_id: int | None = None


@dataclass(frozen=True)
class Reach:
    """Whether the bot may write to this chat from now on."""

    address: str
    visibility: str
    open: bool


@dataclass(frozen=True)
class Moved:
    """A group goes on under another id."""

    old: str
    new: str


@dataclass(frozen=True)
class Ignored:
    """Nothing that was said to us. ``why`` is ours and holds no word of theirs."""

    why: str


@dataclass(frozen=True)
class NameNeeded:
    """Said in a group: whether it is for the bot can be told only once it knows its own name."""


Parsed = Talk | Reach | Moved | Ignored | NameNeeded


def parse_update(data: Mapping[str, Any], *, me: Me | None) -> Parsed:
    """One update. ``me`` is needed to know what a group says to the bot.

    Raises KeyError, TypeError or ValueError for an update that breaks the Bot API's rules.
    """
    try:
        return _update(data, me=me)
    except (OverflowError, OSError) as error:  # A number that no date and no float can hold.
        raise ValueError("a number out of range") from error


def _update(data: Mapping[str, Any], *, me: Me | None) -> Parsed:
    sequence = _number(data["update_id"])
    if "message" in data:
        return _message(data["message"], me=me, sequence=sequence)
    if "edited_message" in data:
        return _edited(data["edited_message"], me=me, sequence=sequence)
    if "callback_query" in data:
        return _press(data["callback_query"], sequence=sequence)
    if "my_chat_member" in data:
        return _reach(data["my_chat_member"])
    return Ignored("kind of update")


def salvage(data: Mapping[str, Any]) -> InboundMessage | None:
    """What can be saved of a private message that could not be read; None where nobody can be told."""
    for key in ("message", "edited_message"):
        message = data.get(key)
        if not isinstance(message, Mapping):
            continue
        chat, message_id = message.get("chat"), message.get("message_id")
        chat_id = chat.get("id") if isinstance(chat, Mapping) else None
        if not _is_number(chat_id) or chat_id <= 0 or not _is_number(message_id):
            continue
        text = message.get("text", message.get("caption"))
        found = storable(text)[:TEXT_LIMIT] if isinstance(text, str) else ""
        return InboundMessage(
            channel=CHANNEL,
            address=str(chat_id),
            external_id=f"{chat_id}:{message_id}",
            kind=TurnKind.TEXT if found else TurnKind.UNSUPPORTED,
            text=found,
        )
    return None


def _message(message: Mapping[str, Any], *, me: Me | None, sequence: int) -> Parsed:
    chat = message["chat"]
    if "migrate_to_chat_id" in message:
        return Moved(str(chat["id"]), str(message["migrate_to_chat_id"]))
    if "migrate_from_chat_id" in message:
        return Moved(str(message["migrate_from_chat_id"]), str(chat["id"]))
    if message.get("from", {}).get("is_bot") or message.get("is_automatic_forward"):
        return Ignored("not from a person")
    if not _SERVICE.isdisjoint(message):
        return Ignored("service message")
    if chat["type"] == "private":
        return Talk(_said(message, sequence=sequence, me=me))
    if chat["type"] not in GROUPS:
        return Ignored("kind of chat")
    if me is None:
        return NameNeeded()
    addressed = _addressed(message, me)
    if addressed is None or "sender_chat" in message:
        return Ignored("not said to the bot")
    said = _said(message, sequence=sequence, me=me)
    return Talk(
        replace(
            said,
            kind=TurnKind.PHOTO if said.files else TurnKind.TEXT,
            text=addressed,
            location=None,
            contact=None,
            context=None,
            part=None,
            external_id=_external_id(message),
            visibility="public",
            author=str(message["from"]["id"]),
        )
    )


def _edited(message: Mapping[str, Any], *, me: Me | None, sequence: int) -> Parsed:
    if message["chat"]["type"] != "private":
        return Ignored("edit in a group")
    if "location" in message:
        return Ignored("a live location goes on")
    if "text" not in message and "caption" not in message and not _file_of(message):
        return Ignored("edit of another kind")
    said = _said(message, sequence=sequence, me=me)
    return Talk(replace(said, edited_at=_moment(message.get("edit_date", message["date"]))))


def _press(query: Mapping[str, Any], *, sequence: int) -> Parsed:
    message = query.get("message") or {}
    chat = message.get("chat") or {"id": query["from"]["id"], "type": "private"}
    if chat["type"] != "private":
        return Ignored("press in a group")
    message_id = message.get("message_id")
    return Talk(
        InboundMessage(
            channel=CHANNEL,
            address=str(chat["id"]),
            external_id=f"press:{query['id']}"[:128],
            kind=TurnKind.CHOICE,
            choice=storable(str(query.get("data", "")))[:64],
            sequence=sequence,
        ),
        callback_id=str(query["id"]),
        message_id=int(message_id) if message_id is not None else None,
    )


def _reach(change: Mapping[str, Any]) -> Parsed:
    status = change["new_chat_member"]["status"]
    chat = change["chat"]
    if chat["type"] == "channel":
        return Ignored("membership of a channel")
    visibility = "private" if chat["type"] == "private" else "public"
    gone = status in ("kicked", "left")
    # Who is restricted may have left (Bot API, ChatMemberRestricted).
    gone = gone or (status == "restricted" and change["new_chat_member"].get("is_member") is False)
    return Reach(str(chat["id"]), visibility, open=not gone)


def _said(message: Mapping[str, Any], *, sequence: int, me: Me | None) -> InboundMessage:
    chat_id = str(message["chat"]["id"])
    said = InboundMessage(
        channel=CHANNEL,
        address=chat_id,
        external_id=_external_id(message),
        kind=TurnKind.UNSUPPORTED,
        sent_at=_moment(message["date"]),
        sequence=sequence,
        reply_to=_reply_to(message, me),
    )
    if "text" in message:
        return _text(said, storable(message["text"]))
    if "venue" in message:
        venue = message["venue"]
        words = " ".join(storable(venue.get(key) or "") for key in ("title", "address"))
        return replace(
            said,
            kind=TurnKind.LOCATION,
            text=" ".join(words.split()),
            location=_point(venue["location"]),
        )
    if "location" in message:
        return replace(said, kind=TurnKind.LOCATION, location=_point(message["location"]))
    if "contact" in message:
        number = _national(str(message["contact"]["phone_number"]))
        return replace(said, kind=TurnKind.CONTACT, contact=number)
    file = _file_of(message)
    if file is None:
        return said
    album = message.get("media_group_id")
    return replace(
        said,
        kind=TurnKind.PHOTO,
        text=storable(message.get("caption") or ""),
        files=() if _too_large(file) else (file,),
        problems=("file_too_large",) if _too_large(file) else (),
        part=None if album is None else str(message["message_id"]),
        external_id=said.external_id if album is None else f"{chat_id}:album:{album}"[:128],
    )


def _text(said: InboundMessage, text: str) -> InboundMessage:
    command = _COMMAND.match(text)
    if command is None:
        return replace(said, kind=TurnKind.TEXT, text=text)
    name, payload = command[1].lower(), (command[3] or "").strip()
    if name == "start" and payload and _PAYLOAD.fullmatch(payload) is None:
        # Typed behind the command: these are somebody's words, not a link's.
        return replace(said, kind=TurnKind.TEXT, text=payload)
    if name == "start":
        return replace(said, kind=TurnKind.START, context=payload or None)
    # "/help@our_bot" is what a client makes of a touch on "/help".
    return replace(said, kind=TurnKind.TEXT, text=f"/{command[1]} {payload}".strip())


def _addressed(message: Mapping[str, Any], me: Me) -> str | None:
    """What a group's message says to the bot, without its name; None when it is not for the bot."""
    text = storable(message.get("text") or message.get("caption") or "")
    command = _COMMAND.match(text)
    if command is not None:
        if command[2] is not None and command[2].lower() != me.username.lower():
            return None
        known = command[1].lower() in ("start", "help")
        return (command[3] or "").strip() if known or command[2] is not None else None
    entities = message.get("entities") or message.get("caption_entities") or ()
    if any(each["type"] == "text_mention" and each["user"]["id"] == me.id for each in entities):
        return text.strip()
    name = re.compile(
        rf"(?<![A-Za-z0-9_])@{re.escape(me.username)}(?![A-Za-z0-9_])(?:님|씨|아|야)?(?![가-힣])"
        rf"|(?<![A-Za-z0-9_])@{re.escape(me.username)}(?![A-Za-z0-9_])",
        re.IGNORECASE,
    )
    # In the text, not among the entities: Telegram marks no name that a Korean particle follows.
    if me.username and name.search(text):
        return " ".join(name.sub(" ", text).split())
    replied = (message.get("reply_to_message") or {}).get("from") or {}
    return text.strip() if replied.get("id") == me.id else None


def _reply_to(message: Mapping[str, Any], me: Me | None) -> str | None:
    replied = message.get("reply_to_message")
    if not replied or (me is not None and (replied.get("from") or {}).get("id") != me.id):
        return None
    return str(replied["message_id"])


def _file_of(message: Mapping[str, Any]) -> RemoteFile | None:
    if message.get("photo"):
        largest = max(message["photo"], key=lambda size: size["width"] * size["height"])
        return _remote(largest)
    found = next((message[kind] for kind in _FILES if message.get(kind)), None)
    return _remote(found) if found is not None else None


def _remote(data: Mapping[str, Any]) -> RemoteFile:
    size = data.get("file_size")
    return RemoteFile(str(data["file_id"]), int(size) if size is not None else None)


def _too_large(file: RemoteFile) -> bool:
    return file.size is not None and file.size > FILE_LIMIT


def _point(data: Mapping[str, Any]) -> Location:
    lat, long = float(data["latitude"]), float(data["longitude"])
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise ValueError("a point outside the globe")
    given = data.get("horizontal_accuracy")
    accuracy = None if given is None else float(given)
    # No database's JSON holds an infinite number.
    return Location(lat, long, accuracy if accuracy is not None and isfinite(accuracy) else None)


def _national(number: str) -> str:
    """A shared number as it is dialled in Korea; others with their country's code."""
    digits = "".join(c for c in number if c in "0123456789")
    if digits.startswith("82"):
        return f"0{digits[2:].removeprefix('0')}"
    # A card from an address book may hold the number as it is dialled here.
    return digits if digits.startswith("0") else f"+{digits}"


def _external_id(message: Mapping[str, Any]) -> str:
    return f"{_number(message['chat']['id'])}:{_number(message['message_id'])}"


def _is_number(value: object) -> TypeGuard[int]:
    """Whether this is one of Telegram's numbers; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and -_HIGHEST <= value <= _HIGHEST


def _number(value: object) -> int:
    if not _is_number(value):
        raise ValueError("not one of Telegram's numbers")
    return value


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), tz=UTC)
