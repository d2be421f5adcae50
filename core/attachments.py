"""Stored files: rows and content-addressed content. Must not look inside one (dialogue.media does).

A file is named by the SHA-256 of its content, so storing twice is storing once, and a half-written
file never carries a name that anybody asks for.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.files import PIECE_BYTES, FileGone, checked_name
from core.inbound import Photo
from core.models.conversation import Attachment, Delivery

# All that is kept and given out, with the end of its neutral name. Nothing that a browser makes a page
# of, or that could hold a script (text/html, image/svg+xml), may ever stand here.
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/pdf": "pdf",
}
# A file that a browser would take for a page could still run and load nothing.
_CLOSED = "default-src 'none'; sandbox; frame-ancestors 'none'"
# Opened by itself, a video is played by a page that the browser makes for it, which must load that very
# file with the visitor's cookie. Scripts stay forbidden twice.
_PLAYABLE = (
    "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True)
class StoredFile:
    """What a page must know of a stored file; ``size`` in bytes."""

    id: int
    sha256: str
    media_type: str
    size: int
    scan: str = "unscanned"

    @property
    def is_given_out(self) -> bool:
        """Whether anybody may have its content: it is clean, or there is no scanner."""
        return self.scan in ("unscanned", "clean")

    @property
    def kind(self) -> Literal["picture", "video", "document"]:
        """How it is shown: a picture, something to play, or something to download."""
        if self.media_type.startswith("image/"):
            return "picture"
        return "video" if self.media_type.startswith("video/") else "document"

    @property
    def extension(self) -> str:
        """The end of its name, such as ``mp4``."""
        return EXTENSIONS[self.media_type]

    @property
    def name(self) -> str:
        """A name that says nothing of who sent it."""
        return f"sotong-{self.id}.{self.extension}"

    @property
    def disposition(self) -> Literal["inline", "attachment"]:
        """A document is only ever downloaded: its reader may run what is in it."""
        return "attachment" if self.kind == "document" else "inline"

    @property
    def policy(self) -> str:
        """The Content-Security-Policy under which it is given out."""
        return _PLAYABLE if self.kind == "video" else _CLOSED


class AttachmentStore:
    """Files on disk below one folder: the FileStore (core.files) that needs no other service."""

    def __init__(self, folder: Path, *, first_state: str = "unscanned") -> None:
        self._folder = folder
        self.first_state = first_state

    def put(self, data: bytes) -> str:
        """Store ``data`` durably and return its SHA-256 in hex.

        Raises Refused("files_no_room") when the disk is full: words may still find room.
        """
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        try:
            self._write(target, data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Refused("files_no_room") from None
            raise
        return digest

    @staticmethod
    def _write(target: Path, data: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def path(self, sha256: str) -> Path:
        """Where the file with this hash lies (it may not exist)."""
        return self._folder / checked_name(sha256)[:2] / sha256

    def read(self, sha256: str) -> bytes:
        """The whole content. Raises FileGone."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise FileGone(sha256) from None

    def size(self, sha256: str) -> int | None:
        """Its size in bytes; None when there is none."""
        path = self.path(sha256)
        return path.stat().st_size if path.is_file() else None

    def stream(self, sha256: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The content from byte ``start`` on, piece by piece. Raises FileGone."""
        try:
            file = self.path(sha256).open("rb")
        except FileNotFoundError:
            raise FileGone(sha256) from None
        with file:
            file.seek(start)
            left = length
            while piece := file.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left)):
                yield piece
                left = None if left is None else left - len(piece)

    def remove(self, sha256: str) -> None:
        """Delete the file with this hash, if it is there. Who asks knows that no row names it."""
        self.path(sha256).unlink(missing_ok=True)

    def close(self) -> None:
        """A disk has no connections."""

    def names(self) -> Iterator[str]:
        """The hash of everything that is stored, in order."""
        for path in sorted(self._folder.glob("??/*")):
            if not path.name.startswith("."):
                yield path.name


def record_attachments(
    session: Session,
    *,
    photos: Iterable[Photo],
    conversation_id: int | None,
    source: str,
    now: datetime,
) -> list[int]:
    """Rows for stored photos, in the caller's transaction; returns their ids in order.

    Raises ValueError for a type that is not in EXTENSIONS: it must not even be kept.
    """
    photos = list(photos)
    if any(photo.media_type not in EXTENSIONS for photo in photos):
        raise ValueError("a type of file that is never given out")
    rows = [
        Attachment(
            conversation_id=conversation_id,
            sha256=photo.sha256,
            media_type=photo.media_type,
            size=photo.size,
            width=photo.width,
            height=photo.height,
            source=source,
            created_at=now,
            scan=photo.scan,
        )
        for photo in photos
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def as_stored(row: Attachment) -> StoredFile | None:
    """The row as a file to give out; None for a type that never is."""
    if row.media_type not in EXTENSIONS:
        return None
    return StoredFile(row.id, row.sha256, row.media_type, row.size, row.scan)


def stored_files(session: Session, ids: Iterable[int]) -> Mapping[int, StoredFile]:
    """The files with these ids that are still there, by id."""
    rows = session.scalars(select(Attachment).where(Attachment.id.in_(set(ids))))
    return {row.id: file for row in rows if (file := as_stored(row)) is not None}


def visible_attachment(
    session: Session, *, attachment_id: int, conversation_id: int
) -> Attachment | None:
    """The attachment if this conversation sent it or was sent it; else None."""
    row = session.get(Attachment, attachment_id)
    if row is None:
        return None
    if row.conversation_id == conversation_id:
        return row
    delivered = session.scalars(
        select(Delivery.id).where(
            Delivery.image_id == attachment_id, Delivery.conversation_id == conversation_id
        )
    ).first()
    return row if delivered is not None else None
