"""Under load and faults each message is taken once and answered, and a broadcast stays below the limits.

`make soak-telegram` does the same with 10,000 updates and 100,000 chats, and looks at memory.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from bots.telegram_client import TelegramClient
from bots.telegram_sender import PACE, TelegramSender
from core.deliveries import lease_next, next_chance
from core.errors import AnswerLost
from core.pacing import Allowance, Pace
from tests.bots.telegram_broadcast import Broadcast, Outcome
from tests.bots.telegram_storm import Storm, at_rest, judge, storm_house
from tests.bots.web_house import until
from tests.builders import MONDAY_TEN
from tests.peers.telegram_sim import TelegramSim

UPDATES = 800
CHATS = 3000
CHANNELS: dict[str, Pace | None] = {"telegram": PACE, "web": None}


# ---- updates with faults -----------------------------------------------------------------------------


def test_whatever_goes_wrong_each_turn_is_taken_once_and_each_reply_goes_out(tmp_path, monkeypatch):
    # What is tested here is not the pace, and its seconds would be the test's.
    fast = dataclasses.replace(PACE, overall=Allowance(timedelta(seconds=1 / 200)))
    monkeypatch.setattr(TelegramSender, "pace", fast)
    with TelegramSim() as sim, storm_house(tmp_path, sim=sim) as house:
        storm = Storm(sim, people=80)
        storm.push_to(UPDATES, seconds=100)
        sim.wait_delivered(30)
        until(lambda: at_rest(house.database), seconds=60)
        verdict = judge(house.database, storm)
    assert verdict.problems() == []
    assert verdict.turns == UPDATES
    # All of it has happened, or this has shown nothing.
    assert len(storm.faults) == 10
    assert verdict.repeated > 0
    assert sim.violations == []


# ---- a broadcast --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> Outcome:
    broadcast = Broadcast(tmp_path_factory.mktemp("broadcast"), chats=CHATS)
    broadcast.put_posts()
    return broadcast.run()


def test_a_broadcast_reaches_every_chat_once(outcome: Outcome) -> None:
    assert (outcome.left, outcome.doubled) == (0, 0)
    assert outcome.sent == CHATS + outcome.replies


def test_a_broadcast_and_talk_together_use_the_limit_and_never_break_it(outcome: Outcome) -> None:
    assert outcome.rate >= 29.1
    assert outcome.refused == 0


def test_a_reply_waits_less_than_a_second_behind_a_broadcast(outcome: Outcome) -> None:
    assert outcome.replies > 100
    assert outcome.worst_wait <= 1


# ---- what the queue costs ------------------------------------------------------------------------------


@pytest.fixture
def waiting(tmp_path) -> Iterator[Broadcast]:
    broadcast = Broadcast(tmp_path, chats=300)
    broadcast.put_posts()
    yield broadcast
    broadcast.dispatcher.stop()
    broadcast.database.dispose()


@pytest.mark.parametrize("conversation_id", [None, 250])
def test_however_many_wait_the_queue_never_sorts_them_nor_walks_past_them(waiting, conversation_id):
    asked: list[tuple[str, tuple[object, ...]]] = []

    @event.listens_for(waiting.database.engine, "before_cursor_execute")
    def listen(_connection, _cursor, statement, parameters, *_rest) -> None:
        if statement.startswith("SELECT delivery"):
            asked.append((statement, parameters))

    with waiting.database.transaction() as session:
        where = {"now": MONDAY_TEN, "conversation_id": conversation_id, "channels": CHANNELS}
        assert lease_next(session, **where) is not None
        next_chance(session, until=MONDAY_TEN + timedelta(seconds=1), **where)
        plans = [
            [
                row[-1]
                for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", values)
            ]
            for one, values in asked
        ]
    assert len(plans) >= 3
    index = (
        "ix_delivery_queue (channel=?)"
        if conversation_id is None
        else "ix_delivery_open (conversation_id=?)"
    )
    for plan in plans:
        assert f"SEARCH delivery USING INDEX {index}" in plan
        assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN")]


# ---- the log -------------------------------------------------------------------------------------------


def test_an_answer_that_cannot_be_read_is_not_logged_with_what_is_in_it(caplog) -> None:
    with TelegramSim() as sim, caplog.at_level(logging.DEBUG):
        client = TelegramClient(token=sim.token, api_url=sim.url)
        sim.push_raw('{"update_id": 1, "message": {"text": "가로등이 꺼졌어요"'.encode())
        with pytest.raises(AnswerLost):
            client.poll(seconds=0, offset=None, allowed=["message"])
        client.close()
    assert "가로등" not in caplog.text
