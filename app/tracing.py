"""Sends spans of turns to an OpenTelemetry collector. Must not be imported without one, nor slow a turn.

A turn is worked by several processes that share no memory, so its trace is not carried but computed: trace
and root span follow from the turn's number and a key of this installation. Attributes are ids and codes.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from requests import Session

from core.telemetry import Step

TRACES_PATH = "/v1/traces"
EXPORT_SECONDS = 3.0
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_WELL = frozenset({"ok", "answered", "sent", "duplicate", "flood"})


class _ChosenIds(IdGenerator):
    """Gives the ids that were chosen for the next span of this thread."""

    def __init__(self) -> None:
        self._chosen = threading.local()

    def choose(self, *, trace_id: int, span_id: int) -> None:
        self._chosen.ids = (trace_id, span_id)

    def generate_trace_id(self) -> int:
        return int(self._chosen.ids[0])

    def generate_span_id(self) -> int:
        return int(self._chosen.ids[1])


class Tracing:
    """One for each process. A span is handed to a queue in memory; a full queue drops it."""

    def __init__(
        self,
        *,
        endpoint: str,
        process: str,
        version: str,
        key: bytes,
        turn_of: Callable[[int], int | None],
        every_seconds: float = 5.0,
    ) -> None:
        """``turn_of`` says to which turn a delivery belongs."""
        # It would write a line for every try while the collector is away.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._key, self._turn_of = key, turn_of
        self._ids = _ChosenIds()
        session = Session()
        # A proxy that is set for the machine must not be asked for what is on it.
        session.trust_env = urlsplit(endpoint).hostname not in ("127.0.0.1", "::1", "localhost")
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint}{TRACES_PATH}", timeout=EXPORT_SECONDS, session=session
        )
        self._session = session
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create(
                {"service.name": f"sotong-{process}", "service.version": version}
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                schedule_delay_millis=every_seconds * 1000,
                export_timeout_millis=EXPORT_SECONDS * 1000,
            )
        )
        self._tracer = self._provider.get_tracer("sotong")

    def new_span_id(self) -> int:
        """For a step that begins."""
        return secrets.randbits(64) or 1

    def traceparent(self, turn_id: int, span_id: int | None) -> str:
        """The header of W3C Trace Context for a call within this turn."""
        span = self._root(turn_id) if span_id is None else span_id
        return f"00-{self._trace(turn_id):032x}-{span:016x}-01"

    def record(self, step: Step, *, span_id: int, parent: int | None, seconds: float) -> None:
        """A step has ended just now. What belongs to no turn is not told."""
        turn_id = step.turn_id
        if turn_id is None and step.delivery_id is not None:
            turn_id = self._turn_of(step.delivery_id)
        if turn_id is None:
            return
        attributes: dict[str, str | int] = {"sotong.turn": turn_id, "sotong.outcome": step.outcome}
        for name, value in (
            ("sotong.conversation", step.conversation_id),
            ("sotong.delivery", step.delivery_id),
            ("sotong.channel", step.channel or None),
        ):
            if value is not None:
                attributes[name] = value
        above = self._root(turn_id) if parent is None else parent
        context = SpanContext(self._trace(turn_id), above, is_remote=True, trace_flags=_SAMPLED)
        self._emit(
            step.name,
            turn_id,
            span_id=span_id,
            context=context,
            seconds=seconds,
            attributes=attributes,
            well=step.outcome in _WELL,
        )

    def record_whole(self, turn_id: int, *, seconds: float, channel: str) -> None:
        """The root: from the message's arrival until its answer was decided, just now."""
        attributes: dict[str, str | int] = {"sotong.turn": turn_id, "sotong.channel": channel}
        self._emit(
            "message",
            turn_id,
            span_id=self._root(turn_id),
            context=None,
            seconds=seconds,
            attributes=attributes,
            well=True,
        )

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        self._provider.shutdown()
        self._session.close()

    def _emit(
        self,
        name: str,
        turn_id: int,
        *,
        span_id: int,
        context: SpanContext | None,
        seconds: float,
        attributes: dict[str, str | int],
        well: bool,
    ) -> None:
        ended = time.time_ns()
        self._ids.choose(trace_id=self._trace(turn_id), span_id=span_id)
        empty = NonRecordingSpan(context or SpanContext(0, 0, is_remote=False))
        span = self._tracer.start_span(
            name,
            context=set_span_in_context(empty),
            start_time=ended - int(seconds * 1e9),
            attributes=attributes,
        )
        span.set_status(StatusCode.OK if well else StatusCode.ERROR)
        span.end(ended)

    def _trace(self, turn_id: int) -> int:
        return self._number(f"trace {turn_id}", 16)

    def _root(self, turn_id: int) -> int:
        return self._number(f"root {turn_id}", 8)

    def _number(self, what: str, size: int) -> int:
        digest = hmac.new(self._key, what.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:size]) or 1
