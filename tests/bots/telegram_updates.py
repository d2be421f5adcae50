"""Updates as Telegram sends them, for tests of what we read in them."""

from __future__ import annotations

from typing import Any

from bots.telegram_client import Me

ME = Me(700_000_001, "sotong_test_bot")
CITIZEN = {"id": 1001, "is_bot": False, "first_name": "시민"}
BOT = {"id": ME.id, "is_bot": True, "first_name": "소통", "username": ME.username}
PRIVATE = {"id": 1001, "type": "private", "first_name": "시민"}
GROUP = {"id": -100_500, "type": "supergroup", "title": "동네방"}
PHOTO = [
    {"file_id": "small", "width": 90, "height": 60, "file_size": 900},
    {"file_id": "large", "width": 1280, "height": 960, "file_size": 90_000},
    {"file_id": "middle", "width": 320, "height": 240},
]
POINT = {"latitude": 37.5, "longitude": 127.0}


def update(
    kind: str = "message", *, chat: dict[str, Any] = PRIVATE, **content: Any
) -> dict[str, Any]:
    body = {"message_id": 7, "from": CITIZEN, "chat": chat, "date": 1_777_860_000, **content}
    return {"update_id": 41, kind: body}


def edited(**content: Any) -> dict[str, Any]:
    return update("edited_message", edit_date=1_777_860_060, **content)


def press(**content: Any) -> dict[str, Any]:
    asked = {"message_id": 9, "chat": PRIVATE, "date": 0}
    return {
        "update_id": 42,
        "callback_query": {
            "id": "4300",
            "from": CITIZEN,
            "message": asked,
            "data": "12.0",
            **content,
        },
    }


def membership(status: str, *, chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    new = {"user": BOT, "status": status, **more}
    return {
        "update_id": 43,
        "my_chat_member": {"chat": chat, "from": CITIZEN, "new_chat_member": new},
    }


def in_group(text: str = "", **content: Any) -> dict[str, Any]:
    return update(chat=GROUP, **({"text": text} if text else {}), **content)
