"""The one place where personal data lies, encrypted. Must not be read without a purpose and an audit line.

Elsewhere stand tokens such as ``⟦전화1⟧``, unique within a conversation; a token resolves only
together with its conversation. The cipher is a port: a city may have to use validated cryptography.
Keys are changed by ``core.vault_rotation``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.errors import PermanentFailure, Refused
from core.locking import lock_conversation
from core.models.vault import VaultItem
from core.telemetry import NO_TELEMETRY, Telemetry
from korean.findings import NAMES

TOKEN_NAMES = {**NAMES, "unread": "원문", "place": "위치"}
TOKEN_PATTERN = re.compile(rf"⟦(?:{'|'.join(TOKEN_NAMES.values())})\d+⟧")

# The code of the failure when no key fits.
VAULT_KEY = "vault_key"


class Cipher(Protocol):
    """Authenticated encryption under one key. ``context`` is bound to the ciphertext and must match."""

    @property
    def key_id(self) -> str:
        """What tells this key from another (1 to 32 of a-z 0-9 -); nothing of the key follows from it."""
        ...

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Seal ``plain``."""
        ...

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """Open what ``encrypt`` sealed. Raises cryptography's InvalidTag or ValueError."""
        ...

    def fingerprint(self, value: bytes) -> str:
        """A keyed hash: equal values have equal fingerprints, and without the key none is guessed."""
        ...


