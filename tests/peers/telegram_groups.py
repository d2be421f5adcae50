"""Groups and channels of the simulated Telegram, seen from their members; they answer no request."""

from __future__ import annotations

from typing import Any

from tests.peers.telegram_faults import ApiError
from tests.peers.telegram_people import Push, Watched, member, membership, with_entities
from tests.peers.telegram_state import Stored, World, now_seconds

# Who forwards a channel's posts into its discussion group, and who acts where nobody was named.
TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
OWNER = {"id": 5000, "is_bot": False, "first_name": "방장"}


class Group(Watched):
    """A group or supergroup with the bot in it."""

    def __init__(self, world: World, push: Push, chat_id: int, title: str, kind: str) -> None:
        super().__init__(world, chat_id, kind, title)
        self._push = push
        self.bot_status = "member"

    def _service(self, content: dict[str, Any], by: dict[str, Any]) -> int:
        body = self.world.new_message(self, content, by)
        self.world.keep(self, Stored(body, by_bot=False))
        self._push("message", body, self.chat_id)
        return int(body["message_id"])

    def _status(self, new: str) -> None:
        change = membership(self, OWNER, self.world.bot, self.bot_status, new)
        self.bot_status = new
        self._push("my_chat_member", change, self.chat_id)

    def migrate(self, new_chat_id: int) -> Group:
        """Becomes a supergroup: the new one is returned, this one refuses with the new number."""
        with self.world.lock:
            new = Group(self.world, self._push, new_chat_id, self.title, "supergroup")
            self.world.chats[new_chat_id] = new
            self._service({"migrate_to_chat_id": new_chat_id}, {"from": OWNER})
            new._service({"migrate_from_chat_id": self.chat_id}, {"from": OWNER})
            self.refusal = ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": new_chat_id},
            )
            return new

    def kick_bot(self) -> None:
        """Throws the bot out."""
        with self.world.lock:
            self._status("kicked")
            self.refusal = ApiError(403, f"Forbidden: bot was kicked from the {self.kind} chat")

    def add_bot(self) -> None:
        """Brings the bot in (again): a change of membership and a service message."""
        with self.world.lock:
            self.refusal = None
            if self.bot_status == "member":
                self.bot_status = "left"
            self._status("member")
            self._service({"new_chat_members": [self.world.bot]}, {"from": OWNER})

    def linked_channel_post(
        self, text: str, channel_id: int = -1_008_888, title: str = "소식", message_id: int = 1
    ) -> int:
        """A post of the linked channel that Telegram itself puts into the group."""
        with self.world.lock:
            channel = {"id": channel_id, "type": "channel", "title": title}
            origin = {
                "type": "channel",
                "chat": channel,
                "message_id": message_id,
                "date": now_seconds(),
            }
            content = {"forward_origin": origin, "is_automatic_forward": True}
            by = {"from": TELEGRAM, "sender_chat": channel}
            return self._service({**content, **with_entities("text", text)}, by)


class Channel(Watched):
    """A channel in which the bot is an administrator."""

    def __init__(
        self, world: World, push: Push, chat_id: int, username: str | None, title: str
    ) -> None:
        super().__init__(world, chat_id, "channel", title, username)
        self._push = push

    def post(self, text: str) -> int:
        """Somebody else posts."""
        with self.world.lock:
            content = with_entities("text", text)
            body = self.world.new_message(self, content, {"sender_chat": self.to_json()})
            self.world.keep(self, Stored(body, by_bot=False))
            self._push("channel_post", body, self.chat_id)
            return int(body["message_id"])

    def dismiss_bot(self) -> None:
        """Takes the bot's rights away: it can no longer post."""
        with self.world.lock:
            change = membership(self, OWNER, self.world.bot, "administrator", "left")
            self._push("my_chat_member", change, self.chat_id)
            self.refusal = ApiError(403, "Forbidden: bot is not a member of the channel chat")


def bot_member(chat: Watched) -> dict[str, Any]:
    """The bot's own membership, as getChatMember tells it."""
    if isinstance(chat, Group):
        return member(chat.world.bot, chat.bot_status)
    return member(chat.world.bot, "administrator" if isinstance(chat, Channel) else "member")
