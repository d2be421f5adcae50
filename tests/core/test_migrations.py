"""The migrations build exactly the tables of the code, and can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy import table as table_of

from app.migrate import alembic_config, pending_revisions, upgrade
from app.settings import Settings
from core.database import Database
from core.models import Base, UTCDateTime
from tests.builders import make_conversation, make_database_url


@pytest.fixture
def settings(tmp_path) -> Iterator[Settings]:
    with make_database_url(tmp_path) as url:
        yield Settings.load(environment="test", var_dir=tmp_path, database_url=url)


def _value(column: Column[Any], number: int) -> Any:
    """Something that fits the column; equal to no other row's where it is text."""
    if column.foreign_keys and column.nullable:
        return None
    for kind, value in (
        (LargeBinary, b"sealed"),
        (Boolean, True),
        (Integer, number),
        (Float, 37.5),
        (UTCDateTime, datetime(2026, 5, 4, 1, 2, 3, 456789, tzinfo=UTC)),
        (JSON, {"말": ["가로등", 1]}),
    ):
        if isinstance(column.type, kind):
            return value
    return f"말{number}"[: getattr(column.type, "length", None) or 10]


def fill(database: Database) -> None:
    """One row in every table; those that others point at have the id 1."""
    with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            row = {
                column.name: _value(column, 1)
                for column in table.columns
                if column is not table.autoincrement_column
            }
            session.execute(table.insert().values(**row))


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table_of(name))) or 0
            for name in inspect(database.engine).get_table_names()
            if name != "alembic_version"
        }


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
