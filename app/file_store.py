"""Builds the store of files that the settings name, and carries files between stores. Decides nothing else.

A service over the network is loaded only where the settings name one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.settings import Settings
from core.attachments import AttachmentStore
from core.file_scan import INFECTED, UNSCANNED, WAITING
from core.files import FileGone, FileStore, hash_of
from core.models.conversation import Attachment

Tell = Callable[[str], None]
TELL_EVERY = 200


def make_file_store(settings: Settings) -> FileStore:
    """Where this installation keeps its files. Opens no connection."""
    return make_s3_store(settings) if settings.files else make_disk_store(settings)


def make_disk_store(settings: Settings) -> AttachmentStore:
    """The folder ``<var_dir>/attachments``."""
    return AttachmentStore(settings.attachments_dir, first_state=_first_state(settings))


def make_s3_store(settings: Settings) -> FileStore:
    """The bucket of the settings, whether files are kept there already or not."""
    from integrations.s3_files import S3Place, S3Store, parse_place

    bucket, prefix = parse_place(settings.files)
    place = S3Place(
        endpoint=settings.files_endpoint,
        bucket=bucket,
        prefix=prefix,
        region=settings.files_region,
        key=settings.files_key,
        secret=settings.files_secret,
    )
    return S3Store(place, first_state=_first_state(settings))


def _first_state(settings: Settings) -> str:
    return WAITING if settings.clamav else UNSCANNED


@dataclass
class Copied:
    """What a copy did. ``damaged`` and ``missing``: hashes of the source that could not be carried."""

    copied: int = 0
    there: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def copy_files(names: Iterable[str], *, source: FileStore, target: FileStore, tell: Tell) -> Copied:
    """Carry every named file over; what is there whole is left, so that a second run goes on.

    A file that is not what its name says is not carried; each one is read again at the target.
    """
    done = Copied()
    for number, sha256 in enumerate(names, start=1):
        if number % TELL_EVERY == 0:
            tell(f"{number} files …")
        try:
            if _is_whole(target, sha256):
                done.there += 1
                continue
            data = source.read(sha256)
        except FileGone:
            done.missing.append(sha256)
            continue
        if target.put(data) != sha256:
            # Stored under the hash of what it really is: nobody asks for that.
            done.damaged.append(sha256)
            continue
        if not _is_whole(target, sha256):
            done.damaged.append(sha256)
            continue
        done.copied += 1
    return done


def _is_whole(store: FileStore, sha256: str) -> bool:
    if store.size(sha256) is None:
        return False
    try:
        return hash_of(store, sha256)[0] == sha256
    except FileGone:
        return False


@dataclass
class Checked:
    """What a check found: hashes without content, with other content, and content that no row names."""

    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Every row has its content. An orphan costs room and nothing else."""
        return not self.missing and not self.damaged


def named_files(session: Session) -> set[str]:
    """The hash of everything that a row names and that must be there."""
    return set(
        session.scalars(select(Attachment.sha256).where(Attachment.scan != INFECTED).distinct())
    )


def check_files(
    named: set[str], *, rows: int, store: FileStore, tell: Tell, deep: bool = True
) -> Checked:
    """Hold what is stored against what rows name; ``deep`` reads every byte."""
    found = Checked(rows=rows)
    there = set()
    for number, sha256 in enumerate(store.names(), start=1):
        if number % TELL_EVERY == 0:
            tell(f"{number} files …")
        there.add(sha256)
        if sha256 not in named:
            found.orphans.append(sha256)
        elif deep and not _is_whole(store, sha256):
            found.damaged.append(sha256)
    found.files = len(there)
    found.missing = sorted(named - there)
    return found
