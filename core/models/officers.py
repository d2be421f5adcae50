"""Tables of officers. Must not hold rules: ``core.officers`` and ``core.officer_sessions`` write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Role(Base):
    """What a group of officers may do. ``permissions`` is a JSON list of names such as ``case.change``."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(40))
    permissions: Mapped[list[Any]]


class Officer(Base):
    """A person who works in the console. Rows are never deleted: the history names them."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    # The whole PHC string of argon2; it carries its own parameters and salt.
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.name"))
    department_id: Mapped[str | None] = mapped_column(String(60), default=None)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    # Attempts since the last success, counted before the password is looked at.
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(default=None)


class OfficerSession(Base):
    """One signed-in browser. Only a hash of the cookie's token is kept."""

    __tablename__ = "officer_session"
    __table_args__ = (Index("ix_officer_session_expires_at", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UsedForm(Base):
    """A form that has been sent. The second press of one button finds its row here and changes nothing."""

    __tablename__ = "used_form"
    __table_args__ = (Index("ix_used_form_used_at", "used_at"),)

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    used_at: Mapped[datetime]
