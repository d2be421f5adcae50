"""The list of erased conversations that outlives the database. Must hold ids and moments only.

A backup is older than the erasures that came after it. Whoever restores one must erase those again, also
when the database is lost, which would have named them. One JSON object a line; lines are only added.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.ledger_file import append_lines, read_lines
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
        append_lines(self._path, [line], what="the list of erasures")
        self._known.add((erasure.conversation_id, erasure.began))


def read_ledger(path: Path) -> list[NotedErasure]:
    """All erasures of the file, in order; a line that was broken off is passed over."""
    found = []
    for data in read_lines(path):
        try:
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
