"""Runs one web app in this process, with the server's options in one place. Must build no app itself."""

from __future__ import annotations

import contextlib
import socket
import sys
from dataclasses import dataclass

import uvicorn

from app.logs import set_up_logs
from app.settings import Settings
from app.steady import settle

# A request's head, in bytes; a longer one gets 431. h11 bounds it, the faster parser does not.
LONGEST_HEAD = 32_768
# Live replies (server-sent events) never end by themselves, so a stop must not wait for them.
STOP_SECONDS = 3
# The exit code of uvicorn's own command.
NOT_STARTED = 3


@dataclass(frozen=True)
class WebApp:
    """Where an app is made and where it listens by default."""

    factory: str
    host: str
    port: int


class SteadyServer(uvicorn.Server):
    """Uvicorn, with the garbage of the start out of the way before the first request."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then settle."""
        await super().startup(sockets)
        settle()


def web_apps(settings: Settings) -> dict[str, WebApp]:
    """The web apps by name."""
    return {
        "public": WebApp("app.public:make_app", settings.public_host, settings.public_port),
        "internal": WebApp("app.internal:make_app", settings.internal_host, settings.internal_port),
        "actions": WebApp("app.actions:make_app", "127.0.0.1", settings.actions_port),
    }


def serve(settings: Settings, name: str, *, host: str | None = None) -> None:
    """Serve until SIGTERM or SIGINT. ``host`` in place of the settings' own."""
    app = web_apps(settings)[name]
    set_up_logs(settings, process=name)
    config = uvicorn.Config(
        app.factory,
        factory=True,
        host=host or app.host,
        port=app.port,
        # It would keep addresses and query strings.
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        log_level=settings.log_level,
        log_config=None,
        http="h11",
        h11_max_incomplete_event_size=LONGEST_HEAD,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    server = SteadyServer(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NOT_STARTED)
