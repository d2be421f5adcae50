"""Tables of the vault and the audit log. Must not hold rules: see ``core.vault`` and ``core.audit``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class VaultItem(Base):
    """One piece of personal data, encrypted. Its token means something only inside its conversation."""

    __tablename__ = "vault_item"
    __table_args__ = (
        UniqueConstraint("conversation_id", "token"),
        # Which keys are still needed is asked at each start.
        Index("ix_vault_item_key_id_id", "key_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    token: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    # Keyed hash of the value: the same number twice in one conversation is one token.
    fingerprint: Mapped[str] = mapped_column(String(64))
    # The key that sealed it; empty: sealed before keys had ids.
    key_id: Mapped[str] = mapped_column(String(32), default="", server_default="")
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class VaultKey(Base):
    """A key that this database was written with, told by its id; never the key itself."""

    __tablename__ = "vault_key"

    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    # A known word sealed with it: opens with the right key only.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    first_used_at: Mapped[datetime]
    # Given up: nobody has it any more, and what it sealed stays closed.
    lost_at: Mapped[datetime | None] = mapped_column(default=None)


class AuditEntry(Base):
    """One line of the audit log; each line's hash covers the line before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at_id", "at", "id"),
        Index("ix_audit_entry_conversation_id_id", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Which columns the hash covers, and how: see core.audit.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    # From where: an officer's address, "cli…", or "system".
    place: Mapped[str] = mapped_column(String(80), default="", server_default="")
    # Whose data, where it is a citizen's. No foreign keys: the log outlives what it speaks of.
    conversation_id: Mapped[int | None] = mapped_column(default=None)
    case_id: Mapped[int | None] = mapped_column(default=None)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the audit log (one row, id 1): without it nobody would miss the last lines."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Lines ever written, with those that were cut away at the beginning.
    lines: Mapped[int]
    last_id: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    # How many of them were cut away.
    cut_count: Mapped[int] = mapped_column(default=0, server_default="0")
