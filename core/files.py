"""The port to stored content: files by the SHA-256 of what is in them. Must know neither disk nor network.

``core.attachments.AttachmentStore`` is the disk below one folder; an S3-compatible service is another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

PIECE_BYTES = 256 * 1024


class FileGone(Exception):
    """There is no content under this hash."""


class FileStore(Protocol):
    """Where content lies. Every method may raise TemporaryFailure where a network is in between.

    A name that is no SHA-256 in hex raises ValueError.
    """

    @property
    def first_state(self) -> str:
        """In what state new content begins: "unscanned", or "waiting" for a virus scanner."""
        ...

    def put(self, data: bytes) -> str:
        """Store ``data`` durably and return its SHA-256 in hex; the same twice is one.

        Raises Refused("files_no_room") when there is no room: words may still find some.
        """
        ...

    def read(self, sha256: str) -> bytes:
        """The whole content. Raises FileGone."""
        ...

    def size(self, sha256: str) -> int | None:
        """Its size in bytes; None when there is none."""
        ...

    def stream(self, sha256: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The content from byte ``start`` on, piece by piece. Raises FileGone before the first piece."""
        ...

    def remove(self, sha256: str) -> None:
        """Delete it, if it is there. Who asks knows that no row names it."""
        ...

    def close(self) -> None:
        """Let go of connections, if there are any."""
        ...

    def names(self) -> Iterator[str]:
        """The hash of everything that is stored, in order."""
        ...


def checked_name(sha256: str) -> str:
    """The same name. Raises ValueError for one that is no SHA-256 in lower-case hex."""
    if len(sha256) != 64 or not all(c in "0123456789abcdef" for c in sha256):
        raise ValueError("not a SHA-256 in hex")
    return sha256


def hash_of(store: FileStore, sha256: str) -> tuple[str, int]:
    """SHA-256 and size of what lies under a name, read in pieces. Raises FileGone."""
    found, size = hashlib.sha256(), 0
    for piece in store.stream(sha256):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size
