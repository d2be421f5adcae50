"""Fifty officers who change a thousand cases at once: no change is lost, whichever database."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, insert, select

from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.errors import Refused, TemporaryFailure
from core.models.case import Case, CaseEvent
from core.models.conversation import Turn
from tests.builders import MONDAY_TEN, make_case, make_database, make_turn, sample_city

CITY = sample_city()
T = TypeVar("T")
CASES, OFFICERS = 1_000, 50
OWN, DISPUTED = CASES // OFFICERS, 5


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def fill(database: Database) -> list[int]:
    """A thousand cases; all but the first are copies of its row, because opening them is not the point."""
    with database.transaction() as session:
        first = make_case(session, turn=make_turn(session)).case
        row = {column.key: getattr(first, column.key) for column in Case.__table__.columns}
        talk = session.get_one(Turn, first.turn_id)
        turn = {column.key: getattr(talk, column.key) for column in Turn.__table__.columns}
        turns = [
            {**turn, "id": 10_000 + number, "external_id": f"storm-{number}"}
            for number in range(1, CASES)
        ]
        session.execute(insert(Turn), turns)
        cases = [
            {
                **row,
                "id": 10_000 + number,
                "number": f"2026-{number:06d}",
                "turn_id": 10_000 + number,
            }
            for number in range(1, CASES)
        ]
        for number, case in enumerate(cases, start=2):
            case["number"] = f"2026-{number:06d}"
        session.execute(insert(Case), cases)
        return [first.id, *(case["id"] for case in cases)]


def patiently(work: Callable[[], T]) -> T:
    """Once more while the database is busy: then nothing was written, and no connection was free."""
    while True:
        try:
            return work()
        except TemporaryFailure:
            continue


def test_of_fifty_officers_on_a_thousand_cases_none_loses_a_change(database: Database) -> None:
    ids = fill(database)
    taken: Counter[int] = Counter()
    stale: list[Refused] = []
    lock = threading.Lock()

    def look(case_id: int) -> tuple[int, CaseStatus]:
        with database.reading() as session:
            seen = session.get_one(Case, case_id)
            return seen.version, CaseStatus(seen.status)

    def save(number: int, case_id: int, to: CaseStatus, version: int) -> None:
        with database.transaction() as session:
            change_status(
                session,
                city=CITY,
                case_id=case_id,
                to=to,
                actor=Actor("officer", str(number), "담당관"),
                reason="확인",
                note="알려 드려요.",
                expected_version=version,
                now=MONDAY_TEN,
            )

    def officer(number: int) -> None:
        chance = random.Random(number)
        # Each case is somebody's; the first ones are everybody's.
        mine = [*ids[:DISPUTED], *ids[number * OWN : (number + 1) * OWN]]
        for case_id in mine:
            version, status = patiently(partial(look, case_id))
            to = (
                CaseStatus.ASSIGNED
                if status is CaseStatus.RECEIVED and chance.random() < 0.5
                else CaseStatus.ANSWERED
                if status is CaseStatus.IN_PROGRESS
                else CaseStatus.IN_PROGRESS
            )
            try:
                patiently(partial(save, number, case_id, to, version))
            except Refused as refused:
                with lock:
                    stale.append(refused)
            else:
                with lock:
                    taken[case_id] += 1

    threads = [threading.Thread(target=officer, args=(number,)) for number in range(OFFICERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Everybody was answered: taken, or refused with the version that was seen and the one there is.
    assert sum(taken.values()) + len(stale) == OFFICERS * (OWN + DISPUTED)
    assert len(taken) == CASES
    assert stale, "nobody was in another's way: the test shows nothing"
    assert {refused.code for refused in stale} <= {"stale", "illegal_change"}
    assert all(
        int(str(refused.values["current"])) > int(str(refused.values["expected"]))
        for refused in stale
        if refused.code == "stale"
    )
    with database.reading() as session:
        versions = {row.id: row.version for row in session.execute(select(Case.id, Case.version))}
        assert versions == {case_id: 1 + taken[case_id] for case_id in ids}
        counted = select(CaseEvent.case_id, func.count()).where(CaseEvent.kind == "status")
        events = {row[0]: row[1] for row in session.execute(counted.group_by(CaseEvent.case_id))}
        assert events == dict(taken)
        last = {
            event.case_id: event.to_status
            for event in session.scalars(
                select(CaseEvent).where(CaseEvent.kind == "status").order_by(CaseEvent.id)
            )
        }
        now = {row.id: row.status for row in session.execute(select(Case.id, Case.status))}
        assert all(now[case_id] == status for case_id, status in last.items())
