"""Mends leases and due times once the machine's clock was set. Must not set any clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from core.clock_jumps import ClockWatch, mend_times
from core.database import Database
from core.ports import Now

log = logging.getLogger(__name__)


class ClockMender:
    """Looks once when it starts (the clock may have been set before) and whenever it was set since."""

    def __init__(
        self,
        *,
        database: Database,
        now: Now,
        monotonic: Callable[[], float],
        lasts: timedelta,
    ) -> None:
        """``lasts``: how long a conversation's lease lasts."""
        self._database = database
        self._now = now
        self._lasts = lasts
        self._watch = ClockWatch(now=now, monotonic=monotonic, settles_in=lasts)
        self._looked = False

    def look(self) -> None:
        """Mend if there is reason to; the worker's clock calls it every second."""
        if self._watch.is_steady() and self._looked:
            return
        with self._database.transaction() as session:
            mended = mend_times(session, now=self._now(), lasts=self._lasts)
        self._looked = True
        if mended:
            log.warning("the clock was set: %s leases and due times are mended", mended)
