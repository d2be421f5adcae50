"""One turn of a conversation at a time, however many Rasas share the conversations."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.lock_store import LockError

from nlu import lock_store
from nlu.lock_store import ConversationLocks, LocksAway
from nlu.tests.server import free_port

pytestmark = pytest.mark.require("redis-server")


class RedisServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            done = subprocess.run(
                ["redis-cli", "-p", str(self.port), "ping"], capture_output=True, check=False
            )
            if done.stdout.strip() == b"PONG":
                return
            time.sleep(0.05)
        raise RuntimeError("redis-server did not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    redis = RedisServer()
    yield redis
    redis.stop()


@contextlib.asynccontextmanager
async def stores(url: str, count: int = 2) -> AsyncIterator[list[ConversationLocks]]:
    """As many lock stores as there are Rasas."""
    made = [ConversationLocks(endpoint_config=SimpleNamespace(url=url)) for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            if each._redis is not None:
                await each._redis.close(close_connection_pool=True)


def test_two_rasas_never_work_one_conversation_at_once(server: RedisServer) -> None:
    inside, most, done = 0, 0, 0

    async def turn(store: ConversationLocks, conversation: str) -> None:
        nonlocal inside, most, done
        async with store.lock(conversation):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1
            done += 1

    async def everything() -> None:
        async with stores(server.url) as made:
            await asyncio.gather(*(turn(made[n % 2], "c1") for n in range(40)))

    asyncio.run(everything())
    assert (most, done) == (1, 40)


def test_other_conversations_do_not_wait(server: RedisServer) -> None:
    async def everything() -> float:
        async with stores(server.url) as (one, other), one.lock("c2"):
            began = time.monotonic()
            async with other.lock("c3"):
                return time.monotonic() - began

    assert asyncio.run(everything()) < 1.0


def test_what_a_killed_rasa_held_is_free_after_its_time(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_store, "HELD_SECONDS", 0.5)

    async def everything() -> None:
        async with stores(server.url) as (dead, other):
            assert dead._redis is not None
            # As its holder left it: set, and never renewed or dropped.
            await dead._redis.set(lock_store.KEY + "c4", "token", px=500)
            async with other.lock("c4"):
                pass

    asyncio.run(everything())


def test_a_turn_that_lasts_longer_than_the_lock_keeps_it(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_store, "HELD_SECONDS", 0.4)
    monkeypatch.setattr(lock_store, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(lock_store, "PATIENCE_SECONDS", 0.6)

    async def everything() -> None:
        async with stores(server.url) as (one, other), one.lock("c5"):
            with pytest.raises(LockError):
                async with other.lock("c5"):
                    raise AssertionError("two at once")

    asyncio.run(everything())


def test_who_has_lost_the_lock_is_stopped_before_it_saves(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_store, "RENEW_SECONDS", 0.1)
    saved = []

    async def everything() -> None:
        async with stores(server.url) as (one, other):
            assert other._redis is not None
            redis = other._redis

            async def work() -> None:
                async with one.lock("c6"):
                    # One was paused, its time ran out, and another took the conversation.
                    await redis.set(lock_store.KEY + "c6", "another")
                    await asyncio.sleep(2)
                    saved.append("twice")

            with pytest.raises(LocksAway):
                await work()
            assert await other._redis.get(lock_store.KEY + "c6") == b"another"
            await other._redis.delete(lock_store.KEY + "c6")

    asyncio.run(everything())
    assert saved == []


def test_without_redis_a_turn_is_sent_again_later_and_goes_on_when_it_is_back(
    server: RedisServer,
) -> None:
    async def everything() -> None:
        async with stores(server.url, 1) as (store,):
            server.stop()
            try:
                with pytest.raises(LocksAway) as lost:
                    async with store.lock("c7"):
                        raise AssertionError("nobody knows whether it is free")
                assert lost.value.code == "locks"
            finally:
                server.start()
            async with store.lock("c7"):
                pass

    asyncio.run(everything())


def test_one_rasa_alone_needs_no_redis() -> None:
    async def everything() -> list[Any]:
        store = ConversationLocks(endpoint_config=SimpleNamespace(url="memory"))
        async with store.lock("c8", 5.0, 0.01):
            return list(store.conversation_locks)

    assert asyncio.run(everything()) == ["c8"]
