"""The list of erased conversations that outlives the database. Must hold ids and moments only.

A backup is older than the erasures that came after it. Whoever restores one must erase those again, also
when the database is lost, which would have named them. One JSON object a line; lines are only added.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from core.errors import TemporaryFailure
from dialogue.erasure import NotedErasure


class ErasureLedger:
    """The file. ``note`` is durable when it returns; the same erasure again adds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[tuple[int, datetime]] | None = None

    def note(self, erasure: NotedErasure) -> None:
        """Add an erasure. Raises TemporaryFailure when it cannot be written: then nothing is erased yet."""
        if self._known is None:
            self._known = {(each.conversation_id, each.began) for each in read_ledger(self._path)}
        if (erasure.conversation_id, erasure.began) in self._known:
            return
        line = {
            "conversation_id": erasure.conversation_id,
            "began": erasure.began.isoformat(),
            "requested_at": erasure.requested_at.isoformat(),
            "by": erasure.by,
        }
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                # The line break first: a line that was broken off by a power cut must not spoil this one.
                file.write("\n" + json.dumps(line, ensure_ascii=False))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise TemporaryFailure(
                f"the list of erasures cannot be written: {error.strerror}"
            ) from None
        self._known.add((erasure.conversation_id, erasure.began))


def read_ledger(path: Path) -> list[NotedErasure]:
    """All erasures of the file, in order; a line that was broken off is passed over."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            data = json.loads(line)
            found.append(
                NotedErasure(
                    int(data["conversation_id"]),
                    datetime.fromisoformat(data["began"]),
                    datetime.fromisoformat(data["requested_at"]),
                    str(data["by"]),
                )
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found
