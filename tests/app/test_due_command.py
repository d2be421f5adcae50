"""Rules of `sotong due` and of the command line around it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import COMMANDS, run
from app.settings import project_root

CITY = str(project_root() / "city")


def due(capsys: pytest.CaptureFixture[str], *, received: str, period: str) -> dict[str, object]:
    assert run(["due", "--received", received, "--period", period, "--city", CITY, "--json"]) == 0
    data: dict[str, object] = json.loads(capsys.readouterr().out)
    return data


def test_a_time_without_a_zone_is_seoul_time(capsys: pytest.CaptureFixture[str]):
    plain = due(capsys, received="2026-05-04T10:00", period="7d")
    aware = due(capsys, received="2026-05-04T01:00+00:00", period="7d")
    assert plain == aware
    assert plain["received_at"] == "2026-05-04T10:00:00+09:00"


def test_children_s_day_does_not_count(capsys: pytest.CaptureFixture[str]):
    data = due(capsys, received="2026-05-04T10:00", period="7d")
    trace = data["trace"]
    assert isinstance(trace, list)
    skipped = {line["date"] for line in trace if not line["counted"]}
    assert "2026-05-05" in skipped
    assert sum(line["counted"] for line in trace) == 7


def test_three_hours_end_on_the_same_morning_or_after_lunch(capsys: pytest.CaptureFixture[str]):
    data = due(capsys, received="2026-05-04T09:00", period="3h")
    end = datetime.fromisoformat(str(data["due_at"]))
    assert end - datetime.fromisoformat(str(data["received_at"])) >= timedelta(hours=3)
    assert end.date().isoformat() == "2026-05-04"


def test_the_table_tells_a_person_why(capsys: pytest.CaptureFixture[str]):
    assert run(["due", "--received", "2026-05-04T10:00", "--period", "즉시", "--city", CITY]) == 0
    out = capsys.readouterr().out
    assert "접수  2026-05-04 10:00" in out
    assert "기한  2026-05-04" in out


def data_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["due", "--city", CITY, "--json", *arguments]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def test_pauses_and_extensions_move_the_due_time_and_stand_in_the_trace(
    capsys: pytest.CaptureFixture[str],
):
    data = data_of(
        capsys, "--received", "2026-05-04 10:00", "--period", "7d",
        "--pause", "2026-05-06..2026-05-06", "--pause", "2026-05-07T09:00..2026-05-07T18:00",
        "--extend", "2",
    )  # fmt: skip
    assert data["due_at"] == "2026-05-19T18:00:00+09:00"
    assert [line["date"] for line in data["trace"] if line.get("kind") == "pause"] == [
        "2026-05-06",
        "2026-05-07",
    ]
    assert [line["text"] for line in data["trace"] if line.get("kind") == "extension"] == [
        "5/15(금) 뒤로 2일 연장"
    ]
    assert data["extensions"] == ["2d"]
    assert data["pauses"][0] == {
        "from": "2026-05-06T00:00:00+09:00",
        "to": "2026-05-07T00:00:00+09:00",
    }


@pytest.mark.parametrize(
    ("period", "extension", "expected"),
    [
        ("3h", "2", "2h"),
        ("즉시", "1", "1h"),
        ("5d", "8h", "8h"),
        ("2w", "1", "1w"),
        ("1m", "5d", "5d"),
    ],
)
def test_a_plain_number_extends_in_the_period_s_own_unit(
    capsys: pytest.CaptureFixture[str], period: str, extension: str, expected: str
):
    data = data_of(
        capsys, "--received", "2026-05-04T10:00", "--period", period, "--extend", extension
    )
    assert data["extensions"] == [expected]


def test_a_kind_has_the_city_s_period_its_receipt_and_its_progress(
    capsys: pytest.CaptureFixture[str],
):
    data = data_of(capsys, "--received", "2026-05-04T10:00", "--kind", "고충")
    assert (data["period"], data["kind"], data["law"]) == ("7d", "고충", "시행령 17조")
    assert data["receive_by"] == "2026-05-06T10:00:00+09:00"
    assert data["progress"] == []
    assert data["reminders"] == ["2026-05-13T09:00:00+09:00", "2026-05-13T17:00:00+09:00"]
    long = data_of(capsys, "--received", "2026-05-04T10:00", "--kind", "법정", "--period", "40d")
    assert long["progress"] == ["2026-06-04"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--kind", "법정"], "give it with --period"),
        (["--kind", "질의"], "질의-법령"),
        ([], "give --period"),
        (["--period", "7d", "--extend", "8"], "as long as the period itself at most (7d"),
        (["--period", "7d", "--extend", "8h"], "cannot follow 7d"),
        (["--period", "7d", "--extend", "1", "--extend", "1", "--extend", "1"], "twice at most"),
        (["--period", "7d", "--extend", "soon"], "'soon' is not an extension"),
        (["--period", "7d", "--pause", "2026-05-06"], "write FROM..TO"),
        (["--period", "7d", "--pause", "2026-05-08..2026-05-06"], "ends before it begins"),
        (["--period", "7d", "--pause", "2026-05-06..yesterday"], "is not a pause"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_write_instead(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
):
    assert run(["due", "--city", CITY, "--received", "2026-05-04T10:00", *arguments]) == 2
    told = capsys.readouterr()
    assert expected in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-04T10:00", "7 days", "'7 days' is not a period"),
        ("2026-05-04T10:00", "0d", "'0d' is not a period"),
        ("2026-05-04", "7d", "'2026-05-04' is not a date with a time"),
        ("next monday", "7d", "'next monday' is not a date with a time"),
        ("2026-02-30T10:00", "7d", "'2026-02-30T10:00' is not a date with a time"),
        ("2099-05-04T10:00", "7d", "2099"),
    ],
)
def test_bad_input_is_one_clear_sentence(
    capsys: pytest.CaptureFixture[str], received: str, period: str, expected: str
):
    assert run(["due", "--received", received, "--period", period, "--city", CITY]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert expected in told.err
    assert "Traceback" not in told.err


def test_a_broken_city_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    arguments = ["due", "--received", "2026-05-04T10:00", "--period", "7d"]
    assert run([*arguments, "--city", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("sotong: ")
    assert len(told.splitlines()) <= 12
    assert "Traceback" not in told


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]):
    assert run(["dew"]) == 2
    assert "dew" in capsys.readouterr().err


def test_a_wrong_setting_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOTONG_PUBLIC_PORT", "zero")
    assert run(["cases"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("sotong: SOTONG_PUBLIC_PORT")
    assert "Traceback" not in told


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], name: str):
    assert run([name, "--help"]) == 0
    assert f"sotong {name}" in capsys.readouterr().out


def test_help_loads_no_web_server_and_no_database():
    code = (
        "import sys; from app.cli.main import run; run(['due', '--help']); "
        "print(sorted({'fastapi', 'sqlalchemy', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sotong 0.")


def test_the_module_runs_as_the_console_script_does():
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("sotong 0.")
    assert time.monotonic() - began < 10
