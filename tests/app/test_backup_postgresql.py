"""The drill on PostgreSQL: pg_dump while people write, all lost, pg_restore into a fresh server's database."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.backup import make_backup, verify_backup
from app.backup_manifest import BackupFailure
from app.migrate import upgrade
from app.restore import restore
from app.settings import Settings
from core.database import Database
from core.models import Turn
from tests.app.test_backup import NOW, everything, fill, lose, settings_of
from tests.builders import make_conversation, make_turn, sample_city
from tests.postgres import Cluster

pytestmark = pytest.mark.require("postgresql")


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture
def settings(tmp_path: Path, cluster: Cluster) -> Settings:
    settings = settings_of(tmp_path, database_url=cluster.create(empty=True))
    upgrade(settings)
    fill(settings)
    return settings


@dataclass
class Writing:
    """Somebody who writes to the database until the block ends."""

    url: str
    count: int = 0

    def __enter__(self) -> Writing:
        self._stop, self._wrote = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        assert self._wrote.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        database = Database(self.url)
        while not self._stop.is_set():
            with database.transaction() as session:
                make_turn(session, conversation=make_conversation(session, address="b"), now=NOW)
            self.count += 1
            self._wrote.set()
        database.dispose()


def turns_in(url: str) -> int:
    database = Database(url)
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(Turn))
    database.dispose()
    return count or 0


def test_the_drill_on_postgresql_all_comes_back_on_another_server_database(
    settings: Settings, tmp_path: Path, cluster: Cluster
) -> None:
    before, key = everything(settings), tmp_path / "safe" / "keys"
    with Writing(settings.database_url):
        made = make_backup(settings, tmp_path / "backups", now=NOW, key_to=key)
    assert made.manifest.counts["turn"] > 1
    lose(settings)
    elsewhere = cluster.create(empty=True)
    known = settings.model_dump(exclude={"vault_key", "cookie_secret", "database_url"})
    restore(
        Settings.load(**known, database_url=elsewhere),
        tmp_path / "backups",
        now=NOW,
        key_from=key,
    )
    restored = Settings.load(**known, database_url=elsewhere)
    assert everything(restored) == before
    assert turns_in(elsewhere) == made.manifest.counts["turn"]


def test_a_dump_that_was_cut_short_is_found_and_puts_nothing_in_place(
    settings: Settings, tmp_path: Path, cluster: Cluster
) -> None:
    made = make_backup(settings, tmp_path / "backups", now=NOW)
    dump = made.folder / "sotong.pgdump"
    dump.write_bytes(dump.read_bytes()[:-200])
    assert verify_backup(made.folder)
    elsewhere = cluster.create()
    known = settings.model_dump(exclude={"database_url"})
    with pytest.raises(BackupFailure):
        restore(Settings.load(**known, database_url=elsewhere), tmp_path / "backups", now=NOW)
    assert turns_in(elsewhere) == 0
