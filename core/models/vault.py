"""Tables of the vault and the audit log. Must not hold rules: see ``core.vault`` and ``core.audit``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class VaultItem(Base):
    """One piece of personal data, encrypted. Its token means something only inside its conversation."""

    __tablename__ = "vault_item"
    __table_args__ = (UniqueConstraint("conversation_id", "token"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    token: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(20))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    # Keyed hash of the value: the same number twice in one conversation is one token.
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class AuditEntry(Base):
    """One line of the audit log; each line's hash covers the line before it."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
