"""Times a whole turn (message in, answer out) beside a stock Rasa turn, and the memory after it.

The same report conversation with the same actions app on both sides, by the same client: ours from the POST
to the public app until the answer's server-sent event, Rasa's from the POST to its REST channel until the
response. Must not measure anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from app.demo_programs import NLU_PYTHON, rasa_environment
from app.settings import project_root
from app.steady import settle
from core.conversations import ensure_conversation, record_turn
from core.database import Database
from core.inbound import InboundMessage, TurnKind
from tests.ports import free_port
from tests.stack import MODEL_VAR, Stack

COMPLAINT = "시청역 2번 출구 앞 가로등이 꺼졌어요"
MOST_STEPS = 12
SILENCE = 0.15
PATIENCE = 60.0


class Unexpected(Exception):
    """The conversation did not go as written."""


@dataclass(frozen=True)
class Choice:
    """What may be pressed; ``press`` is what the side at hand sends for it."""

    title: str
    press: str


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    texts: tuple[str, ...]
    choices: tuple[Choice, ...]
    seconds: float


@dataclass
class Load:
    """One way of asking: so many conversations at once, and how long a citizen takes to answer (s)."""

    name: str
    conversations: int
    rounds: int
    pause: float = 0.0


LOADS = (
    Load("1 conversation", 1, 6),
    Load("20 at once, 3 s to think", 20, 1, pause=3.0),
    Load("20 at once, no pause", 20, 1),
)

_addresses = itertools.count()
Ask = Callable[[Choice | str], Awaitable[Answer]]


async def report(ask: Ask, *, pause: float, rng: random.Random) -> list[float]:
    """One whole report; the seconds of each turn."""
    if pause:
        await asyncio.sleep(rng.uniform(0, pause))
    answer = await ask(COMPLAINT)
    took = [answer.seconds]
    for _ in range(MOST_STEPS):
        if pause:
            await asyncio.sleep(rng.uniform(0.5, 1.5) * pause)
        titles = {choice.title: choice for choice in answer.choices}
        for wanted in ("접수하기", "따로 신고할게요", "동의해요", "건너뛰기", *list(titles)[:1]):
            if wanted in titles:
                break
        else:
            raise Unexpected(f"nothing to press after {answer.texts!r}")
        answer = await ask(titles[wanted])
        took.append(answer.seconds)
        if wanted == "접수하기":
            if not any("접수번호" in text for text in answer.texts):
                raise Unexpected(f"no receipt: {answer.texts!r}")
            return took
    raise Unexpected("the form did not end")


# ---- ours ----------------------------------------------------------------------------------------


@dataclass
class _Heard:
    texts: list[str] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    at: float = 0.0
    waiting: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[Ask]:
    """A browser: a cookie, an open stream, messages by POST."""
    # Each from an address of its own, or all would share one visitor's allowance.
    address = next(_addresses)
    transport = httpx.AsyncHTTPTransport(
        local_address=f"127.1.{address // 250 % 250}.{address % 250 + 1}"
    )
    async with httpx.AsyncClient(
        base_url=url, headers={"X-Sotong": "bench"}, timeout=PATIENCE, transport=transport
    ) as http:
        await http.get("/")
        heard = _Heard()
        listening = asyncio.create_task(_listen(http, heard))

        async def ask(what: Choice | str) -> Answer:
            heard.texts, heard.choices, heard.at = [], [], 0.0
            body: dict[str, Any] = {"external_id": uuid.uuid4().hex}
            body |= (
                {"kind": "text", "text": what}
                if isinstance(what, str)
                else {"kind": "choice", "choice": what.press}
            )
            began = time.perf_counter()
            (await http.post("/api/messages", json=body)).raise_for_status()
            async with asyncio.timeout(PATIENCE):
                while not heard.at or heard.waiting:
                    heard.changed.clear()
                    await heard.changed.wait()
                # More than one message may answer a turn.
                last = 0.0
                while last != heard.at:
                    last = heard.at
                    await asyncio.sleep(SILENCE)
            return Answer(tuple(heard.texts), tuple(heard.choices), heard.at - began)

        try:
            yield ask
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


async def _listen(http: httpx.AsyncClient, heard: _Heard) -> None:
    kind = ""
    async with http.stream("GET", "/api/stream", timeout=None) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
                if kind == "waiting":
                    heard.waiting = bool(data)
                elif data["kind"] == "delivery":
                    heard.at = time.perf_counter()
                    heard.texts.append(data["text"])
                    if data["choices"]:
                        heard.choices = [Choice(c["title"], c["id"]) for c in data["choices"]]
                heard.changed.set()


# ---- stock Rasa ----------------------------------------------------------------------------------


@contextmanager
def stock_rasa(stack: Stack) -> Iterator[str]:
    """Rasa's own server beside ours; its address."""
    folder = stack.settings.var_dir / "stock"
    folder.mkdir()
    port = free_port()
    command = [
        str(project_root() / NLU_PYTHON),
        *("-m", "scripts.bench_stock_rasa", str(MODEL_VAR), str(port), str(folder)),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=project_root(),
            env=rasa_environment(stack.settings),
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/webhooks/rest/", trust_env=False).is_success:
                    break
            if process.poll() is not None or time.monotonic() > end:
                raise Unexpected(
                    "stock Rasa did not start: " + (folder / "log").read_text()[-2000:]
                )
            time.sleep(0.2)
        # The model is loaded after the server answers.
        time.sleep(8)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@asynccontextmanager
async def stock(url: str, database: Database) -> AsyncIterator[Ask]:
    """A client of Rasa's REST channel. The rows that our actions refer to are made beforehand."""
    sender = uuid.uuid4().hex
    conversation_id, turns = _rows(database, sender)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as http:

        async def ask(what: Choice | str) -> Answer:
            pressed = not isinstance(what, str)
            body = {
                "sender": sender,
                "message": what.press if isinstance(what, Choice) else what,
                "metadata": {
                    "turn_id": turns.pop(0),
                    "conversation_id": conversation_id,
                    "channel": "web",
                    "kind": "choice" if pressed else "text",
                    "attachment_ids": [],
                    "location": None,
                },
            }
            began = time.perf_counter()
            response = await http.post("/webhooks/rest/webhook", json=body)
            took = time.perf_counter() - began
            said = response.raise_for_status().json()
            choices = [
                Choice(button["title"], button["payload"])
                for message in said
                for button in message.get("buttons", ())
            ]
            return Answer(tuple(m.get("text", "") for m in said), tuple(choices), took)

        yield ask


def _rows(database: Database, sender: str) -> tuple[int, list[int]]:
    now = datetime.now(UTC)
    with database.transaction() as session:
        conversation = ensure_conversation(session, channel="bench", address=sender, now=now)
        turns = []
        for number in range(MOST_STEPS + 1):
            message = InboundMessage(
                channel="bench",
                address=sender,
                external_id=f"{sender}-{number}",
                kind=TurnKind.TEXT,
                text="",
                flood=True,  # kept, not worked
            )
            turns.append(
                record_turn(
                    session, conversation=conversation, message=message, text="", now=now
                ).turn_id
            )
        return conversation.id, turns


# ---- both ----------------------------------------------------------------------------------------


async def run_load(open_side: Callable[[], Any], load: Load, *, seed: int = 1) -> list[float]:
    """Seconds of every turn."""
    # A pause of the client's own would look like one of either side.
    settle()

    async def one(number: int) -> list[float]:
        rng = random.Random(seed * 1000 + number)  # noqa: S311  (a pause is no secret)
        took: list[float] = []
        for _ in range(load.rounds):
            async with open_side() as ask:
                took += await report(ask, pause=load.pause, rng=rng)
        return took

    taken = await asyncio.gather(*(one(number) for number in range(load.conversations)))
    return [seconds for each in taken for seconds in each]


def percentile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def compare(
    stack: Stack, *, repeats: int = 2, loads: Sequence[Load] = LOADS
) -> list[dict[str, Any]]:
    """Each load on both sides, in turns; p50 and p95 in ms, and ours over stock."""
    database = stack.database()
    rows = []
    try:
        with stock_rasa(stack) as url:
            sides: dict[str, Callable[[], Any]] = {
                "stock": lambda: stock(url, database),
                "ours": lambda: ours(stack.settings.public_url),
            }
            for side in sides.values():  # the first turns load things
                asyncio.run(run_load(side, Load("warm", 2, 1)))
            for load in loads:
                taken: dict[str, list[float]] = {name: [] for name in sides}
                for repeat in range(repeats):
                    for name, side in sides.items():
                        taken[name] += asyncio.run(run_load(side, load, seed=repeat))
                        last = statistics.median(taken[name]) * 1000
                        print(f"  {load.name}, {name}: p50 {last:.0f} ms", file=sys.stderr)
                row: dict[str, Any] = {"load": load.name, "turns": len(taken["ours"])}
                for name, seconds in taken.items():
                    row[name] = {
                        "p50": statistics.median(seconds) * 1000,
                        "p95": percentile(seconds, 0.95),
                        "worst": max(seconds) * 1000,
                    }
                row["ratio"] = {
                    each: row["ours"][each] / row["stock"][each] for each in ("p50", "p95")
                }
                rows.append(row)
    finally:
        database.dispose()
    return rows


def memory(stack: Stack) -> dict[str, float]:
    """Resident megabytes of each process (Linux)."""
    found = {}
    for name, process in stack.processes.items():
        status = Path(f"/proc/{process.pid}/status").read_text()
        found[name] = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return found
