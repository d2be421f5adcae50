"""Two public apps and two workers over one PostgreSQL: each turn answered once, each message sent once.

Also while connections are cut and the server is started anew. The processes run under the role that
docs/operations/databases.md makes, so its rights are enough. Rasa is a stand-in: it has no part in this.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import psycopg
import pytest
from sqlalchemy import func, select

from app.migrate import upgrade
from app.settings import Settings
from core.audit_chain import first_broken_entry
from core.database import Database
from core.models.conversation import Delivery, Turn
from tests.builders import ROOT
from tests.peers.telegram_sim import TelegramSim
from tests.ports import free_port
from tests.postgres import Cluster, running_cluster
from tests.stack import Stack, make_settings, wait_until

pytestmark = pytest.mark.require("postgresql")

PEOPLE, EACH = 6, 5


class _Rasa(BaseHTTPRequestHandler):
    """Answers each turn with its own words."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say({})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(0.02)
        self._say({"replies": [{"text": f"읽음: {asked['text']}"}]})

    def _say(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Town:
    """Two houses of processes, one database, one Telegram."""

    houses: list[Stack]
    telegram: TelegramSim
    cluster: Cluster
    name: str

    def database(self) -> Database:
        return Database(self.cluster.url(self.name))

    def post(self, cookies: dict[str, str], text: str) -> None:
        """The same message to both public apps at once, each until it is accepted."""
        body = {"kind": "text", "text": text, "external_id": uuid.uuid4().hex}

        def send(house: Stack) -> None:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    answer = httpx.post(
                        f"{house.settings.public_url}/api/messages",
                        json=body,
                        cookies=cookies,
                        headers={"X-Sotong": "cli"},
                        timeout=15,
                        trust_env=False,
                    )
                except httpx.HTTPError:
                    continue
                if answer.is_success:
                    return
                assert answer.status_code in (429, 503), answer.text
                time.sleep(0.1)
            raise AssertionError("a message was not accepted")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, self.houses))


def make_roles(cluster: Cluster) -> tuple[str, str]:
    """The two roles and the database as the docs say, under other names; owner's and service's address."""
    page = (ROOT / "docs" / "operations" / "databases.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    names = str.maketrans({"…": "x"})
    made, taken = (re.sub(r"\bsotong", "town", each.translate(names)) for each in blocks[:2])
    before, _, inside = made.partition("\\c town\n")
    for url, statements in ((cluster.url(), before), (cluster.url("town"), inside)):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in filter(None, map(str.strip, statements.split(";"))):
                connection.execute(statement.encode())
    owner, service = (
        cluster.url("town").replace("sotong@", f"{role}@") for role in ("town_owner", "town")
    )
    upgrade(Settings.load(environment="test", var_dir=cluster.folder / "var", database_url=owner))
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(taken.encode())
    return owner, service


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), _Rasa)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    with running_cluster() as cluster, TelegramSim() as telegram:
        (cluster.folder / "var").mkdir()
        _, service = make_roles(cluster)
        first: Settings | None = None
        houses = []
        for _ in range(2):
            settings = make_settings(
                tmp_path_factory.mktemp("house"),
                database_url=service,
                rasa_url=f"http://127.0.0.1:{server.server_port}",
                telegram_token=telegram.token,
                telegram_api_url=telegram.url,
                **(
                    {
                        name: getattr(first, name)
                        for name in ("turn_secret", "actions_secret", "vault_key", "cookie_secret")
                    }
                    if first
                    else {}
                ),
            )
            first = first or settings
            houses.append(Stack(settings, telegram))
        try:
            # From this thread: a child ends with the thread that started it.
            for house in houses:
                house.start("public", "worker")
            yield Town(houses, telegram, cluster, "town")
        finally:
            for house in houses:
                house.stop()
            server.shutdown()
            serving.join()
            server.server_close()


def talk(town: Town, word: str, *, meanwhile: object = None) -> None:
    """People write on the web (to both apps) and on Telegram, ``meanwhile`` runs beside it."""
    users = [town.telegram.user(uuid.uuid4().int % 10**9) for _ in range(3)]

    def citizen(number: int) -> None:
        page = httpx.get(town.houses[number % 2].settings.public_url, trust_env=False, timeout=15)
        cookies = dict(page.cookies)
        for turn in range(EACH):
            town.post(cookies, f"{word} {number}-{turn}")

    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        writing = [pool.submit(citizen, number) for number in range(PEOPLE)]
        trouble = pool.submit(meanwhile) if callable(meanwhile) else None
        for number, user in enumerate(users):
            for turn in range(3):
                user.send_text(f"{word} t{number}-{turn}")
        for each in writing:
            each.result(60)
        if trouble is not None:
            trouble.result(60)
    town.telegram.wait_delivered(30)
    wait_until(lambda: is_done(town, word), seconds=50, what="all answers sent")
    check(town, word)
    for number, user in enumerate(users):
        said = Counter(seen.text for seen in user.messages)
        for turn in range(3):
            assert said[f"읽음: {word} t{number}-{turn}"] == 1, said


def is_done(town: Town, word: str) -> bool:
    database = town.database()
    try:
        with database.reading() as session:
            turns = select(func.count()).where(Turn.text.startswith(word), Turn.state == "answered")
            open_ = select(func.count()).where(Delivery.state.in_(("pending", "sending")))
            return session.scalar(turns) == PEOPLE * EACH + 9 and not session.scalar(open_)
    finally:
        database.dispose()


def check(town: Town, word: str) -> None:
    database = town.database()
    with database.reading() as session:
        turns = list(session.scalars(select(Turn).where(Turn.text.startswith(word))))
        sent = session.scalars(
            select(Delivery).where(
                Delivery.turn_id.in_([turn.id for turn in turns]),
                Delivery.kind == "reply",
                Delivery.state == "sent",
            )
        )
        # Before the first answer on Telegram stands what is to be known of data abroad.
        answers = Counter(each.turn_id for each in sent if "읽음" in each.payload["text"])
        assert set(session.scalars(select(Delivery.state))) == {"sent"}
        assert len({turn.text for turn in turns}) == len(turns) == PEOPLE * EACH + 9
        assert answers == Counter(turn.id for turn in turns)
        order = [
            (d.conversation_id, d.id, d.sent_at)
            for d in session.scalars(select(Delivery).order_by(Delivery.id))
        ]
        for conversation in {each[0] for each in order}:
            times = [sent for of, _, sent in order if of == conversation and sent]
            assert times == sorted(times)
        assert first_broken_entry(session) is None
    database.dispose()


def test_each_turn_is_answered_once_and_each_message_sent_once(town: Town) -> None:
    talk(town, "평온")


def test_lost_connections_lose_nothing_and_nobody_needs_a_restart(town: Town) -> None:
    def cut() -> None:
        for _ in range(4):
            time.sleep(0.25)
            town.cluster.throw_everybody_out(town.name)

    talk(town, "끊김", meanwhile=cut)
    assert town.telegram.violations == []


def test_a_server_that_is_started_anew_loses_nothing(town: Town) -> None:
    def restart() -> None:
        time.sleep(0.3)
        town.cluster.stop()
        time.sleep(1.0)
        town.cluster.start()

    talk(town, "다시", meanwhile=restart)
    for house in town.houses:
        for process in house.processes.values():
            assert process.poll() is None
