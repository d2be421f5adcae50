"""Performs what a bot sends and edits: makes messages and what readers see; it parses no HTTP."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests.peers.telegram_faults import ApiError, bad_request
from tests.peers.telegram_people import replied
from tests.peers.telegram_spec import Asked, formatted
from tests.peers.telegram_state import (
    PHOTO_LIMIT,
    UPLOAD_LIMIT,
    Chat,
    Seen,
    Stored,
    StoredFile,
    World,
    as_html,
    buttons_of,
    file_json,
    keyboard_of,
    now_seconds,
)

Content = tuple[dict[str, Any], Seen]
MEDIA = ("photo", "video", "document", "caption", "caption_entities")
REPLACED = {
    "editMessageText": ("text", "entities"),
    "editMessageCaption": ("caption", "caption_entities"),
    "editMessageMedia": MEDIA,
}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def target(world: World, chat_id: Any) -> Chat:
    """The chat to send to, or the server's refusal."""
    chat = world.find(chat_id) if isinstance(chat_id, int | str) else None
    if chat is None:
        raise bad_request("chat not found")
    if chat.refusal is not None:
        raise chat.refusal.again()
    return chat


def send(world: World, asked: Asked) -> dict[str, Any] | list[dict[str, Any]]:
    """Any send* method that makes messages."""
    params = asked.params
    chat = target(world, params["chat_id"])
    extra = _reply(chat, params)
    if asked.method == "sendMediaGroup":
        return _send_album(world, chat, asked, extra)
    content, seen = _content(world, asked)
    markup = params.get("reply_markup")
    if isinstance(markup, dict) and "inline_keyboard" in markup:
        content["reply_markup"] = markup
    seen.buttons, seen.keyboard = buttons_of(markup), keyboard_of(markup)
    return _post(world, chat, {**content, **extra}, seen)


def _post(world: World, chat: Chat, content: dict[str, Any], seen: Seen | None) -> dict[str, Any]:
    own = {"sender_chat": chat.to_json()} if chat.kind == "channel" else {"from": world.bot}
    body = world.new_message(chat, content, own)
    if seen is not None:
        seen.message_id = body["message_id"]
        if "reply_to_message" in body:
            seen.reply_to = body["reply_to_message"]["message_id"]
    world.keep(chat, Stored(body, by_bot=True, seen=seen))
    return body


def _reply(chat: Chat, params: dict[str, Any]) -> dict[str, Any]:
    wanted = params.get("reply_parameters")
    if not isinstance(wanted, dict):
        return {}
    try:
        return {"reply_to_message": replied(chat, wanted["message_id"])}
    except ApiError:
        if wanted.get("allow_sending_without_reply"):
            return {}
        raise


def _content(world: World, asked: Asked) -> Content:
    params = asked.params
    if asked.method == "sendMessage":
        return _text(params)
    if asked.method in ("sendLocation", "sendVenue"):
        place = {name: params[name] for name in ("latitude", "longitude")}
        for name in ("live_period", "horizontal_accuracy", "heading"):
            if name in params:
                place[name] = params[name]
        seen = Seen(0, "location", location=(params["latitude"], params["longitude"]))
        if asked.method == "sendLocation":
            return {"location": place}, seen
        seen.kind, seen.text = "venue", f"{params['title']}\n{params['address']}"
        venue = {"location": place, "title": params["title"], "address": params["address"]}
        return {"location": place, "venue": venue}, seen
    kind = asked.method.removeprefix("send").lower()
    media = {"type": kind, "media": params.get(kind, f"attach://{kind}")}
    return _media(world, {**params, **media}, asked.files)


def _text(params: dict[str, Any]) -> Content:
    parsed = formatted(params, "text", "entities")
    content: dict[str, Any] = {"text": parsed.text}
    if parsed.entities:
        content["entities"] = parsed.entities
    shown = as_html(params, "text")
    return content, Seen(0, "text", text=parsed.text, html=shown, entities=parsed.entities)


def _media(world: World, item: dict[str, Any], files: dict[str, bytes]) -> Content:
    """A photo, video or document with its caption; `item` has the fields of an InputMedia."""
    kind = str(item["type"])
    stored, name = _upload(world, kind, str(item["media"]), files)
    caption = formatted(item, "caption", "caption_entities")
    seen = Seen(0, kind, caption.text, as_html(item, "caption"), entities=caption.entities)
    content: dict[str, Any] = {}
    if kind == "photo":
        width, height = _picture(stored.data)
        content["photo"] = [file_json(stored, width=width, height=height)]
        seen.photo = stored.data
    elif kind == "video":
        size = {"width": item.get("width", 1280), "height": item.get("height", 720)}
        content["video"] = file_json(stored, **size, duration=item.get("duration", 1))
    else:
        content[kind] = file_json(stored, file_name=name)
        seen.file_name = name
    seen.items = [stored.data]
    if caption.text:
        content["caption"] = caption.text
    if caption.entities:
        content["caption_entities"] = caption.entities
    return content, seen


