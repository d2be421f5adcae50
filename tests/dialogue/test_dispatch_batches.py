"""Sending many at once on channels without a pace: in order, each once, and never past a lease."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core import delivery_batches
from core.deliveries import LEASE, Outgoing, enqueue
from core.errors import TemporaryFailure
from core.ports import Channel
from core.replies import Reply
from dialogue import dispatch_batches
from dialogue.dispatch import Dispatcher
from tests.builders import databases_from, make_conversation
from tests.dialogue.test_dispatch import WIDE, House, Provider
from tests.postgres import Cluster, PrivateDatabase


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.require("postgresql"))]
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        house = House(tmp_path, pace=None)
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        with databases_from(lambda tables: PrivateDatabase(cluster, tables=tables)):
            house = House(tmp_path, pace=None)
    yield house
    house.dispatcher.stop()
    house.database.dispose()


def test_within_a_conversation_the_order_is_kept_and_one_look_sends_all(house: House) -> None:
    texts = [str(number) for number in range(8)]
    for to in "123456":
        house.put(*texts, to=to)
    assert house.dispatcher.dispatch_due() == 48
    for to in "123456":
        assert [text for address, text in house.provider.out if address == to] == texts
    assert set(house.states()) == {"sent"}
    assert sorted(house.told) == sorted([n for n in range(1, 7) for _ in range(8)])


def test_three_dispatchers_at_once_send_each_message_once(house: House) -> None:
    for to in range(20):
        house.put("하나", "둘", to=str(to))
    others = [house.make_dispatcher(8), house.make_dispatcher(8)]
    with ThreadPoolExecutor(3) as pool:
        looks = [pool.submit(each.dispatch_due) for each in (house.dispatcher, *others)]
        assert sum(look.result(30) for look in looks) == 40
    assert len(house.provider.out) == len(set(house.provider.out)) == 40
    for each in others:
        each.stop()


def test_what_ends_together_is_taken_and_recorded_together(house: House) -> None:
    commits: list[object] = []
    dispatcher = house.make_dispatcher(32)
    for to in range(32):
        house.put("답", to=str(to))
    together = threading.Barrier(32, timeout=20)
    house.provider.act = lambda _: together.wait()
    event.listen(house.database.engine, "commit", commits.append)
    assert dispatcher.dispatch_due() == 32
    assert set(house.states()) == {"sent"}
    assert len(commits) < 20
    dispatcher.stop()


def _asleep(house: House, sleep: Callable[[], None], monotonic: list[float]) -> Dispatcher:
    """A dispatcher that does ``sleep`` between its lease and its sending."""
    calls = iter([lambda: None, sleep])

    def now() -> float:
        next(calls, lambda: None)()
        return monotonic[0]

    return Dispatcher(
        database=house.database,
        channels=[Channel(house.provider)],
        now=house.clock,
        threads=2,
        sleep=house.nap,
        monotonic=now,
    )


@pytest.mark.parametrize("clock", ["monotonic", "wall"])
def test_who_slept_past_the_lease_does_not_send_and_it_goes_out_at_the_next_try(
    house: House, clock: str
) -> None:
    moment = [0.0]

    def sleep() -> None:
        if clock == "wall":
            house.clock.forward(seconds=LEASE.total_seconds() + 1)
        else:
            moment[0] += LEASE.total_seconds() + 1

    house.put("답", visibility="public")  # where a message in doubt would become "unsure"
    tried: list[bool] = []
    house.provider.act = lambda outgoing: tried.append(outgoing.maybe_sent)
    dispatcher = _asleep(house, sleep, moment)
    assert dispatcher.dispatch_due() == 2  # once for nothing
    dispatcher.stop()
    assert tried == [False]
    assert house.states() == ["sent"]


def test_who_slept_past_the_lease_leaves_it_to_who_has_it_now(house: House) -> None:
    house.put("답")

    def sleep() -> None:
        house.clock.forward(seconds=LEASE.total_seconds() + 1)
        assert house.dispatcher.dispatch_due() == 1

    dispatcher = _asleep(house, sleep, [0.0])
    dispatcher.dispatch_due()
    dispatcher.stop()
    assert house.provider.texts == ["답"]
    assert house.states() == ["sent"]


def test_a_database_that_is_away_for_a_moment_makes_no_message_doubtful(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_batches, "RECORD_AGAIN", (0.0, 0.0))
    away = [2]
    real = delivery_batches.mark_all_sent

    def mark_all_sent(session: Session, **values: Any) -> None:
        real(session, **values)
        if away[0]:
            away[0] -= 1
            raise TemporaryFailure("away")

    monkeypatch.setattr(dispatch_batches, "mark_all_sent", mark_all_sent)
    house.put("답")
    assert house.dispatcher.dispatch_due() == 1
    assert (away, house.states(), house.provider.texts) == ([0], ["sent"], ["답"])


def test_channels_with_and_without_a_pace_go_side_by_side(house: House) -> None:
    paced = Provider(WIDE)
    paced.channel = "paced"
    with house.database.transaction() as session:
        talk = make_conversation(session, channel="paced", now=house.clock())
        for number in range(3):
            enqueue(
                session,
                conversation=talk,
                reply=Reply(str(number)),
                kind="reply",
                dedupe_key=f"paced:{number}",
                now=house.clock(),
            )
    house.put("답")
    arrived = threading.Event()

    def wait_for_the_paced(_: Outgoing) -> None:
        assert arrived.wait(10)

    house.provider.act = wait_for_the_paced
    paced.act = lambda _: arrived.set()
    dispatcher = Dispatcher(
        database=house.database,
        channels=[Channel(house.provider), Channel(paced)],
        now=house.clock,
        threads=4,
        sleep=house.nap,
    )
    assert dispatcher.dispatch_due() == 4
    dispatcher.stop()
    assert paced.texts == ["0", "1", "2"]
    assert set(house.states()) == {"sent"}
