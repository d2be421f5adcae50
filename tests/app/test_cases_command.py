"""`sotong cases`: lists, one case, a month's ledger, with and without the commands' names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.cli.main import run
from core.database import Database
from core.models import AuditEntry
from tests.builders import make_case, make_conversation, make_database, make_turn


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        talk = make_conversation(session)
        for _ in range(3):
            make_case(session, turn=make_turn(session, conversation=talk))
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    yield database
    database.dispose()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["cases", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


NUMBERS = ["2026-000001", "2026-000002", "2026-000003"]


def test_lists_with_and_without_the_word_list(database, capsys):
    for arguments in ((), ("list",), ("list", "--limit", "9"), ("--status", "received")):
        assert [row["number"] for row in told(capsys, *arguments)] == NUMBERS
    assert [row["number"] for row in told(capsys, "list", "--month", "2026-05")] == NUMBERS[::-1]
    assert told(capsys, "list", "--month", "2026-04") == []
    (flagged,) = told(capsys, "list", "--flagged")
    assert (flagged["number"], flagged["flags"]) == (NUMBERS[2], ["repeat"])
    assert run(["cases", "list", "--status", "answered"]) == 0
    assert "No such cases." in capsys.readouterr().out


def test_one_case_with_and_without_the_word_show(database, capsys):
    for arguments in (("2026-000002",), ("show", "2026-000002")):
        assert told(capsys, *arguments)["number"] == "2026-000002"
    assert run(["cases", "--json", "2026-000002"]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == "2026-000002"
    assert run(["cases", "2026-000009"]) == 1
    capsys.readouterr()
    (decision,) = told(capsys, "2026-000001")["route_decisions"]
    assert decision["source"].startswith("city/rules.yml:")
    assert run(["cases", "2026-000001"]) == 0
    assert decision["source"] in capsys.readouterr().out


def test_a_month_of_the_ledger_as_csv_and_json_with_a_reason(database, capsys, tmp_path):
    out = tmp_path / "ledger.csv"
    arguments = ["cases", "ledger", "--month", "2026-05", "--reason", "5월 통계"]
    assert run([*arguments, "--out", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode("utf-8-sig"))))
    assert [row["접수번호"] for row in rows] == NUMBERS
    assert run([*arguments, "--out", str(out)]) == 2  # it exists
    capsys.readouterr()
    assert run([*arguments, "--json"]) == 0
    assert [row["접수번호"] for row in json.loads(capsys.readouterr().out)] == NUMBERS
    with database.reading() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "case.export")).all()
    assert [(line.subject, line.purpose) for line in lines] == [("ledger:2026-05", "5월 통계")] * 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["ledger", "--month", "2026-05"],
        ["ledger", "--month", "May", "--reason", "통계"],
        ["ledger", "--reason", "통계"],
        ["list", "--month", "2026-13"],
        ["list", "--status", "flying"],
    ],
)
def test_wrong_use_is_told_and_takes_nothing(database, arguments):
    assert run(["cases", *arguments]) == 2
    with database.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []
