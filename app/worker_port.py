"""The worker's own small port: health and figures for operators. Must not serve a citizen or an officer."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from fastapi import APIRouter, FastAPI

from app.headers import DefaultHeaders
from app.quiet import QuietErrors

log = logging.getLogger(__name__)


class OperationsPort:
    """An HTTP server in a thread of its own. ``start`` never stops the worker from working."""

    def __init__(self, *, host: str, port: int, routers: list[APIRouter]) -> None:
        app = FastAPI(title="Sotong worker", openapi_url=None)
        app.add_middleware(QuietErrors)
        app.add_middleware(DefaultHeaders)
        for router in routers:
            app.include_router(router)
        self._host, self._port = host, port
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
                http="h11",
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers (the real port where 0 was asked for)."""
        assert self._socket is not None
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> bool:
        """Listen. False, and a line in the log, when the port is taken: the queues matter more."""
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            self._socket = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            log.warning(
                "the worker's port %s:%s cannot be opened (%s): no health, no figures from here",
                self._host,
                self._port,
                error.strerror,
            )
            return False
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="operations", daemon=True
        )
        self._thread.start()
        return True

    def stop(self) -> None:
        """Close it; safe when it never started."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        if self._socket is not None:
            self._socket.close()


def beat_check(last_beat: Callable[[], float | None], *, most: float) -> Callable[[], None]:
    """A check that the clock's jobs still run: the last one at most ``most`` seconds ago."""
    from app.health import NotReady

    def check() -> None:
        age = last_beat()
        if age is None or age > most:
            raise NotReady(f"no job has run for {'ever' if age is None else f'{age:.0f} s'}")

    return check
