"""Takes out of an MP4 or QuickTime video all that tells who, where and when. Must not change its length.

ISO/IEC 14496-12 and Apple's QuickTime File Format. A box that is not known to be needed for playing
becomes a ``free`` box of the same size with nothing in it, so no offset moves. Times are set to zero,
names are emptied, and a track that is neither picture nor sound (GPS of a camera, notes of a telephone)
is taken out with its samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import Refused

MOST_BOXES = 20_000
MOST_SAMPLES = 500_000
MOST_TRACKS = 32
MOST_BRANDS = 256
# What stays, by the box that it stands in. Everything else is emptied.
_KEPT: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"pdin"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"edts", b"tref", b"mdia", b"tapt", b"load"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        b"stsd stts ctts stss stps stsh stsc stsz stz2 stco co64 sdtp sbgp sgpd subs cslg saiz saio".split()
    ),
    b"edts": frozenset({b"elst"}),
    b"mvex": frozenset({b"mehd", b"trex", b"leva"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset(
        b"tfhd tfdt trun sbgp sgpd subs sdtp saiz saio".split()
    ),
    b"mfra": frozenset({b"tfra", b"mfro"}),
}  # fmt: skip
_PLAYED = frozenset({b"vide", b"soun"})
_HEADERS = frozenset({b"mvhd", b"tkhd", b"mdhd"})


class _Broken(Exception):
    """The boxes do not fit into each other."""


@dataclass(frozen=True)
class _Box:
    kind: bytes
    start: int
    body: int
    end: int


@dataclass
class _Walk:
    """One file under the knife: how many boxes were seen, where the content of its samples lies."""

    data: bytearray
    seen: int = 0
    media: list[_Box] = field(default_factory=list)
    tracks: int = 0
    pictures: int = 0
    dropped: list[_Box] = field(default_factory=list)
    fragments: bool = False


def clean_iso_media(data: bytes) -> bytes:
    """The same video without its metadata, of the same length. Raises Refused("video_unreadable")."""
    walk = _Walk(bytearray(data))
    try:
        for box in _children(walk, 0, len(data), outermost=True):
            _clean(walk, box, parent=b"")
        if not walk.pictures or not walk.media:
            raise _Broken("no picture track")
        if walk.dropped and walk.fragments:
            # Samples of a fragment cannot be told apart without playing it.
            raise _Broken("a fragmented file with other tracks")
    except _Broken as broken:
        raise Refused("video_unreadable") from broken
    return bytes(walk.data)


def _children(walk: _Walk, start: int, end: int, *, outermost: bool = False) -> Iterator[_Box]:
    data, at = walk.data, start
    while at < end:
        if not outermost and end - at == 4 and not any(data[at:end]):
            return  # QuickTime ends some containers with four zeros.
        if end - at < 8:
            raise _Broken("a box that breaks off")
        size, kind, body = (
            int.from_bytes(data[at : at + 4], "big"),
            bytes(data[at + 4 : at + 8]),
            at + 8,
        )
        if size == 1:
            if end - at < 16:
                raise _Broken("a box that breaks off")
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            if not outermost:
                raise _Broken("a box without an end")
            size = end - at
        if at + size > end or at + size < body:
            raise _Broken("a box that does not fit")
        walk.seen += 1
        if walk.seen > MOST_BOXES:
            raise _Broken("too many boxes")
        yield _Box(kind, at, body, at + size)
        at += size


def _clean(walk: _Walk, box: _Box, *, parent: bytes) -> None:
    if box.kind not in _KEPT[parent]:
        _empty(walk, box)
        return
    if box.kind == b"ftyp" and box.end - box.body > MOST_BRANDS:
        raise _Broken("a list of brands that is none")
    if box.kind == b"mdat":
        walk.media.append(box)
    elif box.kind == b"trak":
        _track(walk, box)
    elif box.kind in _HEADERS:
        _forget_times(walk, box)
    elif box.kind == b"hdlr":
        # version and flags, pre_defined, handler, reserved: after these 24 bytes stands a name.
        _zero(walk, box.body + 24, box.end)
    elif box.kind == b"dref":
        _check_references(walk, box)
    elif box.kind == b"stsd":
        _forget_encoder(walk, box)
    elif box.kind in _KEPT:
        walk.fragments = walk.fragments or box.kind == b"moof"
        for child in _children(walk, box.body, box.end):
            _clean(walk, child, parent=box.kind)


def _track(walk: _Walk, box: _Box) -> None:
    walk.tracks += 1
    if walk.tracks > MOST_TRACKS:
        raise _Broken("too many tracks")
    handler = _handler(walk, box)
    if handler not in _PLAYED:
        _wipe_samples(walk, box)
        walk.dropped.append(box)
        _empty(walk, box)
        return
    walk.pictures += handler == b"vide"
    for child in _children(walk, box.body, box.end):
        _clean(walk, child, parent=b"trak")


def _find(walk: _Walk, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((b for b in _children(walk, box.body, box.end) if b.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _handler(walk: _Walk, track: _Box) -> bytes:
    box = _find(walk, track, b"mdia", b"hdlr")
    return b"" if box is None else bytes(walk.data[box.body + 8 : box.body + 12])


def _empty(walk: _Walk, box: _Box) -> None:
    """What stood here is gone; a box of the same size says that there is nothing."""
    walk.data[box.start + 4 : box.start + 8] = b"free"
    _zero(walk, box.body, box.end)


def _zero(walk: _Walk, start: int, end: int) -> None:
    if end > start:
        walk.data[start:end] = bytes(end - start)


def _forget_times(walk: _Walk, box: _Box) -> None:
    """When it was recorded and changed: two times after version and flags."""
    if box.end - box.body < 20:
        raise _Broken("a header that breaks off")
    wide = walk.data[box.body] == 1
    _zero(walk, box.body + 4, min(box.end, box.body + (20 if wide else 12)))


def _check_references(walk: _Walk, box: _Box) -> None:
    """Content must lie in this very file: a reference elsewhere would be fetched by a player."""
    for entry in _children(walk, box.body + 8, box.end):
        if not walk.data[entry.body + 3 : entry.body + 4] == b"\x01":
            raise _Broken("content in another file")
        _zero(walk, entry.body + 4, entry.end)


def _forget_encoder(walk: _Walk, box: _Box) -> None:
    """The name of the encoder stands in each description of pictures, 42 bytes in, 32 long."""
    for entry in _children(walk, box.body + 8, box.end):
        if entry.kind in (
            b"avc1",
            b"avc3",
            b"hvc1",
            b"hev1",
            b"mp4v",
            b"jpeg",
            b"s263",
            b"av01",
            b"vp09",
        ):
            _zero(walk, entry.body + 42, min(entry.end, entry.body + 74))


def _wipe_samples(walk: _Walk, track: _Box) -> None:
    """Zero what the track's samples hold, wherever the file keeps them (§8.7.3, 8.7.4, 8.7.5)."""
    table = _find(walk, track, b"mdia", b"minf", b"stbl")
    if table is None:
        return
    parts = {box.kind: box for box in _children(walk, table.body, table.end)}
    sizes, chunks = _sizes(walk, parts), _offsets(walk, parts)
    runs = _runs(walk, parts.get(b"stsc"))
    bodies = _media_bodies(walk)
    taken = budget = many = 0
    for number, offset in enumerate(chunks, start=1):
        while runs and runs[0][0] <= number:
            many = runs.popleft()[1]
        length = sum(sizes[taken : taken + many])
        taken += many
        budget += length
        if budget > len(walk.data):
            raise _Broken("samples that lie over each other")
        for start, end in bodies:
            _zero(walk, max(start, offset), min(end, offset + length))


