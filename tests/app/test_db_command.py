"""`sotong db`: a city moves from SQLite to PostgreSQL and back, with everything, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from app.cli.main import run
from app.clock import utc_now
from app.migrate import upgrade
from app.settings import Settings
from core.audit import record_audit
from core.database import Database
from core.leases import hold_lease
from core.models import Base
from core.models.conversation import Conversation, Turn
from core.models.vault import AuditEntry, AuditHead
from tests.builders import MONDAY_TEN, make_case, make_conversation, make_turn, make_vault
from tests.postgres import Cluster
from tests.rows import counts, fill

pytestmark = pytest.mark.require("postgresql")


@dataclass
class Move:
    """A SQLite database with a city's rows and an empty, migrated PostgreSQL."""

    old: str
    new: str
    capture: pytest.CaptureFixture[str]

    def copy(self, *options: str, back: bool = False, to: str | None = None) -> tuple[int, str]:
        old, new = (self.new, self.old) if back else (self.old, self.new)
        self.capture.readouterr()
        code = run(["db", "copy", "--from", old, "--to", to or new, *options])
        told = self.capture.readouterr()
        return code, told.out + told.err


@pytest.fixture
def move(
    tmp_path: Path,
    cluster: Cluster,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Move]:
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    for name in ("PUBLIC", "INTERNAL", "ACTIONS"):
        monkeypatch.setenv(f"SOTONG_{name}_PORT", str(1))
    new = cluster.create(empty=True)
    move = Move(f"sqlite:///{tmp_path / 'old.db'}", new, capsys)
    for url in (move.old, move.new):
        upgrade(Settings.load(var_dir=tmp_path, database_url=url))
    yield move
    cluster.drop(new)


def live(url: str, *, rows: int = 3) -> None:
    """A row of everything, and a case as it really comes about."""
    database = Database(url)
    fill(database, rows=rows)
    with database.transaction() as session:
        # What `fill` wrote there fits no chain.
        session.execute(delete(AuditEntry))
        session.execute(delete(AuditHead))
        turn = make_turn(session, conversation=make_conversation(session), text="⟦전화1⟧ 가로등")
        make_vault().keep(
            session,
            conversation_id=turn.conversation_id,
            kind="phone",
            value="010-0000-0000",
            now=MONDAY_TEN,
        )
        make_case(session, turn=turn)
        for subject in ("case:1", "case:2"):
            record_audit(session, actor="test", action="look", subject=subject, now=MONDAY_TEN)
        session.execute(text("UPDATE named_lease SET until = '2020-01-01'"))
        session.execute(text("UPDATE conversation SET leased_until = NULL"))
        session.execute(text("UPDATE delivery SET leased_until = NULL"))
    database.dispose()


def all_rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    with database.reading() as session:
        found = {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
    database.dispose()
    return found


def test_everything_goes_over_and_back_and_ids_go_on(move: Move, tmp_path: Path) -> None:
    live(move.old)
    code, told = move.copy()
    assert code == 0, told
    assert all_rows(move.new) == all_rows(move.old)
    database = Database(move.new)
    with database.transaction() as session:
        highest = max(session.scalars(select(Conversation.id)))
        assert make_conversation(session, address="next").id == highest + 1
    database.dispose()
    again = f"sqlite:///{tmp_path / 'back.db'}"
    upgrade(Settings.load(var_dir=tmp_path, database_url=again))
    code, told = move.copy("--json", back=True, to=again)
    assert code == 0, told
    assert all_rows(again) == all_rows(move.new)
    assert {row["name"] for row in json.loads(told.splitlines()[0])["tables"]} == set(
        Base.metadata.tables
    )


def test_a_target_with_rows_is_refused_and_keeps_them(move: Move) -> None:
    live(move.old)
    database = Database(move.new)
    with database.transaction() as session:
        make_conversation(session)
    code, told = move.copy()
    assert (code, "copy into an empty database" in told) == (1, True)
    assert counts(database)["conversation"] == 1
    assert counts(database)["turn"] == 0
    database.dispose()


@pytest.mark.parametrize("which", ["source", "target"])
def test_another_schema_is_refused(move: Move, which: str) -> None:
    database = Database(move.old if which == "source" else move.new)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    database.dispose()
    code, told = move.copy()
    assert code == 1
    assert f"the {which} is at migration 0001" in told


def test_while_somebody_is_at_work_it_is_refused_unless_forced(move: Move) -> None:
    live(move.old)
    database = Database(move.old)
    with database.transaction() as session:
        hold_lease(session, name="polling", holder="x", now=utc_now(), lasts=timedelta(seconds=60))
    database.dispose()
    code, told = move.copy()
    assert (code, "holds a lease" in told) == (1, True)
    assert move.copy("--force")[0] == 0


def test_a_worker_that_beats_is_at_work(move: Move, tmp_path: Path) -> None:
    beat = tmp_path / "run" / "worker.json"
    beat.parent.mkdir(parents=True)
    beat.write_text(json.dumps({"at": utc_now().isoformat(), "pid": 1}))
    code, told = move.copy()
    assert (code, "the service runs" in told) == (2, True)


def test_a_broken_audit_log_is_not_copied(move: Move) -> None:
    live(move.old)
    database = Database(move.old)
    with database.transaction() as session:
        session.execute(text("UPDATE audit_entry SET action = 'other' WHERE subject = 'case:1'"))
    database.dispose()
    code, told = move.copy()
    assert (code, "of the audit log does not fit" in told) == (1, True)
    assert not any(all_rows(move.new).values())


def test_a_row_that_the_target_refuses_leaves_nothing_there_and_shows_no_words(move: Move) -> None:
    live(move.old)
    database = Database(move.old)
    with database.transaction() as session:
        session.get_one(Turn, 1).text = "비밀\x00"
    database.dispose()
    code, told = move.copy()
    assert (code, "refuses rows of table turn" in told, "비밀" in told) == (1, True, False)
    assert not any(all_rows(move.new).values())


def test_info_shows_the_schema_and_no_password(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    live(move.new)
    url = move.new.replace("sotong@", "sotong:hidden-word@")
    monkeypatch.setenv("SOTONG_DATABASE_URL", url)
    move.capture.readouterr()
    assert run(["db", "info", "--json"]) == 0
    said = move.capture.readouterr().out
    found = json.loads(said)
    assert "hidden-word" not in said
    assert (found["kind"], found["encoding"], found["rows"]["civil_case"]) == (
        "postgresql",
        "UTF8",
        4,
    )
    assert found["revision"] == found["newest_revision"]
    assert run(["db", "info"]) == 0
    assert "(current)" in move.capture.readouterr().out


def test_another_kind_of_database_is_wrong_use(move: Move) -> None:
    code, told = move.copy(to="mysql://localhost/x")
    assert (code, "sqlite:/// or postgresql://" in told) == (2, True)
