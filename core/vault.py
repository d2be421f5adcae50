"""The one place where personal data lies, encrypted. Must not be read without a purpose and an audit line.

Elsewhere stand tokens such as ``⟦전화1⟧``, unique within a conversation; a token resolves only
together with its conversation. The cipher is a port: a city may have to use validated cryptography.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
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

TOKEN_NAMES = {"phone": "전화", "email": "메일", "unread": "원문", "place": "위치"}
TOKEN_PATTERN = re.compile(r"⟦(?:전화|메일|원문|위치)\d+⟧")


class Cipher(Protocol):
    """Authenticated encryption. ``context`` is bound to the ciphertext and must match to decrypt."""

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Seal ``plain``."""
        ...

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """Open what ``encrypt`` sealed. Raises ``cryptography.exceptions.InvalidTag``."""
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


class Vault:
    """Keep and reveal personal data inside the caller's transaction."""

    def __init__(self, cipher: Cipher, *, telemetry: Telemetry = NO_TELEMETRY) -> None:
        self._cipher = cipher
        self._telemetry = telemetry

    def keep(
        self, session: Session, *, conversation_id: int, kind: str, value: str, now: datetime
    ) -> str:
        """Store ``value`` and return its token; the same value again returns the same token."""
        # Of two at once the second finds what the first kept, and no number is given out twice.
        lock_conversation(session, conversation_id)
        fingerprint = self._cipher.fingerprint(
            f"{conversation_id}:{kind}:{value}".encode("utf-8", "surrogatepass")
        )
        known = session.scalars(
            select(VaultItem).where(
                VaultItem.conversation_id == conversation_id,
                VaultItem.fingerprint == fingerprint,
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
                ciphertext=self._cipher.encrypt(
                    value.encode("utf-8", "surrogatepass"), context_of(conversation_id, token)
                ),
                fingerprint=fingerprint,
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
        the key does not fit.
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
        try:
            plain = self._cipher.decrypt(item.ciphertext, context_of(conversation_id, token))
        except InvalidTag as error:
            raise PermanentFailure(
                "vault_key", "this vault item was sealed with another key or was changed"
            ) from error
        self._telemetry.count("vault_read")
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
