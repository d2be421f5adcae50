"""What every process asks each second must not grow with what was answered long ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.conversations import waiting_conversations
from core.turn_changes import are_waiting_for
from tests.builders import MONDAY_TEN, make_database


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: waiting_conversations(session, now=MONDAY_TEN),
        lambda session: are_waiting_for(session, failure="rasa away"),
    ],
    ids=["turns that wait", "turns that wait for Rasa"],
)
def test_only_open_turns_are_looked_at(tmp_path, ask: Callable[[Session], Any]) -> None:
    database = make_database(tmp_path)
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    with database.reading() as session:
        ask(session)
    (question,) = asked
    raw = database.engine.raw_connection()
    plan = [
        row[3] for row in raw.cursor().execute("EXPLAIN QUERY PLAN " + question[0], question[1])
    ]
    raw.close()
    database.dispose()
    scans = [step for step in plan if "turn" in step and "PRIMARY KEY" not in step]
    assert scans
    assert all("ix_turn_open" in step for step in scans), plan