def _upload(world: World, kind: str, media: str, files: dict[str, bytes]) -> tuple[StoredFile, str]:
    part = media.removeprefix("attach://") if media.startswith("attach://") else ""
    if not part:
        if media.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")  # a test leaves the machine never
        if media not in world.files:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return world.files[media], world.files[media].path.rpartition("/")[2]
    data = files[part]
    if len(data) > UPLOAD_LIMIT:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo" and len(data) > PHOTO_LIMIT:
        size = f"file of size {len(data)} bytes is too big for a photo"
        raise bad_request(f"{size}; the maximum size is {PHOTO_LIMIT} bytes")
    if kind == "photo":
        _picture(data)
    suffix = {"photo": ".jpg", "video": ".mp4"}.get(kind, "")
    return world.add_file(data, f"{kind}s", suffix), getattr(data, "file_name", "file")


def _picture(data: bytes) -> tuple[int, int]:
    """Width and height; the server reads a photo and refuses what is none."""
    if data.startswith(b"thumbnail "):
        return 90, 60  # a stand-in of our own, sent on by its file_id
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
    except (OSError, Image.DecompressionBombError) as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height


def _send_album(
    world: World, chat: Chat, asked: Asked, extra: dict[str, Any]
) -> list[dict[str, Any]]:
    group = str(13_600_000_000_000_000 + world.serial())
    parts = [_media(world, item, asked.files) for item in asked.params["media"]]
    titled = next((seen for _, seen in parts if seen.text), parts[0][1])
    photo = next((seen.photo for _, seen in parts if seen.photo is not None), None)
    album = Seen(0, "album", titled.text, titled.html, photo=photo, entities=titled.entities)
    album.items = [data for _, seen in parts for data in seen.items]
    return [
        _post(world, chat, {**content, "media_group_id": group, **extra}, album if i == 0 else None)
        for i, (content, _) in enumerate(parts)
    ]


def edit(world: World, asked: Asked) -> dict[str, Any]:
    """editMessage* and stopMessageLiveLocation."""
    params = asked.params
    chat = target(world, params["chat_id"])
    stored = chat.stored.get(params["message_id"])
    if stored is None:
        raise bad_request("message to edit not found")
    if not stored.by_bot:
        raise bad_request("message can't be edited")
    old, seen = stored.body, stored.seen or Seen(params["message_id"], "text")
    gone = {"reply_markup", *REPLACED.get(asked.method, ())}
    kept = {key: value for key, value in old.items() if key not in gone}
    content, new = _edited(world, asked, old, seen)
    body = {**kept, **content}
    markup = params.get("reply_markup")
    if isinstance(markup, dict) and markup.get("inline_keyboard"):
        body["reply_markup"] = markup
    if body == old and asked.method != "editMessageMedia":
        raise bad_request(NOT_MODIFIED)
    body.pop("edit_date", None)
    stored.body = {**body, "edit_date": now_seconds()}
    for name, value in new.items():
        setattr(seen, name, value)
    seen.buttons, seen.edited = buttons_of(markup), True
    world.changed.notify_all()
    return stored.body


def _edited(
    world: World, asked: Asked, old: dict[str, Any], seen: Seen
) -> tuple[dict[str, Any], dict[str, Any]]:
    """New fields of the message and of what a reader sees."""
    params, method = asked.params, asked.method
    if method == "editMessageText":
        if "text" not in old:
            raise bad_request("there is no text in the message to edit")
        content, new = _text(params)
        return content, {"text": new.text, "html": new.html, "entities": new.entities}
    if method == "editMessageCaption":
        if not {"photo", "video", "document"} & set(old):
            raise bad_request("there is no caption in the message to edit")
        parsed = formatted(params, "caption", "caption_entities")
        content = {"caption": parsed.text} if parsed.text else {}
        if parsed.entities:
            content["caption_entities"] = parsed.entities
        shown = {"text": parsed.text, "html": as_html(params, "caption")}
        return content, {**shown, "entities": parsed.entities}
    if method == "editMessageMedia":
        content, new = _media(world, params["media"], asked.files)
        names = ["text", "html", "photo", "file_name", "entities"]
        if seen.kind != "album":
            names += ["kind", "items"]
        return content, {name: getattr(new, name) for name in names}
    if method in ("editMessageLiveLocation", "stopMessageLiveLocation"):
        if "live_period" not in old.get("location", {}):
            raise bad_request("there is no live location in the message to edit")
        place = dict(old["location"])
        if method == "stopMessageLiveLocation":
            place.pop("live_period")
        else:
            place |= {name: params[name] for name in ("latitude", "longitude")}
        return {"location": place}, {"location": (place["latitude"], place["longitude"])}
    return {}, {}  # editMessageReplyMarkup
