"""What a backup holds, as one file beside it. Must not hold a key: only what tells one key from another."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app.settings import Settings
from core.errors import PermanentFailure

FORMAT = 1
MANIFEST = "manifest.json"
KEY_NAMES = ("vault_key", "cookie_secret")
OLD_KEYS = "vault_old_keys"


class BackupFailure(PermanentFailure):
    """A backup or restore cannot be done; the message is one sentence that says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__("backup", sentence)


@dataclass(frozen=True)
class Manifest:
    """One backup. ``files``: name → sha256; ``attachments`` lie in the shared folder beside it.

    ``missing``: attachments that the database names and that were gone when they were to be copied
    (erased meanwhile). ``audit``: number of lines and hash of the last one.
    """

    made_at: str
    version: str
    commit: str
    revision: str
    database: str
    keys: dict[str, str]
    files: dict[str, str]
    attachments: list[str]
    counts: dict[str, int]
    audit: dict[str, Any]
    missing: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def made(self) -> datetime:
        """When it was made, aware."""
        return datetime.fromisoformat(self.made_at)


def fingerprints(settings: Settings) -> dict[str, str]:
    """Of each secret that a restored service needs again: equal for equal secrets, telling nothing else."""
    return {
        name: hmac.new(
            getattr(settings, name).encode(), b"sotong backup fingerprint", hashlib.sha256
        ).hexdigest()[:32]
        for name in KEY_NAMES
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it with its own hash beside it."""
    data = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
    (folder / MANIFEST).write_bytes(data)
    (folder / f"{MANIFEST}.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}\n")


def read_manifest(folder: Path) -> Manifest:
    """Read it back. Raises BackupFailure when it is damaged or of another format."""
    try:
        data = (folder / MANIFEST).read_bytes()
        wanted = (folder / f"{MANIFEST}.sha256").read_text().strip()
    except OSError as error:
        raise BackupFailure(f"{folder} holds no whole backup ({error.strerror}).") from None
    if hashlib.sha256(data).hexdigest() != wanted:
        raise BackupFailure(f"{folder / MANIFEST} was changed or is damaged: use another backup.")
    values = json.loads(data)
    if values.get("format") != FORMAT:
        raise BackupFailure(
            f"{folder} has format {values.get('format')} and this version reads {FORMAT}: restore it "
            "with the version that made it."
        )
    return Manifest(**values)
