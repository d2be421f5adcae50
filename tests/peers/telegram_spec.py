"""Checks one request against the Bot API's description; answers nothing and keeps no state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.telegram_html import (
    CannotParse,
    Parsed,
    parse_html,
    plain_entities,
    trimmed,
    units,
)

SPEC: dict[str, Any] = json.loads(
    Path(__file__).with_name("telegram_methods.json").read_text(encoding="utf-8")
)
METHODS: dict[str, dict[str, str]] = SPEC["methods"]
TYPES: dict[str, Any] = SPEC["types"]
BY_LOWER_CASE = {name.lower(): name for name in METHODS}
TEXT, CAPTION = 4096, 1024  # UTF-16 code units after the entities were parsed
YES, NO = {"true", "yes", "1"}, {"false", "no", "0"}


@dataclass(frozen=True)
class Finding:
    """One breach; `answer` is the server's 400, or None where the server lets it pass silently."""

    violation: str
    answer: str | None = None


@dataclass
class Asked:
    """A request in the types of the description; `files` are the parts of a multipart form."""

    method: str
    params: dict[str, Any]
    files: dict[str, bytes]


def types_of(kind: str) -> list[str]:
    """The alternatives of `Integer|String!`."""
    return kind.rstrip("!").split("|")


def decode(method: str, raw: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Form fields are strings: read them as the types of the description say.

    Nested objects come as JSON strings. What cannot be read stays as it came and is a finding.
    """
    params: dict[str, Any] = {}
    findings = []
    for name, value in raw.items():
        kind = METHODS[method].get(name)
        if kind is None or not isinstance(value, str):
            params[name] = value
            continue
        try:
            params[name] = _read(value, types_of(kind))
        except ValueError:
            params[name] = value
            what = f"Bad Request: can't parse {name}"
            findings.append(Finding(f"{method}.{name}: cannot be read as {kind}", what))
    return params, findings


def _read(value: str, kinds: list[str]) -> Any:
    if "Integer" in kinds and re.fullmatch(r"-?\d{1,19}", value):
        return int(value)
    if "Float" in kinds:
        return float(value)
    if "Boolean" in kinds or "True" in kinds:
        if value.lower() in YES | NO:
            return value.lower() in YES
        raise ValueError(value)
    if "String" in kinds or "InputFile" in kinds:
        return value
    if kinds == ["Integer"]:
        raise ValueError(value)
    return json.loads(value)


def wrong_types(value: Any, kinds: list[str], where: str) -> list[str]:
    """What is wrong with a decoded value, [] where one of the alternatives fits."""
    tries = [(_strangeness(value, kind), _against(value, kind, where)) for kind in kinds]
    return min(tries, key=lambda one: (one[0], len(one[1])))[1] if all(t[1] for t in tries) else []


def _strangeness(value: Any, kind: str) -> int:
    """How little a value looks like a kind: of many kinds, the nearest is complained about."""
    shape = TYPES.get(kind)
    if isinstance(value, dict) and isinstance(shape, dict):
        return len(set(value) - set(shape))
    return 99 if isinstance(value, dict) else 0


def _against(value: Any, kind: str, where: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: not a list"] * 9  # worse than any fault inside a list
        inner = kind.removeprefix("Array of ")
        return [bad for i, one in enumerate(value) for bad in _against(one, inner, f"{where}[{i}]")]
    fits = {
        "Integer": isinstance(value, int) and not isinstance(value, bool),
        "Float": isinstance(value, int | float) and not isinstance(value, bool),
        "String": isinstance(value, str),
        "Boolean": isinstance(value, bool),
        "True": value is True,
        "InputFile": isinstance(value, str) and value.startswith("attach://"),
    }
    if kind in fits:
        return [] if fits[kind] else [f"{where}: not of type {kind}"]
    shape = TYPES[kind]
    if kind == "KeyboardButton" and isinstance(value, str):
        return []  # the API takes a title for a simple button
    if not isinstance(value, dict):
        return [f"{where}: not an object"] * 9
    if shape is None:
        return []
    if isinstance(shape, list):
        given = str(value.get("type", "")).lower().replace("_", "")
        same = [one for one in shape if given and one.lower().endswith(given)]
        return wrong_types(value, same, where) if same else [f"{where}.type: unknown or missing"]
    bad = [f"{where}.{name}: unknown field" for name in value if name not in shape]
    for name, field in shape.items():
        if name in value:
            bad += wrong_types(value[name], types_of(field), f"{where}.{name}")
        elif field.endswith("!"):
            bad.append(f"{where}.{name}: missing")
    return bad


def check(asked: Asked) -> list[Finding]:
    """Every breach of names, types and files; the rules about values are in telegram_rules."""
    return [*_names_and_types(asked), *_files(asked)]


def _names_and_types(asked: Asked) -> Iterator[Finding]:
    method, known = asked.method, METHODS[asked.method]
    for name, value in asked.params.items():
        if name not in known:
            yield Finding(f"{method}: unknown parameter {name}")
            continue
        for bad in wrong_types(value, types_of(known[name]), f"{method}.{name}"):
            yield Finding(bad, None if "unknown field" in bad else f"Bad Request: wrong {bad}")
    for name, kind in known.items():
        if kind.endswith("!") and name not in asked.params and name not in asked.files:
            what = (
                MISSING.get((method, name)) or MISSING.get(name) or f"parameter {name} is required"
            )
            yield Finding(f"{method}: missing {name}", f"Bad Request: {what}")


MISSING: dict[Any, str] = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "photo": "there is no photo in the request",
    "video": "there is no video in the request",
    "document": "there is no document in the request",
    "message_id": "message identifier is not specified",
}


def attachments(value: Any) -> Iterator[str]:
    """Every part that an `attach://name` inside a value points at."""
    if isinstance(value, str) and value.startswith("attach://"):
        yield value.removeprefix("attach://")
    elif isinstance(value, list):
        for one in value:
            yield from attachments(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from attachments(one)


def _files(asked: Asked) -> Iterator[Finding]:
    """A part is named like a parameter that takes a file, or something points at it."""
    takes = {name for name, kind in METHODS[asked.method].items() if "InputFile" in kind}
    wanted = set(attachments(list(asked.params.values())))
    for name in sorted(wanted - set(asked.files)):
        yield Finding(
            f"{asked.method}: attach://{name} has no part",
            f'Bad Request: file "attach://{name}" not found',
        )
    for name in sorted(set(asked.files) - wanted - takes):
        yield Finding(f"{asked.method}: the part {name} is used by nothing")
    for name in sorted(set(asked.files)):
        if not asked.files[name]:
            yield Finding(
                f"{asked.method}: the file {name} is empty", "Bad Request: file must be non-empty"
            )


def formatted(holder: dict[str, Any], key: str, entities_key: str) -> Parsed:
    """What a reader sees of `holder[key]`; CannotParse where its HTML is refused."""
    text = str(holder.get(key) or "")
    mode = str(holder.get("parse_mode") or "")
    if mode.lower() == "html":
        parsed = parse_html(text)
        marked = trimmed(parsed)
        # The server also marks what it finds by itself, where nothing of ours is.
        return Parsed(marked.text, _merged(marked), parsed.complaints)
    if mode:
        return Parsed(text.strip(), [], [f"parse_mode {mode}: only HTML is read here"])
    given = holder.get(entities_key)
    if isinstance(given, list) and given:
        return trimmed(Parsed(text, [one for one in given if isinstance(one, dict)]))
    return Parsed(text.strip(), plain_entities(text.strip()))


def _merged(parsed: Parsed) -> list[dict[str, Any]]:
    busy = [
        (one["offset"], one["offset"] + one["length"])
        for one in parsed.entities
        if one["type"] in ("text_link", "pre", "code")
    ]
    own = [
        one
        for one in plain_entities(parsed.text)
        if not any(
            one["offset"] < end and one["offset"] + one["length"] > start for start, end in busy
        )
    ]
    return sorted([*parsed.entities, *own], key=lambda one: (one["offset"], -one["length"]))


def text_findings(holder: dict[str, Any], key: str, where: str, limit: int) -> Iterator[Finding]:
    """Faults of one text or caption: HTML, length, emptiness (of a text only)."""
    entities_key = "entities" if key == "text" else f"{key}_entities"
    try:
        parsed = formatted(holder, key, entities_key)
    except CannotParse as wrong:
        yield Finding(f"{where}.{key}: {wrong}", f"Bad Request: can't parse entities: {wrong}")
        return
    for complaint in parsed.complaints:
        yield Finding(f"{where}.{key}: {complaint}")
    size = units(parsed.text)
    if key == "text" and size == 0:
        yield Finding(f"{where}.text: empty", "Bad Request: message text is empty")
    if size > limit:
        long = "message is too long" if key == "text" else "message caption is too long"
        yield Finding(f"{where}.{key}: {size} units, at most {limit}", f"Bad Request: {long}")
