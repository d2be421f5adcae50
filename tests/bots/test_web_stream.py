"""Live replies: they come at once, in order, again after a break, and end when the service ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.deliveries import enqueue
from core.models.conversation import Conversation
from core.replies import Reply
from tests.bots.web_house import House, answers, make_house, messages, post, until

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def stream(client: httpx.Client, **options: Any) -> Iterator[Iterator[dict[str, Any]]]:
    with client.stream("GET", "/api/stream", **options) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if not line and event:
            yield event
            event = {}
        elif name in ("id", "event", "data"):
            event[name] = json.loads(value) if name == "data" else value
        elif line.startswith(":"):
            yield {"event": "comment"}


def next_delivery(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    return next(e for e in events if e["event"] == "line" and e["data"]["kind"] == "delivery")


def write(house: House, text: str, key: str) -> None:
    """A message that no turn asked for, as the worker in another process would send it."""
    with house.database.transaction() as session:
        conversation = session.get_one(Conversation, 1)
        enqueue(
            session,
            conversation=conversation,
            reply=Reply(text),
            kind="status",
            dedupe_key=key,
            now=house.clock(),
        )
    house.dispatcher.dispatch_conversation(1)


def test_an_answer_comes_over_an_open_stream(house: House, citizen: httpx.Client) -> None:
    with stream(citizen) as events, house.browser() as same:
        same.cookies = citizen.cookies
        post(same, "text-00000001", text="가로등")
        event = next_delivery(events)
        assert event["data"]["text"].startswith("가로등이 꺼졌군요")
        assert event["id"] == str(event["data"]["id"])


def test_a_message_from_another_process_comes_without_asking(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="안녕하세요")
    last = answers(citizen, 1)[-1]["id"]
    with stream(citizen, params={"after": last, "turn": 1}) as events:
        until(lambda: house.hub.open_streams == 1)
        write(house, "가로등을 고쳤어요", "case:1:2:0")
        began = time.monotonic()
        assert next_delivery(events)["data"]["text"] == "가로등을 고쳤어요"
        assert time.monotonic() - began < 2


def test_a_stream_goes_on_after_the_last_message_that_was_read(
    house: House, citizen: httpx.Client
) -> None:
    post(citizen, "text-00000001", text="안녕하세요")
    first = answers(citizen, 1)[0]["id"]
    write(house, "둘째", "k2")
    write(house, "셋째", "k3")
    with stream(citizen, headers={"Last-Event-ID": str(first)}) as events:
        assert [next_delivery(events)["data"]["text"] for _ in range(2)] == ["둘째", "셋째"]
    with stream(citizen, params={"after": first + 1}) as events:
        assert next_delivery(events)["data"]["text"] == "셋째"


def test_what_is_sent_in_one_tab_is_seen_in_the_other(house: House, citizen: httpx.Client) -> None:
    with stream(citizen) as events, house.browser() as tab:
        tab.cookies = citizen.cookies
        post(tab, "text-00000001", text="안녕하세요")
        turn = next(e for e in events if e["event"] == "line" and e["data"]["kind"] == "turn")
        assert turn["data"]["text"] == "안녕하세요"
        assert turn["data"]["external_id"] == "text-00000001"
        assert "id" not in turn


def test_the_page_is_told_while_an_answer_is_being_written(
    house: House, citizen: httpx.Client
) -> None:
    house.rasa.gate.clear()
    with stream(citizen) as events, house.browser() as same:
        same.cookies = citizen.cookies
        waiting = (e["data"] for e in events if e["event"] == "waiting")
        assert next(waiting) is False
        post(same, "text-00000001", text="안녕하세요")
        assert next(waiting) is True
        house.rasa.gate.set()
        assert next(waiting) is False


def test_a_stream_carries_only_its_own_conversation(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="안녕하세요")
    answers(citizen, 1)
    with house.browser() as stranger, stream(stranger) as events:
        post(stranger, "text-00000001", text="가로등")
        seen = next_delivery(events)["data"]["text"]
        assert seen.startswith("가로등이 꺼졌군요")


def test_a_quiet_stream_is_kept_alive(tmp_path: Path) -> None:
    with (
        make_house(tmp_path, heartbeat_seconds=0.05) as house,
        house.browser() as citizen,
        stream(citizen) as events,
    ):
        assert next(events)["event"] == "waiting"
        assert [next(events)["event"] for _ in range(3)] == ["comment"] * 3


def test_one_citizen_cannot_take_all_streams(house: House, citizen: httpx.Client) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(stream(citizen)) for _ in range(6)]
        for events in held:
            next(events)
        refused = citizen.get("/api/stream")
        assert refused.status_code == 429
        assert "너무 많은 창" in refused.json()["message"]
    until(lambda: house.hub.open_streams == 0)
    with stream(citizen) as events:
        next(events)


def test_one_visitor_with_many_cookies_cannot_take_all_streams(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.web_hub.STREAMS_PER_VISITOR", 2)
    with house.browser() as one, house.browser() as two, house.browser() as three:
        with stream(one) as first, stream(two) as second:
            assert next(first)["event"] == next(second)["event"] == "waiting"
            refused = three.get("/api/stream")
            assert refused.status_code == 429
            assert refused.json()["error"] == "too_many_streams"
        until(lambda: house.hub.open_streams == 0)
        with stream(three) as events:
            assert next(events)["event"] == "waiting"


def test_a_browser_without_streams_can_ask(house: House, citizen: httpx.Client) -> None:
    post(citizen, "text-00000001", text="안녕하세요")
    answers(citizen, 1)
    page = citizen.get("/api/messages").json()
    assert page["waiting"] is False
    write(house, "새 소식", "k2")
    fresh = messages(citizen, after=page["after"], turn=page["turn"])
    assert [line["text"] for line in fresh] == ["새 소식"]


def test_a_stop_signal_ends_open_streams_at_once(tmp_path: Path) -> None:
    """A server waits for its connections: without our part this would take its whole patience."""
    program = textwrap.dedent(
        """
        import asyncio, sys
        from contextlib import asynccontextmanager
        from pathlib import Path
        import uvicorn
        from fastapi import FastAPI
        from starlette.responses import StreamingResponse
        from bots.web_feed import Cursor
        from bots.web_hub import Hub
        from tests.builders import make_database, make_vault, sample_city

        hub = Hub(make_database(Path(sys.argv[1])), vault=make_vault())

        @asynccontextmanager
        async def lifespan(app):
            async with hub.running():
                yield

        app = FastAPI(lifespan=lifespan)

        @app.get("/stream")
        async def stream():
            events = hub.stream(
                address="a" * 64, cursor=Cursor(), texts=sample_city().texts, url_of=str
            )
            return StreamingResponse(events, media_type="text/event-stream")

        class Server(uvicorn.Server):
            async def startup(self, sockets=None):
                await super().startup(sockets)
                print(self.servers[0].sockets[0].getsockname()[1], flush=True)

        Server(uvicorn.Config(app, port=0, log_level="warning")).run()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            url = f"http://127.0.0.1:{port}/stream"
            with httpx.stream("GET", url, timeout=20, trust_env=False) as response:
                lines = response.iter_lines()
                assert next(lines).startswith("retry")
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                for _ in lines:
                    pass
                process.wait(10)
            assert time.monotonic() - began < 5
        finally:
            process.kill()
