"""Reads parse_mode=HTML as the Bot API server does and finds entities in plain text; sends nothing."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

TAGS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "span": "spoiler",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
ATTRIBUTES = {
    "a": {"href"},
    "tg-emoji": {"emoji-id"},
    "tg-time": {"unix", "format"},
    "span": {"class"},
    "code": {"class"},
    "pre": {"class"},
    "blockquote": {"expandable"},
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot));?")
ATTRIBUTE = re.compile(r"""\s+([^\s=>"'/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[A-Za-z0-9._-]+))?""")
FOUND = (  # what comes first wins
    ("url", re.compile(r"https?://[^\s<>\"]+")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?!\w)")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z0-9_]{3,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#\w+")),
)


class CannotParse(ValueError):
    """The text is refused; the message is the server's, without "can't parse entities: "."""


@dataclass(frozen=True)
class Parsed:
    """What a reader sees, the entities over it, and what is bad style though it is let pass."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def units(text: str) -> int:
    """UTF-16 code units, in which Telegram counts lengths and offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain_entities(text: str) -> list[dict[str, Any]]:
    """Commands, mentions, addresses and hashtags that the server marks by itself."""
    found: list[dict[str, Any]] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and end > other for other, other_end in taken):
                continue
            taken.append((start, end))
            offset = units(text[:start])
            found.append({"type": kind, "offset": offset, "length": units(match.group())})
    return sorted(found, key=lambda entity: int(entity["offset"]))


def trimmed(parsed: Parsed) -> Parsed:
    """Without the white space around it, which the server cuts off."""
    text = parsed.text.strip()
    lead = units(parsed.text) - units(parsed.text.lstrip())
    size = units(text)
    kept = []
    for entity in parsed.entities:
        start = max(0, entity["offset"] - lead)
        end = min(size, entity["offset"] + entity["length"] - lead)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return Parsed(text, kept, parsed.complaints)


def parse_html(source: str) -> Parsed:
    """Text and entities, or CannotParse in the server's words."""
    out: list[str] = []
    size = 0  # UTF-16 units in `out`
    entities: list[dict[str, Any]] = []
    complaints: list[str] = []
    still_open: list[tuple[str, int, dict[str, Any]]] = []
    at = 0
    while at < len(source):
        here = source[at]
        if here == "&":
            match = CHARACTER.match(source, at)
            if match is None or not (text := _character(match)):
                complaints.append(f"bare or unknown '&' in HTML: {source[at : at + 10]!r}")
                out.append("&")
                size += 1
                at += 1
                continue
            if not match.group().endswith(";"):
                complaints.append(f"an entity without ';': {match.group()!r}")
            out.append(text)
            size += units(text)
            at = match.end()
        elif here != "<":
            end = min(
                (i for i in (source.find("<", at), source.find("&", at)) if i >= 0),
                default=len(source),
            )
            out.append(source[at:end])
            size += units(source[at:end])
            at = end
        elif source.startswith("</", at):
            at = _end_tag(source, at, size, still_open, entities)
        else:
            name, values, at = _start_tag(source, at)
            if unknown := set(values) - ATTRIBUTES.get(name, set()):
                complaints.append(f"<{name}> has no attribute {', '.join(sorted(unknown))}")
            if name == "a" and not values.get("href"):
                complaints.append("<a> without href")
            still_open.append((name, size, _extra(name, values)))
    if still_open:
        name = still_open[-1][0]
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{name}"')
    # Of two over the same words the outer comes first; it was closed last.
    entities.reverse()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)  # means something only where the code is all of a pre
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Parsed("".join(out), entities, complaints)


def _character(match: re.Match[str]) -> str:
    by_hex, by_number, by_name = match.groups()
    if by_name:
        return NAMED[by_name]
    code = int(by_hex, 16) if by_hex else int(by_number)
    if 0xD800 <= code < 0xE000:
        raise CannotParse(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    if code == 0 or code >= 0x10FFFF:
        return ""
    return chr(code)


def _place(source: str, at: int) -> str:
    return f"at byte offset {len(source[:at].encode('utf-8', 'surrogatepass'))}"


def _start_tag(source: str, at: int) -> tuple[str, dict[str, str], int]:
    name_match = re.compile(r"<([^\s>]*)").match(source, at)
    assert name_match is not None
    name = name_match.group(1).lower()
    if name_match.end() == len(source):
        raise CannotParse(f"Unclosed start tag {_place(source, at)}")
    if name not in TAGS:
        raise CannotParse(f'Unsupported start tag "{name}" {_place(source, at)}')
    values: dict[str, str] = {}
    spot = name_match.end()
    while match := ATTRIBUTE.match(source, spot):
        if match.group(2) is None and (name, match.group(1)) != ("blockquote", "expandable"):
            where = _place(source, at)
            raise CannotParse(
                f'Expected equal sign in declaration of an attribute of the tag "{name}" {where}'
            )
        values[match.group(1).lower()] = html.unescape((match.group(2) or "").strip("\"'"))
        spot = match.end()
    rest = re.compile(r"\s*>").match(source, spot)
    if rest is None:
        raise CannotParse(f"Unclosed start tag {_place(source, at)}")
    if name == "span" and values.get("class") != "tg-spoiler":
        raise CannotParse(f'Tag "span" must have class "tg-spoiler" {_place(source, at)}')
    return name, values, rest.end()


def _extra(name: str, values: dict[str, str]) -> dict[str, Any]:
    """The entity without its place; empty where the tag marks nothing (<a> without an address)."""
    kind = TAGS[name]
    if name == "a":
        address = values.get("href", "")
        return {"type": kind, "url": address} if address else {}
    if name == "tg-emoji":
        return {"type": kind, "custom_emoji_id": values.get("emoji-id", "")}
    if name == "code" and values.get("class", "").startswith("language-"):
        return {"type": kind, "language": values["class"].removeprefix("language-")}
    if name == "blockquote" and "expandable" in values:
        return {"type": "expandable_blockquote"}
    return {"type": kind}


def _end_tag(
    source: str,
    at: int,
    size: int,
    still_open: list[tuple[str, int, dict[str, Any]]],
    entities: list[dict[str, Any]],
) -> int:
    if not still_open:
        raise CannotParse(f"Unexpected end tag {_place(source, at)}")
    close = source.find(">", at)
    name = source[at + 2 : close if close >= 0 else len(source)].strip().lower()
    wanted, start, extra = still_open.pop()
    if close < 0:
        raise CannotParse(f"Unclosed end tag {_place(source, at)}")
    if name and name != wanted:
        where = _place(source, at)
        raise CannotParse(f'Unmatched end tag {where}, expected "</{wanted}>", found "</{name}>"')
    if wanted == "pre" and entities:
        inner = entities[-1]  # <pre><code class="language-x"> is one thing to a reader
        same = (inner["offset"], inner["length"]) == (start, size - start)
        if same and inner["type"] == "code" and "language" in inner:
            extra |= {"language": entities.pop()["language"]}
    if size > start and extra:
        entities.append({**extra, "offset": start, "length": size - start})
    return close + 1