class AesGcmCipher:
    """AES-256-GCM with a random 96-bit nonce per item (NIST SP 800-38D)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the vault key must be 32 bytes")
        self._aead = AESGCM(key)
        # A key of its own for fingerprints, so that equal values can be found but not guessed.
        self._mac_key = hmac.new(key, b"sotong vault fingerprint", hashlib.sha256).digest()
        self._key_id = hmac.new(key, b"sotong vault key id", hashlib.sha256).hexdigest()[:8]

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits made from the key."""
        return self._key_id

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Nonce and ciphertext in one."""
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, plain, context)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """The plain bytes."""
        return self._aead.decrypt(sealed[:12], sealed[12:], context)

    def fingerprint(self, value: bytes) -> str:
        """HMAC-SHA-256 in hex."""
        return hmac.new(self._mac_key, value, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class KeyRing:
    """The key that seals, and earlier ones that still open."""

    current: Cipher
    old: tuple[Cipher, ...] = ()

    @property
    def all(self) -> tuple[Cipher, ...]:
        """The current one first."""
        return (self.current, *self.old)

    def find(self, key_id: str) -> Cipher | None:
        """The cipher with this key, or None."""
        return next((each for each in self.all if each.key_id == key_id), None)

    def open(self, sealed: bytes, *, key_id: str, context: bytes) -> bytes:
        """The plain bytes. An item without a key's id is from before there were any: each key is tried.

        Raises PermanentFailure("vault_key"), which names the key's id and never what was sealed.
        """
        named = self.find(key_id)
        tried = self.all if not key_id else () if named is None else (named,)
        if not tried:
            raise PermanentFailure(
                VAULT_KEY,
                f"this vault item was sealed with the key {key_id}, which is not here: add that key to "
                "SOTONG_VAULT_OLD_KEYS or to the keys file",
            )
        for cipher in tried:
            try:
                return cipher.decrypt(sealed, context)
            except (InvalidTag, ValueError):
                continue
        raise PermanentFailure(
            VAULT_KEY, "this vault item was sealed with another key or was changed"
        )


class Vault:
    """Keep and reveal personal data inside the caller's transaction."""

    def __init__(self, keys: Cipher | KeyRing, *, telemetry: Telemetry = NO_TELEMETRY) -> None:
        self.keys = keys if isinstance(keys, KeyRing) else KeyRing(keys)
        self._telemetry = telemetry

    def keep(
        self, session: Session, *, conversation_id: int, kind: str, value: str, now: datetime
    ) -> str:
        """Store ``value`` and return its token; the same value again returns the same token."""
        # Of two at once the second finds what the first kept, and no number is given out twice.
        lock_conversation(session, conversation_id)
        named = named_value(conversation_id, kind, value.encode("utf-8", "surrogatepass"))
        # While keys change, some are known by an earlier key's fingerprint.
        fingerprint, *earlier = [cipher.fingerprint(named) for cipher in self.keys.all]
        known = session.scalars(
            select(VaultItem).where(
                VaultItem.conversation_id == conversation_id,
                VaultItem.fingerprint.in_([fingerprint, *earlier]),
                VaultItem.erased_at.is_(None),
            )
        ).first()
        if known:
            return known.token
        count = session.scalar(
            select(func.count()).where(
                VaultItem.conversation_id == conversation_id, VaultItem.kind == kind
            )
        )
        token = f"⟦{TOKEN_NAMES[kind]}{(count or 0) + 1}⟧"
        session.add(
            VaultItem(
                conversation_id=conversation_id,
                token=token,
                kind=kind,
                ciphertext=self.keys.current.encrypt(
                    value.encode("utf-8", "surrogatepass"), context_of(conversation_id, token)
                ),
                fingerprint=fingerprint,
                key_id=self.keys.current.key_id,
                created_at=now,
            )
        )
        session.flush()
        return token

    def reveal(
        self,
        session: Session,
        *,
        conversation_id: int,
        token: str,
        purpose: str,
        actor: str,
        now: datetime,
    ) -> str:
        """The value behind a token. Writes an audit line first.

        Raises Refused("purpose_missing" | "token_unknown"), PermanentFailure("vault_key") when
        no key here fits. A caller that commits after that failure keeps the line of the attempt.
        """
        if not purpose.strip():
            raise Refused("purpose_missing")
        item = _item(session, conversation_id, token)
        if item is None:
            raise Refused("token_unknown")
        record_audit(
            session,
            actor=actor,
            action="vault.reveal",
            subject=f"conversation:{conversation_id}:{item.kind}:{item.id}",
            purpose=purpose.strip()[:200],
            now=now,
        )
        plain = self.keys.open(
            item.ciphertext, key_id=item.key_id, context=context_of(conversation_id, token)
        )
        self._telemetry.count("vault_read")
        return plain.decode("utf-8", "surrogatepass")

    def show_again(self, session: Session, *, conversation_id: int, token: str) -> str | None:
        """What an officer's message to this conversation's citizen says, for that citizen's own page.

        ``reveal`` wrote its line when the message was sent (``core.put_away``); a page that is looked at
        again is nobody's new look. None: it is gone or does not open.
        """
        item = _item(session, conversation_id, token)
        if item is None:
            return None
        try:
            plain = self.keys.open(
                item.ciphertext, key_id=item.key_id, context=context_of(conversation_id, token)
            )
        except PermanentFailure:
            return None
        return plain.decode("utf-8", "surrogatepass")

    def forget(self, session: Session, *, conversation_id: int, token: str, now: datetime) -> None:
        """Erase one value; its token is never given out again. Unknown or erased already: nothing."""
        item = _item(session, conversation_id, token)
        if item is not None:
            item.ciphertext, item.fingerprint, item.erased_at = b"", "", now


def _item(session: Session, conversation_id: int, token: str) -> VaultItem | None:
    return session.scalars(
        select(VaultItem).where(
            VaultItem.conversation_id == conversation_id,
            VaultItem.token == token,
            VaultItem.erased_at.is_(None),
        )
    ).first()


def context_of(conversation_id: int, token: str) -> bytes:
    """What an item's ciphertext is bound to: its place."""
    return f"sotong:{conversation_id}:{token}".encode()


def named_value(conversation_id: int, kind: str, value: bytes) -> bytes:
    """What a fingerprint is made of: equal values are one only within a conversation and a kind."""
    return f"{conversation_id}:{kind}:".encode() + value
