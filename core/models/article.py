"""Tables of policy articles and their versions. Must not hold rules: ``knowledge.records`` writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Article(Base):
    """One article; its words are those of the version that ``version`` names."""

    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("origin", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # How links, questions of a measurement and related articles name it.
    key: Mapped[str] = mapped_column(String(120), unique=True)
    # Where it came from first: "city" (city/policy) or the name of an import.
    origin: Mapped[str] = mapped_column(String(40))
    # Its number there.
    external_id: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
    # Of title and body as they are now: the same words twice are one article.
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class ArticleVersion(Base):
    """The article as it was from ``created_at`` until the next version. Never changed."""

    __tablename__ = "article_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    # Sanitised Markdown: headings, paragraphs and list items without HTML (knowledge.markdown).
    body: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(500))
    valid_from: Mapped[date | None] = mapped_column(default=None)
    # The last day on which it may answer.
    valid_to: Mapped[date | None] = mapped_column(default=None)
    verified_on: Mapped[date | None] = mapped_column(default=None)
    keywords: Mapped[list[Any]] = mapped_column(default=list)
    audience: Mapped[list[Any]] = mapped_column(default=list)
    related: Mapped[list[Any]] = mapped_column(default=list)
    # Not official: written to try the service out.
    sample: Mapped[bool]
    content_hash: Mapped[str] = mapped_column(String(64))
    # Who made this version: "system:seed", "cli:…", "officer:3".
    author: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
