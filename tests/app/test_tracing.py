"""Traces of turns: one trace from door to delivery, ids only, and a collector that is away costs nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.operations import make_operations
from tests.app.watched_house import watched
from tests.builders import ROOT, sample_city
from tests.dialogue.runner_house import ScriptedRasa, say
from tests.ports import free_port

WORDS, PHONE, ADDRESS = "골목이 캄캄해요", "010-0000-0000", "b" * 64


class Collector:
    """An OTLP collector on loopback that keeps what it is given. ``gate`` holds answers back."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                owner.gate.wait(20)
                owner.bodies.append(body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def spans(self):
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += scope.spans
        return found

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def rasa():
    rasa = ScriptedRasa()
    yield rasa
    rasa.close()


def test_a_turn_is_one_trace_from_the_door_to_the_delivery_with_ids_only(
    tmp_path: Path, rasa, collector
):
    heard: list[dict[str, str]] = []
    handler: Any = rasa._server.RequestHandlerClass
    original = handler.do_POST

    def do_POST(request) -> None:
        heard.append(dict(request.headers))
        original(request)

    handler.do_POST = do_POST
    with watched(tmp_path, rasa, otel_endpoint=collector.url) as house:
        turn = house.hear(f"{WORDS} {PHONE}", address=ADDRESS)
        settings = house.operations.parts.settings
        # The actions app is another process over the same settings; the turn's number joins them.
        other = make_operations(settings, process="actions")
        with other.telemetry.step("action", turn_id=turn):
            pass
        other.close()
        other.parts.close()
    spans = {span.name: span for span in collector.spans()}
    assert spans.keys() == {"message", "door", "turn", "rasa", "delivery", "action"}
    assert len({span.trace_id for span in spans.values()}) == 1
    root = spans["message"]
    assert root.parent_span_id == b""
    for name in ("door", "turn", "delivery", "action"):
        assert spans[name].parent_span_id == root.span_id, name
    assert spans["rasa"].parent_span_id == spans["turn"].span_id
    expected = f"00-{root.trace_id.hex()}-{spans['rasa'].span_id.hex()}-01"
    assert heard[0]["traceparent"] == expected
    told = b"".join(collector.bodies)
    for private in (WORDS, PHONE, ADDRESS, "⟦"):
        assert private.encode() not in told
    keys = {each.key for span in spans.values() for each in span.attributes}
    assert keys == {
        "sotong.turn",
        "sotong.conversation",
        "sotong.delivery",
        "sotong.channel",
        "sotong.outcome",
    }


def test_two_turns_are_two_traces_and_a_failed_step_is_marked(tmp_path, rasa, collector):
    with watched(tmp_path, rasa, otel_endpoint=collector.url) as house:
        house.hear(WORDS)
        rasa.answer = lambda body: (503, {"error": WORDS})
        house.hear(WORDS)
    spans = collector.spans()
    assert len({span.trace_id for span in spans}) == 2
    assert sorted(span.status.code for span in spans if span.name == "rasa") == [1, 2]
    assert WORDS.encode() not in b"".join(collector.bodies)


@pytest.mark.parametrize("trouble", ["away", "silent"])
def test_a_collector_in_trouble_neither_slows_nor_breaks_a_turn(tmp_path, rasa, collector, trouble):
    rasa.answer = lambda body: say("네")
    url = f"http://127.0.0.1:{free_port()}" if trouble == "away" else collector.url
    collector.gate.clear()
    with watched(tmp_path, rasa, otel_endpoint=url) as house:
        house.hear("가로등이 나갔어요")
        began = time.monotonic()
        for _ in range(20):
            house.hear("가로등이 나갔어요")
        took = time.monotonic() - began
        assert house.said() == ["네"] * 21
        # Twenty turns would wait a minute for a collector if they waited.
        assert took < 15
        collector.gate.set()


def test_without_a_collector_nothing_of_it_is_loaded():
    code = (
        # fastapi loads the bare interface for itself; the SDK and what sends are ours.
        "import sys, tempfile\n"
        "from app.settings import Settings\n"
        "from app.operations import make_operations\n"
        "made = make_operations(Settings.load(environment='test', var_dir=tempfile.mkdtemp()), process='worker')\n"
        "assert not [name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
