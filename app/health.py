"""Whether this process lives (/healthz) and whether the service works (/readyz). Must tell nobody's data.

A storm of probes does nothing: one look at a time, its result holds for a second, and a check that hangs
is not asked again before it has come back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import APIRouter
from starlette.responses import JSONResponse

from app.migrate import alembic_config
from app.settings import Settings
from app.version import read_commit, read_version
from app.wiring import Parts
from core.errors import TemporaryFailure
from core.queue_figures import oldest_waiting
from dialogue.rasa import HEALTH_PATH

CHECK_SECONDS = 2.0
KEEP_SECONDS = 1.0


class NotReady(Exception):
    """A check's own words for what is wrong; they are shown to whoever asks."""


@dataclass(frozen=True)
class Report:
    """What the checks found: name → "ok" or what is wrong."""

    checks: Mapping[str, str]

    @property
    def ready(self) -> bool:
        """Whether all is well."""
        return all(found == "ok" for found in self.checks.values())


class Readiness:
    """Runs checks side by side, each with a time limit, and remembers the result for a moment."""

    def __init__(
        self,
        checks: Mapping[str, Callable[[], None]],
        *,
        limit: float = CHECK_SECONDS,
        keep: float = KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        """A check returns when all is well and raises NotReady with fixed words when it is not."""
        self._checks = checks
        self._limit, self._keep, self._clock, self._closing = limit, keep, clock, closing
        # Its own threads: a database that hangs must not take those that citizens wait for.
        self._pool = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="health")
        self._running: dict[str, Future[None]] = {}
        self._known: tuple[float, Report] | None = None
        self._look: asyncio.Task[Report] | None = None

    async def report(self) -> Report:
        """The last result if it is fresh, else a new look; who asks meanwhile gets the same one."""
        if self._known is not None and self._clock() - self._known[0] < self._keep:
            return self._known[1]
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._take_a_look())
        return await asyncio.shield(self._look)

    async def _take_a_look(self) -> Report:
        found = await asyncio.gather(*(self._ask(name) for name in self._checks))
        report = Report(dict(zip(self._checks, found, strict=True)))
        self._known = (self._clock(), report)
        return report

    async def _ask(self, name: str) -> str:
        before = self._running.get(name)
        if before is None or before.done():
            self._running[name] = before = self._pool.submit(self._checks[name])
        try:
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(before)), self._limit)
        except TimeoutError:
            return f"no answer within {self._limit:g} s"
        except NotReady as problem:
            return str(problem)
        except Exception as error:
            # The kind alone: a library's words may repeat an address or a row.
            return f"failed ({type(error).__name__})"
        return "ok"

    def close(self) -> None:
        """Let go of the threads and connections; a check that hangs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._closing()


def make_readiness(
    parts: Parts, *, more: Mapping[str, Callable[[], None]] | None = None
) -> Readiness:
    """The checks that every process of the service makes, and ``more`` of its own."""
    rasa = _RasaProbe(parts.settings.rasa_urls)
    checks = {
        "database": lambda: _check_database(parts),
        "rasa": rasa.check,
        "queues": lambda: _check_queues(parts),
        **(more or {}),
    }
    return Readiness(checks, closing=rasa.close)


def make_health_router(readiness: Readiness, *, settings: Settings, process: str) -> APIRouter:
    """`/healthz` and `/readyz` for one process."""
    router = APIRouter(tags=["operations"])
    who = {
        "process": process,
        "version": read_version(),
        "commit": read_commit(settings.commit),
    }

    @router.get("/healthz", summary="Whether this process lives")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok", **who}, headers={"Cache-Control": "no-store"})

    @router.get("/readyz", summary="Whether the service works, check by check")
    async def readyz() -> JSONResponse:
        report = await readiness.report()
        body: dict[str, Any] = {
            "status": "ok" if report.ready else "not_ready",
            **who,
            "checks": report.checks,
        }
        return JSONResponse(
            body,
            status_code=200 if report.ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    return router


@cache
def newest_revisions(database_url: str) -> frozenset[str]:
    """The revisions that this code's database must have."""
    return frozenset(ScriptDirectory.from_config(alembic_config(database_url)).get_heads())


def _check_database(parts: Parts) -> None:
    try:
        with parts.database.reading() as session:
            context = MigrationContext.configure(session.connection())
            current = frozenset(context.get_current_heads())
    except TemporaryFailure:
        raise NotReady("busy or out of reach") from None
    if current != newest_revisions(parts.settings.database_url):
        raise NotReady("not migrated to this version: run `sotong migrate`")


class _RasaProbe:
    """Asks the Rasas one after the other until one can work, over a client that the first look opens.

    One is enough: it takes the conversations of those that are down (``sotong alerts`` names them).
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._client: httpx.Client | None = None

    def check(self) -> None:
        if self._client is None:
            # One that hangs must leave the others time within the limit of the whole check.
            each = CHECK_SECONDS / len(self._urls)
            self._client = httpx.Client(timeout=each, trust_env=False)
        found = "out of reach"
        for url in self._urls:
            try:
                status = self._client.get(f"{url}{HEALTH_PATH}").status_code
            except httpx.HTTPError:
                continue
            if status == httpx.codes.OK:
                return
            found = "no model is loaded"
        raise NotReady(found)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def _check_queues(parts: Parts) -> None:
    with parts.database.reading() as session:
        waiting = oldest_waiting(session)
    limit, now = parts.settings.ready_seconds, parts.now()
    slow = [
        f"the oldest {what} waits for {(now - since).total_seconds():.0f} s"
        for what, since in (("turn", waiting.turn_since), ("delivery", waiting.delivery_since))
        if since is not None and (now - since).total_seconds() > limit
    ]
    if slow:
        raise NotReady("; ".join(slow))
