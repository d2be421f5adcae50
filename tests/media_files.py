"""Small whole files of every format that citizens send, with notes in them that must go. Decides nothing."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import pikepdf
from PIL import Image

# What a telephone writes into a file, by the words that tests look for.
SECRET = b"+37.5665+126.9780/SECRET"
PICTURES_OF_VIDEO = b"PICTUREDATA" * 8
MADE_AT = 3_900_000_000


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def wide_box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _track(
    *,
    number: int,
    handler: bytes,
    entry: bytes,
    sizes: list[int],
    offsets: list[int],
    more: bytes = b"",
) -> bytes:
    times = struct.pack(">II", MADE_AT, MADE_AT)
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, len(sizes), 100)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", struct.pack(">II", 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes)),
        full(b"stco", struct.pack(">I", len(offsets)), struct.pack(f">{len(offsets)}I", *offsets)),
    )
    minf = box(
        b"minf",
        full(b"vmhd", bytes(8), flags=1),
        box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))),
        table,
    )
    mdia = box(
        b"mdia",
        full(b"mdhd", times, struct.pack(">IIHH", 1000, 1000, 0x55C4, 0)),
        full(b"hdlr", bytes(4), handler, bytes(12), b"SECRET Maker Handler\0"),
        minf,
    )
    return box(
        b"trak",
        full(b"tkhd", times, struct.pack(">III", number, 0, 1000), bytes(60), flags=3),
        mdia,
        more,
    )


def _picture_entry() -> bytes:
    name = b"SECRET encoder".ljust(31, b"\0")
    fields = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", 32, 32) + bytes(14)
    return box(b"avc1", fields, bytes([14]), name, struct.pack(">Hh", 24, -1))


def make_mp4(
    *, brand: bytes = b"isom", moov_first: bool = True, gps_track: bool = True, wide: bool = False,
    padding: int = 0,
) -> bytes:  # fmt: skip
    """One picture track, one GPS track of an action camera, and every place where a note can stand."""
    gps = b"GPS5" + SECRET
    head = box(b"ftyp", brand, bytes(4), brand, b"isom")
    media = PICTURES_OF_VIDEO + (gps if gps_track else b"") + bytes(padding)
    mdat = wide_box(b"mdat", media) if wide else box(b"mdat", media)
    opening = len(mdat) - len(media)

    def moov(at: int) -> bytes:
        tracks = _track(
            number=1,
            handler=b"vide",
            entry=_picture_entry(),
            sizes=[44, 44],
            offsets=[at, at + 44],
            more=box(b"udta", box(b"name", SECRET)) + box(b"meta", bytes(4), SECRET),
        )
        if gps_track:
            tracks += _track(
                number=2,
                handler=b"meta",
                entry=box(b"gpmd", bytes(6), struct.pack(">H", 1)),
                sizes=[len(gps)],
                offsets=[at + len(PICTURES_OF_VIDEO)],
            )
        times = struct.pack(">II", MADE_AT, MADE_AT)
        return box(
            b"moov",
            full(b"mvhd", times, struct.pack(">II", 1000, 1000), bytes(80)),
            tracks,
            box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(SECRET), 0x15C7), SECRET)),
            box(b"meta", bytes(4), box(b"keys", b"com.apple.quicktime.location.ISO6709"), SECRET),
            box(b"uuid", b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8", b"<x:xmpmeta>", SECRET),
        )

    tail = box(b"uuid", bytes(16), SECRET) + box(b"free", SECRET) + box(b"skip", SECRET)
    size = len(moov(0))
    if moov_first:
        return head + moov(len(head) + size + opening) + mdat + tail
    return head + mdat + moov(len(head) + opening) + tail


def element(kind: int, *parts: bytes, unknown: bool = False) -> bytes:
    body = b"".join(parts)
    name = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    size = b"\x01" + b"\xff" * 7 if unknown else b"\x01" + len(body).to_bytes(7, "big")
    return name + size + body


def make_webm(*, live: bool = False, kind: int = 1) -> bytes:
    """One picture track with tags, a title, a date and an attachment; ``live`` as a browser records."""
    track = element(
        0xAE,
        element(0xD7, b"\x01"),
        element(0x83, bytes([kind])),
        element(0x86, b"V_VP8"),
        element(0x536E, SECRET),
        element(0xE0, element(0xB0, b"\x20"), element(0xBA, b"\x20")),
    )
    info = element(
        0x1549A966,
        element(0x2AD7B1, b"\x0f\x42\x40"),
        element(0x7BA9, SECRET),
        element(0x4461, bytes(8)),
        element(0x4D80, b"SECRET app"),
        element(0x5741, b"SECRET app"),
    )
    cluster = element(
        0x1F43B675, element(0xE7, b"\x00"), element(0xA3, b"\x81\x00\x00\x80PICTURE"), unknown=live
    )
    tags = element(0x1254C367, element(0x7373, SECRET)) + element(0x1941A469, SECRET)
    head = element(
        0x1A45DFA3,
        b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm",
    )
    head = b"\x1a\x45\xdf\xa3" + bytes([0x80 | (len(head) - 12)]) + head[12:]
    whole = info + element(0x1654AE6B, track) + cluster + tags + element(0xEC, SECRET)
    return head + element(0x18538067, whole, unknown=live)


def make_pdf(**options: Any) -> bytes:
    """One page that says everything it should not: an author, XMP, scripts, attached files, a photo with GPS."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    page = pdf.pages[0]
    photo = pdf.make_stream(
        make_photo(place=(37.5665, 126.978)),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=64,
        Height=48,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=photo))
    page.contents_add(b"q 100 0 0 100 0 0 cm /Im0 Do Q")
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('SECRET')")
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 9, 9],
        T="SECRET",
        A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="SECRET.exe"),
    )
    page.obj.Annots = pikepdf.Array([pdf.make_indirect(link)])
    page.obj.AA = pikepdf.Dictionary(O=script)
    pdf.Root.OpenAction = pdf.make_indirect(script)
    pdf.attachments["SECRET.exe"] = b"MZ SECRET program"
    pdf.docinfo["/Author"] = "SECRET person"
    with pdf.open_metadata() as xmp:
        xmp["dc:creator"] = ["SECRET person"]
    out = io.BytesIO()
    pdf.save(
        out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable, **options
    )
    return out.getvalue()


