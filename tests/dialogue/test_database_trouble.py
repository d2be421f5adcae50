"""The database is locked by another writer, or full, at every stage: nothing is lost, and it mends itself.

At the door the citizen hears so at once (and sends again); behind it the turn or message stays and goes on
once there is room.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event, select

from bots.web_problems import problem_of
from bots.web_sender import WebSender
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.conversations import LEASE
from core.database import Database
from core.errors import TemporaryFailure
from core.models.case import Case
from core.models.conversation import Delivery, Turn
from tests.actions.conftest import Rasa
from tests.actions.test_report_form import FULL
from tests.builders import (
    Clock,
    make_case,
    make_conversation,
    make_database,
    make_message,
    sample_city,
)
from tests.dialogue.runner_house import House, ScriptedRasa, say

LONG = "가로등이 꺼졌어요. " * 800  # fits in no page that is there already

Trouble = Callable[[Database], AbstractContextManager[None]]


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another process writes for longer than anybody waits."""
    path = database.engine.url.database or ""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full(database: Database) -> Iterator[None]:
    """Not one page more, as on a disk without room."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(database.engine, "connect", limit)
    database.engine.dispose()
    try:
        yield
    finally:
        event.remove(database.engine, "connect", limit)
        database.engine.dispose()


BOTH = pytest.mark.parametrize("trouble", [locked, full])


@pytest.fixture
def house(tmp_path, monkeypatch) -> Iterator[House]:
    monkeypatch.setattr("core.database.BUSY_SECONDS", 0.1)
    database, rasa = make_database(tmp_path), ScriptedRasa()
    house = House(database, rasa)
    yield house
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()


def turns(house: House) -> list[Turn]:
    with house.database.reading() as session:
        return list(session.scalars(select(Turn)))


@BOTH
def test_at_the_door_nothing_is_acknowledged_and_the_citizen_is_asked_to_try_again(
    house: House, trouble: Trouble
) -> None:
    message = make_message(text=LONG)
    with trouble(house.database):
        with pytest.raises(TemporaryFailure) as failed:
            house.door.receive(message)
        problem = problem_of(failed.value)
        assert (problem.status, problem.code) == (503, "busy")
        assert problem.retry_after
    assert turns(house) == []
    assert not house.door.receive(message).duplicate
    assert house.door.receive(message).duplicate
    assert len(turns(house)) == 1


@BOTH
def test_while_a_turn_is_answered_it_stays_and_is_answered_once(
    house: House, trouble: Trouble
) -> None:
    received = house.door.receive(make_message(text="가로등이 꺼졌어요"))
    entered: list[AbstractContextManager[None]] = []

    def answer(body):
        if not entered:
            entered.append(trouble(house.database))
            entered[0].__enter__()
        return say(LONG)

    house.rasa.answer = answer
    with pytest.raises(TemporaryFailure):
        house.runner.run(received.conversation_id)
    entered[0].__exit__(None, None, None)
    assert house.said() == []
    assert house.turn(received.turn_id).state == "in_work"
    house.clock.at += LEASE * 2
    house.runner.run_waiting()
    assert house.said() == [LONG]
    assert house.turn(received.turn_id).state == "answered"
    asked = [request["turn_id"] for request in house.rasa.requests]
    assert asked == [str(received.turn_id)] * 2, "Rasa answers the same turn id as before"


@BOTH
def test_a_turn_cannot_even_be_taken_up_and_waits(house: House, trouble: Trouble) -> None:
    received = house.door.receive(make_message(text="가로등이 꺼졌어요"))
    house.rasa.answer = lambda body: say(LONG)
    with trouble(house.database):
        house.runner.run_waiting()
        assert house.said() == []
    house.clock.at += LEASE * 2
    house.runner.run_waiting()
    assert house.turn(received.turn_id).state == "answered"
    assert house.said() == [LONG]


def test_a_message_whose_sending_could_not_be_recorded_goes_again_and_is_seen_once(
    house: House, monkeypatch
) -> None:
    received = house.door.receive(make_message(text="가로등이 꺼졌어요"))
    lock: list[AbstractContextManager[None]] = []
    send = WebSender.send

    def sending(self, outgoing):
        if not lock:
            lock.append(locked(house.database))
            lock[0].__enter__()
        return send(self, outgoing)

    monkeypatch.setattr(WebSender, "send", sending)
    with pytest.raises(TemporaryFailure):
        house.runner.run(received.conversation_id)
    lock[0].__exit__(None, None, None)
    assert house.said() == []
    house.clock.forward(seconds=60)
    dispatched = House(house.database, house.rasa)
    dispatched.clock.at = house.clock.at
    dispatched.runner.run_waiting()
    dispatched.runner._dispatcher.dispatch_due()
    dispatched.runner.stop()
    dispatched.client.close()
    assert house.said() == ["답: 가로등이 꺼졌어요"]
    with house.database.reading() as session:
        (delivery,) = session.scalars(select(Delivery))
    assert delivery.state == "sent"


@BOTH
def test_in_the_actions_app_a_case_is_filed_wholly_or_not_at_all(
    tmp_path, monkeypatch, trouble: Trouble
) -> None:
    monkeypatch.setattr("core.database.BUSY_SECONDS", 0.1)
    database = make_database(tmp_path)
    with database.transaction() as session:
        conversation_id = make_conversation(session).id
    rasa = Rasa(database, Clock(), conversation_id)
    turn_id = rasa.turn()
    slots = FULL | {"report_outcome": "submit", "what": LONG[:4000]}
    with trouble(database), pytest.raises(TemporaryFailure):
        rasa.ask("action_end_report", turn_id=turn_id, slots=slots)
    with database.reading() as session:
        assert session.scalars(select(Case)).all() == []
    for _ in range(2):  # Rasa asks again with the same turn
        _, said = rasa.ask("action_end_report", turn_id=turn_id, slots=slots)
        assert said
    with database.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 1
    database.dispose()


@BOTH
def test_an_officers_change_is_made_wholly_or_not_at_all(
    tmp_path, monkeypatch, trouble: Trouble
) -> None:
    monkeypatch.setattr("core.database.BUSY_SECONDS", 0.1)
    database = make_database(tmp_path)
    with database.transaction() as session:
        case_id = make_case(session).case.id

    def change() -> None:
        with database.transaction() as session:
            change_status(
                session,
                city=sample_city(),
                case_id=case_id,
                to=CaseStatus.ANSWERED,
                actor=Actor("officer", "1", "담당관"),
                reason="확인",
                note=LONG[:4000],
                now=Clock()(),
            )

    def state() -> tuple[str, int]:
        with database.reading() as session:
            return session.get_one(Case, case_id).status, len(
                session.scalars(select(Delivery)).all()
            )

    before = state()
    with trouble(database), pytest.raises(TemporaryFailure):
        change()
    assert state() == before
    change()
    assert state()[0] == CaseStatus.ANSWERED
    assert state()[1] > before[1], "the citizen hears of it"
    database.dispose()
