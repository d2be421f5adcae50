"""Derives telegram_methods.json from the full description of the Bot API; reads no network.

Usage: python tests/peers/derive_telegram_methods.py [api.json]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCE = ROOT.parent / "shared" / "data" / "telegram_api" / "api.json"
TARGET = HERE / "telegram_methods.json"

METHODS = [
    "answerCallbackQuery",
    "close",
    "copyMessage",
    "deleteMessage",
    "deleteMessages",
    "deleteMyCommands",
    "deleteWebhook",
    "editMessageCaption",
    "editMessageLiveLocation",
    "editMessageMedia",
    "editMessageReplyMarkup",
    "editMessageText",
    "forwardMessage",
    "getChat",
    "getChatAdministrators",
    "getChatMember",
    "getChatMemberCount",
    "getChatMenuButton",
    "getFile",
    "getMe",
    "getMyCommands",
    "getMyDescription",
    "getMyName",
    "getMyShortDescription",
    "getUpdates",
    "getWebhookInfo",
    "leaveChat",
    "logOut",
    "pinChatMessage",
    "sendChatAction",
    "sendDocument",
    "sendLocation",
    "sendMediaGroup",
    "sendMessage",
    "sendPhoto",
    "sendVenue",
    "sendVideo",
    "setChatMenuButton",
    "setMyCommands",
    "setMyDescription",
    "setMyName",
    "setMyShortDescription",
    "setWebhook",
    "stopMessageLiveLocation",
    "unpinChatMessage",
]
PLAIN = {"Integer", "Float", "String", "Boolean", "True", "InputFile"}
# Rich messages are a world of their own that no bot of ours uses; any object passes for them.
OPAQUE = {"InputRichMessage"}


def base(name: str) -> str:
    """`Array of Array of X` -> `X`."""
    while name.startswith("Array of "):
        name = name.removeprefix("Array of ")
    return name


def fields(entry: dict[str, Any]) -> dict[str, str]:
    """Name -> types joined by `|`; a trailing `!` says that it is required."""
    return {
        field["name"]: "|".join(field["types"]) + ("!" if field["required"] else "")
        for field in entry.get("fields", ())
    }


def derive(api: dict[str, Any]) -> dict[str, Any]:
    """The compact form: our methods and every type that their parameters lead to."""
    methods = {name: fields(api["methods"][name]) for name in METHODS}
    types: dict[str, Any] = {}
    waiting = [kind for method in methods.values() for kind in method.values()]
    while waiting:
        for one in waiting.pop().rstrip("!").split("|"):
            name = base(one)
            if name in PLAIN or name in types:
                continue
            if name in OPAQUE:
                types[name] = None
                continue
            entry = api["types"][name]
            if entry.get("subtypes"):
                types[name] = sorted(entry["subtypes"])
                waiting.extend(entry["subtypes"])
            else:
                types[name] = fields(entry)
                waiting.extend(types[name].values())
    return {
        "version": api["version"],
        "methods": methods,
        "all_methods": sorted(api["methods"]),
        "types": dict(sorted(types.items())),
    }


def as_text(derived: dict[str, Any]) -> str:
    """One line per method and type, so that a new version of the API reads well as a diff."""
    lines = ["{", f' "version": {json.dumps(derived["version"])},']
    lines.append(f' "all_methods": {json.dumps(derived["all_methods"])},')
    for part, end in (("methods", ","), ("types", "")):
        rows = [f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in derived[part].items()]
        lines.append(f' "{part}": {{\n' + ",\n".join(rows) + f"\n }}{end}")
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    api = json.loads(source.read_text(encoding="utf-8"))
    TARGET.write_text(as_text(derive(api)), encoding="utf-8")
