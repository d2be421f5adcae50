"""Keeps one process's sendings apart, as a provider's pace asks. Must not know what is sent."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from core.pacing import Allowance
from core.ports import Now


class Gate:
    """Keeps one process's sendings as far apart as their places in the pace, however late threads wake.

    Over any second's worth of messages, so that a late one does not make the next ones late.
    """

    def __init__(self, allowance: Allowance) -> None:
        count = max(1, math.ceil(timedelta(seconds=1) / allowance.interval))
        self._span = allowance.interval * count
        self._passed: deque[datetime] = deque(maxlen=count)
        self._lock = threading.Lock()

    def wait(self, now: Now, sleep: Callable[[float], None]) -> None:
        """Wait until a message may pass, and let it pass."""
        with self._lock:
            at = now()
            if len(self._passed) == self._passed.maxlen:
                early = (self._passed[0] + self._span - at).total_seconds()
                if early > 0:
                    sleep(early)
                    at = now()
            self._passed.append(at)
