"""Door, runner and dispatcher over a real database and a scripted Rasa, for tests of the turn queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import select

from bots.web_sender import WebSender
from core.database import Database
from core.models.conversation import Delivery, Turn
from core.ports import Channel
from dialogue.dispatch import Dispatcher
from dialogue.door import Door
from dialogue.rasa import RasaClient
from dialogue.rights import Rights
from dialogue.runner import TurnRunner
from tests.builders import CODES, Clock, make_message, make_vault, sample_city

Answer = tuple[int, dict[str, Any]]


class ScriptedRasa:
    """A peer on loopback that speaks the turn channel's protocol and answers as told."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.trackers: set[str] = set()
        self.forget: Callable[[str], int] = lambda path: 200
        self.answer: Callable[[dict[str, Any]], Answer] = lambda body: say(f"답: {body['text']}")
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                owner.requests.append(body)
                status, data = owner.answer(body)
                payload = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def do_GET(self) -> None:
                path = urlsplit(self.path)
                after = parse_qs(path.query).get("after", [""])[0]
                names = sorted(name for name in owner.trackers if name > after)
                payload = json.dumps({"conversations": names}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def do_DELETE(self) -> None:
                status = owner.forget(self.path)
                if status == 200:
                    owner.forgotten.append(self.path)
                    owner.trackers.discard(unquote(self.path.rsplit("/", 1)[1]))
                payload = json.dumps({"erased": 1}).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def say(*texts: str, choices: list[dict[str, str]] | None = None) -> Answer:
    replies: list[dict[str, Any]] = [{"text": text, "choices": []} for text in texts]
    replies[-1]["choices"] = choices or []
    return 200, {"replies": replies, "replayed": False, "active_form": None, "requested_slot": None}


class House:
    """Door, runner and dispatcher over one database and a scripted Rasa."""

    def __init__(
        self, database: Database, rasa: ScriptedRasa, *, with_rights: bool = False
    ) -> None:
        self.database, self.rasa, self.clock = database, rasa, Clock()
        self.client = RasaClient(urls=(rasa.url,), secret="s" * 24, timeout=5.0)
        dispatcher = Dispatcher(database=database, channels=[Channel(WebSender())], now=self.clock)
        self.runner = TurnRunner(
            database=database,
            city=sample_city(),
            rasa=self.client,
            dispatcher=dispatcher,
            now=self.clock,
            rights=self._rights() if with_rights else None,
        )
        self.door = Door(database=database, vault=make_vault(), city=sample_city(), now=self.clock)

    def _rights(self) -> Rights:
        return Rights(
            database=self.database,
            vault=make_vault(),
            city=sample_city(),
            codes=CODES,
            now=self.clock,
            public_base_url="https://sotong.city.example",
        )

    def hear(self, text: str = "", **message: Any) -> int:
        received = self.door.receive(make_message(text=text, **message))
        self.runner.run(received.conversation_id)
        return received.turn_id

    def said(self) -> list[str]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(Delivery).where(Delivery.state == "sent").order_by(Delivery.id)
            )
            return [row.payload["text"] for row in rows]

    def turn(self, turn_id: int) -> Turn:
        with self.database.reading() as session:
            return session.get_one(Turn, turn_id)

    def last_choice(self, index: int = 0) -> str:
        with self.database.reading() as session:
            rows = session.scalars(select(Delivery).order_by(Delivery.id.desc()))
            row = next(row for row in rows if row.payload.get("choices"))
            return f"{row.id}.{index}"


def text(key: str, **values: object) -> str:
    return sample_city().texts.render(key, **values)
