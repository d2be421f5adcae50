"""A running web chat for tests: the real door, runner and database behind a real server; only Rasa is a stand-in."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI
from PIL import Image as Picture
from PIL.TiffImagePlugin import IFDRational

from bots.web import WebDeps, WebLimits, make_router
from bots.web_hub import Hub
from bots.web_sender import WebSender
from core.attachments import AttachmentStore
from core.database import Database
from core.inbound import Photo
from core.ports import Channel
from core.replies import Choice, Reply
from dialogue.dispatch import Dispatcher
from dialogue.door import Door
from dialogue.photos import accept_photo
from dialogue.rasa import RasaAnswer, RasaClient, RasaTurn, Understood
from dialogue.rights import Rights
from dialogue.runner import TurnRunner
from tests.builders import CODES, Clock, make_database, make_vault, sample_city

_T = TypeVar("_T")
CONFIRM = (
    Choice("네, 접수해 주세요", "/affirm"),
    Choice("아니요, 고칠게요", "/deny"),
    Choice("그만둘게요", "/cancel"),
)

COOKIE_SECRET = b"cookies for tests only"


@dataclass
class RunningClock(Clock):
    """Begins on a Monday at ten and goes on, so that messages have an order in time."""

    began: float = field(default_factory=time.monotonic)
    stands: bool = False

    def __call__(self) -> datetime:
        passed = 0.0 if self.stands else time.monotonic() - self.began
        return self.at + timedelta(seconds=passed)

    @contextmanager
    def standing(self) -> Iterator[None]:
        """What a test does in this block takes no time, however busy the machine is."""
        self.at, self.stands = self(), True
        yield
        self.began, self.stands = time.monotonic(), False


class StandInRasa(RasaClient):
    """Answers like a small form and writes down what it heard. ``gate`` holds answers back."""

    def __init__(self) -> None:
        self.heard: list[RasaTurn] = []
        self.understood: list[str] = []
        self.forgotten: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def converse(self, turn: RasaTurn) -> RasaAnswer:
        assert self.gate.wait(20)
        self.heard.append(turn)
        return RasaAnswer(replies=(self._reply(turn),))

    def _reply(self, turn: RasaTurn) -> Reply:
        if turn.parse_data is None:
            text = turn.text or ""
            if "가로등" in text:
                return Reply("가로등이 꺼졌군요. 이대로 접수할까요?", choices=CONFIRM)
            return Reply(f"{len(text)}자를 읽었어요.")
        intent = turn.parse_data["intent"]["name"]
        if turn.metadata["kind"] == "photo":
            return Reply("사진을 잘 받았어요.")
        if turn.metadata["kind"] == "location":
            return Reply("위치를 잘 받았어요.")
        if intent == "affirm":
            return Reply("접수했어요. 접수번호는 2026-000123이고 조회 코드는 K7QM-3XW9예요.")
        return Reply(f"{turn.parse_data['text']}: 알겠어요.")

    def understand(self, text: str) -> Understood:
        self.understood.append(text)
        return Understood("report_complaint" if "가로등" in text else "ask_policy", 0.9)

    def forget(self, conversation_id: int) -> None:
        self.forgotten.append(conversation_id)

    def close(self) -> None:
        """There is nothing to close."""


@dataclass
class House:
    """Everything a test may look at."""

    url: str
    database: Database
    store: AttachmentStore
    rasa: StandInRasa
    runner: TurnRunner
    dispatcher: Dispatcher
    hub: Hub
    clock: Clock
    server: uvicorn.Server
    kicked: list[int] = field(default_factory=list)

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A visitor who has opened the page: a cookie, and the origin that a browser sends."""
        with httpx.Client(
            base_url=self.url, headers={"Origin": self.url}, timeout=20, trust_env=False
        ) as client:
            assert client.get("/").status_code == 200
            yield client


@contextmanager
def make_house(
    folder: Path,
    *,
    limits: WebLimits | None = None,
    heartbeat_seconds: float = 15.0,
    port: int = 0,
    accept: Callable[[bytes, str], Photo] | None = None,
) -> Iterator[House]:
    """Serve the web chat on a free port until the end of the block."""
    folder.mkdir(exist_ok=True)
    clock, rasa, database = RunningClock(), StandInRasa(), make_database(folder)
    store = AttachmentStore(folder / "attachments")
    dispatcher = Dispatcher(database=database, channels=[Channel(WebSender())], now=clock)
    runner = TurnRunner(
        database=database,
        city=sample_city(),
        rasa=rasa,
        dispatcher=dispatcher,
        now=clock,
        rights=Rights(
            database=database, vault=make_vault(), city=sample_city(), codes=CODES, now=clock
        ),
    )
    door = Door(database=database, vault=make_vault(), city=sample_city(), now=clock)
    hub = Hub(database, vault=make_vault(), poll_seconds=0.05, heartbeat_seconds=heartbeat_seconds)
    kicked: list[int] = []

    def kick(conversation_id: int) -> None:
        kicked.append(conversation_id)
        runner.kick(conversation_id)

    deps = WebDeps(
        database=database,
        receive=door.receive,
        kick=kick,
        accept_photo=accept or (lambda data, name: accept_photo(data, name=name, store=store)),
        attachments=store,
        vault=make_vault(),
        city=sample_city(),
        codes=CODES,
        hub=hub,
        cookie_secret=COOKIE_SECRET,
        now=clock,
        limits=limits or WebLimits(messages_per_minute=6000, messages_burst=1000),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(make_router(deps))
    with serve(app, port=port) as (url, server), worker(runner, dispatcher):
        house = House(url, database, store, rasa, runner, dispatcher, hub, clock, server, kicked)
        try:
            yield house
        finally:
            rasa.gate.set()
            hub.close()
    runner.stop()
    dispatcher.stop()
    database.dispose()


@contextmanager
def worker(runner: TurnRunner, dispatcher: Dispatcher) -> Iterator[None]:
    """What the worker process does: takes the turns and deliveries that nobody holds."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            runner.run_waiting()
            dispatcher.dispatch_due()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


@contextmanager
def serve(app: FastAPI, *, port: int = 0) -> Iterator[tuple[str, uvicorn.Server]]:
    """A real server in a thread."""
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()
        assert not thread.is_alive()


def until(look: Callable[[], _T], *, seconds: float = 10) -> _T:
    """What ``look`` gives once it is true; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def messages(client: httpx.Client, **after: int) -> list[dict[str, Any]]:
    """What the citizen can read."""
    response = client.get("/api/messages", params=after)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["messages"]
    return found


def answers(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    """The service's messages, once there are ``count`` of them."""

    def look() -> list[dict[str, Any]] | None:
        found = [line for line in messages(client) if line["kind"] == "delivery"]
        return found if len(found) >= count else None

    found = until(look)
    assert found is not None
    return found


def post(client: httpx.Client, external_id: str, kind: str = "text", **rest: Any) -> httpx.Response:
    return client.post("/api/messages", json={"external_id": external_id, "kind": kind, **rest})


def photo_bytes(*, with_place: bool = False, size: tuple[int, int] = (640, 480)) -> bytes:
    """A street at dusk, more or less, as a phone would send it."""
    picture = Picture.linear_gradient("L").resize(size).convert("RGB")
    exif = Picture.Exif()
    if with_place:
        exif[0x010F] = "PhoneMaker"
        exif.get_ifd(0x8825).update({1: "N", 2: (IFDRational(37), IFDRational(33), IFDRational(1))})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()
