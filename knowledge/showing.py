"""Cuts sanitised Markdown into what a page shows: headings, paragraphs, lists, links. Must not make HTML.

Only web, phone and mail addresses become links; everything else stays text, which the page escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_LINK = re.compile(
    r"(?P<web>https?://[^\s<>\"'()]+)"
    r"|(?P<other>(?:tel:\+?[0-9-]{3,20}|mailto:[^\s<>\"'()@]+@[^\s<>\"'()@]+))"
    # As people write them, with dashes: without, a number is as well an amount.
    r"|(?P<phone>(?<![\d-])(?:0\d{1,2}-\d{3,4}-\d{4}|02-1\d{2}|1[5-8]\d{2}-\d{4})(?![\d-]))"
)
# The end of a sentence is none of the address before it.
_NOT_OF_IT = ".,!?;:·…。"


@dataclass(frozen=True)
class Piece:
    """A run of text; ``href`` is "" where it leads nowhere."""

    text: str
    href: str = ""

    @property
    def leads_away(self) -> bool:
        """Whether it opens another page of the web."""
        return self.href.startswith("http")


Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph (one line), or a list (a line for each item)."""

    kind: Literal["heading", "text", "list"]
    lines: tuple[Line, ...]


def blocks(body: str) -> tuple[Block, ...]:
    """The blocks of sanitised Markdown (``knowledge.markdown.sanitise``), in order."""
    found: list[Block] = []
    items: list[Line] = []

    def end_list() -> None:
        if items:
            found.append(Block("list", tuple(items)))
            items.clear()

    for line in body.split("\n"):
        words = line.strip()
        if words.startswith("- "):
            items.append(pieces(words[2:]))
            continue
        end_list()
        if words.startswith("## "):
            found.append(Block("heading", (pieces(words[3:]),)))
        elif words:
            found.append(Block("text", (pieces(words),)))
    end_list()
    return tuple(found)


def pieces(text: str) -> Line:
    """Text with its web addresses, mail addresses and telephone numbers as links."""
    parts: list[Piece] = []
    at = 0
    for match in _LINK.finditer(text):
        words = match[0].rstrip(_NOT_OF_IT)
        href = f"tel:{words}" if match["phone"] else words
        if match.start() > at:
            parts.append(Piece(text[at : match.start()]))
        parts.append(Piece(words.removeprefix("tel:").removeprefix("mailto:"), href))
        at = match.start() + len(words)
    if at < len(text):
        parts.append(Piece(text[at:]))
    return tuple(parts)
