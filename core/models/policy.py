"""The table of what citizens asked about the city's rules. Must not hold any rule itself.

``core.policy_questions`` is its one writer.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

# As core.policy_questions asks for them: an index is used only where a query says the same words.
OPEN_QUESTIONS = "outcome IN ('unanswered')"
RATED = "helpful IS NOT NULL"


class PolicyQuestion(Base):
    """One question and what became of it. ``question`` holds tokens, never personal data."""

    __tablename__ = "policy_question"
    __table_args__ = (
        # What was asked last in one conversation: a follow-up is about that.
        Index("ix_policy_question_conversation_id_id", "conversation_id", "id"),
        # What nobody could answer, the latest first: the articles to write next.
        Index(
            "ix_policy_question_open",
            "asked_at",
            "id",
            sqlite_where=text(OPEN_QUESTIONS),
            postgresql_where=text(OPEN_QUESTIONS),
        ),
        # What citizens thought of the answers from one article.
        Index(
            "ix_policy_question_helpful",
            "article_key",
            "helpful",
            sqlite_where=text(RATED),
            postgresql_where=text(RATED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The turn that was answered, so that the same turn twice is one question.
    turn_id: Mapped[int] = mapped_column(ForeignKey("turn.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    asked_at: Mapped[datetime]
    question: Mapped[str] = mapped_column(Text)
    # answered | asked_back | unanswered
    outcome: Mapped[str] = mapped_column(String(12))
    # The article that was cited, in the version that was cited; None where none was.
    article_key: Mapped[str | None] = mapped_column(String(120), default=None)
    article_version: Mapped[int | None] = mapped_column(default=None)
    # Estimated chance that the best article answers it, 0 to 1.
    sureness: Mapped[float]
    # What the citizen pressed under the answer; None while nothing was pressed.
    helpful: Mapped[bool | None] = mapped_column(default=None)
    helped_at: Mapped[datetime | None] = mapped_column(default=None)
