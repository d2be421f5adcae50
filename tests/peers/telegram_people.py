"""Citizens of the simulated Telegram: what they send, press and see; they answer no request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.peers.telegram_faults import ApiError, bad_request
from tests.peers.telegram_html import plain_entities
from tests.peers.telegram_state import Button, Chat, Seen, Stored, World, file_json, now_seconds

Push = Callable[[str, dict[str, Any], int], None]
SIZES = ((90, 60), (320, 240), (1280, 960))
# The server keeps one order for messages, another for edits and presses (its webhook queues).
EDITS, PRESSES = 1 << 33, 3 << 33
BLOCKED = ApiError(403, "Forbidden: bot was blocked by the user")


def with_entities(key: str, text: str) -> dict[str, Any]:
    """A text or caption with the entities that the server finds in it."""
    found = plain_entities(text)
    entities = "entities" if key == "text" else f"{key}_entities"
    return {key: text, **({entities: found} if found else {})}


class Watched(Chat):
    """A chat whose readers can wait for what the bot sends."""

    def __init__(
        self, world: World, chat_id: int, kind: str, title: str, username: str | None = None
    ) -> None:
        super().__init__(chat_id, kind, title, username)
        self.world = world

    def wait_for(self, text_part: str, seconds: float = 10, after: int = 0) -> Seen:
        """The first undeleted message from index `after` on whose text has this part."""

        def found() -> Seen | None:
            shown = self.messages[after:]
            return next((one for one in shown if text_part in one.text and not one.deleted), None)

        def what() -> str:
            shown = [one.text for one in self.messages[after:]]
            return f"nothing with {text_part!r} within {seconds} s; shown: {shown}"

        return self.world.wait(found, seconds, what)

    @property
    def last(self) -> Seen:
        """The last message that was not deleted."""
        return next(one for one in reversed(self.messages) if not one.deleted)

    def wait_count(self, count: int, seconds: float = 10) -> list[Seen]:
        """All messages, once there are at least so many."""
        self.world.wait(
            lambda: len(self.messages) >= count,
            seconds,
            lambda: f"{len(self.messages)} messages within {seconds} s instead of {count}",
        )
        return list(self.messages)


class User(Watched):
    """A person and the private chat with the bot (both have the same number)."""

    def __init__(
        self, world: World, push: Push, user_id: int, first_name: str, username: str | None
    ) -> None:
        super().__init__(world, user_id, "private", first_name, username)
        self._push = push
        self.language_code = "ko"
        self.silent = False  # has blocked the bot, or is no more

    def person(self) -> dict[str, Any]:
        """The API's User."""
        body = {"id": self.chat_id, "is_bot": False, "first_name": self.title}
        if self.username:
            body["username"] = self.username
        return {**body, "language_code": self.language_code}

    def send(
        self, content: dict[str, Any], *, chat: Chat | None = None, reply_to: int | None = None
    ) -> int:
        """Any content as a message; in `chat` instead of the private one. Returns its id."""
        where = chat or self
        with self.world.lock:
            assert not (self.silent and where is self), "blocked: unblock() before writing"
            if reply_to is not None:
                content = {**content, "reply_to_message": replied(where, reply_to)}
            body = self.world.new_message(where, content, {"from": self.person()})
            self.world.keep(where, Stored(body, by_bot=False))
            self._push("message", body, where.chat_id)
            return int(body["message_id"])

    def _edit(self, message_id: int, content: dict[str, Any], chat: Chat | None) -> int:
        where = chat or self
        with self.world.lock:
            stored = where.stored[message_id]
            assert not stored.by_bot, "a citizen edits only own messages"
            stored.body = {**stored.body, **content, "edit_date": now_seconds()}
            self._push("edited_message", stored.body, where.chat_id + EDITS)
        return message_id

    def send_text(self, text: str, reply_to: int | None = None, chat: Chat | None = None) -> int:
        """A text with its entities."""
        return self.send(with_entities("text", text), reply_to=reply_to, chat=chat)

    def send_text_in(
        self, group: Chat, text: str, mention: bool = False, reply_to: int | None = None
    ) -> int:
        """A text in a group; `mention` puts the bot's @name in front."""
        words = f"@{self.world.bot['username']} {text}" if mention else text
        return self.send_text(words, reply_to=reply_to, chat=group)

    def start(self, payload: str = "") -> int:
        """Presses Start, from a link with a payload if there is one."""
        return self.send_text(f"/start {payload}".strip())

    def edit_text(self, message_id: int, text: str, chat: Chat | None = None) -> int:
        """Changes an own text."""
        old = (chat or self).stored[message_id].body
        old.pop("entities", None)
        return self._edit(message_id, with_entities("text", text), chat)

    def edit_caption(self, message_id: int, caption: str, chat: Chat | None = None) -> int:
        """Changes the words under an own photo, video or file."""
        (chat or self).stored[message_id].body.pop("caption_entities", None)
        return self._edit(message_id, with_entities("caption", caption), chat)

    def send_photo(
        self,
        data: bytes,
        caption: str = "",
        media_group_id: str | None = None,
        sizes: Sequence[tuple[int, int]] = SIZES,
        chat: Chat | None = None,
        file_size: int | None = None,
    ) -> int:
        """A photo in several sizes; the largest has these bytes, the others stand-ins."""
        content: dict[str, Any] = {"photo": []}
        for width, height in sizes:
            last = (width, height) == sizes[-1]
            bytes_ = data if last else f"thumbnail {width}x{height}".encode()
            stored = self.world.add_file(bytes_, "photos", ".jpg", file_size if last else None)
            content["photo"].append(file_json(stored, width=width, height=height))
        if media_group_id:
            content["media_group_id"] = media_group_id
        return self.send({**content, **_caption(caption)}, chat=chat)

    def send_album(
        self, photos: Sequence[bytes], caption: str = "", chat: Chat | None = None
    ) -> list[int]:
        """An album: one update a photo, ids in a row, one media_group_id, caption on the first."""
        group = str(13_500_000_000_000_000 + self.world.serial())
        with self.world.lock:  # nobody else's message may come between
            return [
                self.send_photo(data, "" if i else caption, group, chat=chat)
                for i, data in enumerate(photos)
            ]

    def send_document(
        self,
        data: bytes,
        file_name: str,
        mime_type: str,
        file_size: int | None = None,
        caption: str = "",
    ) -> int:
        """A file; `file_size` may claim more than there is."""
        suffix = f".{file_name.rpartition('.')[2]}" if "." in file_name else ""
        stored = self.world.add_file(data, "documents", suffix, file_size)
        document = file_json(stored, file_name=file_name, mime_type=mime_type)
        return self.send({"document": document, **_caption(caption)})

    def send_video(self, data: bytes, file_size: int | None = None, caption: str = "") -> int:
        """A video of three seconds."""
        stored = self.world.add_file(data, "videos", ".mp4", file_size)
        video = file_json(stored, width=1280, height=720, duration=3, mime_type="video/mp4")
        return self.send({"video": video, **_caption(caption)})

    def send_voice(self, data: bytes = b"OggS voice", duration: int = 3) -> int:
        """A voice message."""
        stored = self.world.add_file(data, "voice", ".oga")
        return self.send({"voice": file_json(stored, duration=duration, mime_type="audio/ogg")})

    def send_sticker(self, emoji: str = "👍") -> int:
        """A sticker."""
        stored = self.world.add_file(b"RIFF sticker", "stickers", ".webp")
        flags = {"is_animated": False, "is_video": False, "type": "regular", "emoji": emoji}
        return self.send({"sticker": file_json(stored, width=512, height=512, **flags)})

    def send_poll(self, question: str = "설문", options: Sequence[str] = ("예", "아니요")) -> int:
        """A poll."""
        number = str(self.world.serial())
        rows = [
            {"text": one, "voter_count": 0, "persistent_id": f"{number}-{i}"}
            for i, one in enumerate(options)
        ]
        flags = {"is_closed": False, "is_anonymous": True, "type": "regular"}
        more = {"allows_multiple_answers": False, "allows_revoting": True, "members_only": False}
        counts = {"total_voter_count": 0}
        poll = {"id": number, "question": question, "options": rows, **flags, **more, **counts}
        return self.send({"poll": poll})

    def send_location(
        self, lat: float, long: float, live_period: int | None = None, chat: Chat | None = None
    ) -> int:
        """A place, live for `live_period` seconds if given."""
        place = {"latitude": lat, "longitude": long}
        if live_period:
            return self.send({"location": {**place, "live_period": live_period}}, chat=chat)
        return self.send({"location": place}, chat=chat)

    def update_live_location(self, message_id: int, lat: float, long: float) -> int:
        """The live place moved."""
        old = self.stored[message_id].body["location"]
        return self._edit(
            message_id, {"location": {**old, "latitude": lat, "longitude": long}}, None
        )

    def send_venue(self, lat: float, long: float, title: str, address: str) -> int:
        """A named place; the message carries the location as well."""
        place = {"latitude": lat, "longitude": long}
        venue = {"location": place, "title": title, "address": address}
        return self.send({"venue": venue, "location": place})

    def send_contact(self, phone: str, own: bool = True) -> int:
        """A phone number: the own one, or a card of somebody without Telegram."""
        card: dict[str, Any] = {"phone_number": phone, "first_name": self.title}
        return self.send({"contact": {**card, "user_id": self.chat_id} if own else card})

    def press(self, button: str | int = 0, chat: Chat | None = None) -> str:
        """Presses a button of the last message that has any; by title, part of it, or number."""
        where = chat or self
        with self.world.lock:
            last = next((m for m in reversed(where.messages) if m.buttons and not m.deleted), None)
            assert last is not None, "the bot sent no buttons"
            return self.press_on(last.message_id, button, chat)

    def press_on(self, message_id: int, button: str | int = 0, chat: Chat | None = None) -> str:
        """Presses a button of that message. Returns the callback query's id."""
        where = chat or self
        with self.world.lock:
            seen = next((m for m in where.messages if m.message_id == message_id), None)
            assert seen is not None, f"no message {message_id} of the bot"
            data = choose(seen, button).callback_data
            assert data is not None, "that button opens an address and sends nothing"
            return self.press_data(message_id, data, chat)

    def press_data(self, message_id: int, data: str, chat: Chat | None = None) -> str:
        """A callback with any data: an old client's button, or a forged one."""
        where = chat or self
        with self.world.lock:
            number = str(4_300_000_000_000_000_000 + self.world.serial())
            stored = where.stored.get(message_id)
            gone = {"chat": where.to_json(), "message_id": message_id, "date": 0}
            query = {
                "id": number,
                "from": self.person(),
                "message": gone if stored is None else stored.body,
                "chat_instance": str(8_000_000_000_000_000_000 + abs(where.chat_id)),
                "data": data,
            }
            self.world.callbacks[number] = self
            self._push("callback_query", query, self.chat_id + PRESSES)
            return number

    def block(self) -> None:
        """Every send to this chat is refused from now on."""
        self._membership("member", "kicked", BLOCKED)

    def unblock(self) -> None:
        """Lets the bot in again."""
        self._membership("kicked", "member", None)

    def deactivate(self) -> None:
        """The account is deleted; Telegram tells the bot nothing."""
        self.silent, self.refusal = True, ApiError(403, "Forbidden: user is deactivated")

    def _membership(self, old: str, new: str, refusal: ApiError | None) -> None:
        with self.world.lock:
            self.silent, self.refusal = refusal is not None, refusal
            change = membership(self, self.person(), self.world.bot, old, new)
            self._push("my_chat_member", change, self.chat_id)


