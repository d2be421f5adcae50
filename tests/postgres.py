"""A private PostgreSQL for tests and benchmarks: its own folder, a free loopback port, nothing durable.

It ends with the process that started it, even if that is killed. Root may not run PostgreSQL, so then
it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from core.database import Database
from core.models.base import Base
from tests.needs import postgresql_programs
from tests.ports import free_port

SECONDS_TO_START = 30.0
# The child of the shell: when our end of the pipe closes, for whatever reason, the server shuts down.
_UNTIL_THE_PIPE_ENDS = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server'
# Nothing needs to survive a test.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum": "off",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}
_TEMPLATE = "sotong_template"


class Cluster:
    """One server. ``fast`` leaves out everything that makes data durable."""

    def __init__(self, folder: Path, *, fast: bool = True) -> None:
        self.folder, self.port = folder, free_port()
        self._fast = fast
        self._user = _unprivileged()
        self._server: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._has_template = False
        self._emptied: list[str] = []
        programs = postgresql_programs()
        assert programs is not None, "no PostgreSQL here"
        self._programs = programs
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run(
            "initdb", "-D", str(self._data), "-U", "sotong", "-A", "trust",
            "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, name: str = "postgres") -> str:
        """The address of one of its databases, as an operator would write it."""
        return f"postgresql://sotong@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {**_FAST, "port": str(self.port)}
        if not self._fast:
            for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                settings[name] = "on"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self._server = subprocess.Popen(
                ["sh", "-c", _UNTIL_THE_PIPE_ENDS, "sh", str(self._programs / "postgres"),
                 "-D", str(self._data), *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                user=self._user,
                group=self._user and pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self._admin("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self._server.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.02)

    def stop(self) -> None:
        """Shut it down: whoever is connected is thrown out."""
        if self._server is not None and self._server.stdin is not None:
            self._server.stdin.close()
            self._server.wait(20.0)
            self._server = None

    def throw_everybody_out(self, name: str) -> int:
        """End every connection to one database, as a failover would; returns how many there were."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            done = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            ).fetchone()
        assert done is not None
        return int(done[0])

    def create(self, *, empty: bool = False) -> str:
        """The address of a fresh database, with all tables unless ``empty``."""
        if self._emptied and not empty:
            return self._emptied.pop()
        name = f"test{next(self._numbers)}"
        if not empty and not self._has_template:
            self._admin(f"CREATE DATABASE {_TEMPLATE}")
            template = Database(self.url(_TEMPLATE))
            Base.metadata.create_all(template.engine)
            template.dispose()
            self._has_template = True
        self._admin(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else _TEMPLATE}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that ``create`` made, whoever is still connected."""
        self._admin(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def give_back(self, url: str) -> None:
        """A database that ``create`` made is not needed any more: the next test gets it, emptied.

        Copying the template costs many times what deleting a test's few rows does.
        """
        tables = [table.name for table in Base.metadata.sorted_tables]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '2s'; SET session_replication_role = replica")
            try:
                connection.execute(";".join(f"DELETE FROM {name}" for name in tables))
            except psycopg.errors.LockNotAvailable:
                left = True  # Somebody still holds something of it.
            else:
                left = False
                connection.execute("SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence")
        if left:
            self.drop(url)
        else:
            self._emptied.append(url)

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            user=self._user,
            group=self._user and pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running_cluster(*, fast: bool = True) -> Iterator[Cluster]:
    """A server in a folder of its own, until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="sotong-postgresql-"))
    try:
        cluster = Cluster(folder, fast=fast)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class PrivateDatabase(Database):
    """A database of one test, until it is disposed of; without ``tables`` it is empty."""

    def __init__(self, cluster: Cluster, *, tables: bool = True) -> None:
        super().__init__(cluster.create(empty=not tables))
        self._cluster, self._tables, self._gone = cluster, tables, False

    def dispose(self) -> None:
        super().dispose()
        if not self._gone:
            self._gone = True
            if self._tables:
                self._cluster.give_back(self.url)
            else:
                self._cluster.drop(self.url)


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise AssertionError("PostgreSQL does not run as root, and there is no user postgres or nobody")
