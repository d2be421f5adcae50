"""One turn of a conversation at a time: in memory for one Rasa, in Redis for several. Must not queue.

Rasa's own Redis store reads a list of tickets, changes it and writes it back, so two Rasas can take the
same ticket, and what a killed one held stays held until its time is over. Here a lock is one key that
Redis sets only if it is not there, that its holder renews while it works, and that ends by itself ten
seconds after the holder died. The order of turns is kept by the project's queue, not here.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio
from rasa.core.lock_store import InMemoryLockStore, LockError
from redis.exceptions import RedisError

from nlu.failures import TurnLost

MEMORY = "memory"
KEY = "sotong:rasa:"
HELD_SECONDS = 10.0
RENEW_SECONDS = 3.0
ANSWER_SECONDS = 2.0
# Longer than a turn lasts: who waits longer is told to come again.
PATIENCE_SECONDS = 15.0
# Only its holder may prolong or drop a lock: it may have passed to another one meanwhile.
_RENEW = """
if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end
return 0
"""
_DROP = """
if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end
return 0
"""


class LocksAway(TurnLost):
    """Redis does not answer, so nobody can know whether another Rasa works the conversation."""

    code = "locks"
    retry_after = 3.0


class ConversationLocks(InMemoryLockStore):
    """Rasa's lock store. endpoints.yml: `type: nlu.lock_store.ConversationLocks`, `url: memory | redis://…`."""

    def __init__(self, endpoint_config: Any = None) -> None:
        super().__init__()
        url = str(getattr(endpoint_config, "url", None) or MEMORY)
        self._redis = (
            None
            if url == MEMORY
            else redis.asyncio.Redis.from_url(
                url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
            )
        )

    @contextlib.asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = HELD_SECONDS,
        wait_time_in_seconds: float = 0.05,
    ) -> AsyncIterator[Any]:
        """Hold the conversation for the length of the block.

        Raises:
            LockError: another one holds it for too long.
            LocksAway: Redis does not answer, or the lock was lost while the block ran.
        """
        if self._redis is None:
            async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as held:
                yield held
            return
        key, token = KEY + conversation_id, secrets.token_hex(16)
        await self._take(self._redis, key, token, wait_time_in_seconds)
        worker = asyncio.current_task()
        renewal = asyncio.create_task(self._keep(self._redis, key, token, worker))
        try:
            yield None
        except asyncio.CancelledError:
            if renewal.done():
                raise LocksAway("the lock was lost while the turn was worked") from None
            raise
        finally:
            renewal.cancel()
            with contextlib.suppress(RedisError, OSError):
                await self._redis.eval(_DROP, 1, key, token)

    async def _take(
        self, client: redis.asyncio.Redis[bytes], key: str, token: str, pause: float
    ) -> None:
        give_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        try:
            while not await client.set(key, token, nx=True, px=int(HELD_SECONDS * 1000)):
                if asyncio.get_running_loop().time() > give_up:
                    raise LockError("another turn of this conversation is worked")
                await asyncio.sleep(pause)
        except (RedisError, OSError) as error:
            raise LocksAway(f"Redis: {type(error).__name__}") from None

    async def _keep(
        self,
        client: redis.asyncio.Redis[bytes],
        key: str,
        token: str,
        worker: asyncio.Task[Any] | None,
    ) -> None:
        """Renew the lock; when it is lost, stop the one who works under it before it saves anything."""
        loop = asyncio.get_running_loop()
        sure_until = loop.time() + HELD_SECONDS
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            asked = loop.time()
            lost = False
            try:
                lost = not await client.eval(_RENEW, 1, key, token, int(HELD_SECONDS * 1000))
            except (RedisError, OSError):
                lost = loop.time() + RENEW_SECONDS > sure_until
            else:
                sure_until = asked + HELD_SECONDS
            if lost:
                if worker is not None:
                    worker.cancel()
                return
