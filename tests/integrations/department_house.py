"""A city with ways to departments over a real database, peers on loopback, and hands to work both queues."""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import io
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

from anyio.from_thread import start_blocking_portal
from fastapi import APIRouter, FastAPI
from PIL import Image
from sqlalchemy import select

from core.attachments import AttachmentStore
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.city import City, Way
from core.database import Database
from core.models.case import Case
from core.models.department import DepartmentCallback, DepartmentMessage, DepartmentStandby
from core.put_away import Words
from core.vault import Vault
from dialogue.photos import accept_photo
from integrations.department_callback_api import CallbackDeps, add_callbacks
from integrations.department_callback_work import CallbackRunner
from integrations.department_files import DepartmentLinks, add_files
from integrations.department_mail import MailSender, MailServer
from integrations.department_runner import DepartmentRunner
from integrations.department_signing import DepartmentSecrets, sign
from integrations.department_webhook import WebhookSender
from integrations.safe_fetch import SafeFetcher
from tests.builders import ROOT, Clock, make_case, make_database, make_vault, sample_city
from tests.console.house import Client


def secret(letter: str) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


OUT, BACK, RETIRED = secret("o"), secret("b"), secret("r")
# Services of the sample city that go to these departments.
ROAD, PARKS, TRAFFIC, CLEANING = "road", "parks", "traffic", "cleaning"


