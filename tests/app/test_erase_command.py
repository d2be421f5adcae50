"""`sotong erase`: an officer passes a citizen's wish on; the command itself erases nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli.main import run
from core.database import Database
from core.erasure import find_erasure, finish_erasure
from core.models import AuditEntry, Turn
from tests.builders import MONDAY_TEN, make_database, make_turn


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        make_turn(session, text="골목이 캄캄해요")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    yield database
    database.dispose()


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["erase", "--list", "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_the_wish_waits_for_the_worker_and_is_kept_once(database, capsys):
    for _ in range(2):
        assert run(["erase", "1", "--reason", "전화로 부탁함", "--yes"]) == 0
        assert "will be erased by the worker" in capsys.readouterr().out
    (row,) = rows(capsys)
    assert (row["conversation_id"], row["done_at"]) == (1, None)
    assert str(row["by"]).startswith("cli")
    with database.reading() as session:
        assert session.scalars(select(Turn.text)).all() == ["골목이 캄캄해요"]
        (line,) = session.scalars(select(AuditEntry))
        assert (line.action, line.purpose) == ("conversation.erase_requested", "전화로 부탁함")
        assert line.actor == row["by"]


@pytest.mark.parametrize(("answer", "kept"), [("n\n", 0), ("y\n", 1), ("", 0)])
def test_without_yes_it_asks_and_shows_numbers_only(database, capsys, monkeypatch, answer, kept):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    code = run(["erase", "1", "--reason", "전화로 부탁함"])
    told = capsys.readouterr().err
    assert code == (0 if kept else 1)
    assert "1 messages" in told
    assert "캄캄" not in told
    assert len(rows(capsys)) == kept


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["1"], 2),
        (["1", "--reason", "  "], 2),
        (["1", "--reason", "까닭", "--list"], 2),
        (["999", "--reason", "까닭", "--yes"], 1),
        (["first", "--reason", "까닭"], 2),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_keeps_nothing(database, capsys, arguments, code):
    assert run(["erase", *arguments]) == code
    told = capsys.readouterr().err
    assert told
    assert "Traceback" not in told
    assert rows(capsys) == []


def test_the_list_says_what_waits_and_what_is_done(database, capsys):
    assert run(["erase", "--list"]) == 0
    assert "Nobody" in capsys.readouterr().out
    run(["erase", "1", "--reason", "까닭", "--yes", "--json"])
    assert json.loads(capsys.readouterr().out)["done_at"] is None
    run(["erase", "--list"])
    assert "waiting" in capsys.readouterr().out
    with database.transaction() as session:
        erasure = find_erasure(session, conversation_id=1)
        assert erasure is not None
        finish_erasure(session, erasure=erasure, now=MONDAY_TEN)
    run(["erase", "--list"])
    assert "done 2026-05-04T10:00" in capsys.readouterr().out
    assert run(["erase", "1", "--reason", "까닭", "--yes"]) == 0
    assert "was erased at 2026-05-04T10:00" in capsys.readouterr().out
