"""Tables of publishing beside the posts: earlier words, stops. Must hold no rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class PostVersion(Base):
    """What a post said after one draft or edit. ``core.posts`` writes it; rows never change."""

    __tablename__ = "post_version"
    __table_args__ = (Index("uq_post_version_post_id_number", "post_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    # From 1.
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    images: Mapped[list[Any]] = mapped_column(default=list)
    link_title: Mapped[str | None] = mapped_column(String(100), default=None)
    link_url: Mapped[str | None] = mapped_column(String(2000), default=None)
    legal_basis: Mapped[str | None] = mapped_column(String(200), default=None)
    scheduled_at: Mapped[datetime | None] = mapped_column(default=None)
    content_hash: Mapped[str] = mapped_column(String(64))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    written_at: Mapped[datetime]


class PublishingStop(Base):
    """Nothing public goes out while one has no ``resumed_at``."""

    __tablename__ = "publishing_stop"

    id: Mapped[int] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime]
    stopped_by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str] = mapped_column(String(200))
    resumed_at: Mapped[datetime | None] = mapped_column(default=None)
    resumed_by_officer_id: Mapped[int | None] = mapped_column(
        ForeignKey("officer.id"), default=None
    )
