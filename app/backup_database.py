"""Copies a database whole while others write, and looks into a copy. Must not change what it copies.

SQLite by its online backup; PostgreSQL by pg_dump and pg_restore (custom format).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.backup_manifest import BackupFailure
from core.audit_chain import first_broken_entry
from core.models import Attachment, AuditEntry, Base

SQLITE_NAME, DUMP_NAME = "sotong.db", "sotong.pgdump"


@dataclass(frozen=True)
class Content:
    """What stands in a database at one moment."""

    revision: str
    counts: dict[str, int]
    audit: dict[str, Any]
    attachments: list[str]


def database_kind(url: str) -> str:
    """``sqlite`` or ``postgresql``. Raises BackupFailure for another."""
    kind = make_url(url).get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise BackupFailure(f"A database of the kind {kind} cannot be backed up by this command.")
    return kind


def sqlite_path(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(str(make_url(url).database))


def copy_database(url: str, folder: Path) -> tuple[str, Content]:
    """Copy into ``folder``; returns the file's name and what the copy holds."""
    if database_kind(url) == "sqlite":
        target = folder / SQLITE_NAME
        copy_sqlite(sqlite_path(url), target)
        with open_copy(target) as session:
            return SQLITE_NAME, read_content(session)
    return DUMP_NAME, _dump(url, folder / DUMP_NAME)


def copy_sqlite(source: Path, target: Path) -> None:
    """A whole copy in one file, of one moment; others go on writing. Raises BackupFailure."""
    if not source.is_file():
        raise BackupFailure(f"There is no database at {source}.")
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        # In one step: it reads one moment, however much is written meanwhile.
        old.backup(new, pages=-1)
        # Else the copy would need its -wal and -shm beside it.
        new.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def open_copy(path: Path) -> Iterator[Session]:
    """Read a SQLite copy without changing a byte of it."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True),
        poolclass=NullPool,
    )
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def read_content(session: Session) -> Content:
    """Count and list. Raises BackupFailure where the database has no schema."""
    revision = MigrationContext.configure(session.connection()).get_current_revision()
    if revision is None:
        raise BackupFailure("The database has no schema yet: there is nothing to back up.")
    present = set(inspect(session.connection()).get_table_names())
    counts = {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if table.name in present
    }
    last = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1))
    hashes = session.scalars(select(Attachment.sha256).distinct().order_by(Attachment.sha256))
    return Content(
        revision,
        counts,
        {"lines": counts["audit_entry"], "last": last or ""},
        list(hashes),
    )


def damage_of(path: Path) -> str | None:
    """What is wrong inside a SQLite copy, or None."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return f"the database is damaged ({found})"
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                return "a row of the database points to a row that is not there"
        except sqlite3.DatabaseError as error:
            return f"the database is damaged ({error})"
    with open_copy(path) as session:
        broken = first_broken_entry(session)
    return None if broken is None else f"line {broken} of the audit log does not fit the chain"


def others_use(path: Path) -> bool:
    """Whether any process has this SQLite database open."""
    if not path.exists() or not path.stat().st_size:
        return False
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            # In this mode SQLite wants the file for itself, which any other connection prevents.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:
            return False  # Not a database at all.
    return False


def _dump(url: str, target: Path) -> Content:
    program = _program("pg_dump")
    engine = create_engine(url, hide_parameters=True, poolclass=NullPool)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            # The dump and our own counting see the same moment.
            snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            target.touch(mode=0o600)
            arguments = ["--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
            _run([program, *arguments], make_url(url))
            with Session(bind=connection) as session:
                return read_content(session)
    finally:
        engine.dispose()


def restore_dump(url: str, dump: Path) -> None:
    """Put a dump into a PostgreSQL database, all of it or nothing; what was there goes."""
    arguments = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    database = str(make_url(url).database)
    _run([_program("pg_restore"), *arguments, f"--dbname={database}", str(dump)], make_url(url))


def check_dump(dump: Path) -> str | None:
    """What is wrong with a dump, as far as its list of contents tells; None when nothing is."""
    done = subprocess.run(
        [_program("pg_restore"), "--list", str(dump)], capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else "the dump cannot be read by pg_restore"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailure(
            f"{name} is not on this machine: install PostgreSQL's client programs (Debian: "
            "postgresql-client) of the server's version or newer."
        )
    return found


def _run(command: list[str], url: URL) -> None:
    """Run one of PostgreSQL's programs; the password travels in the environment, not in the arguments."""
    values = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = {**os.environ, **{name: str(value) for name, value in values.items() if value}}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        # Its own words name tables and versions; rows it does not show.
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupFailure(f"{Path(command[0]).name} failed: {reason[:300]}")
