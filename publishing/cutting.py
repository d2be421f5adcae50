"""Cuts a long text at sentence ends, never in a number, an amount or a link. Pure; knows no channel.

How long something is says the channel, piece by piece; a piece is never cut either.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from core.errors import Refused


class Piece(NamedTuple):
    """What is counted as one and must not be cut: a letter, an emoji, a link."""

    begin: int
    end: int
    weight: int


PiecesOf = Callable[[str], Iterable[Piece]]
# Where a text may be parted, the best places first.
_BREAKS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。])[\"'”’)\]]*\s+"),
    re.compile(r"(?<=[,;:])\s+"),
    re.compile(r"\s+"),
)
_NUMBER = (
    r"[0-9]+(?:[.,:/~∼–-][0-9]+)*"
    r"(?:\s?[조억만천백십]+)?(?:\s?(?:[%％]p?|퍼센트|[A-Za-z㎡²³]{1,4}|[가-힣]{1,3}))?"
)
_WHOLE = re.compile(
    r"https?://\S+"
    r"|[0-9]{4}\.\s?[0-9]{1,2}\.(?:\s?[0-9]{1,2}\.?)?"
    # The number of an item stands with its words.
    r"|^\s*[0-9]{1,3}[.)]\s+\S"
    # 1조 2,345억 원; 2026년 5월 7일 10시.
    rf"|(?:[-+−▲△]\s?)?{_NUMBER}(?:\s{_NUMBER}){{0,5}}"
    r"|[일이삼사오육칠팔구십백천만억조]{2,}\s?원",
    re.MULTILINE,
)
# What may follow the end of a part and still belong to something whole that began in it.
_LOOK_AHEAD = 300


def cut(text: str, *, limit: int, pieces_of: PiecesOf, strict: bool = False) -> Iterator[str]:
    """Parts of at most ``limit``; together they are the text but for the spaces at the cuts.

    What is whole and longer than a part is cut between two pieces, or with ``strict`` refused: raises
    Refused("unsplittable").
    """
    rest = text.strip()
    while rest:
        end = _reach(rest, limit, pieces_of)
        if end == len(rest):
            yield rest
            return
        at = _break(rest, end)
        if at is None:
            if strict or not end:
                raise Refused("unsplittable")
            at = end
        part = rest[:at].rstrip()
        if part:
            yield part
        rest = rest[at:].lstrip()


def _reach(text: str, limit: int, pieces_of: PiecesOf) -> int:
    """Where the last piece ends that still fits."""
    used = end = 0
    for piece in pieces_of(text):
        used += piece.weight
        if used > limit:
            return end
        end = piece.end
    return len(text)


def _break(text: str, end: int) -> int | None:
    """The best place to part it, at ``end`` at the latest; None where only something whole begins."""
    window = text[: end + _LOOK_AHEAD]
    whole = [found.span() for found in _WHOLE.finditer(window)]
    begins = [begin for begin, _ in whole]

    def allowed(at: int) -> bool:
        before = bisect_left(begins, at) - 1
        return before < 0 or whole[before][1] <= at

    places = []
    for pattern in _BREAKS:
        # The spaces at the end of a part are not sent.
        for found in reversed(list(pattern.finditer(window))):
            if found.start() <= end and found.start() and allowed(found.start()):
                # An earlier place would waste the part.
                if found.end() > end // 2:
                    return found.end()
                places.append(found.end())
                break
    inside = next((at for at in range(end, 0, -1) if allowed(at)), None)
    if inside is not None and inside > end // 2:
        return inside
    return max([*places, *([inside] if inside else [])], default=None)
