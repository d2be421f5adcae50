"""The published example as a department runs it: a process of its own, against the real internal app."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import uvicorn

from app.departments import make_department_work
from app.internal import make_app
from app.migrate import upgrade
from app.settings import Settings
from app.wiring import build_parts
from core.models.case import Case
from tests.app.test_departments_command import folder, set_way, write_secrets
from tests.builders import ROOT, make_case, make_turn
from tests.integrations.department_house import BACK, OUT, RETIRED, ROAD, example, service_of

__all__ = ["folder"]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and store of the example."""
    store = tmp_path / "events.jsonl"
    script = str(ROOT / "docs/examples/department_receiver.py")
    with subprocess.Popen(
        [sys.executable, script, "--port", "0", "--secret", OUT, "--store", str(store)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(" ")[2].rpartition(":")[2]
        yield f"http://127.0.0.1:{port}/events", store
        process.terminate()


class Served(uvicorn.Server):
    """The internal app on a free port, in a thread."""

    def install_signal_handlers(self) -> None:
        """A thread has none."""

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


@pytest.fixture
def internal() -> Iterator[Any]:
    """Starts the internal app once the settings are set; gives its address."""
    running: list[tuple[Served, threading.Thread]] = []

    def start() -> str:
        config = uvicorn.Config(make_app(), port=0, log_level="error")
        server = Served(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive()
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()


def test_a_case_goes_out_and_its_result_comes_back_over_real_connections(
    folder: Path, receiver, internal, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, store = receiver
    set_way(folder, ROAD, kind="webhook", address=address)
    secrets = write_secrets(folder, {ROAD: {"out": [OUT], "back": [BACK], "retired": [RETIRED]}})
    monkeypatch.setenv("SOTONG_DEPARTMENT_SECRETS", str(secrets))
    upgrade(Settings.load())
    parts = build_parts(Settings.load())
    work = make_department_work(parts)
    try:
        with parts.database.transaction() as session:
            case = make_case(
                session,
                turn=make_turn(session, now=parts.now()),
                city=parts.city,
                service_code=service_of(parts.city, ROAD),
                now=parts.now(),
            ).case
        work.runner.run_due()
        (line,) = store.read_text("utf-8").splitlines()
        event = json.loads(line)
        assert event["subject"] == case.number
        # The department works, and answers.
        url = f"{internal()}/departments/{ROAD}/callback"
        result = example().make_callback(case.number, status="answered", note="고쳤습니다.")
        assert example().call_back(url, result, secret=BACK) == 202
        assert example().call_back(url, result, secret=BACK) == 200
        with pytest.raises(HTTPError) as refused:
            example().call_back(url, result, secret=RETIRED)
        with refused.value:
            assert refused.value.code == 401
            assert "retired secret" in json.loads(refused.value.read())["error"]
        work.callbacks.run_due()
        with parts.database.reading() as session:
            assert session.get_one(Case, case.id).status == "answered"
    finally:
        work.close()
        parts.close()


def test_the_example_takes_nothing_that_is_not_signed(receiver) -> None:
    address, store = receiver
    wrong = "whsec_" + base64.b64encode(b"w" * 32).decode()
    with pytest.raises(HTTPError) as refused:
        example().call_back(address, {"id": "x"}, secret=wrong)
    refused.value.close()
    assert refused.value.code == 401
    assert not store.exists()
