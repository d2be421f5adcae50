"""A short lease that a living worker renews: how long its calls take does not matter, its death does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from app.clock import utc_now
from core.conversations import lease_conversation
from core.database import Database
from core.errors import LeaseLost
from core.models.conversation import Conversation
from dialogue.clock import ClockMender
from dialogue.leases import Leases
from dialogue.rasa_watch import RasaWatch
from tests.builders import Clock, make_conversation, make_database, make_message
from tests.dialogue.runner_house import House, ScriptedRasa, say
from tests.stack import wait_until

SHORT = timedelta(seconds=0.4)


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


@pytest.fixture
def talk(database: Database) -> int:
    with database.transaction() as session:
        return make_conversation(session).id


def take(database: Database, talk: int) -> bool:
    """Whether another process gets it now."""
    with database.transaction() as session:
        return lease_conversation(session, conversation_id=talk, now=utc_now()) is not None


def test_work_that_outlasts_its_lease_keeps_it(database: Database, talk: int) -> None:
    leases = Leases(database=database, now=utc_now, lasts=SHORT)
    with leases.hold(talk) as lease:
        assert lease is not None
        end = time.monotonic() + 4 * SHORT.total_seconds()
        while time.monotonic() < end:
            assert not take(database, talk)
            time.sleep(0.05)
    assert take(database, talk)
    leases.stop()


def test_a_lease_whose_holder_died_runs_out(database: Database, talk: int) -> None:
    leases = Leases(database=database, now=utc_now, lasts=SHORT)
    holder = leases.hold(talk)
    holder.__enter__()
    leases.stop()  # nobody renews it any more
    assert not take(database, talk)
    wait_until(lambda: take(database, talk), seconds=3 * SHORT.total_seconds(), what="its end")


def test_a_lease_that_another_worker_took_is_neither_renewed_nor_given_back(
    database: Database, talk: int
) -> None:
    leases = Leases(database=database, now=utc_now, lasts=timedelta(seconds=60))
    with leases.hold(talk):
        with database.transaction() as session:
            held = session.get_one(Conversation, talk)
            held.lease_token += 1
            until = held.leased_until
        leases._renew(next(iter(leases._held)))
        assert leases._held == {}
    with database.reading() as session:
        assert session.get_one(Conversation, talk).leased_until == until
    leases.stop()


def test_work_that_hangs_does_not_hold_its_conversation_for_ever(
    database: Database, talk: int, monkeypatch, caplog
) -> None:
    monkeypatch.setattr("dialogue.leases.LONGEST_HELD", 0.2)
    leases = Leases(database=database, now=utc_now, lasts=SHORT)
    with leases.hold(talk):
        wait_until(lambda: take(database, talk), seconds=5, what="another worker's turn")
    assert "hangs" in caplog.text
    leases.stop()


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_was_set_takes_no_lease_from_a_living_worker(
    database: Database, talk: int, hours: int
) -> None:
    clock, started = Clock(), time.monotonic()
    ticks = lambda: time.monotonic() - started  # noqa: E731
    now = lambda: clock.at + timedelta(seconds=ticks())  # noqa: E731
    living = Leases(database=database, now=now, lasts=SHORT, monotonic=ticks)
    other = Leases(database=database, now=now, lasts=SHORT, monotonic=ticks)
    mender = ClockMender(database=database, now=now, monotonic=ticks, lasts=SHORT)
    with living.hold(talk):
        clock.forward(hours=hours)
        end = time.monotonic() + 4 * SHORT.total_seconds()
        while time.monotonic() < end:
            mender.look()
            with other.hold(talk) as stolen:
                assert stolen is None
            time.sleep(0.02)
    with other.hold(talk) as free:
        assert free is not None
    living.stop()
    other.stop()


@pytest.fixture
def house(tmp_path):
    database = make_database(tmp_path)
    rasa = ScriptedRasa()
    house = House(database, rasa)
    yield house
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()


def test_a_worker_that_slept_past_its_lease_answers_nothing(house: House) -> None:
    """Another worker took the turn over, and its answer is the only one."""
    asleep, awake = threading.Event(), threading.Event()

    def slowly(body):
        asleep.set()
        awake.wait(10)
        return say("늦은 답")

    house.rasa.answer = slowly
    received = house.door.receive(make_message(text="가로등"))
    problems: list[Exception] = []

    def work() -> None:
        try:
            house.runner.run(received.conversation_id)
        except LeaseLost as error:
            problems.append(error)

    sleeper = threading.Thread(target=work)
    sleeper.start()
    assert asleep.wait(10)
    house.runner.leases.stop()  # a process that sleeps renews nothing
    house.clock.forward(seconds=10)
    house.rasa.answer = lambda body: say("답")
    second = House(house.database, house.rasa)
    second.clock.at = house.clock.at
    second.runner.run(received.conversation_id)
    awake.set()
    sleeper.join()
    assert [type(problem) for problem in problems] == [LeaseLost]
    assert house.said() == ["답"]
    second.runner.stop()
    second.client.close()


def test_turns_that_wait_for_rasa_go_on_when_it_is_back(house: House) -> None:
    urls, house.client._urls = house.client._urls, ("http://127.0.0.1:9",)
    turn_id = house.hear("가로등이 꺼졌어요")
    assert house.turn(turn_id).state == "received"
    watch = RasaWatch(database=house.database, rasa=house.client, now=house.clock)
    watch.look()
    house.runner.run_waiting()
    assert house.turn(turn_id).attempts == 1, "while Rasa is away its wait is kept"
    house.client._urls = urls
    watch.look()
    house.runner.run_waiting()
    assert house.turn(turn_id).state == "answered"
