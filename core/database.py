"""The door to the one SQL database. Must not hold a session open across a network call (callers see to that).

On SQLite a write begins with BEGIN IMMEDIATE, so two writers queue up at the start instead of failing
in the middle; WAL lets readers go on meanwhile. On PostgreSQL writers run side by side under READ
COMMITTED; what must not happen twice at once takes a lock (core.locking).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from core.errors import TemporaryFailure

BUSY_SECONDS = 10
POOL_SIZE = 20
# Of each connection; the system keeps the file's pages once for all of them. SQLite's own 2 MB would let
# a process grow by 40 MB as the file does.
SQLITE_CACHE_KB = 256
_FULL = 2  # as "PRAGMA synchronous" answers

POSTGRESQL_SCHEMES = ("postgresql", "postgres")
# Milliseconds. No statement of ours is long; a process that hangs inside a transaction must not keep
# its locks, and who waits for a lock hears so while the caller still listens.
POSTGRESQL_LIMITS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
# A database machine that vanished without a word is noticed within half a minute.
POSTGRESQL_NETWORK = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# What passes by itself (PostgreSQL, Appendix A): connection lost (08), a deadlock or a serialization
# that another try mends (40), no resources left, disk full or too many connections (53), a lock not
# got in time (55P03), shut down, starting up or cancelled by a time limit (57), a standby or a database
# made read-only (25006), a session that was idle for too long (25P03).
PASSING_CLASSES = ("08", "40", "53", "57")
PASSING_STATES = frozenset({"25006", "25P03", "55P03"})


class Database:
    """One engine and the two ways to use it: ``transaction`` to write, ``reading`` to read."""

    def __init__(self, url: str, *, program: str = "sotong") -> None:
        """``program`` is how PostgreSQL lists the connections (application_name)."""
        self.url = url
        parsed = engine_url(url)
        # SQLite has one writer, and who finds the file locked sleeps and looks again, up to 100 ms each
        # time. The threads of one process take turns here instead, where the next one is woken at once.
        self._writer = threading.RLock()
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        # A database error shows its parameters, which are what citizens and officers wrote.
        options: dict[str, Any] = {
            "hide_parameters": True,
            "pool_pre_ping": not self.is_sqlite,
            "pool_size": POOL_SIZE,
            "max_overflow": POOL_SIZE,
            "pool_timeout": BUSY_SECONDS,
        }
        if self.is_sqlite:
            if parsed.database and parsed.database != ":memory:":
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        else:
            limits = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_LIMITS.items())
            options["connect_args"] = {
                "application_name": program,
                "options": f"{limits} -c timezone=UTC",
                **POSTGRESQL_NETWORK,
                # What the address itself says wins.
                **parsed.query,
            }
            options["isolation_level"] = "READ COMMITTED"
        self.engine = create_engine(parsed, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Session]:
        """A writing session: commits at the end, rolls back on any exception.

        What is not ``durable`` survives our process and may be undone by a power cut, because its commit
        does not wait for the disk: for leases, which would have run out by then.
        Raises TemporaryFailure when the database is locked or gone.
        """
        options = {"sotong_write": True, "sotong_durable": durable}
        try:
            with (
                self._turn_to_write(),
                self.engine.connect().execution_options(**options) as connection,
                Session(bind=connection, expire_on_commit=False) as session,
                session.begin(),
            ):
                if not durable and self.engine.dialect.name == "postgresql":
                    session.execute(text("SET LOCAL synchronous_commit TO OFF"))
                yield session
        except PoolTimeoutError as error:
            raise TemporaryFailure("all connections to the database are in use") from error
        except DBAPIError as error:
            if _is_passing(error):
                raise TemporaryFailure("the database is busy or out of reach") from error
            raise

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Hold this process's turn on SQLite; PostgreSQL has many writers."""
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise TemporaryFailure("the database is busy or out of reach")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; whatever it changed is thrown away."""
        try:
            with Session(bind=self.engine, expire_on_commit=False, autoflush=False) as session:
                try:
                    yield session
                finally:
                    session.expunge_all()
                    session.rollback()
        except PoolTimeoutError as error:
            raise TemporaryFailure("all connections to the database are in use") from error
        except DBAPIError as error:
            if _is_passing(error):
                raise TemporaryFailure("the database is busy or out of reach") from error
            raise

    def empty_log(self) -> None:
        """Write SQLite's write-ahead log back and cut it: erased words lie in it until then.

        Does nothing on another database, and nothing while somebody reads; then the next call does.
        """
        if self.is_sqlite:
            # Past SQLAlchemy: it would begin a transaction, inside which there is no check-point.
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def engine_url(url: str) -> URL:
    """The address with the driver that we ship: ``postgresql://`` means psycopg 3.

    Raises ValueError for any other kind of database.
    """
    parsed = make_url(url)
    if parsed.drivername in POSTGRESQL_SCHEMES:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("postgresql+psycopg", "sqlite", "sqlite+pysqlite"):
        raise ValueError("expected an address that begins with sqlite:/// or postgresql://")
    return parsed


def lift_limits(connection: Connection) -> None:
    """Let this transaction take as long as it needs (a migration, a copy)."""
    if connection.dialect.name == "postgresql":
        for name in POSTGRESQL_LIMITS:
            connection.execute(text(f"SET LOCAL {name} = 0"))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN is switched off: it would begin deferred, and a deferred
    # transaction that turns into a writer fails at once when another writer was first.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KB}")
    # What is erased or overwritten leaves no bytes behind in the file's free pages.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writing = options.get("sotong_write", False)
    if writing:
        _wait_for_disk(connection, options.get("sotong_durable", True))
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _wait_for_disk(connection: Connection, durable: bool) -> None:
    """Set whether commits wait; a connection that never does (a test's) is left alone."""
    if durable:
        if connection.info.pop("sotong_hasty", False):
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
    elif connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == _FULL:
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        connection.info["sotong_hasty"] = True


def _is_passing(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        words = str(error.orig).lower()
        # A full disk makes SQLite drop the whole transaction; going back to a point in it fails then.
        return any(each in words for each in ("locked", "disk is full", "no such savepoint"))
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # The server said nothing, or we never reached it.
        return isinstance(error, OperationalError)
    return state.startswith(PASSING_CLASSES) or state in PASSING_STATES
