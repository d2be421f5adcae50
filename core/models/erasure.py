"""Table of conversations that are to be erased. Must not hold rules: ``core.erasure`` writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Erasure(Base):
    """The wish to have a conversation erased. One a conversation: asking twice is asking once."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_done_at_requested_at", "done_at", "requested_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), unique=True)
    requested_at: Mapped[datetime]
    # "citizen", "officer:<id>", or "cli:<account>" for who sits at the machine.
    by: Mapped[str] = mapped_column(String(80))
    # Hashes of files whose rows are gone and which still lie on disk; empty once all is done.
    files: Mapped[list[Any]] = mapped_column(default=list)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
