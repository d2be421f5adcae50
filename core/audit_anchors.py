"""Signed ends of the audit log in a file outside the database. Must only append to that file.

Who can change the database can also make the whole chain anew. He cannot sign: an anchor says under a key
which line was the last at which time. The lines of the file are chained too, so that none is missed in its
middle. Put the file on another disk, on WORM storage, or send it away.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Kind = Literal["head", "cut", "restored"]
KINDS = ("head", "cut", "restored")
_TAIL = 64 * 1024


@dataclass(frozen=True)
class Anchor:
    """``head``: line ``id`` was the last; ``cut``: it was the last that was cut away; ``restored``: the
    database was put back from a backup that ends with it.

    ``count``: lines ever written up to this one.
    """

    kind: Kind
    at: str
    count: int
    id: int
    hash: str
    mac: str

    @property
    def when(self) -> datetime:
        """When it was made, aware."""
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True)
class AnchorKeys:
    """Secrets that sign anchors: the first signs, all are believed."""

    keys: tuple[bytes, ...] = field(repr=False)

    def sign(self, *, kind: Kind, at: datetime, count: int, id: int, hash: str) -> Anchor:
        """A new anchor."""
        moment = at.isoformat()
        mac = self._mac(self.keys[0], kind=kind, at=moment, count=count, id=id, hash=hash)
        return Anchor(kind, moment, count, id, hash, mac)

    def signed(self, anchor: Anchor) -> bool:
        """Whether one of our keys made it."""
        return any(
            hmac.compare_digest(
                anchor.mac,
                self._mac(
                    key,
                    kind=anchor.kind,
                    at=anchor.at,
                    count=anchor.count,
                    id=anchor.id,
                    hash=anchor.hash,
                ),
            )
            for key in self.keys
        )

    def link(self, previous: str, mac: str) -> str:
        """What ties an anchor to the one before it in the file."""
        return self._links(previous, mac)[0]

    def linked(self, link: str, previous: str, mac: str) -> bool:
        """Whether ``link`` ties the two under one of our keys."""
        return any(hmac.compare_digest(link, each) for each in self._links(previous, mac))

    def _links(self, previous: str, mac: str) -> list[str]:
        text = f"link:{previous}:{mac}".encode()
        return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in self.keys]

    @staticmethod
    def _mac(key: bytes, *, kind: str, at: str, count: int, id: int, hash: str) -> str:
        content = json.dumps([kind, at, count, id, hash]).encode()
        return hmac.new(key, content, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class AnchorFault:
    """A line of the anchor file that is not as we wrote it."""

    line: int
    text: str


class AnchorFile:
    """The file: one JSON object a line, appended and flushed to the disk."""

    def __init__(self, path: Path, keys: AnchorKeys) -> None:
        self.path, self._keys = path, keys

    def append(self, anchor: Anchor) -> bool:
        """Add one line; False when the last line says the same already. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # Network disks may know no locks; two at once would show as a broken link, never be lost.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            last, link, whole = self._last(descriptor)
            if last is not None and _same(last, anchor):
                return False
            line = json.dumps(
                {
                    "kind": anchor.kind,
                    "at": anchor.at,
                    "count": anchor.count,
                    "id": anchor.id,
                    "hash": anchor.hash,
                    "mac": anchor.mac,
                    "link": self._keys.link(link, anchor.mac),
                }
            )
            # After a power cut half a line may stand there.
            os.write(descriptor, f"{'' if whole else chr(10)}{line}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def last(self) -> Anchor | None:
        """The last whole line, believed as it is; None without a file or line. Raises OSError."""
        if not self.path.exists():
            return None
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            return self._last(descriptor)[0]
        finally:
            os.close(descriptor)

    def read(self) -> tuple[list[Anchor], AnchorFault | None]:
        """All anchors and the first line that is wrong. No file holds no anchors. Raises OSError."""
        found: list[Anchor] = []
        if not self.path.exists():
            return found, None
        link, torn = "", 0
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            parsed = _parse(line)
            if parsed is None:
                torn = number
                continue
            anchor, its_link = parsed
            if not self._keys.signed(anchor):
                return found, AnchorFault(
                    number, "it was changed, or signed with a key that is not here"
                )
            if not self._keys.linked(its_link, link, anchor.mac):
                return found, AnchorFault(
                    torn or number, "a line before it is missing, was changed or moved"
                )
            # Half a line that nothing refers to is what a power cut leaves.
            torn = 0
            link = its_link
            found.append(anchor)
        return found, AnchorFault(torn, "it cannot be read") if torn else None

    @staticmethod
    def _last(descriptor: int) -> tuple[Anchor | None, str, bool]:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
        for line in reversed(tail.splitlines()):
            parsed = _parse(line)
            if parsed is not None:
                return parsed[0], parsed[1], tail.endswith(b"\n")
        return None, "", not tail or tail.endswith(b"\n")


def newest(anchors: Sequence[Anchor], kind: Kind) -> Anchor | None:
    """The last of one kind."""
    return next((each for each in reversed(anchors) if each.kind == kind), None)


def _same(last: Anchor, anchor: Anchor) -> bool:
    """Whether nothing happened since: an end that follows a restore says it anew."""
    return (last.kind, last.count, last.id, last.hash) == (
        anchor.kind,
        anchor.count,
        anchor.id,
        anchor.hash,
    )


def _parse(line: bytes) -> tuple[Anchor, str] | None:
    try:
        data = json.loads(line)
        if data["kind"] not in KINDS:
            return None
        anchor = Anchor(
            data["kind"],
            str(data["at"]),
            int(data["count"]),
            int(data["id"]),
            str(data["hash"]),
            str(data["mac"]),
        )
        return anchor, str(data["link"])
    except (ValueError, KeyError, TypeError):
        return None
