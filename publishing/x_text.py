"""Counts a text as X does (twitter-text 3) and makes threads of long ones. Pure; must not send.

NFC first; a link is 23 whatever its length, an emoji 2 whatever it is made of, Hangul 2 a syllable, and the
letters of European scripts 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import emoji

from core.errors import Refused
from publishing.cutting import Piece, cut
from publishing.x_links import links_in

# config/v3.json, in whole characters instead of hundredths.
MOST = 280
LINK = 23
HEAVY, LIGHT = 2, 1
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_REFUSED = re.compile("[\ufffe\ufeff\uffff]")


def normal(text: str) -> str:
    """The text as X keeps it: NFC, lines ended by a line feed."""
    return re.sub(r"\r\n?", "\n", unicodedata.normalize("NFC", text))


def weighted_length(text: str) -> int:
    """How much of the 280 the text takes."""
    return sum(piece.weight for piece in pieces_of(normal(text)))


def is_valid(text: str) -> bool:
    """Whether X takes it: something, at most 280, no code points that are none."""
    return 0 < weighted_length(text) <= MOST and _REFUSED.search(text) is None


def pieces_of(text: str) -> Iterator[Piece]:
    """A text in ``normal`` form, piece by piece, nothing left out."""
    links = dict(links_in(text))
    at = 0
    while at < len(text):
        if at in links:
            piece = Piece(at, links[at], LINK)
        else:
            length = _emoji_at(text, at)
            weight = HEAVY if length else _weight(text[at])
            piece = Piece(at, at + max(length, 1), weight)
        yield piece
        at = piece.end


def thread_of(text: str) -> tuple[str, ...]:
    """The posts of a thread, numbered `` (1/3)`` where there are several; each is valid.

    Raises Refused: ``unsplittable`` (a number or a word that no post has room for), ``not_for_x``.
    """
    text = normal(text).strip()
    if _REFUSED.search(text):
        raise Refused("not_for_x")
    if weighted_length(text) <= MOST:
        return (text,) if text else ()
    for digits in range(1, 4):
        room = MOST - len(f" ({'9' * digits}/{'9' * digits})")
        parts = tuple(_parts(text, room))
        if len(str(len(parts))) <= digits:
            return tuple(f"{part} ({n}/{len(parts)})" for n, part in enumerate(parts, 1))
    raise Refused("unsplittable")


def _parts(text: str, room: int) -> Iterator[str]:
    for part in cut(text, limit=room, pieces_of=pieces_of, strict=True):
        # Parted from its neighbours, what was one word may count more.
        if weighted_length(part) > room:
            raise Refused("unsplittable")
        yield part


def _weight(letter: str) -> int:
    code = ord(letter)
    return LIGHT if any(low <= code <= high for low, high in _LIGHT) else HEAVY


def _emoji_at(text: str, at: int) -> int:
    """How many code points the emoji here has; 0 when there is none."""
    known = _emoji()
    for length in known.get(text[at], ()):
        if text[at : at + length] in emoji.EMOJI_DATA:
            return length
    return 0


@cache
def _emoji() -> dict[str, tuple[int, ...]]:
    """The lengths of the emoji that begin with each character, the longest first."""
    lengths: dict[str, set[int]] = {}
    for each in emoji.EMOJI_DATA:
        # © and ® alone are letters for X.
        if len(each) > 1 or _weight(each) == HEAVY:
            lengths.setdefault(each[0], set()).add(len(each))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
