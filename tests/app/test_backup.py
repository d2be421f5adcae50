"""Backup and restore: everything comes back, nothing is put over a running service, no key lies with the data."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.backup import (
    find_backup,
    last_backup,
    list_backups,
    make_backup,
    only_backup,
    prune_backups,
    verify_backup,
)
from app.backup_manifest import BackupFailure, read_manifest
from app.cli.main import run
from app.erasure_ledger import ErasureLedger, read_ledger
from app.migrate import upgrade
from app.restore import restore
from app.settings import Settings
from app.wiring import build_parts
from core.attachments import record_attachments
from core.audit import record_audit
from core.audit_chain import first_broken_entry
from core.database import Database
from core.erasure import find_erasure, request_erasure
from core.inbound import Photo
from core.models import Attachment, Case, Conversation, Turn
from dialogue.erasure import NotedErasure
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.ports import free_port

NOW = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
PHONE, WORDS = "010-0000-0000", "골목이 캄캄해요"


def settings_of(folder: Path, **more: object) -> Settings:
    ports = {f"{name}_port": free_port() for name in ("public", "internal", "actions")}
    return Settings.load(environment="test", var_dir=folder / "var", **{**ports, **more})


@pytest.fixture(autouse=True)
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the city anew each time would take longer than the test."""
    monkeypatch.setattr("app.wiring.load_city", lambda *_, **__: sample_city())


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A migrated database, made once."""
    folder = tmp_path_factory.mktemp("template")
    upgrade(Settings.load(environment="test", var_dir=folder))
    return folder / "sotong.db"


@pytest.fixture
def settings(tmp_path: Path, template: Path) -> Settings:
    settings = settings_of(tmp_path)
    shutil.copyfile(template, settings.var_dir / "sotong.db")
    fill(settings)
    return settings


def keep_photo(settings: Settings, data: bytes, *, conversation: int = 1) -> str:
    parts = build_parts(settings)
    sha256 = parts.store.put(data)
    with parts.database.transaction() as session:
        record_attachments(
            session,
            photos=[Photo(sha256, "image/jpeg", len(data), 1, 1)],
            conversation_id=conversation,
            source="citizen",
            now=NOW,
        )
    parts.close()
    return sha256


def fill(settings: Settings) -> None:
    """A case with personal data in the vault, audit lines, photos and a tracker."""
    parts = build_parts(settings)
    with parts.database.transaction() as session:
        turn = make_turn(session, text=WORDS)
        token = parts.vault.keep(
            session, conversation_id=turn.conversation_id, kind="phone", value=PHONE, now=NOW
        )
        make_case(session, turn=turn, contact_token=token)
        record_audit(session, actor="test", action="look", subject="x", now=NOW)
    parts.close()
    for data in (b"first", b"second"):
        keep_photo(settings, data)
    settings.rasa_tracker.parent.mkdir()
    with sqlite3.connect(settings.rasa_tracker) as tracker:
        tracker.execute("CREATE TABLE events (id INTEGER)")
    tracker.close()


def everything(settings: Settings) -> dict[str, Any]:
    parts = build_parts(settings)
    with parts.database.transaction() as session:
        assert first_broken_entry(session) is None
        photos = [parts.store.read(s) for s in session.scalars(select(Attachment.sha256))]
        phone = parts.vault.reveal(
            session, conversation_id=1, token="⟦전화1⟧", purpose="시험", actor="test", now=NOW
        )
        found: dict[str, Any] = {
            "cases": session.scalars(select(Case.number)).all(),
            "texts": session.scalars(select(Turn.text).where(Turn.conversation_id == 1)).all(),
            "photos": sorted(photos),
            "phone": phone,
        }
    parts.close()
    return found


def lose(settings: Settings) -> None:
    """The disk is gone."""
    shutil.rmtree(settings.var_dir)


def test_the_drill_all_comes_back_from_a_backup_that_was_made_while_people_wrote(
    settings, tmp_path
):
    before, written, stop = everything(settings), [], threading.Event()
    wrote = threading.Event()

    def write() -> None:
        database = Database(settings.database_url)
        while not stop.is_set():
            with database.transaction() as session:
                talk = make_conversation(session, address="b" * 64)
                written.append(make_turn(session, conversation=talk, now=NOW).id)
            keep_photo(settings, f"photo {len(written)}".encode(), conversation=talk.id)
            wrote.set()
        database.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    assert wrote.wait(10)
    key = tmp_path / "safe" / "keys"
    try:
        made = make_backup(settings, tmp_path / "backups", now=NOW, key_to=key)
    finally:
        stop.set()
        writer.join()
    at_backup = made.manifest.counts["turn"]
    lose(settings)
    anew = Settings.load(**settings.model_dump(exclude={"vault_key", "cookie_secret"}))
    assert anew.vault_key != settings.vault_key
    done = restore(anew, tmp_path / "backups", now=NOW, key_from=key)
    restored = Settings.load(**settings.model_dump(exclude={"vault_key", "cookie_secret"}))
    after = everything(restored)
    assert {name: after[name] for name in ("cases", "texts", "phone")} == {
        name: before[name] for name in ("cases", "texts", "phone")
    }
    assert set(before["photos"]) <= set(after["photos"])
    assert settings.rasa_tracker.is_file()
    assert done.manifest.missing == []
    database = Database(restored.database_url)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == at_backup
    database.dispose()
    assert at_backup > 1


def test_a_second_backup_copies_only_new_attachments(settings, tmp_path):
    first = make_backup(settings, tmp_path / "b", now=NOW)
    keep_photo(settings, b"third")
    second = make_backup(settings, tmp_path / "b", now=NOW + timedelta(days=1))
    assert (first.new_attachments, second.new_attachments) == (2, 1)
    assert len(second.manifest.attachments) == 3
    assert last_backup(settings) == NOW + timedelta(days=1)
    for each in list_backups(tmp_path / "b"):
        assert verify_backup(each) == []


def test_nothing_in_a_backup_opens_the_vault_and_nobody_else_can_read_it(settings, tmp_path):
    made = make_backup(settings, tmp_path / "b", now=NOW, key_to=tmp_path / "keys")
    for path in [*made.folder.iterdir(), *(tmp_path / "b" / "attachments").glob("*/*")]:
        content = path.read_bytes()
        assert settings.vault_key.encode() not in content
        assert settings.cookie_secret.encode() not in content
        assert PHONE.encode() not in content
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    with pytest.raises(BackupFailure, match="outside"):
        make_backup(settings, tmp_path / "b", now=NOW, key_to=tmp_path / "b" / "in" / "keys")


def test_a_photo_that_was_erased_meanwhile_is_told_and_stops_nothing(settings, tmp_path):
    parts = build_parts(settings)
    gone = parts.store.put(b"first")
    parts.store.remove(gone)
    parts.close()
    made = make_backup(settings, tmp_path / "b", now=NOW)
    assert made.manifest.missing == [gone]
    assert verify_backup(made.folder) == []


def damage_photo(backup: Path) -> None:
    next((backup.parent / "attachments").glob("*/*")).write_bytes(b"other")


def lose_photo(backup: Path) -> None:
    next((backup.parent / "attachments").glob("*/*")).unlink()


def damage_database(backup: Path) -> None:
    with (backup / "sotong.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"?" * 50)


def lose_database(backup: Path) -> None:
    (backup / "sotong.db").unlink()


def change_manifest(backup: Path) -> None:
    path = backup / "manifest.json"
    path.write_text(path.read_text().replace('"sqlite"', '"postgresql"'))


@pytest.mark.parametrize(
    "harm", [damage_photo, lose_photo, damage_database, lose_database, change_manifest]
)
def test_a_damaged_backup_is_found_and_never_put_in_place(settings, tmp_path, harm, capsys):
    made = make_backup(settings, tmp_path / "b", now=NOW)
    harm(made.folder)
    assert run(["backup", "verify", str(tmp_path / "b")]) == 1
    lose(settings)
    with pytest.raises(BackupFailure):
        restore(settings, tmp_path / "b", now=NOW)
    assert not (settings.var_dir / "sotong.db").exists()


def test_an_audit_line_that_was_changed_before_the_backup_is_found(settings, tmp_path):
    with sqlite3.connect(settings.var_dir / "sotong.db") as database:
        database.execute("UPDATE audit_entry SET actor = 'nobody'")
    database.close()
    made = make_backup(settings, tmp_path / "b", now=NOW)
    assert "audit log" in verify_backup(made.folder)[0]


def test_a_running_service_is_not_restored_over(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW)
    settings.heartbeat_file.parent.mkdir()
    beat = {"at": datetime.now(UTC).isoformat(), "pid": 1}
    settings.heartbeat_file.write_text(json.dumps(beat))
    with pytest.raises(BackupFailure, match="the worker"):
        restore(settings, tmp_path / "b", now=NOW, force=True)
    settings.heartbeat_file.unlink()
    database = Database(settings.database_url)
    with database.reading() as session:
        session.scalars(select(Conversation)).first()
    with pytest.raises(BackupFailure, match="open"):
        restore(settings, tmp_path / "b", now=NOW, force=True)
    database.dispose()
    restore(settings, tmp_path / "b", now=NOW, force=True)


def test_what_is_there_is_kept_aside_and_only_with_force(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW)
    keep_photo(settings, b"later")
    with pytest.raises(BackupFailure, match="--force"):
        restore(settings, tmp_path / "b", now=NOW)
    done = restore(settings, tmp_path / "b", now=NOW, force=True)
    assert everything(settings)["photos"] == [b"first", b"second"]
    assert done.aside is not None
    kept = [path.read_bytes() for path in (done.aside / "attachments").glob("*/*")]
    assert b"later" in kept
    assert (done.aside / "sotong.db").is_file()


def test_a_wrong_key_is_refused_by_its_fingerprint(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW)
    lose(settings)
    for name in ("vault_key", "cookie_secret"):
        other = settings.model_copy(update={name: "A" * 43 + "="})
        with pytest.raises(BackupFailure, match=f"SOTONG_{name.upper()} is not"):
            restore(other, tmp_path / "b", now=NOW)


def test_production_takes_keys_from_its_environment_only(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW, key_to=tmp_path / "keys")
    lose(settings)
    other = settings.model_copy(update={"vault_key": "A" * 43 + "=", "environment": "production"})
    with pytest.raises(BackupFailure, match="set SOTONG_VAULT_KEY"):
        restore(other, tmp_path / "b", now=NOW, key_from=tmp_path / "keys")


def test_a_schema_of_the_future_or_another_kind_of_database_is_refused(
    settings, tmp_path, monkeypatch
):
    with sqlite3.connect(settings.var_dir / "sotong.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    make_backup(settings, tmp_path / "b", now=NOW)
    lose(settings)
    with pytest.raises(BackupFailure, match="9999"):
        restore(settings, tmp_path / "b", now=NOW)
    other = settings.model_copy(update={"database_url": "postgresql+psycopg://localhost/x"})
    with pytest.raises(BackupFailure, match="names a postgresql one"):
        restore(other, tmp_path / "b", now=NOW)


def test_an_erasure_after_the_backup_is_asked_for_again(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW)
    database = Database(settings.database_url)
    with database.transaction() as session:
        request_erasure(session, conversation_id=1, by="citizen", now=NOW)
    database.dispose()
    done = restore(settings, tmp_path / "b", now=NOW, force=True, by="cli:test")
    assert done.erased_again == [1]
    with database.reading() as session:
        erasure = find_erasure(session, conversation_id=1)
        assert erasure is not None
        assert (erasure.by, erasure.done_at) == ("cli:test", None)
    database.dispose()


def test_erasures_of_a_database_that_is_lost_are_known_from_the_list(settings, tmp_path):
    make_backup(settings, tmp_path / "b", now=NOW)
    database = Database(settings.database_url)
    with database.transaction() as session:
        began = session.get_one(Conversation, 1).created_at
        request_erasure(session, conversation_id=1, by="citizen", now=NOW)
    database.dispose()
    ledger = ErasureLedger(settings.erasure_ledger_file)
    for erasure in (
        NotedErasure(1, began, NOW, "citizen"),
        NotedErasure(1, began, NOW, "citizen"),
        # Ids come again after a restore: this was another conversation.
        NotedErasure(2, began + timedelta(days=9), NOW, "citizen"),
    ):
        ledger.note(erasure)
    with settings.erasure_ledger_file.open("a") as file:
        file.write('\n{"conversation_id": 3, "beg')  # the power went
    assert len(read_ledger(settings.erasure_ledger_file)) == 2
    for path in settings.var_dir.glob("*.db*"):
        path.unlink()
    done = restore(settings, tmp_path / "b", now=NOW, force=True, by="cli:test")
    assert done.erased_again == [1]


def test_pruning_keeps_the_latest_and_what_it_needs(settings, tmp_path):
    folder = tmp_path / "b"
    make_backup(settings, folder, now=NOW)
    parts = build_parts(settings)
    old = parts.store.put(b"first")
    with parts.database.transaction() as session:
        for row in session.scalars(select(Attachment).where(Attachment.sha256 == old)):
            session.delete(row)
    parts.close()
    make_backup(settings, folder, now=NOW + timedelta(days=40))
    assert prune_backups(folder, keep=timedelta(days=60), now=NOW + timedelta(days=41)) == []
    removed = prune_backups(folder, keep=timedelta(days=30), now=NOW + timedelta(days=99))
    assert removed == [f"{NOW:%Y-%m-%dT%H-%M-%SZ}"]
    assert verify_backup(find_backup(folder)) == []
    assert not list((folder / "attachments").glob(f"*/{old}"))


def test_two_backups_do_not_work_in_one_folder_at_once(settings, tmp_path):
    (tmp_path / "b").mkdir()
    with only_backup(tmp_path / "b"), pytest.raises(BackupFailure, match="Another backup"):
        make_backup(settings, tmp_path / "b", now=NOW)


def test_without_postgresqls_programs_one_sentence_says_what_to_install(
    settings, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    other = settings.model_copy(update={"database_url": "postgresql+psycopg://127.0.0.1/x"})
    with pytest.raises(BackupFailure, match="postgresql-client"):
        make_backup(other, tmp_path / "b", now=NOW)
    assert list_backups(tmp_path / "b") == []


def test_the_commands_tell_in_json_what_they_did(settings, tmp_path, monkeypatch, capsys):
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)

    def data(*arguments: str, code: int = 0):
        capsys.readouterr()
        assert run([*arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    folder = str(tmp_path / "b")
    made = data("backup", folder, "--key-to", str(tmp_path / "keys"), "--keep", "30d")
    assert (made["attachments"], made["removed"]) == (2, [])
    assert data("backup", "verify", folder)["ok"] is True
    assert data("backup", "prune", folder, "--keep", "1d")["removed"] == []
    lose(settings)
    assert data("restore", folder, "--dry-run")["restored"] is False
    assert not (settings.var_dir / "sotong.db").exists()
    assert data("restore", folder)["restored"] is True
    assert everything(settings)["phone"] == PHONE
    assert read_manifest(Path(made["backup"])).keys.keys() == {"vault_key", "cookie_secret"}


@pytest.mark.parametrize("arguments", [["prune", "x"], ["mend", "x"], ["x", "--keep", "long"], []])
def test_wrong_use_is_told(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path))
    assert run(["backup", *arguments]) == 2
