"""A question reads no whole table of figures, however many there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import event

from budget.queries import figures_by_id, values, versions_of, years_of
from core.database import Database
from tests.budget.files import REVISION, ROW_SUWON, bring, write
from tests.builders import make_database

GROWS = "figure|figure_row"


def test_what_a_question_asks_of_the_database_does_not_grow(tmp_path: Path):
    database = make_database(tmp_path)
    path = write(tmp_path, "budget_revision.csv", REVISION + ROW_SUWON)
    bring(database, path)
    plans: list[str] = []

    def look(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().startswith(("SELECT", "UPDATE")):
            return
        driver = _connection.connection.dbapi_connection
        if database.is_sqlite:
            rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            lines = [row[3] for row in rows]
            bad = re.compile(rf"SCAN ({GROWS})\b(?! USING COVERING INDEX)")
        else:
            with driver.cursor() as own:
                own.execute("SET LOCAL enable_seqscan = off")
                own.execute(f"EXPLAIN {statement}", parameters)
                lines = [row[0] for row in own.fetchall()]
            bad = re.compile(rf"Seq Scan on ({GROWS})\b")
        plans.extend(f"{line}\n{statement}" for line in lines if bad.search(line))

    def questions(found: Database) -> None:
        with found.reading() as session:
            ids = [each.id for each in values(session, [1, 2], bodies=["4111000"], years=[2012])]
            values(session, [1], bodies=None, years=[2012])
            years_of(session, [1, 2], bodies=["4111000"])
            figures = figures_by_id(session, ids)
            versions_of(session, figures[ids[0]])
        bring(found, path)
        changed = REVISION + ROW_SUWON.replace("1100,100,10", "1200,200,20")
        bring(found, write(tmp_path, "budget_revision.csv", changed))

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        questions(database)
    finally:
        event.remove(database.engine, "before_cursor_execute", look)
        database.dispose()
    assert plans == []
