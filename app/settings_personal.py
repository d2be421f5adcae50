"""The settings of the vault's keys and the audit log, a part of `Settings`. Must open nothing."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, Field, field_validator

VAULT_KEY_BYTES = 32
MIN_ANCHOR_KEY = 24
_ENTRY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class PersonalSettings(BaseModel):
    """Who may open personal data with what, and how it is proven who did."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("vault_old_keys", "audit_anchor_key")

    vault_old_keys: str = Field(
        "",
        repr=False,
        description="earlier vault keys (base64, commas between) that open what is not yet sealed anew",
    )
    vault_keys_file: Path | None = Field(
        None,
        description="file with a vault key (base64) on each line, the current one first; then "
        "`SOTONG_VAULT_KEY` and `SOTONG_VAULT_OLD_KEYS` are not read",
    )
    vault_cipher: str = Field(
        "",
        description="`package.module:factory` of the city's own cryptography; default: AES-256-GCM",
    )
    audit_anchor_key: str = Field(
        "",
        repr=False,
        description="secret that signs the ends of the audit log; after a comma earlier ones that are still "
        "believed; default: made from the cookie secret",
    )
    audit_anchor_file: Path | None = Field(
        None,
        description="file to which signed ends of the audit log are appended; put it on another disk; "
        "default: `<var_dir>/audit-anchors.jsonl`",
    )
    audit_anchor_minutes: int = Field(
        10, ge=1, le=1440, description="minutes between two signed ends of the audit log"
    )
    audit_years: int = Field(
        2, ge=1, le=2, description="years for which audit lines are kept (1 or 2, as the law asks)"
    )

    @field_validator("vault_old_keys")
    @classmethod
    def _old_keys(cls, value: str) -> str:
        keys = [each.strip() for each in value.split(",") if each.strip()]
        for key in keys:
            check_vault_key(key)
        return ",".join(keys)

    @field_validator("vault_cipher")
    @classmethod
    def _an_entry(cls, value: str) -> str:
        if value and not _ENTRY.fullmatch(value):
            raise ValueError("expected package.module:factory")
        return value

    @field_validator("audit_anchor_key")
    @classmethod
    def _anchor_keys(cls, value: str) -> str:
        keys = [each.strip() for each in value.split(",") if each.strip()]
        if any(len(key) < MIN_ANCHOR_KEY for key in keys):
            raise ValueError(f"expected at least {MIN_ANCHOR_KEY} characters")
        return ",".join(keys)


def check_vault_key(value: str) -> str:
    """The same text. Raises ValueError unless it is the base64 of 32 bytes."""
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        size = -1
    if size != VAULT_KEY_BYTES:
        raise ValueError(f"expected the base64 of {VAULT_KEY_BYTES} bytes")
    return value


def read_keys_file(path: Path) -> list[str]:
    """The keys of a keys file, the current one first; `#` begins a comment. Raises ValueError."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not plain text"
        raise ValueError(f"{path} cannot be read ({reason})") from None
    keys = [line.partition("#")[0].strip() for line in lines]
    keys = [key for key in keys if key]
    if not keys:
        raise ValueError(f"{path} holds no key: write one, base64 of {VAULT_KEY_BYTES} bytes")
    for number, key in enumerate(keys, start=1):
        try:
            check_vault_key(key)
        except ValueError as error:
            raise ValueError(f"key {number} of {path}: {error}") from None
    return keys
