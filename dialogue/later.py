"""Calls something once its time has come, in one thread. Must not do the work itself: it only starts it.

What is due is in the database; this only spares a citizen the wait for the worker's next look.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Later:
    """A small alarm clock. Thread-safe; the thread begins with the first call and ends with ``stop``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def call(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` (quick, never raising) in ``seconds``; after ``stop`` nothing happens."""
        with self._changed:
            if self._stopped:
                return
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), act))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Forget what is left and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._heap or self._heap[0][0] > time.monotonic()):
                    wait = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(wait)
                if self._stopped:
                    return
                _, _, act = heapq.heappop(self._heap)
            try:
                act()
            except Exception as error:
                # One bad alarm must not end all that come after it.
                log.error("an alarm of %s failed: %s", self._name, type(error).__name__)
