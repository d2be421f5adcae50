"""How often, and how many at once, may do something; in memory only. Must not write down who asked.

A bucket holds ``burst`` drops and gets ``per_minute`` drops a minute; each act takes one. Buckets that
have filled up again are forgotten, so the memory follows the number of people who are active now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

SWEEP_SECONDS = 60.0
Result = TypeVar("Result")


@dataclass
class _Bucket:
    drops: float
    at: float


class RateLimit:
    """A token bucket for each key. Safe to use from several threads."""

    def __init__(
        self, *, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = per_minute / 60.0
        self._burst = float(burst)
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._swept_at = clock()
        self._lock = threading.Lock()

    def take(self, key: str, *, at: float | None = None) -> float | None:
        """None when the act may go on; else the seconds until it may.

        ``at`` is when it was done, by the same clock, where that is not now.
        """
        with self._lock:
            now = self._clock() if at is None else at
            self._sweep(now)
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            bucket.drops = min(self._burst, bucket.drops + max(0.0, now - bucket.at) * self._rate)
            bucket.at = max(bucket.at, now)
            if bucket.drops >= 1.0:
                bucket.drops -= 1.0
                return None
            return (1.0 - bucket.drops) / self._rate

    def _sweep(self, now: float) -> None:
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        full_after = self._burst / self._rate
        for key in [k for k, b in self._buckets.items() if now - b.at > full_after]:
            del self._buckets[key]


class FewAtOnce:
    """Heavy work in threads, a few at once; who waits holds no thread. For one event loop."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._inside = 0

    async def run(self, work: Callable[[], Result]) -> Result | None:
        """The result of ``work``, or None when too many wait already."""
        if self._inside >= self._most:
            return None
        self._inside += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1
