"""Performs every method that is neither a send nor an edit; it parses no HTTP and knows no faults."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.peers.telegram_delivery import RawJson, Updates
from tests.peers.telegram_faults import ApiError, bad_request
from tests.peers.telegram_groups import Group, bot_member
from tests.peers.telegram_people import Watched, member
from tests.peers.telegram_send import edit, send, target
from tests.peers.telegram_spec import Asked, formatted
from tests.peers.telegram_state import FILE_LIMIT, Seen, Stored, World, buttons_of, now_seconds

OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"
MESSAGES = {"sendMessage", "sendPhoto", "sendVideo", "sendDocument", "sendMediaGroup"} | {
    "sendLocation",
    "sendVenue",
}
COUNTED = {"copyMessage", "forwardMessage"}  # beside send* and edit*, against the limits


class Answers:
    """The Bot API's methods over one world. Every call holds the world's lock, but getUpdates."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.world = world
        self.updates = updates
        self._own: dict[str, Callable[[dict[str, Any]], Any]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name[:3] == "do_"
        }

    def perform(self, asked: Asked) -> Any:
        """The result, or ApiError."""
        method, params = asked.method, asked.params
        if method == "getUpdates":
            return self.updates.get_updates(params)
        with self.world.lock:
            if method in MESSAGES:
                return send(self.world, asked)
            if method.startswith(("editMessage", "stopMessage")):
                if "inline_message_id" in params:
                    raise bad_request("MESSAGE_ID_INVALID")  # nothing here is sent inline
                return edit(self.world, asked)
            if method.startswith(("setMy", "getMy", "deleteMy")) or method.endswith(
                "ChatMenuButton"
            ):
                return self._setting(method, params)
            return self._own[method](params)

    def _setting(self, method: str, params: dict[str, Any]) -> Any:
        verb, name = (method[:3], method[3:]) if method[:3] != "del" else ("del", method[6:])
        scope = params.get("scope") or {}
        key = (
            name,
            str(sorted(scope.items())),
            str(params.get("language_code") or ""),
            str(params.get("chat_id", "")),
        )
        fields = {
            "MyCommands": "commands",
            "MyDescription": "description",
            "MyShortDescription": "short_description",
            "MyName": "name",
            "ChatMenuButton": "menu_button",
        }
        field = fields[name]
        if verb == "set":
            self.world.settings[key] = params.get(field, "")
            return True
        if verb == "del":
            self.world.settings.pop(key, None)
            return True
        kept = self.world.settings.get(key)
        if name == "MyCommands":
            return kept or []
        if name == "ChatMenuButton":
            return kept or {"type": "default"}
        return {field: kept or (self.world.bot["first_name"] if name == "MyName" else "")}

    def do_getMe(self, _: dict[str, Any]) -> Any:
        rights = {"can_join_groups": True, "can_read_all_group_messages": self.world.reads_all}
        more = {"supports_inline_queries": False, "can_connect_to_business": False}
        return {**self.world.bot, **rights, **more, "has_main_web_app": False}

    def do_setWebhook(self, params: dict[str, Any]) -> Any:
        self.updates.set_webhook(params)
        return True

    def do_deleteWebhook(self, params: dict[str, Any]) -> Any:
        self.updates.set_webhook({**params, "url": ""})
        return True

    def do_getWebhookInfo(self, _: dict[str, Any]) -> Any:
        return self.updates.webhook_info()

    def do_logOut(self, _: dict[str, Any]) -> Any:
        return True

    def do_close(self, _: dict[str, Any]) -> Any:
        return True

    def do_sendChatAction(self, params: dict[str, Any]) -> Any:
        target(self.world, params["chat_id"]).actions.append(params["action"])
        self.world.changed.notify_all()
        return True

    def do_answerCallbackQuery(self, params: dict[str, Any]) -> Any:
        who = self.world.callbacks.pop(params["callback_query_id"], None)
        if who is None:
            raise bad_request(OLD_QUERY)
        who.callback_answers.append(params.get("text") or "")
        self.world.changed.notify_all()
        return True

    def do_deleteMessage(self, params: dict[str, Any]) -> Any:
        chat = target(self.world, params["chat_id"])
        stored = chat.stored.get(params["message_id"])
        if stored is None:
            raise bad_request("message to delete not found")
        if not stored.by_bot and chat.kind != "private":
            raise bad_request("message can't be deleted")
        del chat.stored[params["message_id"]]
        if stored.seen is not None:
            stored.seen.deleted = True
        self.world.changed.notify_all()
        return True

    def do_deleteMessages(self, params: dict[str, Any]) -> Any:
        target(self.world, params["chat_id"])
        for number in params["message_ids"]:
            try:
                self.do_deleteMessage({**params, "message_id": number})
            except ApiError:
                continue  # those that cannot be found are passed over
        return True

    def do_getFile(self, params: dict[str, Any]) -> Any:
        stored = self.world.files.get(params["file_id"])
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if stored.size > FILE_LIMIT:
            raise bad_request("file is too big")
        return {
            "file_id": stored.file_id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
            "file_path": stored.path,
        }

    def _known(self, params: dict[str, Any]) -> Watched:
        chat = self.world.find(params["chat_id"])
        if chat is None:
            raise bad_request("chat not found")
        if chat.refusal is not None and chat.kind != "private":
            raise chat.refusal.again()
        assert isinstance(chat, Watched)
        return chat

    def do_getChat(self, params: dict[str, Any]) -> Any:
        chat = self._known(params)
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
        accepted = dict.fromkeys((*gifts, "gifts_from_channels"), True)
        more = {"accent_color_id": 1, "max_reaction_count": 11, "accepted_gift_types": accepted}
        return {**chat.to_json(), **more}

    def do_getChatMember(self, params: dict[str, Any]) -> Any:
        chat = self._known(params)
        if params["user_id"] == self.world.bot["id"]:
            return bot_member(chat)
        person = self.world.chats.get(params["user_id"])
        if person is None:
            raise bad_request("PARTICIPANT_ID_INVALID")
        known = {"id": person.chat_id, "is_bot": False, "first_name": person.title}
        return member(known, "member")

    def do_getChatAdministrators(self, params: dict[str, Any]) -> Any:
        chat = self._known(params)
        if chat.kind == "private":
            raise bad_request("there are no administrators in the private chat")
        own = bot_member(chat)
        return [own] if own["status"] == "administrator" else []

    def do_getChatMemberCount(self, params: dict[str, Any]) -> Any:
        self._known(params)
        return 2

    def do_leaveChat(self, params: dict[str, Any]) -> Any:
        chat = target(self.world, params["chat_id"])
        if chat.kind == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.refusal = ApiError(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
        if isinstance(chat, Group):
            chat.bot_status = "left"
        return True

    def do_pinChatMessage(self, params: dict[str, Any]) -> Any:
        chat = target(self.world, params["chat_id"])
        if params["message_id"] not in chat.stored:
            raise bad_request("message to pin not found")
        chat.pinned = params["message_id"]
        return True

    def do_unpinChatMessage(self, params: dict[str, Any]) -> Any:
        target(self.world, params["chat_id"]).pinned = None
        return True

    def do_forwardMessage(self, params: dict[str, Any]) -> Any:
        stored, body = self._again(params, "forward")
        who = stored.body.get("from", self.world.bot)
        body["forward_origin"] = {"type": "user", "sender_user": who, "date": stored.body["date"]}
        return body

    def do_copyMessage(self, params: dict[str, Any]) -> Any:
        _, body = self._again(params, "copy")
        return {"message_id": body["message_id"]}

    def _again(self, params: dict[str, Any], what: str) -> tuple[Stored, dict[str, Any]]:
        chat = target(self.world, params["chat_id"])
        source = target(self.world, params["from_chat_id"])
        stored = source.stored.get(params["message_id"])
        if stored is None:
            raise bad_request(f"message to {what} not found")
        new = copy.deepcopy(stored.body)
        new.pop("reply_to_message", None)
        new.pop("reply_markup", None)
        new |= {"chat": chat.to_json(), "date": now_seconds(), "from": self.world.bot}
        new["message_id"] = self.world.next_message_id(chat)
        if "caption" in params:
            new["caption"] = formatted(params, "caption", "caption_entities").text
        text = str(new.get("text") or new.get("caption") or "")
        kinds = ("photo", "video", "document", "location")
        seen = Seen(0, next((kind for kind in kinds if kind in new), "text"))
        if stored.seen is not None:
            seen = replace(stored.seen, edited=False, deleted=False, reply_to=None, buttons=[])
        seen.message_id, seen.text = new["message_id"], text
        markup = params.get("reply_markup")
        if isinstance(markup, dict) and "inline_keyboard" in markup:
            new["reply_markup"] = markup
            seen.buttons = buttons_of(markup)
        self.world.keep(chat, Stored(new, by_bot=True, seen=seen))
        return stored, new


def limited(method: str) -> bool:
    """Whether a call counts against the sending limits."""
    return method in MESSAGES or method in COUNTED or method.startswith("editMessage")


__all__ = ["Answers", "RawJson", "limited"]
