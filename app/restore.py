"""Puts a backup in the place of an empty or lost installation. Must not touch a service that runs.

Everything is checked before anything is moved; what was there is moved aside, not deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, literal, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit_log import note_restored
from app.backup import POOL, TRACKER_NAME, find_backup, read_keys, verify_backup
from app.backup_database import (
    SQLITE_NAME,
    database_kind,
    open_copy,
    others_use,
    read_content,
    restore_dump,
    sqlite_path,
)
from app.backup_manifest import BackupFailure, Manifest, fingerprints, read_manifest
from app.demo_programs import answers, heartbeat_age
from app.erasure_ledger import read_ledger
from app.file_store import copy_files, make_file_store
from app.migrate import alembic_config, upgrade
from app.settings import Settings
from app.settings_parts import variable
from app.vault_keys import make_keys
from app.withdrawal_ledger import (
    NotedWithdrawal,
    read_withdrawals,
    withdraw_again,
    withdrawals_in,
)
from core.attachments import AttachmentStore
from core.database import Database
from core.erasure import find_erasure, request_erasure
from core.errors import PermanentFailure, Refused, TemporaryFailure
from core.models.conversation import Conversation
from core.models.erasure import Erasure
from core.models.vault import VaultItem, VaultKey
from core.vault import context_of

Tell = Callable[[str], None]


@dataclass
class Restored:
    """What a restore did, or would do."""

    backup: Path
    manifest: Manifest
    # Where what was there before lies now.
    aside: Path | None = None
    # Conversations whose erasure was asked for after the backup was made; it is asked for again.
    erased_again: list[int] = field(default_factory=list)
    # Conversations in which a consent was taken back after the backup; it is taken back again.
    withdrawn_again: list[int] = field(default_factory=list)


def restore(
    settings: Settings,
    folder: Path,
    *,
    now: datetime,
    name: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    key_from: Path | None = None,
    by: str = "cli",
    tell: Tell = lambda _line: None,
) -> Restored:
    """Check a backup and put it in place. Raises BackupFailure before anything was changed.

    ``force``: what is there is moved aside. ``key_from``: secrets as ``sotong backup --key-to`` wrote
    them; demo and test take them over, production must have them in its settings.
    """
    backup = find_backup(folder.resolve(), name)
    manifest = read_manifest(backup)
    settings, keys = _with_keys(settings, key_from)
    _check_stopped(settings)
    _check_fits(settings, manifest)
    _check_empty(settings, force=force)
    tell("every byte is read again …")
    wrong = verify_backup(backup, tell=tell)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if wrong[1:] else ""
        raise BackupFailure(f"The backup is not whole: {wrong[0]}{more}.")
    if SQLITE_NAME in manifest.files:
        with open_copy(backup / SQLITE_NAME) as session:
            _check_vault(session, settings)
    done = Restored(backup, manifest)
    if dry_run:
        return done
    asked, withdrawn = _asked_now(settings)
    staged = settings.var_dir / f".restore-{now:%Y%m%d%H%M%S}"
    try:
        tell(f"{len(manifest.attachments)} attachments …")
        _stage(settings, backup, manifest, staged)
        tell("putting it in place …")
        done.aside = _move_aside(settings, now)
        _put_in_place(settings, backup, manifest, staged)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _keep_keys(settings, keys)
    upgrade(settings)
    _sign_end(settings, now)
    done.erased_again = _ask_again(settings, asked, by=by, now=now)
    done.withdrawn_again = withdraw_again(settings.database_url, withdrawn, by=by, now=now)
    _check_after(settings, manifest)
    return done


def _with_keys(settings: Settings, key_from: Path | None) -> tuple[Settings, dict[str, str]]:
    if key_from is None:
        return settings, {}
    keys = read_keys(key_from)
    if settings.environment == "production":
        differing = [variable(name) for name in keys if getattr(settings, name) != keys[name]]
        if differing:
            raise BackupFailure(
                f"In production secrets come from the environment: set {', '.join(differing)} to what "
                f"{key_from} says, then run this again."
            )
        return settings, {}
    return settings.model_copy(update=keys), keys


def _check_stopped(settings: Settings) -> None:
    addresses = (settings.public_url, settings.internal_url, settings.actions_url)
    alive = [url for url in addresses if answers(f"{url}/healthz")]
    if heartbeat_age(settings) is not None:
        alive.append("the worker")
    if alive:
        raise BackupFailure(f"The service runs ({', '.join(alive)}): stop it first.")
    files = [settings.rasa_tracker]
    if database_kind(settings.database_url) == "sqlite":
        files.append(sqlite_path(settings.database_url))
    used = [str(path) for path in files if others_use(path)]
    if used:
        raise BackupFailure(f"A process has {', '.join(used)} open: stop it first.")


def _check_fits(settings: Settings, manifest: Manifest) -> None:
    kind = database_kind(settings.database_url)
    if manifest.database != kind:
        raise BackupFailure(
            f"The backup is of a {manifest.database} database and {variable('database_url')} names a "
            f"{kind} one."
        )
    script = ScriptDirectory.from_config(alembic_config(settings.database_url))
    known = {revision.revision for revision in script.walk_revisions()}
    if manifest.revision not in known:
        raise BackupFailure(
            f"The backup has the schema {manifest.revision} of version {manifest.version} "
            f"({manifest.commit}), which this version does not know: restore with that one or a newer."
        )
    mine = fingerprints(settings)
    # It may have been made with a key that is an earlier one by now.
    old = settings.vault_old_keys.split(",")
    vault_keys = {
        fingerprints(settings.model_copy(update={"vault_key": key}))["vault_key"]
        for key in (settings.vault_key, *old)
    }
    wrong = [
        variable(name)
        for name, mark in manifest.keys.items()
        if (mark not in vault_keys if name == "vault_key" else mark != mine.get(name))
    ]
    if wrong:
        raise BackupFailure(
            f"{', '.join(wrong)} is not the one with which this was backed up: set it, or give "
            "--key-from with the file that `sotong backup --key-to` wrote."
        )


def _check_empty(settings: Settings, *, force: bool) -> None:
    there = [str(path) for path in _places(settings) if _holds_something(path)]
    if database_kind(settings.database_url) == "postgresql" and _has_tables(settings):
        there.append("the database")
    if there and not force:
        raise BackupFailure(
            f"Something is there already ({', '.join(there)}): with --force it is moved aside (a "
            "PostgreSQL database is overwritten)."
        )


def _check_vault(session: Session, settings: Settings) -> None:
    """Open an item of each key: the fingerprint says that the key is the same, this that it works."""
    keys = make_keys(settings)
    columns = inspect(session.connection()).get_columns(VaultItem.__tablename__)
    # A backup from before keys had ids.
    has_ids = "key_id" in {column["name"] for column in columns}
    key_id = VaultItem.key_id if has_ids else literal("").label("key_id")
    ids = session.scalars(select(VaultItem.key_id).distinct()).all() if has_ids else [""]
    lost = (
        session.scalars(select(VaultKey.key_id).where(VaultKey.lost_at.is_not(None))).all()
        if has_ids
        else []
    )
    for each in ids:
        query = select(VaultItem.conversation_id, VaultItem.token, VaultItem.ciphertext, key_id)
        query = query.where(VaultItem.erased_at.is_(None))
        item = session.execute(
            query.where(VaultItem.key_id == each).limit(1) if has_ids else query.limit(1)
        ).first()
        if item is None or each in lost:
            continue
        try:
            context = context_of(item.conversation_id, item.token)
            keys.open(item.ciphertext, key_id=item.key_id, context=context)
        except PermanentFailure as failure:
            raise BackupFailure(f"The vault does not open with this key: {failure}.") from None


def _places(settings: Settings) -> list[Path]:
    places = [settings.rasa_tracker]
    if not settings.files:
        places.append(settings.attachments_dir)
    if database_kind(settings.database_url) == "sqlite":
        path = sqlite_path(settings.database_url)
        places += [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    return places


def _holds_something(path: Path) -> bool:
    if path.is_dir():
        return any(each.is_file() for each in path.rglob("*"))
    return path.exists() and path.stat().st_size > 0


def _has_tables(settings: Settings) -> bool:
    database = Database(settings.database_url)
    try:
        return bool(inspect(database.engine).get_table_names())
    finally:
        database.dispose()


def _asked_now(settings: Settings) -> tuple[set[tuple[int, datetime]], set[NotedWithdrawal]]:
    """Conversations to erase, (id, when it began), and consents taken back: from the list and the database.

    The list outlives the database; what was asked for a moment ago stands only in the database.
    """
    file = settings.erasure_ledger_file
    erased = {(each.conversation_id, each.began) for each in read_ledger(file)}
    listed = erased, set(read_withdrawals(file))
    if database_kind(settings.database_url) == "sqlite" and not _holds_something(
        sqlite_path(settings.database_url)
    ):
        return listed
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            rows = session.execute(
                select(Erasure.conversation_id, Conversation.created_at).join(
                    Conversation, Conversation.id == Erasure.conversation_id
                )
            )
            erased |= {(conversation_id, began) for conversation_id, began in rows}
            return erased, listed[1] | set(withdrawals_in(session)[1])
    except (SQLAlchemyError, TemporaryFailure):
        return listed  # Lost or damaged, which is why somebody restores.
    finally:
        database.dispose()


def _stage(settings: Settings, backup: Path, manifest: Manifest, staged: Path) -> None:
    staged.mkdir(parents=True, mode=0o700)
    for name in manifest.files:
        if name in (SQLITE_NAME, TRACKER_NAME):
            shutil.copyfile(backup / name, staged / name)
            (staged / name).chmod(0o600)
    pool, store = AttachmentStore(backup.parent / POOL), AttachmentStore(staged / POOL)
    if settings.files:
        # What S3 has whole stays; what is lost there goes back, before anything else is changed.
        _bring_back(settings, pool, manifest)
        return
    (staged / POOL).mkdir()
    for sha256 in manifest.attachments:
        target = store.path(sha256)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(pool.path(sha256), target)
        target.chmod(0o600)


def _bring_back(settings: Settings, pool: AttachmentStore, manifest: Manifest) -> None:
    target = make_file_store(settings)
    try:
        done = copy_files(manifest.attachments, source=pool, target=target, tell=lambda _: None)
    except (PermanentFailure, Refused, TemporaryFailure) as error:
        raise BackupFailure(
            f"The files cannot be brought back to {settings.files}: {error}."
        ) from None
    if done.missing or done.damaged:
        raise BackupFailure(f"{settings.files} does not keep files as they were given to it.")


def _move_aside(settings: Settings, now: datetime) -> Path | None:
    aside = settings.var_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    moved = False
    for path in _places(settings):
        if path.exists():
            aside.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(path, aside / path.name)
            moved = True
    return aside if moved else None


def _put_in_place(settings: Settings, backup: Path, manifest: Manifest, staged: Path) -> None:
    if SQLITE_NAME in manifest.files:
        path = sqlite_path(settings.database_url)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(staged / SQLITE_NAME, path)
    else:
        restore_dump(settings.database_url, backup / next(iter(manifest.files)))
    if TRACKER_NAME in manifest.files:
        settings.rasa_tracker.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(staged / TRACKER_NAME, settings.rasa_tracker)
    if not settings.files:
        shutil.move(staged / POOL, settings.attachments_dir)


def _keep_keys(settings: Settings, keys: dict[str, str]) -> None:
    for name, value in keys.items():
        settings.secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = settings.secrets_dir / name
        path.touch(mode=0o600)
        path.write_text(value, encoding="ascii")


def _sign_end(settings: Settings, now: datetime) -> None:
    """Lines that came after the backup are gone; signed, so that nobody takes it for a removal."""
    database = Database(settings.database_url)
    try:
        note_restored(settings, database, now=now)
    except OSError as error:
        raise BackupFailure(
            f"Everything is in place, but {settings.audit_anchors} cannot be written ({error.strerror}): "
            "the audit log will look cut."
        ) from None
    finally:
        database.dispose()


def _ask_again(
    settings: Settings, asked: set[tuple[int, datetime]], *, by: str, now: datetime
) -> list[int]:
    """An erasure that came after the backup must not be undone by it: the worker does it again."""
    database, again = Database(settings.database_url), []
    try:
        for conversation_id, began in sorted(asked):
            with database.transaction() as session:
                if find_erasure(session, conversation_id=conversation_id) is not None:
                    continue
                there = session.get(Conversation, conversation_id)
                if there is None or there.created_at != began:
                    continue  # It began after the backup, or another one has its number.
                try:
                    request_erasure(
                        session,
                        conversation_id=conversation_id,
                        by=by,
                        reason="restored from a backup made before its erasure",
                        now=now,
                    )
                except Refused:
                    continue  # The conversation began after the backup.
                again.append(conversation_id)
    finally:
        database.dispose()
    return again


def _check_after(settings: Settings, manifest: Manifest) -> None:
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            content = read_content(session)
            _check_vault(session, settings)
    finally:
        database.dispose()
    lost = [
        table
        for table, count in manifest.counts.items()
        if table in content.counts and content.counts[table] < count
    ]
    if lost:
        raise BackupFailure(f"After the restore rows are missing in {', '.join(lost)}.")
