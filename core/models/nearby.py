"""Tables of cases that belong together: who follows one, and which were merged. Must hold no rules.

Neither holds anything that somebody said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

# As core.case_hearers asks for it: an index is used only where a query says the same words.
STANDING = "undone_at IS NULL"


class CaseFollow(Base):
    """A conversation that feels the same trouble and hears how the case goes, and nothing else of it.

    Not to be taken for ``CaseLink``, which shows a citizen the own case in another conversation.
    """

    __tablename__ = "case_follow"
    __table_args__ = (
        UniqueConstraint("conversation_id", "case_id"),
        Index(
            "ix_case_follow_case_id_open",
            "case_id",
            sqlite_where=text(STANDING),
            postgresql_where=text(STANDING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    followed_at: Mapped[datetime]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)


class CaseMerge(Base):
    """A case that is worked on together with a leading one (시행령 6조 6항), and how it stood before."""

    __tablename__ = "case_merge"
    __table_args__ = (
        # A case is merged into one other at a time.
        Index(
            "ix_case_merge_case_id_open",
            "case_id",
            unique=True,
            sqlite_where=text(STANDING),
            postgresql_where=text(STANDING),
        ),
        Index(
            "ix_case_merge_into_id_open",
            "into_id",
            sqlite_where=text(STANDING),
            postgresql_where=text(STANDING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("civil_case.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("case_event.id"))
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None] = mapped_column(default=None)
    # What an undoing brings back.
    status_before: Mapped[str] = mapped_column(String(24))
    paused_before: Mapped[datetime | None] = mapped_column(default=None)
    # Ids of the pauses (case_clock) that the merge ended.
    pauses_ended: Mapped[list[Any]]
