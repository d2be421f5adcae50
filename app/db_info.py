"""What there is to know of a database without changing it: kind, version, schema, rows. Opens it to read."""

from __future__ import annotations

from dataclasses import dataclass

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text

from app.migrate import alembic_config
from core.database import Database, engine_url
from core.models import Base

OLDEST_POSTGRESQL = 13
_BYTES_SQLITE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"


@dataclass(frozen=True)
class DatabaseInfo:
    """``address`` without a password; ``revision`` None: no migration has run; ``size`` in bytes."""

    kind: str
    address: str
    version: str
    encoding: str
    revision: str | None
    newest_revision: str | None
    size: int
    rows: dict[str, int]


def shown_address(url: str) -> str:
    """The address as a person may read it over somebody's shoulder."""
    return engine_url(url).render_as_string(hide_password=True)


def read_info(database: Database) -> DatabaseInfo:
    """Look at it. Raises sqlalchemy.exc.SQLAlchemyError when it cannot be reached."""
    with database.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        size = text(
            _BYTES_SQLITE if database.is_sqlite else "SELECT pg_database_size(current_database())"
        )
        return DatabaseInfo(
            kind=connection.dialect.name,
            address=shown_address(database.url),
            version=server_version(connection),
            encoding=server_encoding(connection),
            revision=MigrationContext.configure(connection).get_current_revision(),
            newest_revision=ScriptDirectory.from_config(
                alembic_config(database.url)
            ).get_current_head(),
            size=connection.scalar(size) or 0,
            rows={
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name in there
            },
        )


def server_version(connection: Connection) -> str:
    """Such as "15.4" or "3.40.1"."""
    return ".".join(map(str, connection.dialect.server_version_info or ()))


def server_encoding(connection: Connection) -> str:
    """Such as "UTF8" (PostgreSQL) or "UTF-8" (SQLite)."""
    query = "PRAGMA encoding" if connection.dialect.name == "sqlite" else "SHOW server_encoding"
    return str(connection.scalar(text(query)))
