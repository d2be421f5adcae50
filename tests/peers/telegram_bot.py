"""Drives a simulated Telegram with python-telegram-bot's Bot, for the simulator's own tests."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from PIL import Image
from telegram import Bot

from tests.peers.telegram_sim import TelegramSim


def run(sim: TelegramSim, talk: Callable[[Bot], Awaitable[Any]]) -> Any:
    """Runs a conversation of one bot; whatever it returns comes back."""

    async def main() -> Any:
        async with Bot(sim.token, base_url=sim.api_url, base_file_url=sim.file_url) as bot:
            return await talk(bot)

    return asyncio.run(main())


async def take(bot: Bot) -> list[Any]:
    """All waiting updates, confirmed."""
    updates = await bot.get_updates()
    if updates:
        await bot.get_updates(offset=max(update.update_id for update in updates) + 1)
    return list(updates)


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(out, kind)
    return out.getvalue()


class Receiver:
    """A webhook's far end: remembers what came, answers as it is told."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []  # then 200, empty
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.secrets.append(self.headers.get("X-Telegram-Bot-Api-Secret-Token"))
                outer.bodies.append(json.loads(body))
                status, headers, text = outer.answers.pop(0) if outer.answers else (200, {}, b"")
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # The simulator keeps its lines open; it is closed later than this.
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def ids(self) -> list[int]:
        """The update ids in the order in which they came."""
        return [body["update_id"] for body in self.bodies]
