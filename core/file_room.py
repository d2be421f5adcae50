"""How many files may still be kept: for one citizen in a day, and on the disk. Must refuse no words.

A full disk would stop everything, also the words, so files stop before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import Refused
from core.models.conversation import Attachment

DAY = timedelta(hours=24)


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


class FileRoom:
    """Asked before a file is fetched or looked at. ``per_day`` and ``floor`` in bytes; 0: no limit."""

    def __init__(
        self,
        folder: Path,
        *,
        per_day: int,
        floor: int,
        free: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self._folder, self._per_day, self._floor, self._free = folder, per_day, floor, free

    def check(
        self, session: Session, *, conversation_id: int | None, size: int, now: datetime
    ) -> None:
        """Raises Refused("files_no_room" | "files_today") where ``size`` bytes more are too many.

        ``conversation_id`` None: a citizen who has sent nothing yet.
        """
        if self._floor and self._free(self._folder) - size < self._floor:
            raise Refused("files_no_room")
        if not self._per_day:
            return
        kept = 0
        if conversation_id is not None:
            kept = (
                session.scalar(
                    select(func.coalesce(func.sum(Attachment.size), 0)).where(
                        Attachment.conversation_id == conversation_id,
                        Attachment.source == "citizen",
                        Attachment.created_at > now - DAY,
                    )
                )
                or 0
            )
        if kept + size > self._per_day:
            raise Refused("files_today")
