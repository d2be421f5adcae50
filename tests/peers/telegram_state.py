"""What the simulated Telegram remembers: chats, messages, files; it knows no HTTP and no faults."""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.peers.telegram_faults import ApiError

Outcome = Literal["ok", "error", "dropped"]
FILE_LIMIT = 20 << 20  # getFile gives nothing larger
UPLOAD_LIMIT, PHOTO_LIMIT = 50 << 20, 10 << 20


@dataclass(frozen=True)
class Call:
    """One request of the bot. `at` is the simulator's clock; `params` are decoded."""

    method: str
    params: dict[str, Any]
    files: dict[str, bytes]
    at: float
    outcome: Outcome
    error_code: int | None = None


@dataclass(frozen=True)
class Button:
    """An inline button."""

    text: str
    callback_data: str | None = None
    url: str | None = None


@dataclass
class Seen:
    """A message of the bot as its reader sees it now. An album is one entry with `items`."""

    message_id: int
    kind: str  # text | photo | video | document | location | venue | album
    text: str = ""  # plain; the caption of media
    html: str = ""
    buttons: list[list[Button]] = field(default_factory=list)
    keyboard: list[list[str]] = field(default_factory=list)  # a reply keyboard's titles
    photo: bytes | None = None
    location: tuple[float, float] | None = None
    edited: bool = False
    reply_to: int | None = None
    deleted: bool = False
    items: list[bytes] = field(default_factory=list)
    file_name: str | None = None
    entities: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Stored:
    """A message of anyone's: the JSON of it, and what a reader sees where it is the bot's."""

    body: dict[str, Any]
    by_bot: bool
    seen: Seen | None = None


@dataclass
class StoredFile:
    """`size` may be larger than the bytes: a test need not make 21 MB."""

    file_id: str
    unique_id: str
    path: str
    data: bytes
    size: int


class Chat:
    """A private chat, group or channel. Everything in it is guarded by the simulator's lock."""

    def __init__(self, chat_id: int, kind: str, title: str, username: str | None = None) -> None:
        self.chat_id = chat_id
        self.kind = kind
        self.title = title
        self.username = username
        self.stored: dict[int, Stored] = {}
        self.messages: list[Seen] = []
        self.actions: list[str] = []
        self.callback_answers: list[str] = []  # "" where the bot answered without a text
        self.pinned: int | None = None
        self.refusal: ApiError | None = None  # why the bot may not send here

    def to_json(self) -> dict[str, Any]:
        """The API's Chat."""
        title = "first_name" if self.kind == "private" else "title"
        body = {"id": self.chat_id, "type": self.kind, title: self.title}
        if self.username:
            body["username"] = self.username
        return body


def now_seconds() -> int:
    """The date of a message; Telegram counts whole seconds."""
    return int(time.time())


class World:
    """Chats, messages and files by their ids, and the counters that make new ids."""

    def __init__(self, bot_id: int, username: str) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.bot: dict[str, Any] = {
            "id": bot_id,
            "is_bot": True,
            "first_name": "소통",
            "username": username,
        }
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.paths: dict[str, StoredFile] = {}
        self.lost: set[str] = set()
        self.callbacks: dict[str, Chat] = {}  # not yet answered -> who pressed
        self.settings: dict[tuple[str, ...], Any] = {}
        self.keep_messages: int | None = None  # in each chat; None keeps all
        self.reads_all = True  # privacy mode is off
        self._counters: dict[int, int] = {}
        self._serial = 0

    def serial(self) -> int:
        """A number that was never given before."""
        with self.lock:
            self._serial += 1
            return self._serial

    def find(self, chat_id: int | str) -> Chat | None:
        """A chat by its number or its @name."""
        if isinstance(chat_id, int):
            return self.chats.get(chat_id)
        name = chat_id.removeprefix("@").lower()
        public = (chat for chat in self.chats.values() if chat.kind != "private" and chat.username)
        return next((chat for chat in public if (chat.username or "").lower() == name), None)

    def next_message_id(self, chat: Chat) -> int:
        """Private chats and basic groups share one row of numbers; others have their own."""
        key = chat.chat_id if chat.kind in ("supergroup", "channel") else 0
        self._counters[key] = self._counters.get(key, 100 if key == 0 else 0) + 1
        return self._counters[key]

    def new_message(
        self, chat: Chat, content: dict[str, Any], by: dict[str, Any]
    ) -> dict[str, Any]:
        """A message's JSON with the next id of its chat; `by` holds from or sender_chat."""
        return {
            "message_id": self.next_message_id(chat),
            **by,
            "chat": chat.to_json(),
            "date": now_seconds(),
            **content,
        }

    def keep(self, chat: Chat, stored: Stored) -> None:
        """Remembers a message and wakes who waits for one."""
        with self.lock:
            chat.stored[stored.body["message_id"]] = stored
            if stored.seen is not None:
                chat.messages.append(stored.seen)
            if self.keep_messages is not None:
                while len(chat.stored) > self.keep_messages:
                    chat.stored.pop(next(iter(chat.stored)))
                del chat.messages[: max(0, len(chat.messages) - self.keep_messages)]
            self.changed.notify_all()

    def add_file(
        self, data: bytes, folder: str, suffix: str, size: int | None = None
    ) -> StoredFile:
        """A new file with ids like Telegram's; it stays until lost."""
        number = self.serial()
        stored = StoredFile(
            file_id=f"AgACAgUAAxkBAAI{number:08d}",
            unique_id=f"AQAD{number:08d}",
            path=f"{folder}/file_{number}{suffix}",
            data=data,
            size=len(data) if size is None else size,
        )
        with self.lock:
            self.files[stored.file_id] = stored
            self.paths[stored.path] = stored
            if self.keep_messages is not None:
                while len(self.files) > max(1000, 4 * self.keep_messages):
                    old = self.files.pop(next(iter(self.files)))
                    del self.paths[old.path]
        return stored

    def wait(self, ready: Callable[[], Any], seconds: float, what: Callable[[], str]) -> Any:
        """The first true value of `ready`, or AssertionError."""
        with self.changed:
            found = ready()
            until = time.monotonic() + seconds
            while not found:
                left = until - time.monotonic()
                if left <= 0:
                    raise AssertionError(what())
                self.changed.wait(left)
                found = ready()
            return found


def file_json(stored: StoredFile, **more: Any) -> dict[str, Any]:
    """What every kind of file has."""
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": stored.size,
        **more,
    }


def buttons_of(markup: Any) -> list[list[Button]]:
    """The rows of an inline keyboard, [] where there is none."""
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return [
        [Button(one["text"], one.get("callback_data"), one.get("url")) for one in row]
        for row in rows
    ]


def keyboard_of(markup: Any) -> list[list[str]]:
    """The titles of a reply keyboard, [] where there is none."""
    rows = markup.get("keyboard", []) if isinstance(markup, dict) else []
    return [[one if isinstance(one, str) else one["text"] for one in row] for row in rows]


def as_html(holder: dict[str, Any], key: str) -> str:
    """What was sent, as HTML."""
    source = str(holder.get(key) or "")
    is_html = str(holder.get("parse_mode") or "").lower() == "html"
    return source if is_html else html.escape(source, quote=False)
