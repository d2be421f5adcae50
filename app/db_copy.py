"""Copies everything from one database to another, SQLite or PostgreSQL. Must not change the source.

All or nothing: the target's rows are one transaction, which is committed only after counts, checksums
and the audit chain were compared. The source is read as it was at one moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    exists,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.migrate import alembic_config
from core.audit_chain import first_broken_entry
from core.database import Database, lift_limits
from core.errors import PermanentFailure
from core.models import Base
from core.models.conversation import Conversation, Delivery, NamedLease

BATCH = 1000

# Told after each batch: the table, how many rows of it are copied.
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class CopiedTable:
    """What was copied of one table; ``checksum`` is the same for the same rows in either database."""

    name: str
    rows: int
    checksum: str


def copy_database(
    source: Database, target: Database, *, now: datetime, force: bool, progress: Progress
) -> list[CopiedTable]:
    """Copy all rows. Raises PermanentFailure with a sentence when it may not or cannot; nothing is left then.

    ``force`` copies although something seems to be at work on the source.
    """
    if source.engine.url == target.engine.url:
        raise PermanentFailure("same_database", "source and target are the same database")
    snapshot: dict[str, Any] = {"sotong_write": False}
    if not source.is_sqlite:
        snapshot["isolation_level"] = "REPEATABLE READ"
    with (
        source.engine.connect().execution_options(**snapshot) as reading,
        target.engine.connect().execution_options(sotong_write=True) as writing,
        reading.begin(),
        writing.begin(),
    ):
        lift_limits(reading)
        lift_limits(writing)
        _check_schema(reading, source.url, "source")
        _check_schema(writing, target.url, "target")
        _check_empty(writing)
        if not force:
            _check_at_rest(reading, now)
        copied = [_copy(reading, writing, table, progress) for table in _tables()]
        for table, done in zip(_tables(), copied, strict=True):
            _set_sequence(writing, table)
            there = _summed(_read(writing, table))
            if there != (done.rows, done.checksum):
                raise PermanentFailure(
                    "copy_differs", f"the copy of table {done.name} differs: nothing was kept"
                )
        with Session(bind=writing, autoflush=False) as session:
            broken = first_broken_entry(session)
        if broken is not None:
            raise PermanentFailure(
                "audit_broken", f"line {broken} of the audit log does not fit: nothing was kept"
            )
    return copied


def _tables() -> Sequence[Table]:
    return Base.metadata.sorted_tables


def _check_schema(connection: Connection, url: str, which: str) -> None:
    head = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        raise PermanentFailure(
            "other_schema",
            f"the {which} is at migration {current or 'none'}, this version needs {head}: "
            f"run `sotong migrate` with SOTONG_DATABASE_URL set to it",
        )


def _check_empty(writing: Connection) -> None:
    for table in _tables():
        if writing.scalar(select(exists(select(table.primary_key.columns.values()[0])))):
            raise PermanentFailure(
                "target_not_empty",
                f"the target's table {table.name} holds rows: copy into an empty database",
            )


def _check_at_rest(reading: Connection, now: datetime) -> None:
    """Who holds a lease is at work, and would go on writing to the source."""
    for column in (NamedLease.until, Conversation.leased_until, Delivery.leased_until):
        if reading.scalar(select(exists(select(column).where(column > now)))):
            raise PermanentFailure(
                "service_runs",
                "a process holds a lease on the source: stop the service and wait half a minute "
                "(--force copies all the same; what is written meanwhile is lost)",
            )


def _copy(
    reading: Connection, writing: Connection, table: Table, progress: Progress
) -> CopiedTable:
    columns = list(table.columns)
    statement = table.insert().values({column.name: _bind(column, writing) for column in columns})
    rows = total = 0
    batch: list[dict[str, Any]] = []

    def write() -> None:
        nonlocal rows
        try:
            writing.execute(statement, batch)
        except DBAPIError as error:
            # The driver's own words name the rule; the parameters are citizens' and are not shown.
            reason = str(error.orig).splitlines()[0]
            raise PermanentFailure(
                "copy_refused", f"the target refuses rows of table {table.name}: {reason}"
            ) from None
        rows += len(batch)
        progress(table.name, rows)
        batch.clear()

    for row in _read(reading, table):
        total += _hash(row)
        batch.append(
            {f"to_{column.name}": value for column, value in zip(columns, row, strict=True)}
        )
        if len(batch) == BATCH:
            write()
    if batch:
        write()
    return CopiedTable(table.name, rows, _shown(total))


def _read(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    query = select(*map(_raw, table.columns)).order_by(*table.primary_key)
    with connection.execute(query, execution_options={"yield_per": BATCH}) as result:
        for part in result.partitions():
            yield from part


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """JSON as the text that it is: SQL's NULL and JSON's null must not become each other."""
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _bind(column: Any, writing: Connection) -> ColumnElement[Any]:
    name = f"to_{column.name}"
    if not isinstance(column.type, JSON):
        return bindparam(name, type_=column.type)
    value = bindparam(name, type_=Text)
    # SQLite keeps JSON as text, and its CAST would make numbers of it.
    return (
        type_coerce(value, Text) if writing.dialect.name == "sqlite" else cast(value, column.type)
    )


def _set_sequence(writing: Connection, table: Table) -> None:
    column = table.autoincrement_column
    if column is None or writing.dialect.name == "sqlite":
        return  # SQLite goes on from the highest id.
    highest = writing.scalar(select(func.max(column)))
    writing.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :column), :value, :used)"),
        {
            "table": table.name,
            "column": column.name,
            "value": highest or 1,
            "used": highest is not None,
        },
    )


def _summed(rows: Iterator[Sequence[Any]]) -> tuple[int, str]:
    count = total = 0
    for row in rows:
        count += 1
        total += _hash(row)
    return count, _shown(total)


def _hash(row: Sequence[Any]) -> int:
    """Of one row; summed, because the two databases sort text differently."""
    digest = hashlib.sha256()
    for value in row:
        plain = value.isoformat() if isinstance(value, datetime) else value
        if isinstance(plain, memoryview):
            plain = bytes(plain)
        digest.update(repr(plain).encode("utf-8", "surrogatepass"))
        digest.update(b"\x1f")
    return int.from_bytes(digest.digest())


def _shown(total: int) -> str:
    return f"{total % 2**256:064x}"
