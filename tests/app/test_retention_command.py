"""`sotong retention`: the table, the dry run, the run, and a run that was killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.cli.main import run
from app.clock import utc_now
from core.database import Database
from core.models import AuditEntry, LookupAttempt, NamedLease
from tests.builders import make_database, sample_city
from tests.ports import free_port

MANY = 450  # more than two batches


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        old = utc_now() - timedelta(days=9)
        session.add_all(LookupAttempt(number="2026-000001", at=old) for _ in range(MANY))
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    # No Rasa answers there.
    monkeypatch.setenv("SOTONG_RASA_PORT", str(free_port()))
    yield database
    database.dispose()


def attempts(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(LookupAttempt.id)).all())


def test_the_table_is_the_citys_file(database, capsys):
    assert run(["retention", "table", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["kind"], row["days"], row["ground"]) for row in rows] == [
        (rule.kind, rule.days, rule.ground) for rule in sample_city().retention
    ]
    assert run(["retention", "table"]) == 0
    assert "개인정보 보호법 21조" in capsys.readouterr().out


def test_a_dry_run_tells_how_many_and_a_run_does_it_while_rasa_is_away(database, capsys):
    assert run(["retention", "run", "--dry-run", "--json"]) == 1  # Rasa's part failed
    data = json.loads(capsys.readouterr().out)
    assert data["dry_run"] is True
    kinds = {each["kind"]: each for each in data["kinds"]}
    assert kinds["lookup_attempts"] == {"kind": "lookup_attempts", "due": MANY, "failure": None}
    assert kinds["rasa_trackers"]["failure"] == "TemporaryFailure"
    assert attempts(database) == MANY
    assert run(["retention", "run"]) == 1
    assert "lookup_attempts" in capsys.readouterr().out
    assert attempts(database) == 0
    with database.reading() as session:
        line = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == "retention:lookup_attempts")
        ).one()
        assert line.purpose == f"delete: {MANY}"
        assert line.actor.startswith("cli")


def test_a_run_that_was_killed_goes_on_with_the_next(database, tmp_path):
    program = [sys.executable, "-m", "app.cli.main", "retention", "run"]
    environment = {**os.environ, "SOTONG_FAILPOINT": "retention_batch"}
    killed = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = attempts(database)
    assert 0 < left < MANY
    # Whoever died holds the lease for a while; nobody else runs meanwhile.
    assert run(["retention", "run"]) == 1
    assert attempts(database) == left
    with database.transaction() as session:
        session.get_one(NamedLease, "retention").until = utc_now() - timedelta(seconds=1)
    run(["retention", "run"])
    assert attempts(database) == 0
