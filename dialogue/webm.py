"""Takes out of a WebM video all that tells who, where and when. Must not change its length.

RFC 8794 (EBML) and RFC 9559 (Matroska). An element that is not needed for playing becomes a Void element
of the same size with nothing in it, so no position moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import Refused

MOST_ELEMENTS = 300_000
_EBML, _SEGMENT, _CLUSTER, _TRACKS, _INFO, _ENTRY = (
    0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B, 0x1549A966, 0xAE,
)  # fmt: skip
_SEEK_HEAD, _CUES, _GROUP, _TRACK_TYPE = 0x114D9B74, 0x1C53BB6B, 0xA0, 0x83
_MUXER, _WRITER = 0x4D80, 0x5741
_LEVEL_ONE = frozenset(
    {_SEEK_HEAD, _CUES, _CLUSTER, _TRACKS, _INFO, 0x1941A469, 0x1043A770, 0x1254C367}
)
# What stays, by the element that it stands in. Everything else is emptied: tags, titles, dates, names,
# attachments, chapters, checksums of what is no more.
_KEPT: dict[int, frozenset[int]] = {
    _SEGMENT: frozenset({_SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES}),
    _INFO: frozenset({0x2AD7B1, 0x4489, _MUXER, _WRITER}),
    _TRACKS: frozenset({_ENTRY}),
    _ENTRY: frozenset(
        {0xD7, 0x73C5, _TRACK_TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x23314F}
        | {0x55EE, 0x41E4, 0x22B59C, 0x86, 0x63A2, 0x56AA, 0x56BB, 0xE0, 0xE1}
    ),
    _CLUSTER: frozenset({0xE7, 0xA7, 0xAB, 0xA3, _GROUP}),
    _GROUP: frozenset({0xA1, 0x9B, 0xFB, 0x75A2, 0x75A1, 0xFA}),
}
_WALKED = frozenset({_INFO, _TRACKS, _ENTRY, _CLUSTER, _GROUP})
_PLAYED = frozenset({1, 2})


class _Broken(Exception):
    """The elements do not fit into each other."""


@dataclass(frozen=True)
class _Element:
    kind: int
    start: int
    body: int
    end: int


class _Walk:
    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.seen = 0
        self.pictures = 0
        self.clusters = 0


def clean_webm(data: bytes) -> bytes:
    """The same video without its metadata, of the same length. Raises Refused("video_unreadable")."""
    walk = _Walk(data)
    try:
        outer = list(_children(walk, 0, len(data), parent=0))
        if [each.kind for each in outer if each.kind != 0xEC] != [_EBML, _SEGMENT]:
            raise _Broken("not one head and one segment")
        for element in outer:
            if element.kind == 0xEC:
                _empty(walk, element)
            elif element.kind == _SEGMENT:
                _clean(walk, element)
        if not walk.pictures or not walk.clusters:
            raise _Broken("no pictures")
    except _Broken as broken:
        raise Refused("video_unreadable") from broken
    return bytes(walk.data)


def _clean(walk: _Walk, parent: _Element) -> None:
    for element in _children(walk, parent.body, parent.end, parent=parent.kind):
        if element.kind not in _KEPT[parent.kind]:
            _empty(walk, element)
            continue
        if element.kind == _TRACK_TYPE:
            kind = int.from_bytes(walk.data[element.body : element.end], "big")
            if kind not in _PLAYED:
                raise _Broken("a track that is neither picture nor sound")
            walk.pictures += kind == 1
        elif element.kind in (_MUXER, _WRITER):
            walk.data[element.body : element.end] = bytes(element.end - element.body)
        walk.clusters += element.kind == _CLUSTER
        if element.kind in _WALKED:
            _clean(walk, element)


def _children(walk: _Walk, start: int, end: int, *, parent: int) -> Iterator[_Element]:
    at = start
    while at < end:
        kind, after = _number(walk.data, at, end, keep_marker=True)
        size, body = _number(walk.data, after, end, keep_marker=False)
        walk.seen += 1
        if walk.seen > MOST_ELEMENTS:
            raise _Broken("too many elements")
        if size is None:
            # Live recordings (a browser's own recorder) leave these two open.
            if kind not in (_SEGMENT, _CLUSTER):
                raise _Broken("an element without an end")
            stop = end if kind == _SEGMENT else _end_of_cluster(walk, body, end)
        else:
            stop = body + size
        if stop > end or kind is None:
            raise _Broken("an element that does not fit")
        yield _Element(kind, at, body, stop)
        at = stop


def _end_of_cluster(walk: _Walk, start: int, end: int) -> int:
    at = start
    while at < end:
        kind, after = _number(walk.data, at, end, keep_marker=True)
        if kind in _LEVEL_ONE:
            return at
        size, body = _number(walk.data, after, end, keep_marker=False)
        walk.seen += 1
        if size is None or body + size > end or walk.seen > MOST_ELEMENTS:
            raise _Broken("an element that does not fit")
        at = body + size
    return end


def _number(data: bytearray, at: int, end: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """A number of variable length (RFC 8794 §4); None for "not known" as a size."""
    if at >= end or data[at] == 0:
        raise _Broken("a number that is none")
    length = 9 - data[at].bit_length()
    if at + length > end or (keep_marker and length > 4):
        raise _Broken("a number that breaks off")
    value = int.from_bytes(data[at : at + length], "big")
    if keep_marker:
        return value, at + length
    value &= (1 << (7 * length)) - 1
    return (None if value == (1 << (7 * length)) - 1 else value), at + length


def _empty(walk: _Walk, element: _Element) -> None:
    """A Void element of the same size. Two bytes are the least that any element has."""
    total = element.end - element.start
    void = b"\xec" + (
        bytes([0x80 | (total - 2)]) if total <= 128 else (total - 9).to_bytes(8, "big")
    )
    if total > 128:
        void = b"\xec\x01" + void[2:]
    walk.data[element.start : element.end] = void + bytes(total - len(void))
