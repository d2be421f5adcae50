"""The migrations build exactly the tables of the code, and can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    text,
)

from app.migrate import alembic_config, pending_revisions, upgrade
from app.settings import Settings
from core.database import Database
from core.geo_cells import cell_of
from core.models import Base
from tests.builders import make_conversation, make_database_url
from tests.rows import counts, fill


@pytest.fixture
def settings(tmp_path) -> Iterator[Settings]:
    with make_database_url(tmp_path) as url:
        yield Settings.load(environment="test", var_dir=tmp_path, database_url=url)


def test_the_migrations_build_the_tables_of_the_code(settings: Settings) -> None:
    upgrade(settings)
    database = Database(settings.database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, Base.metadata)
    database.dispose()
    assert differences == []


def test_migrating_twice_is_migrating_once(settings: Settings) -> None:
    assert pending_revisions(settings) != []
    upgrade(settings)
    upgrade(settings)
    assert pending_revisions(settings) == []


def test_every_migration_can_be_undone_and_done_again(settings: Settings) -> None:
    upgrade(settings)
    command.downgrade(alembic_config(settings.database_url), "base")
    assert pending_revisions(settings) != []
    upgrade(settings)
    assert pending_revisions(settings) == []


def test_rows_in_every_table_go_through_every_migration_down_and_up(settings: Settings) -> None:
    upgrade(settings)
    database = Database(settings.database_url)
    fill(database)
    full = counts(database)
    assert set(full.values()) == {1}
    config = alembic_config(settings.database_url)
    for revision in ScriptDirectory.from_config(config).walk_revisions():
        if revision.down_revision is not None:
            command.downgrade(config, str(revision.down_revision))
    oldest = counts(database)
    assert oldest == dict.fromkeys(oldest, 1)
    upgrade(settings)
    assert {name: number for name, number in counts(database).items() if name in oldest} == oldest
    database.dispose()


def test_cases_that_are_there_get_their_cell_and_the_key_of_their_place(settings: Settings) -> None:
    upgrade(settings)
    database = Database(settings.database_url)
    fill(database, rows=3)
    changes = {
        1: "place_text = '시청역 2번 출구 앞', lat = 37.5663, long = 126.9779, anonymised_at = NULL",
        2: "place_text = '길가', lat = NULL, long = NULL, anonymised_at = NULL",
    }
    with database.transaction() as session:
        session.execute(text("UPDATE civil_case SET cell = NULL, place_key = NULL"))
        for case_id, change in changes.items():
            session.execute(text(f"UPDATE civil_case SET {change} WHERE id = {case_id}"))
    config = alembic_config(settings.database_url)
    near = next(
        each
        for each in ScriptDirectory.from_config(config).walk_revisions()
        if each.doc.startswith("what is near a case")
    )
    command.downgrade(config, str(near.down_revision))
    upgrade(settings)
    with database.reading() as session:
        rows = session.execute(text("SELECT cell, place_key FROM civil_case ORDER BY id")).all()
    # The third was anonymised: it has neither a place nor words any more.
    assert [tuple(row) for row in rows] == [
        (cell_of(lat=37.5663, long=126.9779), "시청역2번출구"),
        (None, None),
        (None, None),
    ]
    database.dispose()


def test_ids_are_given_out_one_after_the_other(settings: Settings) -> None:
    upgrade(settings)
    database = Database(settings.database_url)
    fill(database)
    with database.transaction() as session:
        again = make_conversation(session, address="b" * 64)
        assert again.id == 2
    database.dispose()


def test_officers_at_work_may_write_posts_after_the_migration_and_old_rows_stay(
    settings: Settings,
) -> None:
    config = alembic_config(settings.database_url)
    posts = next(
        each
        for each in ScriptDirectory.from_config(config).walk_revisions()
        if each.doc == "posts for everybody"
    )
    command.upgrade(config, str(posts.down_revision))
    database = Database(settings.database_url)

    def permissions() -> dict[str, list[str]]:
        with database.reading() as session:
            query = text("SELECT name, permissions FROM role").columns(permissions=JSON)
            return {row.name: row.permissions for row in session.execute(query)}

    before = {"officer": ["case.read"], "viewer": ["case.read"], "own": ["case.read"]}
    with database.transaction() as session:
        for name, allowed in before.items():
            session.execute(
                text("INSERT INTO role VALUES (:name, :name, :allowed)"),
                {"name": name, "allowed": json.dumps(allowed)},
            )
    command.upgrade(config, posts.revision)
    assert permissions() == before | {"officer": ["case.read", "post.write", "post.approve"]}
    command.downgrade(config, str(posts.down_revision))
    assert permissions() == before
    database.dispose()
