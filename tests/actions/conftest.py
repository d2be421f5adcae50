"""An executor over a real database, and a conversation that talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from actions.registry import make_executor
from core.database import Database
from tests.actions.policy_shelf import Shelf
from tests.actions.rasa_call import call, slots_of, user
from tests.builders import (
    CODES,
    Clock,
    make_conversation,
    make_database,
    make_turn,
    make_vault,
    sample_city,
)


@dataclass
class Rasa:
    """Calls actions as Rasa would, for one conversation."""

    database: Database
    clock: Clock
    conversation_id: int
    shelf: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        self.executor: Any = make_executor(
            database=self.database,
            city=sample_city(),
            codes=CODES,
            vault=make_vault(),
            now=self.clock,
            articles=self.shelf,
            public_base_url="https://sotong.city.example",
        )

    def turn(self) -> int:
        """A recorded turn of this conversation."""
        with self.database.transaction() as session:
            return make_turn(session, conversation=make_conversation(session)).id

    def ask(
        self, action: str, text: str = "", *, turn_id: int | None = None, **rest: Any
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The action's events and messages."""
        frame = {
            name: rest.pop(name)
            for name in ("slots", "requested", "in_form", "since", "before")
            if name in rest
        }
        message = user(
            text, turn_id=turn_id or self.turn(), conversation_id=self.conversation_id, **rest
        )
        result = asyncio.run(self.executor.run(call(action, message, **frame)))
        return result.events, result.responses

    def slots(self, action: str, text: str = "", **rest: Any) -> dict[str, Any]:
        events, _ = self.ask(action, text, **rest)
        return slots_of(events)


@pytest.fixture
def rasa(tmp_path: Path) -> Iterator[Rasa]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        conversation_id = make_conversation(session).id
    yield Rasa(database, Clock(), conversation_id)
    database.dispose()