def _caption(caption: str) -> dict[str, Any]:
    return with_entities("caption", caption) if caption else {}


def replied(chat: Chat, message_id: int) -> dict[str, Any]:
    """The message that is replied to, without what it replied to itself."""
    stored = chat.stored.get(message_id)
    if stored is None:
        raise bad_request("message to be replied not found")
    return {key: value for key, value in stored.body.items() if key != "reply_to_message"}


def choose(seen: Seen, button: str | int) -> Button:
    """A button by its number over all rows, its title or a part of its title."""
    flat = [one for row in seen.buttons for one in row]
    if isinstance(button, int):
        assert -len(flat) <= button < len(flat), f"only {len(flat)} buttons"
        return flat[button]
    exact = [one for one in flat if one.text == button]
    found = exact or [one for one in flat if button in one.text]
    assert found, f"no button {button!r} among {[one.text for one in flat]}"
    return found[0]


def membership(
    chat: Chat, by: dict[str, Any], bot: dict[str, Any], old: str, new: str
) -> dict[str, Any]:
    """The API's ChatMemberUpdated about the bot."""
    return {
        "chat": chat.to_json(),
        "from": by,
        "date": now_seconds(),
        "old_chat_member": member(bot, old),
        "new_chat_member": member(bot, new),
    }


def member(person: dict[str, Any], status: str) -> dict[str, Any]:
    """The API's ChatMember."""
    body: dict[str, Any] = {"user": person, "status": status}
    if status == "kicked":
        return {**body, "until_date": 0}
    if status == "creator":
        return {**body, "is_anonymous": False}
    if status == "administrator":
        can = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
            "can_restrict_members can_promote_members can_change_info can_invite_users "
            "can_post_stories can_edit_stories can_delete_stories"
        )
        no = ("can_be_edited", "is_anonymous", "can_promote_members")
        return {**body, **{name: name not in no for name in can.split()}}
    return body
