"""Makes the vault's keys from the settings and refuses to start with wrong ones. Must make up no key."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Callable

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from app.settings import Settings, SettingsError
from app.settings_parts import variable
from core.database import Database
from core.errors import PermanentFailure, TemporaryFailure
from core.models.vault import VaultKey
from core.ports import Now
from core.vault import AesGcmCipher, Cipher, KeyRing
from core.vault_rotation import check_keys

log = logging.getLogger(__name__)
_KEY_ID = re.compile(r"[a-z0-9-]{1,32}")
_PARTS = ("encrypt", "decrypt", "fingerprint", "key_id")


def make_keys(settings: Settings) -> KeyRing:
    """The current key and the earlier ones. Raises SettingsError when the city's own cipher is not usable."""
    make = _factory(settings.vault_cipher)
    current, *old = [make(key) for key in (settings.vault_key_bytes, *settings.vault_old_key_bytes)]
    # The same key twice is one key.
    others = {each.key_id: each for each in old if each.key_id != current.key_id}
    return KeyRing(current, tuple(others.values()))


def check_at_start(database: Database, keys: KeyRing, *, now: Now) -> None:
    """Refuse to start with a key that is not this database's. Raises SettingsError with one sentence.

    A database that is away or not migrated yet is no reason: the key is looked at when a process starts
    again, and an item that does not open says so itself.
    """
    try:
        if VaultKey.__tablename__ not in inspect(database.engine).get_table_names():
            return
        with database.transaction() as session:
            missing = check_keys(session, keys, now=now())
    except PermanentFailure as failure:
        raise SettingsError(f"{str(failure)[:1].upper()}{str(failure)[1:]}.") from None
    except (TemporaryFailure, SQLAlchemyError) as error:
        log.warning("the vault's keys were not checked: %s", type(error).__name__)
        return
    if missing:
        log.error(
            "vault items need the key %s, which is not here: `sotong vault status`",
            ", ".join(missing),
        )


def _factory(entry: str) -> Callable[[bytes], Cipher]:
    if not entry:
        return AesGcmCipher
    module, _, name = entry.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"{variable('vault_cipher')} names {entry}, which cannot be loaded ({error})."
        ) from None

    def make(key: bytes) -> Cipher:
        cipher: Cipher = found(key)
        lacking = [part for part in _PARTS if not hasattr(cipher, part)]
        if lacking or not _KEY_ID.fullmatch(str(cipher.key_id)):
            raise SettingsError(
                f"{variable('vault_cipher')} names {entry}, whose cipher lacks "
                f"{', '.join(lacking) or 'a key_id of 1 to 32 of a-z 0-9 -'}."
            )
        return cipher

    return make
