"""What the doctor says of a PostgreSQL server itself. Must change nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from app.db_info import OLDEST_POSTGRESQL, server_encoding, server_version
from app.doctor_findings import Finding, fail, ok, warn
from core.database import Database

# Five processes with a pool each, and a person with psql.
FEWEST_CONNECTIONS = 100
NAME = "database server"


@dataclass(frozen=True)
class Server:
    """What was found. The time zone is of no matter: moments are kept as UTC without one."""

    version: str
    encoding: str
    connections: int
    read_only: bool


def look_at_server(database: Database) -> Finding | None:
    """One finding of a PostgreSQL server; None for SQLite. Raises SQLAlchemyError out of reach."""
    if database.is_sqlite:
        return None
    with database.engine.connect() as connection:
        server = Server(
            version=server_version(connection),
            encoding=server_encoding(connection),
            connections=int(connection.scalar(text("SHOW max_connections")) or 0),
            read_only=bool(
                connection.scalar(
                    text(
                        "SELECT current_setting('transaction_read_only')::bool OR pg_is_in_recovery()"
                    )
                )
            ),
        )
    return next(_problems(server), None) or ok(
        NAME, f"PostgreSQL {server.version}, {server.encoding}, {server.connections} connections"
    )


def _problems(server: Server) -> Iterator[Finding]:
    if int(server.version.partition(".")[0]) < OLDEST_POSTGRESQL:
        yield fail(
            NAME,
            f"PostgreSQL {server.version} is too old",
            f"use {OLDEST_POSTGRESQL} or newer",
        )
    if server.encoding != "UTF8":
        yield fail(
            NAME,
            f"the database's encoding is {server.encoding}: Korean text cannot be kept",
            "create it with ENCODING 'UTF8' TEMPLATE template0 and copy it over (sotong db copy)",
        )
    if server.read_only:
        yield fail(
            NAME,
            "the database takes no writing: it is a standby or was set read-only",
            "point the settings to the primary server",
        )
    if server.connections < FEWEST_CONNECTIONS:
        yield warn(
            NAME,
            f"only {server.connections} connections: under load processes wait for one",
            f"set max_connections to {FEWEST_CONNECTIONS} or more",
        )
