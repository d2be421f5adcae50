"""Commits that wait for the disk, and those that need not."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.database import Database

FULL, NORMAL = 2, 1


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE noted (what TEXT)"))
    yield database
    database.dispose()


def mode_of(session) -> int:
    return int(session.execute(text("PRAGMA synchronous")).scalar_one())


def test_only_what_a_power_cut_may_undo_does_not_wait_for_the_disk(database: Database) -> None:
    modes = []
    for durable in (True, False, True, False, False, True):
        with database.transaction(durable=durable) as session:
            modes.append(mode_of(session))
            session.execute(text("INSERT INTO noted VALUES ('x')"))
    assert modes == [FULL, NORMAL, FULL, NORMAL, NORMAL, FULL]
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM noted")).scalar_one() == 6


def test_a_hasty_transaction_that_fails_leaves_nothing_and_the_next_one_waits_again(
    database: Database,
) -> None:
    def fail() -> None:
        with database.transaction(durable=False) as session:
            session.execute(text("INSERT INTO noted VALUES ('x')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.transaction() as session:
        assert mode_of(session) == FULL
        assert session.execute(text("SELECT count(*) FROM noted")).scalar_one() == 0