def _media_bodies(walk: _Walk) -> list[tuple[int, int]]:
    return [
        (box.body, box.end)
        for box in _children(walk, 0, len(walk.data), outermost=True)
        if box.kind == b"mdat"
    ]


def _numbers(walk: _Walk, box: _Box, *, start: int, count: int, width: int) -> list[int]:
    if count > MOST_SAMPLES or box.body + start + count * width > box.end:
        raise _Broken("a table that does not fit")
    at = box.body + start
    return [
        int.from_bytes(walk.data[at + i * width : at + (i + 1) * width], "big")
        for i in range(count)
    ]


def _word(walk: _Walk, box: _Box, at: int) -> int:
    return _numbers(walk, box, start=at, count=1, width=4)[0]


def _sizes(walk: _Walk, parts: dict[bytes, _Box]) -> list[int]:
    if (box := parts.get(b"stsz")) is not None:
        fixed, count = _word(walk, box, 4), _word(walk, box, 8)
        if fixed:
            if count > MOST_SAMPLES:
                raise _Broken("too many samples")
            return [fixed] * count
        return _numbers(walk, box, start=12, count=count, width=4)
    if (box := parts.get(b"stz2")) is not None:
        bits, count = _word(walk, box, 4) & 0xFF, _word(walk, box, 8)
        if bits not in (8, 16):
            raise _Broken("sizes of half a byte")
        return _numbers(walk, box, start=12, count=count, width=bits // 8)
    return []


def _offsets(walk: _Walk, parts: dict[bytes, _Box]) -> list[int]:
    for kind, width in ((b"stco", 4), (b"co64", 8)):
        if (box := parts.get(kind)) is not None:
            return _numbers(walk, box, start=8, count=_word(walk, box, 4), width=width)
    return []


def _runs(walk: _Walk, box: _Box | None) -> deque[tuple[int, int]]:
    """From which chunk on how many samples lie in each."""
    if box is None:
        return deque()
    flat = _numbers(walk, box, start=8, count=_word(walk, box, 4) * 3, width=4)
    return deque((flat[i], flat[i + 1]) for i in range(0, len(flat), 3))
