"""What an operator sees of one process, in one part: health, readiness, figures. Must not touch a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from sqlalchemy import select

from app.alert_rules import WORKER_LEASE
from app.alerts import LOOK_EVERY, AlertWatch, holder_name
from app.channels import make_telegram_client
from app.health import Readiness, make_health_router, make_readiness
from app.metrics import CountRequests, Metrics, QueueCollector, make_metrics_router
from app.operators import make_operator_channels
from app.settings import Settings, SettingsError
from app.telemetry import AppTelemetry, Traces
from app.vault_keys import check_at_start
from app.version import read_commit, read_version
from app.wiring import Parts, build_parts
from app.worker_port import OperationsPort, beat_check
from core.errors import TemporaryFailure
from core.leases import hold_lease
from core.models.conversation import Delivery
from core.queue_figures import QueueFigures, read_queue_figures

BEAT_EVERY = 5.0
SAY_EVERY = 20.0
WORKER_LASTS = timedelta(seconds=90)
MOST_SECONDS_BETWEEN_BEATS = 30.0


@dataclass
class Beat:
    """When the worker's clock last ran a job, by this process's own clock."""

    at: float | None = field(default=None)
    said_at: float | None = field(default=None)

    def note(self) -> bool:
        """It runs. True when it is time to say so to others."""
        self.at = time.monotonic()
        if self.said_at is not None and self.at - self.said_at < SAY_EVERY:
            return False
        self.said_at = self.at
        return True

    def age(self) -> float | None:
        """Seconds since then; None before the first."""
        return None if self.at is None else time.monotonic() - self.at


@dataclass(frozen=True)
class Operations:
    """One process's parts and how they are watched. Close it before the parts."""

    parts: Parts
    telemetry: AppTelemetry
    readiness: Readiness
    queues: QueueCollector
    alerts: AlertWatch
    routers: tuple[APIRouter, ...]
    beat: Beat

    def jobs(self) -> list[tuple[Callable[[], None], float]]:
        """What the worker does for operators, each with its seconds between two times."""

        def beat() -> None:
            if self.beat.note():
                self._say_that_it_lives()

        def alerts() -> None:
            self.alerts.look()

        return [(beat, BEAT_EVERY), (alerts, LOOK_EVERY)]

    def _say_that_it_lives(self) -> None:
        """To other machines too, where nobody sees this one's files."""
        with suppress(TemporaryFailure), self.parts.database.transaction() as session:
            hold_lease(
                session,
                name=WORKER_LEASE,
                holder=holder_name(),
                now=self.parts.now(),
                lasts=WORKER_LASTS,
            )

    def close(self) -> None:
        """Let go of threads and connections."""
        self.alerts.close()
        self.readiness.close()
        self.queues.close()
        self.telemetry.close()

    def watch(self, app: FastAPI) -> None:
        """Add the addresses for operators and count the requests; call it last."""
        for router in self.routers:
            app.include_router(router)
        app.add_middleware(CountRequests, metrics=self.telemetry.metrics)


def make_operations(settings: Settings, *, process: str) -> Operations:
    """The parts of ``process`` (public, actions, internal or worker), watched."""
    metrics = Metrics(process=process, version=read_version(), commit=read_commit(settings.commit))
    telemetry = AppTelemetry(metrics)
    parts = build_parts(settings, telemetry=telemetry)
    try:
        check_at_start(parts.database, parts.vault.keys, now=parts.now)
    except SettingsError:
        parts.close()
        telemetry.close()
        raise
    if settings.otel_endpoint:
        telemetry.traces = _make_tracing(parts, process=process)

    def read_queues() -> QueueFigures:
        with parts.database.reading() as session:
            return read_queue_figures(session)

    queues = QueueCollector(read_queues, now=parts.now)
    metrics.registry.register(queues)
    beat = Beat()
    more = {}
    if process == "worker":
        more["clock"] = beat_check(beat.age, most=MOST_SECONDS_BETWEEN_BEATS)
    readiness = make_readiness(parts, more=more)
    routers = (
        make_health_router(readiness, settings=settings, process=process),
        make_metrics_router(metrics, token=settings.metrics_token),
    )
    alerts = AlertWatch(
        parts,
        lambda: make_operator_channels(settings, telegram=lambda: make_telegram_client(parts)),
    )
    return Operations(parts, telemetry, readiness, queues, alerts, routers, beat)


def _make_tracing(parts: Parts, *, process: str) -> Traces:
    # Only here: who has no collector does not pay for loading this.
    from app.tracing import Tracing

    def turn_of(delivery_id: int) -> int | None:
        with parts.database.reading() as session:
            return session.scalar(select(Delivery.turn_id).where(Delivery.id == delivery_id))

    return Tracing(
        endpoint=parts.settings.otel_endpoint,
        process=process,
        version=read_version(),
        key=parts.derived_key("traces"),
        turn_of=turn_of,
    )


def make_worker_port(operations: Operations) -> OperationsPort | None:
    """The worker's port, started; None where the settings want none or it is taken."""
    settings = operations.parts.settings
    if not settings.worker_port:
        return None
    port = OperationsPort(
        host=settings.worker_host, port=settings.worker_port, routers=list(operations.routers)
    )
    return port if port.start() else None
