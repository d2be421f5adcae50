"""How often a bot may send, as pure bookkeeping over given times; it reads no clock, holds no lock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Telegram's published limits; the real ones are unspecified and move.

    `chat_burst` messages to one chat pass at once, then `chat_per_second`.
    """

    overall_per_second: int = 30
    chat_per_second: float = 1
    chat_burst: int = 5
    group_per_minute: int = 20


class LimitCheck:
    """Admits or refuses sends. Times are seconds of any clock that never goes back."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._all: deque[float] = deque()  # admitted in the last second
        self._blocked_until = -math.inf  # after a breach of the overall limit nobody gets through
        self._chats: dict[int, tuple[float, float]] = {}  # tokens left, at
        self._groups: dict[int, deque[float]] = {}  # admitted in the last minute

    def admit(self, chat_id: int, at: float) -> int | None:
        """None and counted, or the whole seconds after which to try again. Groups are < 0."""
        if at < self._blocked_until:
            return _whole(self._blocked_until - at)
        limits = self.limits
        _forget(self._all, at - 1)
        if len(self._all) >= limits.overall_per_second:
            wait = _whole(self._all[0] + 1 - at)
            self._blocked_until = at + wait
            return wait
        tokens, last = self._chats.get(chat_id, (float(limits.chat_burst), at))
        tokens = min(float(limits.chat_burst), tokens + (at - last) * limits.chat_per_second)
        if tokens < 1 - 1e-9:
            return _whole((1 - tokens) / limits.chat_per_second)
        group = self._groups.setdefault(chat_id, deque()) if chat_id < 0 else None
        if group is not None:
            _forget(group, at - 60)
            if len(group) >= limits.group_per_minute:
                return _whole(group[0] + 60 - at)
            group.append(at)
        self._chats[chat_id] = (tokens - 1, at)
        self._all.append(at)
        if len(self._chats) > 10_000:
            self._prune(at)
        return None

    def _prune(self, at: float) -> None:
        """Chats whose burst is whole again need no entry."""
        fresh = self.limits.chat_burst / self.limits.chat_per_second
        self._chats = {chat: pair for chat, pair in self._chats.items() if at - pair[1] < fresh}
        self._groups = {chat: times for chat, times in self._groups.items() if at - times[-1] < 60}


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds - 1e-9))


def _forget(times: deque[float], until: float) -> None:
    while times and times[0] <= until:
        times.popleft()
