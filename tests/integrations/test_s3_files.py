"""Files in S3: what the disk keeps, a bucket keeps; there and back without a byte lost. A real service over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.backup import make_backup, verify_backup
from app.cli.main import run as run_command
from app.file_store import check_files, copy_files, make_file_store
from app.migrate import upgrade
from app.restore import restore
from app.settings import Settings, SettingsError
from app.wiring import build_parts
from core.attachments import AttachmentStore, record_attachments
from core.errors import PermanentFailure, TemporaryFailure
from core.files import FileGone, FileStore
from core.inbound import Photo
from integrations.s3_files import S3Place, S3Store
from tests.builders import MONDAY_TEN, make_conversation
from tests.peers.clamd_peer import closed_port
from tests.peers.s3_peer import BUCKET, running_s3

pytestmark = pytest.mark.require("telemelya")
CONTENTS = [b"one", b"two" * 1000, bytes(700_000)]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with running_s3() as url:
        yield url


def settings_for(folder: Path, url: str, **more: str) -> Settings:
    return Settings.load(
        environment="test",
        var_dir=folder,
        files=f"s3://{BUCKET}/{folder.name}",
        files_endpoint=url,
        files_key="key",
        files_secret="secret",
        **more,
    )


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Iterator[S3Store]:
    store = S3Store(S3Place(s3, BUCKET, prefix=f"t/{tmp_path.name}", key="key", secret="secret"))
    yield store
    store.close()


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "disk":
        return AttachmentStore(tmp_path)
    return request.getfixturevalue("bucket")


def test_every_store_keeps_content_under_its_hash_and_gives_it_whole_or_in_part(store) -> None:
    for data in CONTENTS:
        name = store.put(data)
        assert name == hashlib.sha256(data).hexdigest() == store.put(data)
        assert store.size(name) == len(data)
        assert store.read(name) == data
        assert b"".join(store.stream(name, start=1)) == data[1:]
        assert b"".join(store.stream(name, start=1, length=1)) == data[1:2]
    assert list(store.names()) == sorted(hashlib.sha256(data).hexdigest() for data in CONTENTS)


def test_every_store_says_that_content_is_gone_and_removes_twice_as_once(store) -> None:
    name = store.put(b"one")
    store.remove(name)
    store.remove(name)
    assert store.size(name) is None
    with pytest.raises(FileGone):
        store.read(name)
    for wrong in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(ValueError, match="SHA-256"):
            store.read(wrong)


def test_a_service_that_is_away_or_refuses_is_said_so(s3: str) -> None:
    away = S3Store(S3Place(f"http://{closed_port()}", BUCKET, key="key", secret="secret"))
    with pytest.raises(TemporaryFailure):
        away.put(b"one")
    missing = S3Store(S3Place(s3, "no-such-bucket", key="key", secret="secret"))
    with pytest.raises(PermanentFailure):
        missing.put(b"one")
    with pytest.raises(PermanentFailure, match="no-such-bucket"):
        missing.check()
    for store in (away, missing):
        store.close()


def test_a_copy_goes_on_where_it_stopped_and_carries_nothing_that_is_damaged(
    tmp_path, bucket
) -> None:
    disk = AttachmentStore(tmp_path)
    names = [disk.put(data) for data in CONTENTS]
    bucket.put(CONTENTS[0])
    disk.path(names[1]).write_bytes(b"changed")
    gone = hashlib.sha256(b"never there").hexdigest()
    done = copy_files([*names, gone], source=disk, target=bucket, tell=lambda _: None)
    assert (done.there, done.copied, done.damaged, done.missing) == (1, 1, [names[1]], [gone])
    disk.remove(names[1])
    disk.put(CONTENTS[1])
    again = copy_files(names, source=disk, target=bucket, tell=lambda _: None)
    assert (again.there, again.copied, again.damaged) == (2, 1, [])
    back = AttachmentStore(tmp_path / "back")
    assert copy_files(names, source=bucket, target=back, tell=lambda _: None).copied == 3
    assert [back.read(name) for name in names] == CONTENTS


def test_a_check_finds_what_is_missing_damaged_and_named_by_nobody(store, tmp_path) -> None:
    names = [store.put(data) for data in CONTENTS]
    gone = hashlib.sha256(b"never there").hexdigest()
    found = check_files({names[0], names[2], gone}, rows=3, store=store, tell=lambda _: None)
    assert (found.missing, found.damaged, found.orphans) == ([gone], [], [names[1]])
    assert not found.is_good


def keep_one(settings: Settings) -> str:
    """One row with its content in the store of the settings."""
    upgrade(settings)
    parts = build_parts(settings)
    sha256 = parts.store.put(CONTENTS[1])
    with parts.database.transaction() as session:
        talk = make_conversation(session)
        photo = Photo(sha256, "image/jpeg", len(CONTENTS[1]), 1, 1)
        record_attachments(
            session, photos=[photo], conversation_id=talk.id, source="citizen", now=MONDAY_TEN
        )
    parts.close()
    return sha256


def test_the_commands_carry_and_check_the_files_of_the_settings(
    s3, tmp_path, monkeypatch, capsys
) -> None:
    settings = settings_for(tmp_path, s3)
    sha256 = keep_one(settings)
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, dict[str, object]]:
        code = run_command(["files", *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    assert run("check") == (
        0,
        {"ok": True, "rows": 1, "files": 1, "missing": [], "damaged": [], "orphans": []},
    )
    code, copied = run("copy", "--to", "disk")
    assert (code, copied["copied"], copied["there_already"]) == (0, 1, 0)
    assert AttachmentStore(settings.attachments_dir).read(sha256) == CONTENTS[1]
    make_file_store(settings).remove(sha256)
    code, found = run("check")
    assert (code, found["missing"]) == (1, [sha256])
    code, copied = run("copy", "--to", "s3")
    assert (code, copied["copied"]) == (0, 1)
    assert run("check")[0] == 0


def test_a_backup_holds_the_files_of_a_bucket_and_brings_back_what_it_lost(s3, tmp_path) -> None:
    settings = settings_for(tmp_path / "var", s3)
    sha256 = keep_one(settings)
    made = make_backup(settings, tmp_path / "backups", now=MONDAY_TEN)
    assert (made.manifest.attachments, made.new_attachments) == ([sha256], 1)
    assert verify_backup(made.folder) == []
    store = make_file_store(settings)
    store.remove(sha256)
    restore(settings, tmp_path / "backups", now=MONDAY_TEN, force=True)
    assert store.read(sha256) == CONTENTS[1]
    assert not settings.attachments_dir.exists()


@pytest.mark.parametrize("wrong", ["/var/files", "s3://", "s3://A", "http://bucket/x", "s3://b c"])
def test_a_place_that_is_none_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="SOTONG_FILES"):
        Settings.load(var_dir=tmp_path, files=wrong, files_endpoint="http://127.0.0.1:1")
    with pytest.raises(SettingsError, match="SOTONG_FILES_ENDPOINT"):
        Settings.load(var_dir=tmp_path, files="s3://bucket")


def test_requests_are_signed(bucket: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    send = bucket._pool.urlopen

    def watch(method: str, url: str, **rest: Any) -> Any:
        seen.append(rest["headers"]["Authorization"])
        return send(method, url, **rest)

    monkeypatch.setattr(bucket._pool, "urlopen", watch)
    bucket.put(b"one")
    assert seen[-1].startswith("AWS4-HMAC-SHA256 Credential=key/")
