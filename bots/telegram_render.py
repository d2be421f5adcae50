"""Turns a Reply into the messages that Telegram takes: text, photo, album, place. Pure; must not send.

Limits (Bot API): album 2-10, callback data 64 bytes; those of words are in ``publishing.telegram_text``.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bots.text import safe_url, storable, without_tokens
from core.replies import Choice, Image, Link, Point, Reply
from core.texts import Texts
from publishing.telegram_text import CAPTION_LIMIT, TEXT_LIMIT, split, units

# Longer titles get a line of their own, so that an old phone does not cut them.
SHORT_TITLE = 9
BUTTONS_IN_A_ROW = 3
# What a citizen may want to copy by a touch: case numbers and look-up codes.
_COPIED = re.compile(
    r"(?<![0-9A-Za-z-])(?:20[0-9]{2}-[0-9]{6}"
    r"|(?<=코드: )[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}"
    r"|(?=[2-9A-HJ-NP-Z-]*[0-9])(?=[2-9A-HJ-NP-Z-]*[A-Z])[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4})"
    r"(?![0-9A-Za-z-])"
)


@dataclass(frozen=True)
class Button:
    """Exactly one of ``data`` (what comes back when it is pressed) and ``url``."""

    title: str
    data: str | None = None
    url: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class TextPart:
    """A message of words; ``html`` is escaped."""

    html: str
    keyboard: Keyboard = ()


@dataclass(frozen=True)
class PhotoPart:
    """One photo; ``html`` is its caption."""

    image: Image
    html: str = ""
    keyboard: Keyboard = ()


@dataclass(frozen=True)
class AlbumPart:
    """Two to ten photos; ``html`` is the caption of the first."""

    images: tuple[Image, ...]
    html: str = ""


@dataclass(frozen=True)
class PointPart:
    """A place on the map."""

    point: Point


Part = TextPart | PhotoPart | AlbumPart | PointPart


def render_parts(reply: Reply, *, delivery_id: int, texts: Texts) -> tuple[Part, ...]:
    """The messages of one delivery in the order in which they go out. Empty: there is nothing to say."""
    text = storable(without_tokens(texts, reply.text)).strip()
    listed = "\n".join(f"{n}. {choice.title}" for n, choice in enumerate(reply.choices, 1))
    text = "\n\n".join(part for part in (text, storable(listed), _written(reply.link)) if part)
    keyboard = _keyboard(reply.choices, reply.link, delivery_id)
    if keyboard and not text and len(reply.images) != 1:
        # Buttons hang on a message: there must be one.
        text = keyboard[0][0].title
    parts: list[Part] = []
    if reply.images:
        # An album carries no buttons: they go under the words then.
        fits = units(text) <= CAPTION_LIMIT and not (keyboard and len(reply.images) > 1)
        caption = to_html(text) if fits else ""
        if len(reply.images) > 1:
            parts.append(AlbumPart(reply.images, caption))
        else:
            parts.append(PhotoPart(reply.images[0], caption, keyboard if fits else ()))
        text = "" if fits else text
    chunks = list(split(text, TEXT_LIMIT))
    for number, chunk in enumerate(chunks, 1):
        parts.append(TextPart(to_html(chunk), keyboard if number == len(chunks) else ()))
    if reply.location is not None:
        parts.append(PointPart(reply.location))
    return tuple(parts)


def messages_in(part: Part) -> int:
    """How many messages a part is in the chat: an album's photos are one each."""
    return len(part.images) if isinstance(part, AlbumPart) else 1


def to_html(text: str) -> str:
    """The text as Telegram's HTML: it reads as it is written, numbers can be copied by a touch."""
    out, at = [], 0
    for found in _COPIED.finditer(text):
        out.append(html.escape(text[at : found.start()], quote=False))
        out.append(f"<code>{found.group()}</code>")
        at = found.end()
    out.append(html.escape(text[at:], quote=False))
    return "".join(out)


def _keyboard(choices: tuple[Choice, ...], link: Link | None, delivery_id: int) -> Keyboard:
    rows: list[list[Button]] = []
    for index, choice in enumerate(choices):
        button = Button(choice.title, data=f"{delivery_id}.{index}")
        short = len(choice.title) <= SHORT_TITLE
        last = rows[-1] if rows else []
        fits = short and 0 < len(last) < BUTTONS_IN_A_ROW
        if fits and all(len(each.title) <= SHORT_TITLE for each in last):
            last.append(button)
        else:
            rows.append([button])
    url = _outside(link)
    if link is not None and url is not None and _fits_a_button(url):
        rows.append([Button(link.title, url=url)])
    return tuple(tuple(row) for row in rows)


def _written(link: Link | None) -> str:
    """A link that no button can carry, as words: one bad address must not cost the message."""
    url = _outside(link)
    return f"{link.title}: {url}" if link and url and not _fits_a_button(url) else ""


def _outside(link: Link | None) -> str | None:
    """The address of a link that leads somewhere from outside our own pages."""
    url = safe_url(link.url) if link else None
    return None if url is None or url.startswith("/") else storable(url)


def _fits_a_button(url: str) -> bool:
    """Telegram refuses a message for a button whose host has no dot ("localhost")."""
    return "." in (urlsplit(url).hostname or "")
