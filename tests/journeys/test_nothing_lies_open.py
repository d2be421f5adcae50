"""Personal data in every writing through every door: afterwards every place that holds words is searched.

The tables of what is planted are tests/journeys/planted.py (writings) and doors.py; stores.py reads the
places. One service runs for all of it.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import smtplib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import func, select

from app.backup import make_backup
from app.cli.main import run
from core.models.conversation import Conversation
from core.models.vault import VaultItem
from tests.integrations.department_house import BACK, OUT, Peer, example, picture, say, serving
from tests.integrations.test_department_mail import Box, Loopback
from tests.journeys.doors import (
    CONSOLE_FORMS,
    CONTACT_DOOR,
    DOORS,
    FORMS_WITHOUT_WORDS,
    SETTINGS_DEPARTMENT,
    World,
    at_rest,
    file_cases,
    loads,
)
from tests.journeys.officers import signed_in
from tests.journeys.planted import KNOWN_MISSES, WRITINGS, Planted, Planter
from tests.journeys.stores import Find, Store, files, model_files, search, tables
from tests.stack import ROOT, Stack, running_stack, wait_until

TOLD = frozenset(door.name for door in DOORS if door.told)
METRICS_TOKEN = "a token for the figures of the test"
OPERATORS = 770_077
# The reason that an operator types with a command.
COMMAND_DOOR = "command"
# Ours: the keys of the service, and the cookies of the tests' own citizens.
NOT_ITS_STORES = ("secrets/", "sessions/", "failpoints/", "city/")


@dataclass
class House:
    """The service, everything that it could reach, and what was planted."""

    world: World
    box: Box
    receiver: Any
    folder: Path
    began: float
    planter: Planter = field(default_factory=Planter)

    @property
    def stack(self) -> Stack:
        return self.world.stack

    def stores(self) -> Iterator[Store]:
        """Every place, as it is now."""
        settings = self.stack.settings
        yield from self.tables()
        yield from files(settings.var_dir, skip=NOT_ITS_STORES)
        yield from files(self.folder / "tmp")
        yield from files(self.folder / "backups")
        yield from model_files(self.began)
        yield from self.figures()
        for number, mail in enumerate(self.box.mails):
            words = [str(mail["subject"]), str(mail["to"])]
            words += [str(part.get_payload(decode=True), "utf-8", "replace")
                      for part in mail.walk() if not part.is_multipart()]  # fmt: skip
            yield f"mail {number} to {mail['to']}", "\n".join(words)
        for uid, event in dict(self.receiver.events).items():
            yield f"webhook {uid}", str(event)
        for call in list(self.stack.telegram.requests):
            yield f"telegram {call.method}", str(call)

    def tables(self) -> Iterator[Store]:
        """Each column of each table of both databases."""
        yield from tables(self.stack.settings.var_dir / "sotong.db")
        yield from tables(self.stack.settings.rasa_tracker)

    def figures(self) -> Iterator[Store]:
        settings = self.stack.settings
        worker = f"http://127.0.0.1:{settings.worker_port}"
        with httpx.Client(trust_env=False) as client:
            for address in (settings.public_url, settings.internal_url, worker):
                for path in ("/metrics", "/healthz", "/readyz"):
                    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
                    yield f"{address}{path}", client.get(address + path, headers=headers).text

    def run(self, *words: str) -> None:
        """A command of the service, as an operator types it."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.stack.settings.child_environment().items():
                patch.setenv(name, value)
            assert run(list(words)) == 0, words