def exif(*, place: tuple[float, float] | None = None, orientation: int | None = None) -> Image.Exif:
    """A telephone's EXIF note: maker, and where it was taken."""
    note = Image.Exif()
    note[0x010F] = "SECRET Maker"
    if orientation is not None:
        note[0x0112] = orientation
    if place is not None:
        lat, long = place
        gps = note.get_ifd(0x8825)
        gps[1], gps[2] = "S" if lat < 0 else "N", _parts(abs(lat))
        gps[3], gps[4] = "W" if long < 0 else "E", _parts(abs(long))
    return note


def _parts(value: float) -> tuple[float, float, float]:
    minutes = (value % 1) * 60
    return float(int(value)), float(int(minutes)), round((minutes % 1) * 60, 4)


def make_photo(
    *, place: tuple[float, float] | None = None, kind: str = "JPEG", size: tuple[int, int] = (64, 48),
    colour: str = "orange", **save: Any,
) -> bytes:  # fmt: skip
    """A photo as a telephone makes it."""
    out = io.BytesIO()
    save.setdefault("exif", exif(place=place))
    Image.new("RGB", size, colour).save(out, kind, **save)
    return out.getvalue()


# 64 by 48 orange pixels, made with libheif 1.20 and x265 (pillow-heif), with an EXIF note of a place in
# Seoul: nothing that this project installs can write this format.
_HEIF = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAABsAAgAAAAAB/QABAAAAAAAAALAAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAA"
    "kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAA"
    "ABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAA021kYXQAAAAXKAGvGYDvSaW+097cn/0mgv9JrWmPm4AAAAAGRXhpZgAATU0AKgAA"
    "AAgAAwEPAAIAAAANAAAAMgESAAMAAAABAAEAAIglAAQAAAABAAAAQAAAAABTRUNSRVQgTWFrZXIAAAAEAAEAAgAAAAJOAAAAAAIA"
    "BQAAAAMAAAB2AAMAAgAAAAJFAAAAAAQABQAAAAMAAACOAAAAAAAAACUAAAABAAAAIQAAAAEAAAEpAAAABQAAAH4AAAABAAAAOgAA"
    "AAEAAADMAAAABQ=="
)


def make_heif() -> bytes:
    """A photo as iPhones keep it."""
    return base64.b64decode(_HEIF)
