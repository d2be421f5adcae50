"""Counts and cuts a text as Telegram does. Pure; must not send, and writes no markup.

Limits (Bot API): text 4096, caption 1024. Telegram counts UTF-16 code units after the markup was read, so
that an escaped ``&amp;`` is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from publishing.cutting import Piece, cut

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024


def units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def split(text: str, limit: int) -> Iterator[str]:
    """Parts of at most ``limit`` UTF-16 units, cut after a paragraph, a line, a sentence or a word."""
    return cut(text, limit=limit, pieces_of=_pieces)


def _pieces(text: str) -> Iterator[Piece]:
    for at, letter in enumerate(text):
        yield Piece(at, at + 1, 1 + (ord(letter) > 0xFFFF))
