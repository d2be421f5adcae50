"""Locks for what must not happen twice at once. Must not decide anything: callers look again under the lock.

On SQLite every writing transaction has the whole database for itself (core.database), so nothing is
asked there. On PostgreSQL transactions run side by side, and looking before writing is only safe under
a lock. To keep two of them from waiting for each other all take locks in this order: channel pace,
conversation, turn, delivery, case, articles, figures, the audit log.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.models.base import Base
from core.models.conversation import Conversation

Row = TypeVar("Row", bound=Base)

# FOR NO KEY UPDATE: rows that point at a locked one can still be inserted.
_ROW_LOCK = {"key_share": True}
# Our advisory locks, so that several programs can share a database.
OURS = 0x736F746F


class Chain(IntEnum):
    """What has no row of its own to lock."""

    AUDIT = 1
    OFFICERS = 2
    ARTICLES = 3
    FIGURES = 4
    PUBLISHING = 5


def lock_row(session: Session, model: type[Row], key: Any) -> Row | None:
    """The row as it is now, which nobody else changes before this transaction ends; None: there is none."""
    session.flush()
    return session.get(model, key, with_for_update=_ROW_LOCK, populate_existing=True)


def lock_existing(session: Session, model: type[Row], key: Any) -> Row:
    """As ``lock_row``. Raises sqlalchemy.exc.NoResultFound."""
    session.flush()
    return session.get_one(model, key, with_for_update=_ROW_LOCK, populate_existing=True)


def lock_conversation(session: Session, conversation_id: int) -> None:
    """One writer of what belongs to this conversation at a time; its row is read anew."""
    if not _side_by_side(session):
        return
    held: set[int] = session.info.setdefault("locked_conversations", set())
    if conversation_id not in held:
        lock_row(session, Conversation, conversation_id)
        held.add(conversation_id)


def lock_chain(session: Session, chain: Chain) -> None:
    """One transaction at a time goes on from here; the lock ends with the transaction."""
    if _side_by_side(session):
        session.execute(
            text("SELECT pg_advisory_xact_lock(:ours, :chain)"),
            {"ours": OURS, "chain": chain.value},
        )


def insert_missing(session: Session, model: type[Base], **values: Any) -> bool:
    """Insert the row unless one with the same key is there: of two at once one does, the other waits.

    Afterwards the row is there in any case. True: this inserted it.
    """
    table = model.__table__
    make: Any = postgresql.insert if _side_by_side(session) else sqlite.insert
    statement = make(table).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(*table.primary_key)).first() is not None


def _side_by_side(session: Session) -> bool:
    return session.get_bind().dialect.name != "sqlite"
