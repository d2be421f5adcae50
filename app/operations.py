"""What an operator sees of one process, in one part: health and readiness. Must not touch a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import APIRouter

from app.health import Readiness, make_health_router, make_readiness
from app.wiring import Parts
from app.worker_port import OperationsPort, beat_check

BEAT_EVERY = 5.0
MOST_SECONDS_BETWEEN_BEATS = 30.0


@dataclass
class Beat:
    """When the worker's clock last ran a job, by this process's own clock."""

    at: float | None = field(default=None)

    def note(self) -> None:
        """It runs."""
        self.at = time.monotonic()

    def age(self) -> float | None:
        """Seconds since then; None before the first."""
        return None if self.at is None else time.monotonic() - self.at


@dataclass(frozen=True)
class Operations:
    """One process's health. Close it before its parts."""

    parts: Parts
    readiness: Readiness
    routers: tuple[APIRouter, ...]
    beat: Beat

    def jobs(self) -> list[tuple[Callable[[], None], float]]:
        """What the worker does for operators, each with its seconds between two times."""

        def beat() -> None:
            self.beat.note()

        return [(beat, BEAT_EVERY)]

    def close(self) -> None:
        """Let go of threads and connections."""
        self.readiness.close()


def make_operations(parts: Parts, *, process: str) -> Operations:
    """For ``process``: public, actions, internal or worker."""
    beat = Beat()
    more = {}
    if process == "worker":
        more["clock"] = beat_check(beat.age, most=MOST_SECONDS_BETWEEN_BEATS)
    readiness = make_readiness(parts, more=more)
    health = make_health_router(readiness, settings=parts.settings, process=process)
    return Operations(parts, readiness, (health,), beat)


def make_worker_port(operations: Operations) -> OperationsPort | None:
    """The worker's port, started; None where the settings want none or it is taken."""
    settings = operations.parts.settings
    if not settings.worker_port:
        return None
    port = OperationsPort(
        host=settings.worker_host, port=settings.worker_port, routers=list(operations.routers)
    )
    return port if port.start() else None
