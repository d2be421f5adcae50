"""`make soak-departments`: 50,000 cases wait for a silent department; it comes back and all drain.

Everything is on loopback: the example receiver in a process of its own, the queue and its runner in this one.
Prints each goal beside its figure and ends with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import logging
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from sqlalchemy import func, select

from app.clock import utc_now
from app.settings import project_root
from core.city import City, Way
from core.database import Database
from core.models.department import DepartmentMessage, DepartmentStandby
from integrations.department_files import DepartmentLinks
from integrations.department_runner import DepartmentRunner
from integrations.department_signing import DepartmentSecrets
from integrations.department_webhook import WebhookSender
from tests.builders import make_database, make_vault, sample_city
from tests.integrations.department_flood import flood

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
DOWN = "road"
RECEIVER = project_root() / "docs" / "examples" / "department_receiver.py"


def main() -> int:
    """Run it; 1 when something was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(description=__doc__, prog="soak_departments")
    parser.add_argument("--cases", type=int, default=50_000)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        return soak(Path(folder), asked.cases)


def soak(folder: Path, cases: int) -> int:
    """Fill, be silent, come back, drain, compare."""
    ports = {DOWN: free_port()}
    city = city_on(ports)
    database = make_database(folder)
    began, received_at = time.monotonic(), utc_now()
    waiting = flood(database, city=city, department_id=DOWN, count=cases, received_at=received_at)
    row("messages that wait", f"{waiting:,} of {cases:,} cases (filled in {since(began):.0f} s)")
    sender = WebhookSender(
        secrets={each: DepartmentSecrets(out=(SECRET,)) for each in ports},
        source="urn:sotong:soak",
        links=DepartmentLinks(base_url="https://inner.city.example", key=b"k" * 32, now=utc_now),
        now=utc_now,
    )
    runner = DepartmentRunner(
        database=database, city=city, vault=make_vault(), senders=[sender], now=utc_now
    )
    try:
        return silent_then_back(folder, database, runner, ports, waiting)
    finally:
        runner.stop()
        sender.close()
        database.dispose()


def silent_then_back(
    folder: Path,
    database: Database,
    runner: DepartmentRunner,
    ports: dict[str, int],
    waiting: int,
) -> int:
    """The run itself."""
    began = time.monotonic()
    while opened_since(database) is None:
        runner.run_due()
        time.sleep(0.2)
    row("silence noticed after", f"{since(began):.1f} s, {tries(database)} tries")
    looked = time.monotonic()
    looks = 50
    for _ in range(looks):
        runner.run_due()
    row("one look of the worker while all wait", f"{since(looked) / looks * 1000:.1f} ms")
    store = folder / "events.jsonl"
    before = memory()
    with receiver(ports[DOWN], store):
        began = time.monotonic()
        progress = threading.Event()
        last = began
        while (left := still_open(database)) and since(began) < 3600:
            runner.run_due()
            if since(last) > 30:
                print(f"  … {left:,} left", file=sys.stderr)
                last = time.monotonic()
            progress.wait(0.2)
        took, grown = since(began), memory() - before
    events = [json.loads(line) for line in store.read_text("utf-8").splitlines()]
    ids = {event["id"] for event in events}
    order: dict[str, list[str]] = defaultdict(list)
    for event in events:
        order[event["subject"]].append(event["type"])
    wrong = sum(kinds != sorted(kinds) for kinds in order.values())
    # "opened" sorts before "status_changed".
    lost = waiting - len(ids)
    row("drained in", f"{took:.0f} s, {waiting / took:,.0f} a second (with the wait for the probe)")
    row("lost, twice, out of order (goal 0)", f"{lost}, {len(events) - len(ids)}, {wrong}")
    row("growth of memory", f"{grown:+.0f} MB")
    return 1 if lost or wrong or left else 0


def city_on(ports: dict[str, int]) -> City:
    """The sample city with a department on loopback."""
    city = sample_city()
    departments = tuple(
        dataclasses.replace(
            each, way=Way(kind="webhook", address=f"http://127.0.0.1:{ports[each.id]}/")
        )
        if each.id in ports
        else each
        for each in city.departments
    )
    return dataclasses.replace(city, departments=departments)


class receiver:
    """The example receiver as a process."""

    def __init__(self, port: int, store: Path) -> None:
        command = [sys.executable, str(RECEIVER), "--port", str(port), "--secret", SECRET]
        self._process = subprocess.Popen(
            [*command, "--store", str(store)], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


def opened_since(database: Database) -> object:
    """Since when the department counts as silent."""
    with database.reading() as session:
        found = session.get(DepartmentStandby, DOWN)
        return None if found is None else found.opened_at


def still_open(database: Database) -> int:
    """How many messages are not out."""
    with database.reading() as session:
        query = select(func.count()).where(DepartmentMessage.state.in_(("pending", "sending")))
        return session.scalar(query) or 0


def tries(database: Database) -> int:
    """How many tries were made in all."""
    with database.reading() as session:
        return session.scalar(select(func.sum(DepartmentMessage.attempts))) or 0


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def memory() -> float:
    """Resident megabytes of this process (Linux)."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def since(moment: float) -> float:
    """Seconds."""
    return time.monotonic() - moment


def row(what: str, figure: str) -> None:
    """One line of the table."""
    print(f"{what:<40} {figure}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
