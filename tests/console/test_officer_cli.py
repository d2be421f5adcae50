"""`sotong officer`: accounts from the command line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.main import run
from app.clock import utc_now
from console.passwords import Argon2Hasher
from core.database import Database
from core.errors import Refused
from core.officers import OfficerView, authenticate
from tests.builders import make_database


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    yield database
    database.dispose()


def sign_in(database: Database, login: str, password: str) -> OfficerView:
    return authenticate(
        database,
        login=login,
        password=password,
        hasher=Argon2Hasher(),
        place="",
        now=utc_now(),
    )


def printed_password(text: str) -> str:
    found = re.search(r"shown only now\): (\S+)", text)
    assert found, text
    return found[1]


def test_a_made_password_is_printed_once_and_works(database, capsys):
    assert run(["officer", "create", "hana", "--name", "한아름", "--role", "admin"]) == 0
    password = printed_password(capsys.readouterr().out)
    officer = sign_in(database, "hana", password)
    assert (officer.role.name, officer.must_change_password) == ("admin", True)
    assert run(["officer", "list", "--json"]) == 0
    listed = capsys.readouterr().out
    assert password not in listed
    assert "argon2" not in listed
    assert [row["login"] for row in json.loads(listed)] == ["hana"]


def test_a_given_password_is_not_printed(database, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("given-horse-9\n"))
    assert run(["officer", "create", "hana", "--name", "한아름", "--password-stdin"]) == 0
    assert "given-horse-9" not in capsys.readouterr().out
    sign_in(database, "hana", "given-horse-9")


def test_a_reset_replaces_the_password_and_a_disabled_officer_is_out(database, capsys):
    run(["officer", "create", "hana", "--name", "한아름"])
    old = printed_password(capsys.readouterr().out)
    assert run(["officer", "reset-password", "hana"]) == 0
    new = printed_password(capsys.readouterr().out)
    with pytest.raises(Refused):
        sign_in(database, "hana", old)
    sign_in(database, "hana", new)
    assert run(["officer", "disable", "hana"]) == 0
    with pytest.raises(Refused):
        sign_in(database, "hana", new)
    run(["officer", "list"])
    assert "disabled" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "hana", "--name", "또 하나"], 1),
        (["create", "minsu", "--name", "김민수", "--department", "nowhere"], 2),
        (["create", "minsu", "--name", "김민수", "--role", "king"], 1),
        (["create", "!", "--name", "김민수"], 1),
        (["disable", "nobody"], 1),
        (["reset-password", "nobody"], 1),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_an_exit_code(database, capsys, arguments, code):
    run(["officer", "create", "hana", "--name", "한아름"])
    capsys.readouterr()
    assert run(["officer", *arguments]) == code
    told = capsys.readouterr()
    assert told.err.strip()
    assert "Traceback" not in told.err
    run(["officer", "list", "--json"])
    assert len(json.loads(capsys.readouterr().out)) == 1
