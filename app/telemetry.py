"""Fills core's port for telemetry: figures, lines that belong together, traces. Must never fail the work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from app.metrics import Metrics
from app.quiet import log_unexpected
from core.errors import TemporaryFailure
from core.telemetry import Step

TURN_HEADER = "X-Sotong-Turn"


class Traces(Protocol):
    """Where spans go; see app.tracing, which is loaded only when there is a collector."""

    def new_span_id(self) -> int:
        """For a step that begins."""
        ...

    def traceparent(self, turn_id: int, span_id: int | None) -> str:
        """The header of a call."""
        ...

    def record(self, step: Step, *, span_id: int, parent: int | None, seconds: float) -> None:
        """A step has ended."""
        ...

    def record_whole(self, turn_id: int, *, seconds: float, channel: str) -> None:
        """A turn was answered."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


@dataclass(frozen=True)
class _Place:
    """The step in which this thread or task works, and its span."""

    step: Step
    span_id: int | None


_current: ContextVar[_Place | None] = ContextVar("sotong_step", default=None)


def current_step() -> Step | None:
    """The step in which this thread or task works, for its log lines."""
    place = _current.get()
    return None if place is None else place.step


class AppTelemetry:
    """One for each process."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        # Set once the process has its parts, which it needs.
        self.traces: Traces | None = None

    @contextmanager
    def step(
        self,
        name: str,
        *,
        channel: str = "",
        turn_id: int | None = None,
        conversation_id: int | None = None,
        delivery_id: int | None = None,
    ) -> Iterator[Step]:
        """See core.telemetry. A step inside another belongs to the same turn."""
        outer = _current.get()
        if outer is not None:
            turn_id = turn_id or outer.step.turn_id
            conversation_id = conversation_id or outer.step.conversation_id
        step = Step(name, channel, turn_id, conversation_id, delivery_id)
        span_id = None if self.traces is None else self.traces.new_span_id()
        token = _current.set(_Place(step, span_id))
        began = time.perf_counter()
        try:
            yield step
        except TemporaryFailure:
            step.outcome = "later" if step.outcome == "ok" else step.outcome
            raise
        except BaseException:
            step.outcome = "failed" if step.outcome == "ok" else step.outcome
            raise
        finally:
            _current.reset(token)
            seconds = time.perf_counter() - began
            self.metrics.step(name, channel, step.outcome, seconds)
            if self.traces is not None and span_id is not None:
                parent = None if outer is None else outer.span_id
                try:
                    self.traces.record(step, span_id=span_id, parent=parent, seconds=seconds)
                except Exception as error:
                    log_unexpected("a span", error)

    def took(self, name: str, seconds: float, *, channel: str = "") -> None:
        """See core.telemetry."""
        self.metrics.took(name, channel, max(0.0, seconds))
        step = current_step()
        if name == "answer" and self.traces is not None and step is not None and step.turn_id:
            self.traces.record_whole(step.turn_id, seconds=max(0.0, seconds), channel=channel)

    def count(self, what: str) -> None:
        """See core.telemetry."""
        if what == "vault_read":
            self.metrics.vault.inc()

    def headers(self) -> Mapping[str, str]:
        """The turn in whose step this call is made, and its place in the trace."""
        place = _current.get()
        if place is None or place.step.turn_id is None:
            return {}
        turn_id = place.step.turn_id
        headers = {TURN_HEADER: str(turn_id)}
        if self.traces is not None:
            headers["traceparent"] = self.traces.traceparent(turn_id, place.span_id)
        return headers

    def close(self) -> None:
        """Send what is left."""
        if self.traces is not None:
            self.traces.close()
