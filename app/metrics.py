"""The figures of one process for Prometheus. Must not hold a label that a citizen could choose.

Labels are codes of ours; whatever else comes is counted as "other", so the number of series stays small
however long the service runs.
"""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import datetime

from fastapi import APIRouter, Request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.queue_figures import QueueFigures

# From a fast page to the longest wait for an answer that a citizen sits out.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
MOST_VALUES = 40
QUEUE_SECONDS = 2.0
QUEUE_KEEP = 5.0
_CODE = re.compile(r"[a-z][a-z0-9_]{0,23}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Bounded:
    """Lets a code pass as a label, and at most ``most`` different ones; the rest is "other"."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, value: str) -> str:
        """``value``, or "other"; "none" for nothing."""
        if not value:
            return "none"
        if value in self._known:
            return value
        with self._lock:
            if len(self._known) >= self._most or not _CODE.fullmatch(value):
                return "other"
            self._known.add(value)
            return value


class Metrics:
    """One registry of its own. Nothing is made at import, and nothing of another app is in it."""

    def __init__(self, *, process: str, version: str, commit: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._bounded = Bounded()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(name, what, labels, registry=self.registry)

        def histogram(name: str, what: str, *labels: str) -> Histogram:
            return Histogram(name, what, labels, buckets=BUCKETS, registry=self.registry)

        self.turns = counter("sotong_turns", "Turns by outcome of a try", "channel", "outcome")
        self.received = counter("sotong_received", "Messages in", "channel", "outcome")
        self.deliveries = counter(
            "sotong_deliveries", "Messages out by outcome of a try", "channel", "outcome"
        )
        self.stages = histogram("sotong_stage_seconds", "Time by stage", "stage", "channel")
        self.rasa = counter("sotong_rasa_calls", "Calls of Rasa", "outcome")
        self.actions = counter("sotong_action_calls", "Calls by Rasa", "outcome")
        self.vault = counter("sotong_vault_reads", "Personal data shown")
        self.requests = counter(
            "sotong_http_requests", "Requests by route pattern", "method", "route", "status"
        )
        self.request_seconds = histogram(
            "sotong_http_seconds", "Time until an answer begins", "route"
        )
        built = Gauge(
            "sotong_build_info", "1", ("process", "version", "commit"), registry=self.registry
        )
        built.labels(process, version, commit).set(1)

    def step(self, name: str, channel: str, outcome: str, seconds: float) -> None:
        """A step has ended."""
        bounded = self._bounded
        self.took(name, channel, seconds)
        by_channel = {"turn": self.turns, "door": self.received, "delivery": self.deliveries}
        alone = {"rasa": self.rasa, "action": self.actions}
        if name in by_channel:
            by_channel[name].labels(bounded(channel), bounded(outcome)).inc()
        elif name in alone:
            alone[name].labels(bounded(outcome)).inc()

    def took(self, name: str, channel: str, seconds: float) -> None:
        """Time of a stage."""
        self.stages.labels(self._bounded(name), self._bounded(channel)).observe(seconds)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is a pattern, never a path."""
        known = method if method in _METHODS else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.request_seconds.labels(route).observe(seconds)


class QueueCollector(Collector):
    """Both queues, counted when they are asked for; a slow database gives old figures, not a slow scrape."""

    def __init__(
        self,
        read: Callable[[], QueueFigures],
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        limit: float = QUEUE_SECONDS,
    ) -> None:
        self._read, self._now, self._clock, self._limit = read, now, clock, limit
        self._bounded = Bounded()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="figures")
        self._running: Future[QueueFigures] | None = None
        self._known: tuple[float, QueueFigures] | None = None
        self._lock = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry must not ask the database when it is made."""
        return []

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        figures = self._look()
        up = GaugeMetricFamily("sotong_queue_figures_up", "1: the queues could be counted")
        up.add_metric([], 1.0 if figures is not None else 0.0)
        yield up
        if figures is None:
            return
        labels = ("queue", "channel", "state")
        count = GaugeMetricFamily("sotong_queue_messages", "Rows by state", labels=labels)
        oldest = GaugeMetricFamily(
            "sotong_queue_oldest_seconds", "Age of the oldest", labels=labels
        )
        now = self._now()
        for queue, rows in (("turns", figures.turns), ("deliveries", figures.deliveries)):
            for (channel, state), row in rows.items():
                values = [queue, self._bounded(channel), self._bounded(state)]
                count.add_metric(values, row.count)
                oldest.add_metric(values, (now - row.oldest_at).total_seconds())
        yield count
        yield oldest

    def _look(self) -> QueueFigures | None:
        with self._lock:
            if self._known is not None and self._clock() - self._known[0] < QUEUE_KEEP:
                return self._known[1]
            if self._running is None or self._running.done():
                self._running = self._pool.submit(self._read)
            try:
                found = self._running.result(self._limit)
            except FutureTimeout:
                return None
            except Exception:
                return None
            self._known = (self._clock(), found)
            return found

    def close(self) -> None:
        """Let go of the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class CountRequests:
    """ASGI middleware: counts requests by the route's pattern and the status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A wrong address has no route: one series for all of them.
                route = getattr(scope.get("route"), "path", "none")
                seconds = time.perf_counter() - began
                self._metrics.request(scope["method"], route, message["status"], seconds)
            await send(message)

        await self._app(scope, receive, watched)


def make_metrics_router(metrics: Metrics, *, token: str) -> APIRouter:
    """`/metrics` for who shows the token; without one in the settings there is no such address.

    Not by network address: behind a reverse proxy on the same machine everybody comes from loopback.
    """
    router = APIRouter(tags=["operations"])
    if not token:
        return router
    wanted = f"Bearer {token}".encode()

    @router.get("/metrics", include_in_schema=False)
    def read(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, wanted):
            return PlainTextResponse("Not found\n", status_code=404)
        return Response(
            generate_latest(metrics.registry),
            media_type="text/plain; version=0.0.4; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )

    return router
