"""Tables of the citizen's rights: consents, download links, linked cases, retention. Must hold no rules.

None of them holds anything that a citizen said.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Consent(Base):
    """One consent, or one notice that was shown, in the words of its version (개인정보 보호법 15조 2항)."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_conversation_id_kind", "conversation_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    # An id of city/consents.yml.
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(Text)
    retention: Mapped[str] = mapped_column(Text)
    # Where it goes abroad; empty when it stays in the country (28조의8).
    abroad: Mapped[str] = mapped_column(Text, default="")
    given_at: Mapped[datetime]
    # In what way: "shown", "pressed", "form" or "continued".
    how: Mapped[str] = mapped_column(String(20))
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class DataLink(Base):
    """A link with which a citizen gets a copy of the own data, once. The link itself is not kept."""

    __tablename__ = "data_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class CaseLink(Base):
    """A conversation that may follow a case which was filed in another one, by the code on its receipt."""

    __tablename__ = "case_link"
    __table_args__ = (UniqueConstraint("conversation_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"), index=True)
    linked_at: Mapped[datetime]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)


class RetentionRun(Base):
    """When the retention of one kind of record was last applied."""

    __tablename__ = "retention_run"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    changed: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(80), default=None)
