"""Makes, checks and prunes backups of all that the service keeps. Must not write a key beside the data.

A folder of backups: one folder for each, named by its time, and ``attachments/``, which all of them
share: a file is named by its content, so a backup copies only the new ones. The database is copied
first and the attachments after it, so every file that the copy names is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from app.backup_database import (
    SQLITE_NAME,
    check_dump,
    copy_database,
    copy_sqlite,
    damage_of,
    database_kind,
    open_copy,
    read_content,
    sqlite_path,
)
from app.backup_manifest import (
    KEY_NAMES,
    OLD_KEYS,
    BackupFailure,
    Manifest,
    fingerprints,
    read_manifest,
    write_manifest,
)
from app.file_store import make_file_store
from app.settings import Settings
from app.settings_parts import variable
from app.version import read_commit, read_version
from core.attachments import AttachmentStore
from core.files import FileGone

POOL = "attachments"
TRACKER_NAME = "tracker.db"
STAMP = "backup.json"
_PART = ".part-"
Tell = Callable[[str], None]


def _quiet(_line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Made:
    """What a backup did: its folder, and how many attachments were new."""

    folder: Path
    manifest: Manifest
    new_attachments: int


def make_backup(
    settings: Settings,
    folder: Path,
    *,
    now: datetime,
    key_to: Path | None = None,
    tell: Tell = _quiet,
) -> Made:
    """Back up everything into ``folder`` while the service goes on. Raises BackupFailure.

    ``key_to``: where the secrets go that a restore needs; never below ``folder``.
    """
    folder = folder.resolve()
    if key_to is not None and key_to.resolve().is_relative_to(folder):
        raise BackupFailure(
            f"The keys must not lie with what they open: give --key-to a place outside {folder}."
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_backup(folder):
        _check_space(settings, folder)
        part = Path(tempfile.mkdtemp(dir=folder, prefix=_PART))
        try:
            tell("the database …")
            name, content = copy_database(settings.database_url, part)
            tracker = settings.rasa_tracker
            names = [name]
            if tracker.is_file():
                copy_sqlite(tracker, part / TRACKER_NAME)
                names.append(TRACKER_NAME)
            tell(f"{len(content.attachments)} attachments …")
            new, missing = _copy_attachments(settings, folder, content.attachments)
            manifest = Manifest(
                made_at=now.isoformat(),
                version=read_version(),
                commit=read_commit(settings.commit),
                revision=content.revision,
                database=database_kind(settings.database_url),
                keys=fingerprints(settings),
                files={each: hash_file(part / each) for each in names},
                attachments=[each for each in content.attachments if each not in missing],
                missing=sorted(missing),
                counts=content.counts,
                audit=content.audit,
            )
            write_manifest(part, manifest)
            _sync(part)
            target = folder / f"{now:%Y-%m-%dT%H-%M-%SZ}"
            if target.exists():
                raise BackupFailure(f"{target} is there already: try again in a second.")
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    if key_to is not None:
        write_keys(settings, key_to)
    _stamp(settings, target, now)
    return Made(target, manifest, new)


def find_backup(folder: Path, name: str | None = None) -> Path:
    """One backup of a folder, the latest without a name. Raises BackupFailure."""
    found = list_backups(folder)
    if not found:
        raise BackupFailure(f"{folder} holds no backup.")
    if name is None:
        return found[-1]
    if folder / name not in found:
        raise BackupFailure(f"{folder} holds no backup {name}; the latest is {found[-1].name}.")
    return folder / name


def list_backups(folder: Path) -> list[Path]:
    """The backups of a folder, the oldest first."""
    return sorted(path.parent for path in folder.glob("[0-9]*T*Z/manifest.json"))


def verify_backup(backup: Path, *, tell: Tell = _quiet) -> list[str]:
    """Read every byte again; returns what is wrong, one sentence each."""
    manifest = read_manifest(backup)
    wrong = []
    for name, wanted in manifest.files.items():
        tell(f"{name} …")
        path = backup / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif hash_file(path) != wanted:
            wrong.append(f"{name} was changed or is damaged")
        elif name == SQLITE_NAME:
            wrong += _look_inside(path, manifest)
        elif name != TRACKER_NAME and (problem := check_dump(path)) is not None:
            wrong.append(problem)
    tell(f"{len(manifest.attachments)} attachments …")
    pool = AttachmentStore(backup.parent / POOL)
    for sha256 in manifest.attachments:
        path = pool.path(sha256)
        if not path.is_file():
            wrong.append(f"the attachment {sha256} is missing")
        elif hash_file(path) != sha256:
            wrong.append(f"the attachment {sha256} was changed or is damaged")
    return wrong


def prune_backups(folder: Path, *, keep: timedelta, now: datetime) -> list[str]:
    """Remove backups older than ``keep``, never the latest, and attachments that none needs any more."""
    with only_backup(folder):
        backups = list_backups(folder)
        old = [path for path in backups[:-1] if read_manifest(path).made < now - keep]
        for path in old:
            shutil.rmtree(path)
        needed = {
            sha256
            for path in backups
            if path not in old
            for sha256 in read_manifest(path).attachments
        }
        for file in (folder / POOL).glob("??/*"):
            if file.name not in needed:
                file.unlink()
    return [path.name for path in old]


def last_backup(settings: Settings) -> datetime | None:
    """When this installation was last backed up by ``make_backup``; None when never."""
    try:
        stamp = json.loads((settings.var_dir / STAMP).read_text(encoding="utf-8"))
        return datetime.fromisoformat(stamp["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_keys(settings: Settings, path: Path) -> None:
    """The secrets that open a backup, as an environment file (mode 0600)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = [f"{variable(name)}={getattr(settings, name)}\n" for name in KEY_NAMES]
    if settings.vault_old_keys:
        # What is not sealed anew yet needs them.
        lines.append(f"{variable(OLD_KEYS)}={settings.vault_old_keys}\n")
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=_PART)  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.writelines(lines)
    os.replace(part, path)