def city_of(folder: Path, receiver: str) -> Path:
    """The sample city, its departments with ways out: one by webhook, one by mail."""
    city = folder / "city"
    shutil.copytree(ROOT / "city", city)
    path = city / "departments.yml"
    departments = yaml.safe_load(path.read_text("utf-8"))
    for each in departments:
        if each["id"] == SETTINGS_DEPARTMENT:
            each["way"] = {
                "kind": "webhook",
                "address": receiver,
                "inner_networks": ["127.0.0.0/8"],
                "http_hosts": ["127.0.0.1"],
                "needs": ["contact"],
            }
        if each["id"] == "parks":
            each["way"] = {"kind": "mail"}
    path.write_text(yaml.safe_dump(departments, allow_unicode=True), "utf-8")
    return city


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("open")
    (folder / "tmp").mkdir()
    (folder / "backups").mkdir()
    secrets = folder / "secrets.yml"
    secrets.write_text(yaml.safe_dump({SETTINGS_DEPARTMENT: {"out": [OUT], "back": [BACK]}}))
    secrets.chmod(0o600)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(folder / "tmp"), None
    began = time.time()
    box = Box()
    try:
        with ExitStack() as open_:
            post = Loopback(box, hostname="127.0.0.1", port=0)
            post.start()
            open_.callback(post.stop)
            receiver = example().Receiver(secrets=[OUT])
            address = open_.enter_context(serving(receiver))
            stack = open_.enter_context(
                running_stack(
                    folder / "var",
                    city_dir=city_of(folder, address),
                    department_secrets=secrets,
                    smtp_host="127.0.0.1",
                    smtp_port=post.port,
                    smtp_tls="none",
                    mail_from="minwon@city.example",
                    operators_mail="operators@city.example",
                    operators_telegram_chat=str(OPERATORS),
                    metrics_token=METRICS_TOKEN,
                    log_level="debug",
                )
            )
            stack.telegram.user(OPERATORS)
            http = open_.enter_context(
                httpx.Client(base_url=stack.settings.public_url, trust_env=False, timeout=30)
            )
            console = open_.enter_context(signed_in(stack))
            photos = open_.enter_context(serving(Peer(say(200, picture()))))
            world = World(stack, http, console, f"{photos}/1.jpg")
            yield House(world, box, receiver, folder, began)
    finally:
        if before is None:
            os.environ.pop("TMPDIR")
        else:
            os.environ["TMPDIR"] = before
        tempfile.tempdir = None


@pytest.fixture(scope="module")
def lived(house: House) -> House:
    """The house after everything was said in it."""
    file_cases(house.world, house.planter)
    for turn, door in enumerate(DOORS):
        for text in loads(house.planter, door, turn):
            door.plant(house.world, text)
    house.stack.telegram.wait_delivered(120)
    wait_until(lambda: at_rest(house.stack), seconds=120, what="rest")
    # What a citizen is given is their own; only what is left behind is searched.
    copy = str(house.folder / "copy.zip")
    reason = house.planter.one_of("phone", COMMAND_DOOR, 0).text
    house.run("export", str(house.world.cases[0][1]), "--reason", reason, "--to", copy)
    house.run("alerts", "test")
    make_backup(house.stack.settings, house.folder / "backups", now=datetime.now(UTC))
    return house


def unknown(planted: Iterable[Planted]) -> list[Planted]:
    """Without the writings that are known to be missed."""
    return [each for each in planted if f"{each.kind}, {each.label}" not in KNOWN_MISSES]


def is_allowed(find: Find) -> bool:
    """Whether it had to go there: an officer's word to its citizen, a contact to who needs it."""
    if find.store.startswith("telegram send"):
        return find.planted.door in TOLD
    return find.store.startswith("webhook ") and find.planted.door == CONTACT_DOOR


def test_what_was_said_lies_open_nowhere(lived: House) -> None:
    finds = search(lived.stores(), unknown(lived.planter.planted))
    wrong = sorted(str(find) for find in finds if not is_allowed(find))
    assert not wrong, f"{len(wrong)} finds:\n" + "\n".join(wrong)


def test_every_door_was_gone_through_by_many_people(lived: House) -> None:
    database = lived.stack.database()
    with database.reading() as session:
        talks = session.scalar(select(func.count()).select_from(Conversation)) or 0
        written = session.scalar(select(func.count()).select_from(VaultItem)) or 0
    database.dispose()
    assert talks >= 50
    # Most of it was taken in, not turned away.
    assert written >= 150
    assert {each.door for each in lived.planter.planted} == {
        CONTACT_DOOR,
        COMMAND_DOOR,
        *(door.name for door in DOORS),
    }


