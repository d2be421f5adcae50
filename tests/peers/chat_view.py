"""What the user of a stand-in sees in the chat with the bot, whichever stand-in it is.

It must know no stand-in; each brings its own `ChatUser`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.stack import wait_until


@dataclass(frozen=True)
class Button:
    """A button under a message (`data` is what pressing it sends) or of a keyboard (`data` is None)."""

    label: str
    data: str | None = None
    url: str | None = None
    asks_location: bool = False


@dataclass(frozen=True)
class Seen:
    """One message of the bot as it stands now; `text` is the caption where it has a photo."""

    message_id: int
    text: str
    buttons: tuple[Button, ...] = ()
    photo: bytes | None = None
    markup: Mapping[str, Any] | None = None

    def button(self, label: str) -> Button:
        """The button of that label; a user cannot press another."""
        found = [button for button in self.buttons if button.label == label]
        assert len(found) == 1, f"{label!r} is not one of {[b.label for b in self.buttons]}"
        return found[0]


def markup_of(value: object) -> Mapping[str, Any] | None:
    """A reply_markup that a stand-in kept as JSON text or as an object."""
    if isinstance(value, str):
        value = json.loads(value)
    return value if isinstance(value, dict) else None


def buttons_of(markup: Mapping[str, Any] | None) -> tuple[Button, ...]:
    """All buttons of a markup, row by row."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    buttons = []
    for row in rows:
        for raw in row:
            one = {"text": raw} if isinstance(raw, str) else raw
            buttons.append(
                Button(
                    label=one["text"],
                    data=one.get("callback_data"),
                    url=one.get("url"),
                    asks_location=bool(one.get("request_location")),
                )
            )
    return tuple(buttons)


class ChatUser(ABC):
    """A person in a private chat with the bot, whose id is the chat's too."""

    def __init__(self, chat_id: int, first_name: str) -> None:
        self.chat_id = chat_id
        self.first_name = first_name
        self._read = 0

    @abstractmethod
    def send_text(self, text: str) -> object:
        """Write to the bot; a text that begins with "/" is a command."""

    @abstractmethod
    def press(self, seen: Seen, label: str) -> object:
        """Press a button; one of a keyboard sends its label, as the app does."""

    @abstractmethod
    def messages(self) -> list[Seen]:
        """All messages of the bot in this chat as they stand now, oldest first."""

    def next_messages(self, count: int = 1, *, seconds: float = 10.0) -> list[Seen]:
        """The messages not yet returned here; waits until there are `count` of them."""

        def new() -> list[Seen]:
            found = self.messages()[self._read :]
            return found if len(found) >= count else []

        found = wait_until(new, seconds=seconds, what=f"{count} more message(s) of the bot")
        assert isinstance(found, list)
        self._read += len(found)
        return found

    def wait_edited(self, message_id: int, text: str, *, seconds: float = 10.0) -> Seen:
        """The message once its text is `text`."""

        def edited() -> Seen | None:
            same = (seen for seen in self.messages() if seen.message_id == message_id)
            return next((seen for seen in same if seen.text == text), None)

        found = wait_until(edited, seconds=seconds, what=f"message {message_id} being edited")
        assert isinstance(found, Seen)
        return found
