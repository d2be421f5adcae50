"""Measures deliveries per second: real worker processes, SQLite and PostgreSQL, to a peer that takes 50 ms.

The sender is plain `http.client` over one kept connection a thread. Must not touch the service's data:
it makes databases of its own. `run()` returns the figures, `main` prints them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import func, insert, select  # noqa: E402

from core.database import Database  # noqa: E402
from core.deliveries import Outgoing  # noqa: E402
from core.models import Base  # noqa: E402
from core.models.conversation import Conversation, Delivery  # noqa: E402
from core.pacing import Pace  # noqa: E402
from core.ports import Channel, Sent  # noqa: E402
from dialogue.dispatch import Dispatcher  # noqa: E402
from tests.needs import missing  # noqa: E402
from tests.ports import free_port  # noqa: E402
from tests.postgres import running_cluster  # noqa: E402

CHANNEL = "bench"
PEER_SECONDS = 0.05
EACH = 4  # messages of one conversation, which go one after the other
THREADS = 64


class HttpSender:
    """Posts each message to the peer."""

    channel = CHANNEL
    pace: Pace | None = None

    def __init__(self, port: int) -> None:
        self._port, self._mine = port, threading.local()

    def may_repeat(self, outgoing: Outgoing) -> bool:
        """Never in doubt here: a second one would show."""
        return False

    def send(self, outgoing: Outgoing) -> Sent:
        """One request over this thread's own connection."""
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._mine.connection = connection
        body = json.dumps({"id": outgoing.delivery_id, "text": outgoing.reply.text})
        connection.request("POST", "/", body=body.encode())
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200
        return Sent(said.decode())


async def _serve(port: int) -> None:
    """The peer: answers each POST after 50 ms; GET tells how many came and how many twice."""
    seen: dict[int, int] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET"):
                    twice = sum(count - 1 for count in seen.values())
                    said = json.dumps({"came": len(seen), "twice": twice}).encode()
                else:
                    _, _, rest = head.lower().partition(b"content-length: ")
                    body = await reader.readexactly(int(rest.partition(b"\r\n")[0]))
                    number = json.loads(body)["id"]
                    seen[number] = seen.get(number, 0) + 1
                    await asyncio.sleep(PEER_SECONDS)
                    said = b"p%d" % number
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


def _work(url: str, port: int, threads: int) -> None:
    """A worker: says that it is ready, waits for a line, sends until nothing is open."""
    database = Database(url)
    dispatcher = Dispatcher(
        database=database,
        channels=[Channel(HttpSender(port))],
        now=lambda: datetime.now(UTC),
        threads=threads,
    )
    with database.reading() as session:
        session.scalar(select(func.count()).select_from(Delivery))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while _open(database):
        if dispatcher.dispatch_due() == 0:
            time.sleep(0.02)
    dispatcher.stop()
    database.dispose()
    times = os.times()
    sys.stdout.write(f"{times.user + times.system:.3f}\n")


def _open(database: Database) -> bool:
    with database.reading() as session:
        query = select(Delivery.id).where(Delivery.state.in_(("pending", "sending"))).limit(1)
        return session.scalar(query) is not None


def _fill(database: Database, count: int) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        session.execute(
            insert(Conversation),
            [
                {"channel": CHANNEL, "address": str(number), "created_at": now}
                for number in range(count // EACH)
            ],
        )
        ids = list(session.scalars(select(Conversation.id).order_by(Conversation.id)))
        session.execute(
            insert(Delivery),
            [
                {
                    "conversation_id": ids[number % len(ids)],
                    "channel": CHANNEL,
                    "address": "x",
                    "kind": "reply",
                    "payload": {"text": f"알림 {number}: 신고하신 곳을 고쳤습니다."},
                    "dedupe_key": f"bench:{number}",
                    "created_at": now,
                    "next_attempt_at": now,
                }
                for number in range(count // EACH * EACH)
            ],
        )


def _measure(url: str, *, workers: int, count: int, threads: int) -> dict[str, Any]:
    database, port = Database(url), free_port()
    Base.metadata.drop_all(database.engine)
    Base.metadata.create_all(database.engine)
    _fill(database, count)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    me = [sys.executable, str(Path(__file__).resolve())]
    peer = subprocess.Popen([*me, "--peer", str(port)], env=environment)
    children = [
        subprocess.Popen(
            [*me, "--worker", url, "--port", str(port), "--threads", str(threads)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        _ask_peer(port)
        began = time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        while _open(database):
            time.sleep(0.05)
        seconds = time.monotonic() - began
        cpu = sum(float(child.communicate(timeout=30)[0]) for child in children)
        said = _ask_peer(port)
    finally:
        everybody: list[subprocess.Popen[Any]] = [*children, peer]
        for process in everybody:
            process.kill()
            process.wait()
        database.dispose()
    sent = count // EACH * EACH
    assert said == {"came": sent, "twice": 0}, said
    return {
        "workers": workers,
        "deliveries": sent,
        "seconds": round(seconds, 2),
        "per_second": round(sent / seconds),
        "worker_cpu_ms_each": round(cpu * 1000 / sent, 2),
    }


def _ask_peer(port: int) -> dict[str, int]:
    for _ in range(100):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/")
                answer: dict[str, int] = json.loads(connection.getresponse().read())
                return answer
            finally:
                connection.close()
        time.sleep(0.05)
    raise SystemExit("the peer does not answer")


def run(
    *, workers: Sequence[int] = (1, 2, 4), count: int = 4000, threads: int = THREADS
) -> dict[str, Any]:
    """The figures by database, as a list for each number of workers; durable settings everywhere."""
    figures: dict[str, Any] = {"cores": os.cpu_count(), "peer_seconds": PEER_SECONDS}
    for name, url in _databases():
        figures[name] = [
            _measure(url, workers=each, count=count, threads=threads) for each in workers
        ]
    return figures


def _databases() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "sqlite", f"sqlite:///{folder}/bench.db"
    if missing("postgresql"):
        return
    with running_cluster(fast=False) as cluster:
        yield "postgresql", cluster.url()


def main() -> int:
    """Run and print; `--json` for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peer:
        asyncio.run(_serve(chosen.peer))
        return 0
    if chosen.worker:
        _work(chosen.worker, chosen.port, chosen.threads)
        return 0
    figures = run(workers=chosen.workers, count=chosen.count, threads=chosen.threads)
    if chosen.json:
        print(json.dumps(figures))
        return 0
    print(f"{figures['cores']} cores, {chosen.threads} threads a worker, a peer that takes 50 ms")
    print(f"{'database':<12}{'workers':>8}{'per second':>12}{'of one':>8}{'CPU ms each':>13}")
    for name in ("sqlite", "postgresql"):
        rows = figures.get(name, [])
        for row in rows:
            ratio = row["per_second"] / rows[0]["per_second"]
            print(
                f"{name:<12}{row['workers']:>8}{row['per_second']:>12}{ratio:>8.2f}"
                f"{row['worker_cpu_ms_each']:>13}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