def test_who_it_was_written_for_reads_it(lived: House) -> None:
    """An officer's words arrive whole, and the contact where the city says that it is needed."""
    told = [each for each in lived.planter.planted if each.door in TOLD]
    sent = search((store for store in lived.stores() if "telegram send" in store[0]), told)
    assert sent
    lines = "\n".join(text for talk in lived.world.talks for text in [*talk.hear(), *talk.texts()])
    assert search([("page", lines)], told)
    contact = [each for each in lived.planter.planted if each.door == CONTACT_DOOR]
    assert search((store for store in lived.stores() if "webhook" in store[0]), contact)


def leaks(house: House, words: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """A way to leave ``words`` in each kind of store, with a part of the name of the find."""
    settings = house.stack.settings

    def into(path: Path, words: str = words) -> Callable[[], object]:
        def do() -> None:
            path.parent.mkdir(exist_ok=True)
            path.write_text(words)

        return do

    def row(path: Path, value: object) -> Callable[[], object]:
        def do() -> None:
            with closing(sqlite3.connect(path, timeout=20)) as database, database:
                database.execute("CREATE TABLE IF NOT EXISTS leak (words)")
                database.execute("DELETE FROM leak")
                database.execute("INSERT INTO leak VALUES (?)", [value])

        return do

    def mail() -> None:
        with smtplib.SMTP("127.0.0.1", settings.smtp_port) as post:
            body = f"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n{words}"
            post.sendmail("a@city.example", ["b@city.example"], body.encode())

    def message() -> None:
        house.world.http.post(
            f"{house.stack.telegram.api_url}{house.stack.telegram.token}/sendMessage",
            json={"chat_id": OPERATORS, "text": words},
        )

    for path in (settings.var_dir / "sotong.db", settings.rasa_tracker):
        for value in (words, json.dumps({"text": words}), words.encode()):
            yield f"{path.name}:leak.words", row(path, value)
    yield "log/leak.log", into(settings.log_dir / "leak.log")
    yield "attachments", into(settings.attachments_dir / "leak")
    yield "index/leak", into(settings.var_dir / "index" / "leak")
    yield "leak in a temporary file", into(house.folder / "tmp" / "leak in a temporary file")
    yield (
        "leak in a manifest",
        into(house.folder / "backups" / "leak in a manifest", json.dumps(words)),
    )
    yield "name of", into(settings.var_dir / words.replace("/", ""), "")
    yield "mail", mail
    yield "webhook leak", lambda: house.receiver.events.update(leak={"note": words})
    yield "telegram sendMessage", message


def test_the_search_finds_what_is_left_anywhere(lived: House) -> None:
    """Else the first test proves nothing. Each kind of store gets a value in another writing."""
    planter, writings = Planter(first=5000), itertools.cycle(WRITINGS)
    count = len(list(leaks(lived, "")))
    expected = []
    for number in range(count):
        planted = planter.one(next(writings), "leak")
        name, leave = list(leaks(lived, planted.text.replace(planted.written, planted.needles[0])))[
            number
        ]
        leave()
        expected.append((planted, name))
        # A row is overwritten by the next one: it is looked for at once.
        if "leak.words" in name:
            assert [find.planted for find in search(lived.tables(), [planted])] == [planted], name
    finds = search(lived.stores(), planter.planted)
    for planted, name in expected:
        stores = [find.store for find in finds if find.planted == planted]
        assert "leak.words" in name or any(name in store for store in stores), (name, stores)
    with closing(
        sqlite3.connect(lived.stack.settings.var_dir / "sotong.db", timeout=20)
    ) as database:
        database.execute("DROP TABLE leak")


def test_every_form_of_the_console_is_a_door() -> None:
    """A new form whose words are kept without passing here would be a hole: name it or say why not."""
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "console").glob("*.py")))
    forms = set(re.findall(r'@router\.post\("([^"]+)"', source))
    unknown_forms = forms - set(CONSOLE_FORMS) - set(FORMS_WITHOUT_WORDS)
    assert not unknown_forms, f"add a door to tests/journeys/doors.py for {sorted(unknown_forms)}"