def read_keys(path: Path) -> dict[str, str]:
    """What ``write_keys`` wrote, by the setting's name. Raises BackupFailure."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError) as error:
        raise BackupFailure(f"The keys at {path} cannot be read ({error}).") from None
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    missing = [variable(name) for name in KEY_NAMES if variable(name) not in values]
    if missing:
        raise BackupFailure(f"{path} lacks {', '.join(missing)}.")
    old = [OLD_KEYS] if variable(OLD_KEYS) in values else []
    return {name: values[variable(name)].strip() for name in (*KEY_NAMES, *old)}


def hash_file(path: Path) -> str:
    """SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def only_backup(folder: Path) -> Iterator[None]:
    """One at a time in this folder. Raises BackupFailure while another works there."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailure(f"Another backup works in {folder} just now.") from None
        yield


def _look_inside(path: Path, manifest: Manifest) -> list[str]:
    problem = damage_of(path)
    if problem is not None:
        return [problem]
    with open_copy(path) as session:
        content = read_content(session)
    same = replace(manifest, counts=content.counts, audit=content.audit, revision=content.revision)
    return [] if same == manifest else ["the database does not hold what the manifest says"]


def _copy_attachments(settings: Settings, folder: Path, hashes: list[str]) -> tuple[int, set[str]]:
    """Copy what the pool lacks; returns how many were new, and which are gone at their source."""
    source, pool = make_file_store(settings), AttachmentStore(folder / POOL)
    new, missing = 0, set()
    for sha256 in hashes:
        target = pool.path(sha256)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f"{_PART}{sha256}")
        try:
            with part.open("wb") as file:
                for piece in source.stream(sha256):
                    file.write(piece)
        except FileGone:
            part.unlink()
            missing.add(sha256)
            continue
        if hash_file(part) != sha256:
            part.unlink()
            raise BackupFailure(
                f"The attachment {sha256} is damaged where it is kept: restore it from an "
                "earlier backup first."
            )
        part.chmod(0o600)
        os.replace(part, target)
        new += 1
    return new, missing


def _check_space(settings: Settings, folder: Path) -> None:
    if database_kind(settings.database_url) != "sqlite":
        return
    path = sqlite_path(settings.database_url)
    needed = path.stat().st_size * 2 if path.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupFailure(
            f"Only {free // 1_000_000} MB are free under {folder} and {needed // 1_000_000} MB may "
            "be needed: free some, or prune old backups."
        )


def _stamp(settings: Settings, target: Path, now: datetime) -> None:
    data = {"at": now.isoformat(), "name": target.name, "folder": str(target.parent)}
    part = settings.var_dir / f"{_PART}{STAMP}"
    part.write_text(json.dumps(data), encoding="utf-8")
    part.replace(settings.var_dir / STAMP)


def _sync(folder: Path) -> None:
    """What was written is on the disk before the backup gets its name."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
