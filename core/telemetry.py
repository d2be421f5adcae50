"""What the layers tell an operator of their work, as a port that ``app`` fills. Must carry no words.

Never a citizen's words, address or name: whatever is told here ends in figures, logs and traces.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol


@dataclass
class Step:
    """One piece of work while it is done. ``outcome`` is a word of ours, such as "answered"."""

    name: str
    channel: str = ""
    turn_id: int | None = None
    conversation_id: int | None = None
    delivery_id: int | None = None
    outcome: str = "ok"


class Telemetry(Protocol):
    """Takes what is told. Never raises, never waits."""

    def step(
        self,
        name: str,
        *,
        channel: str = "",
        turn_id: int | None = None,
        conversation_id: int | None = None,
        delivery_id: int | None = None,
    ) -> AbstractContextManager[Step]:
        """Work that begins now and ends with the block; what becomes known meanwhile is set on the Step."""
        ...

    def took(self, name: str, seconds: float, *, channel: str = "") -> None:
        """Something took so long that is no block of ours: a wait in a queue."""
        ...

    def count(self, what: str) -> None:
        """Something happened once."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What a call to a neighbour carries, so that its lines can be joined to ours."""
        ...


class NoTelemetry:
    """Tells nobody."""

    def step(
        self,
        name: str,
        *,
        channel: str = "",
        turn_id: int | None = None,
        conversation_id: int | None = None,
        delivery_id: int | None = None,
    ) -> AbstractContextManager[Step]:
        """A step that nobody looks at."""
        return nullcontext(Step(name))

    def took(self, name: str, seconds: float, *, channel: str = "") -> None:
        """Nothing."""

    def count(self, what: str) -> None:
        """Nothing."""

    def headers(self) -> Mapping[str, str]:
        """None."""
        return {}


NO_TELEMETRY: Telemetry = NoTelemetry()
