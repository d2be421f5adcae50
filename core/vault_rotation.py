"""Changes the vault's keys while the service runs, and knows which are needed. Must show nothing plain.

Every database keeps a known word sealed with each of its keys, so a wrong key shows before it does harm.
Sealing anew goes item by item from the lowest id; what is done is marked by its key's id, so it can be
stopped anywhere and begun again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Row, Select, exists, func, select, update
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.database import Database
from core.errors import PermanentFailure, Refused
from core.failpoints import failpoint
from core.locking import insert_missing, lock_row
from core.models.vault import VaultItem, VaultKey
from core.put_away import in_plain_words
from core.vault import VAULT_KEY, Cipher, KeyRing, context_of, named_value

BATCH = 200
_WORD = b"sotong vault key check"
Progress = Callable[[int], None]
ROTATION_PURPOSE = "암호키 교체에 따른 다시 암호화"
CHECK_PURPOSE = "암호키로 모두 열리는지 점검"


@dataclass(frozen=True)
class KeyFigures:
    """One key of this database. ``key_id`` "" stands for items from before keys had ids."""

    key_id: str
    items: int
    is_here: bool
    is_current: bool
    first_used_at: datetime | None
    lost_at: datetime | None

    @property
    def state(self) -> str:
        """current | in_use | retirable (nothing needs it) | missing (needed, not here) | lost | unnamed."""
        if self.is_current:
            return "current"
        if not self.key_id:
            return "unnamed"
        if not self.items:
            return "retirable"
        if self.lost_at is not None and not self.is_here:
            return "lost"
        return "in_use" if self.is_here else "missing"


@dataclass
class Resealed:
    """What a run did: ``done`` items; ``unreadable`` by the id of the key that is missing or wrong."""

    done: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)


def look_at_keys(session: Session, keys: KeyRing) -> list[str]:
    """The ids of keys that items need and that are not here.

    Raises PermanentFailure("vault_key") with one sentence that says what to set, when the keys do not
    belong to this database.
    """
    known = list(session.scalars(select(VaultKey).order_by(VaultKey.first_used_at)))
    for row in known:
        cipher = keys.find(row.key_id)
        if cipher is not None and not _opens(cipher, row.sealed, _context(row.key_id)):
            raise PermanentFailure(
                VAULT_KEY,
                f"the vault key {row.key_id} has the right id but does not open what it sealed: set the "
                "key this database was written with (SOTONG_VAULT_CIPHER, too, must be the same)",
            )
    if keys.current.key_id not in {row.key_id for row in known}:
        _check_new_key(session, keys, known)
    return [
        row.key_id
        for row in known
        if row.lost_at is None and keys.find(row.key_id) is None and _is_needed(session, row.key_id)
    ]


def check_keys(session: Session, keys: KeyRing, *, now: datetime) -> list[str]:
    """As ``look_at_keys``, and note the current key: from now on this database is written with it."""
    missing = look_at_keys(session, keys)
    if session.get(VaultKey, keys.current.key_id) is None:
        insert_missing(
            session,
            VaultKey,
            key_id=keys.current.key_id,
            sealed=keys.current.encrypt(_WORD, _context(keys.current.key_id)),
            first_used_at=now,
        )
    return missing


def key_figures(session: Session, keys: KeyRing) -> list[KeyFigures]:
    """Every key that this database knows or that is here, the current one first."""
    counted: dict[str, int] = {
        row.key_id: row.items
        for row in session.execute(
            select(VaultItem.key_id, func.count().label("items"))
            .where(VaultItem.erased_at.is_(None))
            .group_by(VaultItem.key_id)
        )
    }
    known = {row.key_id: row for row in session.scalars(select(VaultKey))}
    here = [cipher.key_id for cipher in keys.all]
    ids = dict.fromkeys([*here, *known, *sorted(counted)])
    return [
        KeyFigures(
            key_id=key_id,
            items=counted.get(key_id, 0),
            is_here=key_id in here,
            is_current=key_id == keys.current.key_id,
            first_used_at=known[key_id].first_used_at if key_id in known else None,
            lost_at=known[key_id].lost_at if key_id in known else None,
        )
        for key_id in ids
    ]


def seal_anew(
    database: Database,
    keys: KeyRing,
    *,
    by: str,
    now: Callable[[], datetime],
    batch: int = BATCH,
    progress: Progress = lambda _done: None,
) -> Resealed:
    """Seal every item with the current key, fingerprints too. Doing it again does what is left.

    Items are opened outside any transaction and written back in short ones, only where nothing changed
    them meanwhile. One audit line begins the run and one ends it.
    """
    current = keys.current
    result = Resealed()
    with database.transaction() as session:
        check_keys(session, keys, now=now())
        _audit(session, "vault.rotate", current, by=by, why=ROTATION_PURPOSE, now=now())
    last = 0
    while True:
        with database.reading() as session:
            wanted = _items(after=last).where(VaultItem.key_id != current.key_id)
            rows = session.execute(wanted.limit(batch)).all()
        if not rows:
            break
        last = rows[-1].id
        ready = [each for row in rows if (each := _sealed_anew(row, keys, result)) is not None]
        # Who loses power loses some of this and does it again: no need to wait for the disk each time.
        with database.transaction(durable=False) as session:
            for row, values in ready:
                same = (VaultItem.id == row.id, VaultItem.ciphertext == row.ciphertext)
                done: Any = session.execute(
                    update(VaultItem)
                    .where(*same, VaultItem.erased_at.is_(None))
                    .values(**values)
                    .execution_options(synchronize_session=False)
                )
                result.done += done.rowcount
        failpoint("vault_batch_sealed")
        progress(result.done)
    with database.transaction() as session:
        why = f"다시 암호화 {result.done}건, 열지 못함 {result.unreadable.total()}건"
        _audit(session, "vault.rotated", current, by=by, why=why, now=now())
    return result


def open_all(
    database: Database,
    keys: KeyRing,
    *,
    by: str,
    now: Callable[[], datetime],
    batch: int = BATCH,
    progress: Progress = lambda _done: None,
) -> Resealed:
    """Try to open every item and keep nothing of it; ``done`` are those that open."""
    result = Resealed()
    with database.transaction() as session:
        _audit(session, "vault.check", keys.current, by=by, why=CHECK_PURPOSE, now=now())
    last = 0
    while True:
        with database.reading() as session:
            rows = session.execute(_items(after=last).limit(batch)).all()
        if not rows:
            return result
        last = rows[-1].id
        for row in rows:
            result.done += _opened(row, keys, result) is not None
        progress(result.done + result.unreadable.total())


def give_up_key(session: Session, *, key_id: str, by: str, reason: str, now: datetime) -> int:
    """Note that nobody has this key any more; returns how many items stay closed for ever.

    Raises Refused("purpose_missing" | "vault_key_unknown").
    """
    if not reason.strip():
        raise Refused("purpose_missing")
    row = lock_row(session, VaultKey, key_id)
    if row is None:
        raise Refused("vault_key_unknown")
    row.lost_at = row.lost_at or now
    record_audit(
        session,
        actor=by,
        action="vault.key_lost",
        subject=f"vault:{key_id}",
        purpose=in_plain_words(reason),
        now=now,
    )
    return (
        session.scalar(
            select(func.count()).where(VaultItem.key_id == key_id, VaultItem.erased_at.is_(None))
        )
        or 0
    )


def _check_new_key(session: Session, keys: KeyRing, known: list[VaultKey]) -> None:
    """A key that this database has never seen is right only beside one that it has, or in a new one."""
    in_use = [row for row in known if row.lost_at is None]
    if in_use and not any(keys.find(row.key_id) for row in in_use):
        written = ", ".join(row.key_id for row in in_use)
        raise PermanentFailure(
            VAULT_KEY,
            f"this database was written with the vault key {written}, and you gave "
            f"{', '.join(each.key_id for each in keys.all)}: set SOTONG_VAULT_KEY to that key; to change "
            "keys keep it in SOTONG_VAULT_OLD_KEYS; if it is lost for ever, `sotong vault give-up`",
        )
    if known:
        return
    item = session.execute(_items(after=0).where(VaultItem.key_id == "").limit(1)).first()
    if item is not None and _opened(item, keys, Resealed()) is None:
        raise PermanentFailure(
            VAULT_KEY,
            "this database was written with another vault key than the one you gave: set SOTONG_VAULT_KEY "
            "to the key it was written with",
        )


def _items(*, after: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            VaultItem.id,
            VaultItem.conversation_id,
            VaultItem.token,
            VaultItem.kind,
            VaultItem.ciphertext,
            VaultItem.key_id,
        )
        .where(VaultItem.id > after, VaultItem.erased_at.is_(None))
        .order_by(VaultItem.id)
    )


def _opened(row: Row[Any], keys: KeyRing, result: Resealed) -> bytes | None:
    try:
        return keys.open(
            row.ciphertext, key_id=row.key_id, context=context_of(row.conversation_id, row.token)
        )
    except PermanentFailure:
        result.unreadable[row.key_id] += 1
        return None


def _sealed_anew(
    row: Row[Any], keys: KeyRing, result: Resealed
) -> tuple[Row[Any], dict[str, Any]] | None:
    plain = _opened(row, keys, result)
    if plain is None:
        return None
    current = keys.current
    return row, {
        "ciphertext": current.encrypt(plain, context_of(row.conversation_id, row.token)),
        "fingerprint": current.fingerprint(named_value(row.conversation_id, row.kind, plain)),
        "key_id": current.key_id,
    }


def _opens(cipher: Cipher, sealed: bytes, context: bytes) -> bool:
    try:
        return cipher.decrypt(sealed, context) == _WORD
    except (InvalidTag, ValueError):
        return False


def _is_needed(session: Session, key_id: str) -> bool:
    needed = exists().where(VaultItem.key_id == key_id, VaultItem.erased_at.is_(None))
    return bool(session.scalar(select(needed)))


def _context(key_id: str) -> bytes:
    return f"sotong:key:{key_id}".encode()


def _audit(
    session: Session, action: str, cipher: Cipher, *, by: str, why: str, now: datetime
) -> None:
    record_audit(
        session, actor=by, action=action, subject=f"vault:{cipher.key_id}", purpose=why, now=now
    )
