"""One-time links to a copy of the own data (table data_link), their one writer. Must not make the copy."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.models.privacy import DataLink

LIFE = timedelta(minutes=30)
TOKEN_BYTES = 32


def make_data_link(session: Session, *, conversation_id: int, now: datetime) -> str:
    """A token that opens this conversation's data once within half an hour; only its hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        DataLink(
            token_hash=_hash(token),
            conversation_id=conversation_id,
            made_at=now,
            expires_at=now + LIFE,
        )
    )
    return token


def holds_data_link(session: Session, *, token: str, now: datetime) -> bool:
    """Whether the token would open something now; it stays unused."""
    link = session.get(DataLink, _hash(token))
    return link is not None and link.used_at is None and now < link.expires_at


def use_data_link(session: Session, *, token: str, now: datetime) -> int | None:
    """The conversation of the token, which is used up by this; None when it is not good (any more)."""
    used = session.execute(
        update(DataLink)
        .where(
            DataLink.token_hash == _hash(token),
            DataLink.used_at.is_(None),
            DataLink.expires_at > now,
        )
        .values(used_at=now)
    )
    if not getattr(used, "rowcount", 0):
        return None
    return session.scalars(
        select(DataLink.conversation_id).where(DataLink.token_hash == _hash(token))
    ).one()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
