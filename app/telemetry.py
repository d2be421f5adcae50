"""Fills core's port for telemetry: figures, and which lines belong together. Must never fail the work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from app.metrics import Metrics
from core.errors import TemporaryFailure
from core.telemetry import Step

TURN_HEADER = "X-Sotong-Turn"
_current: ContextVar[Step | None] = ContextVar("sotong_step", default=None)


def current_step() -> Step | None:
    """The step in which this thread or task works, for its log lines."""
    return _current.get()


class AppTelemetry:
    """One for each process."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

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
            turn_id = turn_id or outer.turn_id
            conversation_id = conversation_id or outer.conversation_id
        step = Step(name, channel, turn_id, conversation_id, delivery_id)
        token = _current.set(step)
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
            self.metrics.step(name, channel, step.outcome, time.perf_counter() - began)

    def took(self, name: str, seconds: float, *, channel: str = "") -> None:
        """See core.telemetry."""
        self.metrics.took(name, channel, max(0.0, seconds))

    def count(self, what: str) -> None:
        """See core.telemetry."""
        if what == "vault_read":
            self.metrics.vault.inc()

    def headers(self) -> Mapping[str, str]:
        """The turn in whose step this call is made."""
        step = _current.get()
        if step is None or step.turn_id is None:
            return {}
        return {TURN_HEADER: str(step.turn_id)}
