"""Takes a file from a messenger: a picture, a video or a PDF, by its content. Must not trust names or types.

Pictures are re-encoded (dialogue.photos). Videos and PDF documents are kept as they came and are only
ever given out as a download or to a player, never as a page.
"""

from __future__ import annotations

from core.attachments import AttachmentStore
from core.errors import Refused
from core.inbound import Photo
from dialogue.photos import accept_photo

MAX_FILE_BYTES = 20 * 1024 * 1024
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
# ISO base media brands of what phones record (ISO/IEC 14496-12, 4.3).
_VIDEO_BRANDS = frozenset(
    {
        b"isom",
        b"iso2",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"M4V ",
        b"MSNV",
        b"3gp4",
    }
    | {b"3gp5", b"3gp6", b"dash"}
)


def media_type_of(data: bytes) -> str | None:
    """The type that the content shows: image/*, video/mp4, video/quicktime, video/webm, application/pdf."""
    if data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "image/*"
    if data[4:8] == b"ftyp":
        if data[8:12] == b"qt  ":
            return "video/quicktime"
        return "video/mp4" if data[8:12] in _VIDEO_BRANDS else None
    if data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64]:
        return "video/webm"
    return "application/pdf" if data.startswith(b"%PDF-") else None


def accept_file(data: bytes, *, store: AttachmentStore) -> Photo:
    """Check and store one file.

    Raises Refused("file_too_large" | "file_kind" | "photo_too_large" | "photo_unreadable").
    """
    if len(data) > MAX_FILE_BYTES:
        raise Refused("file_too_large")
    media_type = media_type_of(data)
    if media_type is None:
        raise Refused("file_kind")
    if media_type == "image/*":
        return accept_photo(data, name="", store=store)
    return Photo(
        sha256=store.put(data), media_type=media_type, size=len(data), width=0, height=0, name=""
    )
