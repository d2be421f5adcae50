"""Says what a file is by its first bytes, for the formats that are taken. Must not trust names or types.

What is not named here (SVG, HTML, executables, archives, office files) is nothing that we take, and
needs no name.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Format(StrEnum):
    """A format that is taken, by the type under which it is known."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    HEIF = "image/heif"
    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"
    WEBM = "video/webm"
    PDF = "application/pdf"

    @property
    def is_picture(self) -> bool:
        """Whether it becomes a JPEG of ours."""
        return self.value.startswith("image/")


# ISO/IEC 14496-12 §4.3: the major brand of what phones and cameras record.
_VIDEO_BRANDS = frozenset(
    brand.ljust(4).encode()
    for brand in (
        *("isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "mp41", "mp42"),
        *("avc1", "hvc1", "M4V", "M4VH", "M4VP", "MSNV", "dash", "XAVC"),
        *("3gp4", "3gp5", "3gp6", "3gp7", "3g2a", "3g2b", "3g2c"),
    )
)
# ISO/IEC 23008-12 §10: still pictures and their bursts; AVIF is another codec and is not among them.
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_WEBM_DOCTYPE = re.compile(rb"\x42\x82(?:\x84|\x40\x04)webm")


def format_of(data: bytes) -> Format | None:
    """The format that the content begins as, or None. Whether the rest is whole is another question."""
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    if data.startswith(b"\x1a\x45\xdf\xa3") and _WEBM_DOCTYPE.search(data[:80]):
        return Format.WEBM
    return Format.PDF if data.startswith(b"%PDF-") else None


def _by_brand(data: bytes) -> Format | None:
    brand = data[8:12]
    if brand == b"qt  ":
        return Format.QUICKTIME
    if brand in _HEIF_BRANDS:
        # "mif1" says only "a picture"; what codec it is stands among the compatible brands.
        size = min(int.from_bytes(data[:4], "big"), 256)
        others = {data[at : at + 4] for at in range(16, size, 4)}
        if brand in (b"mif1", b"msf1") and not others & (_HEIF_BRANDS - {b"mif1", b"msf1"}):
            return None
        return Format.HEIF
    return Format.MP4 if brand in _VIDEO_BRANDS else None
