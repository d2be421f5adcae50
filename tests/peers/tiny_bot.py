"""A bot of a few lines on python-telegram-bot alone, to try the stand-ins with; it must not use product code."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image
from telegram import Bot, Update
from telegram.request import HTTPXRequest

from tests.peers.recording_proxy import SECRET_HEADER
from tests.peers.telegram_test_api_peer import TelegramTestApiPeer
from tests.peers.telemelya_peer import TelemelyaPeer
from tests.ports import free_port

Peer = TelemelyaPeer | TelegramTestApiPeer
SECRET = "the-secret-of-this-webhook"


def with_bot(peer: Peer, work: Callable[[Bot], Awaitable[Any]], *, direct: bool = False) -> Any:
    """Run `work` with python-telegram-bot's Bot, past the proxy if `direct`."""

    async def run() -> Any:
        base = f"{peer.own_url}/bot" if direct else peer.api_url
        requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
        async with Bot(
            peer.token,
            base_url=base,
            base_file_url=peer.file_url,
            request=requests[0],
            get_updates_request=requests[1],
        ) as bot:
            return await work(bot)

    return asyncio.run(run())


@contextmanager
def webhook(
    peer: Peer, react: Callable[[Bot, Update], Awaitable[Any]], *, direct: bool = False
) -> Iterator[list[str | None]]:
    """A tiny bot behind a webhook; yields the secrets with which updates came."""
    secrets: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            secrets.append(self.headers.get(SECRET_HEADER))

            async def work(bot: Bot) -> None:
                update = Update.de_json(body, bot)
                await react(bot, update)

            with_bot(peer, work)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        assert with_bot(peer, lambda bot: bot.set_webhook(url, secret_token=SECRET), direct=direct)
        yield secrets
    finally:
        with_bot(peer, lambda bot: bot.delete_webhook())
        server.shutdown()
        thread.join()
        server.server_close()


def jpeg(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return file.getvalue()


async def echo(bot: Bot, update: Update) -> None:
    assert update.message is not None
    await bot.send_message(update.message.chat.id, f"받았습니다: {update.message.text}")
