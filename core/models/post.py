"""The table of posts, texts for everybody. Must not hold rules: ``core.posts`` writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Post(Base):
    """One text with its pictures for everybody. ``content_hash`` is what an approval binds to."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_state", "state"),
        Index("ix_post_address", "address"),
        # One bulletin of a template for a period; one that was withdrawn makes room.
        Index(
            "uq_post_template_period",
            "template",
            "period",
            unique=True,
            sqlite_where=sql("state <> 'withdrawn'"),
            postgresql_where=sql("state <> 'withdrawn'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(128))
    text: Mapped[str] = mapped_column(Text)
    # Attachment ids with alt texts, in order.
    images: Mapped[list[Any]] = mapped_column(default=list)
    link_title: Mapped[str | None] = mapped_column(String(100), default=None)
    link_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    # budget_bulletin | policy_notice | reply_draft | correction
    kind: Mapped[str] = mapped_column(String(20), default="policy_notice")
    # The law that asks for it; without one it is held in an election blackout.
    legal_basis: Mapped[str | None] = mapped_column(String(200), default=None)
    # What a bulletin was made of: at most one post of each.
    template: Mapped[str | None] = mapped_column(String(60), default=None)
    period: Mapped[str | None] = mapped_column(String(20), default=None)
    content_hash: Mapped[str] = mapped_column(String(64))
    # draft | approved | sent | corrected | withdrawn | unsure | failed
    state: Mapped[str] = mapped_column(String(12), default="draft")
    # Who wrote the words as they are now: an edit makes its editor the author.
    author_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    approver_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"), default=None)
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None] = mapped_column(default=None)
    scheduled_at: Mapped[datetime | None] = mapped_column(default=None)
    # When it last joined the queue of deliveries; what waits there too long does not go out.
    queued_at: Mapped[datetime | None] = mapped_column(default=None)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    # The provider's ids of all its messages, in order.
    message_ids: Mapped[list[Any]] = mapped_column(default=list)
    corrects_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), default=None)
    # How often it was approved: each approval is one delivery.
    approvals: Mapped[int] = mapped_column(default=0)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), default=None)
    deletion_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), default=None)
    failure: Mapped[str | None] = mapped_column(String(200), default=None)
