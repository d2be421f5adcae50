"""The Bot API's rules about values (lengths, ranges, charsets, buttons); checks, answers nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.peers.telegram_html import units
from tests.peers.telegram_spec import CAPTION, METHODS, TEXT, Asked, Finding, text_findings

CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
UPDATES = {
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "guest_message",
}
BUTTON_LOOKS = {"text", "icon_custom_emoji_id", "style"}
LIVE_FOR_EVER = 0x7FFFFFFF


def rules(asked: Asked, require_https: bool = False) -> list[Finding]:
    """Every breach of a rule about values. Types were checked before; odd ones are passed over."""
    params, method = asked.params, asked.method
    found = list(_texts(asked))
    if isinstance(params.get("reply_markup"), dict):
        found += _markup(params["reply_markup"], method)
    for name, low, high in (
        ("latitude", -90, 90),
        ("longitude", -180, 180),
        ("horizontal_accuracy", 0, 1500),
        ("heading", 1, 360),
    ):
        found += _range(params, name, low, high, method)
    own = BY_METHOD.get(method)
    if own is not None:
        found += own(params, require_https)
    if method.startswith(("editMessage", "stopMessage")) and "inline_message_id" not in params:
        for name in ("chat_id", "message_id"):
            if name not in params:
                what = (
                    "chat_id is empty"
                    if name == "chat_id"
                    else "message identifier is not specified"
                )
                found.append(Finding(f"{method}: missing {name}", f"Bad Request: {what}"))
    return found


def _texts(asked: Asked) -> Iterator[Finding]:
    params, method = asked.params, asked.method
    if method in ("sendMessage", "editMessageText"):
        if "text" in params:
            yield from text_findings(params, "text", method, TEXT)
        elif method == "editMessageText" and "rich_message" not in params:
            yield Finding(f"{method}: missing text", "Bad Request: message text is empty")
    if "caption" in METHODS[method] and "caption" in params:
        yield from text_findings(params, "caption", method, CAPTION)
    media = params.get("media")
    for item in media if isinstance(media, list) else [media]:
        if isinstance(item, dict) and "caption" in item:
            yield from text_findings(item, "caption", f"{method}.media", CAPTION)


def _range(
    params: dict[str, Any], name: str, low: float, high: float, method: str
) -> Iterator[Finding]:
    value = params.get(name)
    if isinstance(value, int | float) and not low <= value <= high:
        yield Finding(f"{method}.{name}: not in {low} to {high}", f"Bad Request: wrong {name}")


def _length(
    params: dict[str, Any], name: str, low: int, high: int, where: str, answer: str
) -> Iterator[Finding]:
    value = params.get(name)
    if isinstance(value, str) and not low <= units(value) <= high:
        yield Finding(f"{where}.{name}: not {low} to {high} characters", f"Bad Request: {answer}")


def _markup(markup: dict[str, Any], method: str) -> Iterator[Finding]:
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list):
        return
    buttons = [one for row in rows if isinstance(row, list) for one in row if isinstance(one, dict)]
    if len(buttons) > 100:
        yield Finding(f"{method}: more than 100 buttons", "Bad Request: reply markup is too long")
    if any(isinstance(row, list) and len(row) > 8 for row in rows):
        yield Finding(f"{method}: more than 8 buttons in a row")
    for button in buttons:
        yield from _button(button, method)


def _button(button: dict[str, Any], method: str) -> Iterator[Finding]:
    deeds = set(button) - BUTTON_LOOKS
    if not deeds:
        yield Finding(
            f"{method}: a button without an action",
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        )
    elif len(deeds) > 1:
        yield Finding(f"{method}: a button with {len(deeds)} actions")
    if not str(button.get("text", "")).strip():
        yield Finding(f"{method}: a button without text", "Bad Request: BUTTON_TEXT_INVALID")
    data = button.get("callback_data")
    if isinstance(data, str) and not 1 <= len(data.encode()) <= 64:
        yield Finding(
            f"{method}: callback_data is not 1 to 64 bytes", "Bad Request: BUTTON_DATA_INVALID"
        )
    url = button.get("url")
    if isinstance(url, str) and (problem := _wrong_address(url)):
        yield Finding(
            f"{method}: a button's url: {problem}",
            f"Bad Request: inline keyboard button URL '{url}' is invalid: {problem}",
        )


def _wrong_address(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme in ("tg", "ton", "tonsite"):
        return None if parts.netloc else "URL is invalid"
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "URL is invalid"
    # The server takes no name without a dot: http://localhost is refused.
    return None if "." in (parts.hostname or "") else "Wrong HTTP URL"


def _set_webhook(params: dict[str, Any], require_https: bool) -> Iterator[Finding]:
    secret = params.get("secret_token")
    if isinstance(secret, str) and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        yield Finding(
            "setWebhook.secret_token: not 1 to 256 of A-Z a-z 0-9 _ -",
            "Bad Request: secret token is too long"
            if len(secret) > 256
            else "Bad Request: secret token contains unallowed characters",
        )
    yield from _range(params, "max_connections", 1, 100, "setWebhook")
    yield from _allowed(params, "setWebhook")
    yield from _drops(params, "setWebhook")
    url = str(params.get("url") or "")
    if url and require_https:
        parts = urlsplit(url)
        if parts.scheme != "https":
            yield Finding(
                "setWebhook.url: not https",
                "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
            )
        elif (parts.port or 443) not in (80, 88, 443, 8443):
            yield Finding(
                "setWebhook.url: a port that is not allowed",
                "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
            )


def _drops(params: dict[str, Any], method: str) -> Iterator[Finding]:
    # A report that waits at Telegram while the bot is down must never be thrown away.
    if params.get("drop_pending_updates") in (True, "true", 1):
        yield Finding(f"{method}: drop_pending_updates throws citizens' messages away")


def _allowed(params: dict[str, Any], method: str) -> Iterator[Finding]:
    given = params.get("allowed_updates")
    for name in given if isinstance(given, list) else ():
        if name not in UPDATES:
            yield Finding(f"{method}.allowed_updates: unknown {name}")


def _delete_webhook(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    yield from _drops(params, "deleteWebhook")


def _get_updates(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    for name, low, high in (("limit", 1, 100), ("timeout", 0, 50)):
        value = params.get(name)
        if isinstance(value, int) and not low <= value <= high:
            yield Finding(
                f"getUpdates.{name}: not in {low} to {high}"
            )  # the server cuts it to size
    yield from _allowed(params, "getUpdates")


def _media_group(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    media = params.get("media")
    if not isinstance(media, list):
        return
    if not 2 <= len(media) <= 10:
        answer = "there are no messages to send" if not media else None  # one alone is let pass
        answer = "too many messages to send as an album" if len(media) > 10 else answer
        what = "sendMediaGroup.media: not 2 to 10"
        yield Finding(what, f"Bad Request: {answer}" if answer else None)
    kinds = {str(item.get("type")) for item in media if isinstance(item, dict)}
    if len(kinds) > 1 and kinds & {"document", "audio"}:
        yield Finding(
            "sendMediaGroup.media: documents and audio cannot be mixed with others",
            "Bad Request: document can't be mixed with other media types",
        )


def _location(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    period = params.get("live_period")
    if isinstance(period, int) and period != LIVE_FOR_EVER and not 60 <= period <= 86_400:
        yield Finding("sendLocation.live_period: not 60 to 86400", "Bad Request: wrong live_period")


def _venue(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    for name in ("title", "address"):
        if name in params and not str(params[name]).strip():
            yield Finding(f"sendVenue.{name}: empty", f"Bad Request: {name} must be non-empty")


def _chat_action(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    if "action" in params and params["action"] not in CHAT_ACTIONS:
        answer = "Bad Request: wrong parameter action in request"
        yield Finding(f"sendChatAction.action: unknown {params['action']}", answer)


def _callback(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    yield from _length(params, "text", 0, 200, "answerCallbackQuery", "MESSAGE_TOO_LONG")


def _commands(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    commands = params.get("commands")
    if not isinstance(commands, list):
        return
    if len(commands) > 100:
        yield Finding("setMyCommands: more than 100", "Bad Request: too many commands specified")
    for one in commands:
        if not isinstance(one, dict):
            continue
        name = str(one.get("command", "")).removeprefix("/")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
            yield Finding(f"setMyCommands: the name {name!r}", "Bad Request: BOT_COMMAND_INVALID")
        yield from _length(
            one, "description", 1, 256, "setMyCommands", "BOT_COMMAND_DESCRIPTION_INVALID"
        )


def _description(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    yield from _length(params, "description", 0, 512, "setMyDescription", "description is too long")


def _short(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    where, answer = "setMyShortDescription", "short description is too long"
    yield from _length(params, "short_description", 0, 120, where, answer)


def _name(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    yield from _length(params, "name", 0, 64, "setMyName", "name is too long")


def _delete_many(params: dict[str, Any], _: bool) -> Iterator[Finding]:
    ids = params.get("message_ids")
    if isinstance(ids, list) and not 1 <= len(ids) <= 100:
        yield Finding("deleteMessages.message_ids: not 1 to 100", "Bad Request: wrong message_ids")


BY_METHOD = {
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getUpdates": _get_updates,
    "sendMediaGroup": _media_group,
    "sendLocation": _location,
    "sendVenue": _venue,
    "sendChatAction": _chat_action,
    "answerCallbackQuery": _callback,
    "setMyCommands": _commands,
    "setMyDescription": _description,
    "setMyShortDescription": _short,
    "setMyName": _name,
    "deleteMessages": _delete_many,
}
