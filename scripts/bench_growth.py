"""Fills a database with cases as years would, by bulk SQL, so that a turn can be timed with many of them.

Each case comes with its conversation, the turn that filed it, two messages and an event: copies of one that
was filed by the real way. Must not touch a database of a running city.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, text

from core.database import Database
from core.models.base import Base
from core.models.case import Case, CaseEvent
from core.models.conversation import Conversation, Delivery, Turn

BATCH = 50_000


def grow(database: Database, *, cases: int) -> None:
    """Add cases until there are ``cases``. One that was filed in the real way must be there."""
    with database.reading() as session:
        there = session.query(Case).count()
    # As a writer from the start: a reader that turns into one is refused when another wrote meanwhile.
    with database.engine.connect().execution_options(sotong_write=True) as connection:
        while there < cases:
            count = min(BATCH, cases - there)
            _add(connection, first=there, count=count)
            there += count
        if database.is_sqlite:
            connection.execute(text("COMMIT"))
            connection.execute(text("ANALYZE"))
            connection.execute(text("BEGIN"))
        else:
            connection.execute(text("ANALYZE"))
        connection.commit()
    database.empty_log()
    # What was filled in is written out before anything is timed: it would hold up every commit.
    os.sync()


def _add(connection: Connection, *, first: int, count: int) -> None:
    numbers = {"first": first, "last": first + count - 1}
    template = connection.execute(
        text(
            "SELECT id, turn_id, conversation_id FROM civil_case WHERE number NOT LIKE 'G%' LIMIT 1"
        )
    ).one()
    ids = {"case": template[0], "turn": template[1], "conversation": template[2]}
    address = "'grown-' || CAST(n AS VARCHAR(12))"
    series = (
        "WITH RECURSIVE s(n) AS (SELECT CAST(:first AS INTEGER) "
        "UNION ALL SELECT n + 1 FROM s WHERE n < :last) "
    )
    own = "c.address LIKE 'grown-%' AND NOT EXISTS (SELECT 1 FROM turn x WHERE x.conversation_id = c.id)"
    connection.execute(
        text(
            copy_of(Conversation, {"address": address, "channel": "'grown'", "leased_until": "NULL"},
                  "conversation t, s WHERE t.id = :conversation", before=series)
        ),
        {**numbers, "conversation": ids["conversation"]},
    )  # fmt: skip
    connection.execute(
        text(
            copy_of(Turn, {"conversation_id": "c.id", "channel": "'grown'", "external_id": "c.address"},
                  f"turn t, conversation c WHERE t.id = :turn AND {own}")
        ),
        {"turn": ids["turn"]},
    )  # fmt: skip
    fresh = "n.channel = 'grown' AND NOT EXISTS (SELECT 1 FROM civil_case x WHERE x.turn_id = n.id)"
    for number in range(2):
        values = {
            "conversation_id": "n.conversation_id", "channel": "'grown'", "turn_id": "n.id",
            "case_id": "NULL", "address": "n.external_id",
            "dedupe_key": f"'grown:{number}:' || CAST(n.id AS VARCHAR(12))",
        }  # fmt: skip
        source = (
            "delivery t, turn n WHERE t.id = (SELECT MAX(id) FROM delivery WHERE turn_id = :turn)"
        )
        connection.execute(
            text(copy_of(Delivery, values, f"{source} AND {fresh}")), {"turn": ids["turn"]}
        )
    values = {
        "number": "'G' || CAST(n.id AS VARCHAR(11))", "turn_id": "n.id",
        "conversation_id": "n.conversation_id",
        # All at one place would be no city; how long near ones take has a bench of its own.
        "place_key": "NULL", "cell": "NULL",
    }  # fmt: skip
    connection.execute(
        text(copy_of(Case, values, f"civil_case t, turn n WHERE t.id = :case AND {fresh}")),
        {"case": ids["case"]},
    )
    alone = "NOT EXISTS (SELECT 1 FROM case_event x WHERE x.case_id = n.id)"
    connection.execute(
        text(
            copy_of(CaseEvent, {"case_id": "n.id"},
                  f"case_event t, civil_case n WHERE t.case_id = :case AND {alone}")
        ),
        {"case": ids["case"]},
    )  # fmt: skip
    connection.commit()


def copy_of(model: type[Base], values: dict[str, str], source: str, *, before: str = "") -> str:
    """INSERT of copies of a template row ``t`` with other ``values`` (SQL) in some columns."""
    columns = [column.name for column in model.__table__.columns if column.name != "id"]
    chosen = ", ".join(values.get(name, f't."{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    # Constants of this module only.
    return f'INSERT INTO "{model.__tablename__}" ({named}) {before}SELECT {chosen} FROM {source}'  # noqa: S608
