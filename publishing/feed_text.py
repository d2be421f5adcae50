"""A post's words as an entry of the feed: a title and HTML. Pure; must not write the feed itself."""

from __future__ import annotations

import html
import re

from publishing.cutting import Piece, cut

TITLE_LIMIT = 80
# What XML 1.0 cannot carry, not even escaped (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_title(text: str) -> str:
    """The first line, shortened at a word; with "…" when it was longer."""
    lines = _clean(text).strip().splitlines()
    first = " ".join(lines[0].split()) if lines else ""
    if len(first) <= TITLE_LIMIT:
        return first
    letters = (Piece(at, at + 1, 1) for at in range(len(first)))
    return next(cut(first, limit=TITLE_LIMIT - 1, pieces_of=lambda _: letters)) + "…"


def feed_html(text: str) -> str:
    """Paragraphs; everything else is escaped and reads as it is written."""
    found = [each.strip() for each in re.split(r"\n\s*\n", _clean(text))]
    return "".join(
        "<p>" + html.escape(each, quote=False).replace("\n", "<br/>") + "</p>"
        for each in found
        if each
    )


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