@cache
def example() -> ModuleType:
    """docs/examples/department_receiver.py, as a department would run it."""
    path = ROOT / "docs" / "examples" / "department_receiver.py"
    spec = importlib.util.spec_from_file_location("department_receiver", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def city_with(ways: Mapping[str, Way]) -> City:
    """The sample city in which every case goes to the department of its service, on these ways."""
    city = sample_city()
    departments = tuple(
        dataclasses.replace(each, way=ways[each.id]) if each.id in ways else each
        for each in city.departments
    )
    return dataclasses.replace(city, departments=departments)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    """The server's address while it runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Peer(ThreadingHTTPServer):
    """Answers as told; ``answer(handler)`` writes one answer. Keeps what came."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Any], None]) -> None:
        super().__init__(("127.0.0.1", 0), _PeerHandler)
        self.answer = answer
        self.bodies: list[bytes] = []
        self.seen: list[dict[str, str]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


class _PeerHandler(BaseHTTPRequestHandler):
    server: Peer

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.bodies.append(self.rfile.read(length))
        self.do_GET()

    def do_GET(self) -> None:
        self.server.seen.append(
            {"path": self.path} | {k.lower(): v for k, v in self.headers.items()}
        )
        self.server.answer(self)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def say(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    """An answer with this status, body and headers (``_`` stands for ``-``)."""

    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def picture(size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, "JPEG")
    return out.getvalue()


@dataclass
class House:
    """Everything a test may look at."""

    city: City
    database: Database
    vault: Vault
    store: AttachmentStore
    clock: Clock
    secrets: dict[str, DepartmentSecrets]
    runner: DepartmentRunner
    callbacks: CallbackRunner
    client: Client
    webhook: WebhookSender
    closers: list[Callable[[], None]] = field(default_factory=list)

    def open(self, department_id: str = ROAD, **report: Any) -> Case:
        """A case of this department, from a conversation of its own."""
        from tests.builders import make_conversation, make_turn

        with self.database.transaction() as session:
            count = len(session.scalars(select(Case.id)).all())
            conversation = make_conversation(session, address=f"citizen-{count}")
            turn = make_turn(session, conversation=conversation, now=self.clock())
            return make_case(
                session,
                turn=turn,
                now=self.clock(),
                city=self.city,
                service_code=service_of(self.city, department_id),
                **report,
            ).case

    def change(
        self, case: Case, to: CaseStatus = CaseStatus.IN_PROGRESS, note: str = "확인"
    ) -> None:
        with self.database.transaction() as session:
            change_status(
                session,
                city=self.city,
                case_id=case.id,
                to=to,
                actor=Actor("officer", "1", "담당관"),
                reason="확인",
                note=note,
                now=self.clock(),
            )

    def messages(self) -> list[DepartmentMessage]:
        with self.database.reading() as session:
            return list(session.scalars(select(DepartmentMessage).order_by(DepartmentMessage.id)))

    def states(self) -> list[str]:
        return [message.state for message in self.messages()]

    def kept(self) -> list[DepartmentCallback]:
        with self.database.reading() as session:
            return list(session.scalars(select(DepartmentCallback).order_by(DepartmentCallback.id)))

    def standby(self, department_id: str = ROAD) -> DepartmentStandby | None:
        with self.database.reading() as session:
            return session.get(DepartmentStandby, department_id)

    def case(self, case: Case) -> Case:
        with self.database.reading() as session:
            return session.get_one(Case, case.id)

    def post(
        self,
        event: Mapping[str, Any] | bytes,
        *,
        department_id: str = ROAD,
        secret: str = BACK,
        uid: str | None = None,
        **headers: str,
    ) -> Any:
        """A signed callback, by our clock."""
        import json

        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        name = uid or (event["id"] if isinstance(event, Mapping) else "cb-1")
        signed = sign(body, uid=name, at=self.clock(), secrets=[secret]) | headers
        return self.client.request(
            "POST", f"/departments/{department_id}/callback", content=body, headers=signed
        )

    def event(self, case: Case | str, **overrides: Any) -> dict[str, Any]:
        """A callback about a case, that happened now."""
        number = case if isinstance(case, str) else case.number
        values: dict[str, Any] = {"status": "in_progress", "note": "현장에 나갔습니다."}
        at = overrides.pop("time", self.clock().isoformat())
        sequence = overrides.pop("sequence", None)
        photos = overrides.pop("photos", None)
        extra = {name: overrides.pop(name) for name in ("visibility",) if name in overrides}
        made = example().make_callback(number, **(values | overrides), photos=photos)
        made["data"] |= extra
        return made | {"time": at} | ({"sequence": sequence} if sequence is not None else {})


def service_of(city: City, department_id: str) -> str:
    """A service whose cases go to this department whatever its gu."""
    from core.routing import route

    for service in city.services:
        if route(city, service_code=service.code, gu=None, text="").department_id == department_id:
            return service.code
    raise LookupError(department_id)


@contextmanager
def open_house(
    folder: Path,
    ways: Mapping[str, Way],
    *,
    mail: MailServer | None = None,
    fetcher: SafeFetcher | None = None,
    tls: Any = None,
    database: Database | None = None,
) -> Iterator[House]:
    """The queues, both runners and the internal app's routes."""
    clock, vault = Clock(), make_vault()
    own = database is None
    database = database or make_database(folder)
    store = AttachmentStore(folder / "attachments")
    city = city_with(ways)
    secrets = {
        each: DepartmentSecrets(out=(OUT,), back=(BACK,), retired=(RETIRED,)) for each in ways
    }
    links = DepartmentLinks(base_url="https://inner.city.example", key=b"k" * 32, now=clock)
    webhook = WebhookSender(
        secrets=secrets, source="urn:sotong:test", links=links, now=clock, tls=tls
    )
    post = MailSender(server=mail, city=city, store=store, links=links, now=clock)
    runner = DepartmentRunner(
        database=database, city=city, vault=vault, senders=(webhook, post), now=clock, threads=6
    )
    callbacks = CallbackRunner(
        database=database,
        city=city,
        fetcher=fetcher or SafeFetcher(),
        accept_photo=lambda data: accept_photo(data, name="", store=store),
        now=clock,
    )
    router = APIRouter()
    add_callbacks(router, CallbackDeps(database, city, secrets, clock, Words.of(city, vault)))
    add_files(router, database=database, store=store, links=links, texts=city.texts)
    app = FastAPI()
    app.include_router(router)
    with start_blocking_portal() as portal:
        client = Client(app, portal)
        yield House(
            city, database, vault, store, clock, secrets, runner, callbacks, client, webhook
        )
    runner.stop()
    callbacks.stop()
    webhook.close()
    if own:
        database.dispose()
