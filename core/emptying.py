"""Puts nothing in the place of what was said, column by column. Must not decide whose words go, or when.

Columns are emptied by their type, so one that is added later is emptied too unless somebody decides here
that it may stay.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, String, Table, case, cast, literal, null
from sqlalchemy.orm import Session

from core.conversations import ERASED
from core.models.base import Base
from core.models.conversation import Conversation, Delivery, Draft, Handover, Turn
from core.models.vault import VaultItem

# Columns that tell what happened and never what was said. Every other column that can hold words,
# JSON or bytes is emptied.
_STAYS: dict[type[Base], frozenset[str]] = {
    Turn: frozenset({"channel", "kind", "state"}),
    Delivery: frozenset({"action", "channel", "kind", "speaker", "state"}),
    Draft: frozenset({"state"}),
    Handover: frozenset(),
    VaultItem: frozenset({"token", "kind"}),
    Conversation: frozenset({"channel", "visibility"}),
}


def empty(session: Session, model: type[Base], conversation_id: int, **values: Any) -> None:
    """Empty the rows of a conversation; ``values`` win."""
    table = table_of(model)
    key = table.c.id if model is Conversation else table.c.conversation_id
    session.execute(table.update().where(key == conversation_id).values(emptied(model) | values))


def emptied(model: type[Base]) -> dict[str, Any]:
    """For each column that may hold what was said, a value that holds nothing."""
    stays: Collection[str] = _STAYS[model]
    return {
        column.name: _nothing(column)
        for column in table_of(model).columns
        if column.name not in stays and isinstance(column.type, String | JSON | LargeBinary)
    }


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return null()
    if isinstance(column.type, JSON):
        # The column's own beginning ([] or {}), so that readers find the shape that they expect.
        made: Any = column.default
        return made.arg(None) if made is not None and made.is_callable else {}
    return b"" if isinstance(column.type, LargeBinary) else ""


def numbered(table: Table) -> Any:
    """A value that is unique and says nothing: ``erased:<id>``."""
    return literal(ERASED) + cast(table.c.id, String)


def settled(table: Table, states: Collection[str], to: str) -> Any:
    """The row's state, or ``to`` where it was still waiting for something."""
    return case((table.c.state.in_(states), to), else_=table.c.state)


def table_of(model: type[Base]) -> Table:
    """The table behind a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
