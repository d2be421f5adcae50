"""Rows in all tables, whatever columns they have, for tests of migrations and copies. Must know no rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    func,
    inspect,
    select,
)
from sqlalchemy import table as table_of

from core.database import Database
from core.models import Base, UTCDateTime


def _value(column: Column[Any], number: int) -> Any:
    """Something that fits the column; equal to no other row's where it is text."""
    if column.foreign_keys and column.nullable:
        return None
    for kind, value in (
        (LargeBinary, b"sealed"),
        (Boolean, True),
        (Integer, number),
        (Float, 37.5),
        (Date, date(2026, 5, 4)),
        (UTCDateTime, datetime(2026, 5, 4, 1, 2, 3, 456789, tzinfo=UTC)),
        (JSON, {"말": ["가로등", 1]}),
    ):
        if isinstance(column.type, kind):
            return value
    return f"말{number}"[: getattr(column.type, "length", None) or 10]


def fill(database: Database, *, rows: int = 1) -> None:
    """``rows`` in every table of a fresh database; those that others point at are the first ones."""
    with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            for number in range(1, rows + 1):
                row = {
                    column.name: _value(column, number)
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
