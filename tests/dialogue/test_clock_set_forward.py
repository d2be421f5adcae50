"""The machine's clock is set forward while a message is on its way: nobody sends it a second time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.deliveries import Outgoing, lease_next
from core.pacing import Pace
from core.ports import Channel
from dialogue.dispatch import Dispatcher
from tests.dialogue.test_dispatch import WIDE, House

HOUR = timedelta(hours=1)


class Machine:
    """Two processes on one machine: one clock on the wall that is set, one that nobody sets."""

    def __init__(self, folder, pace: Pace | None) -> None:
        self.house = House(folder, pace=pace)
        self.ticks = 0.0
        self.house.sleep = self.pass_time
        self.other, self.third = self.process(), self.process()

    def process(self) -> Dispatcher:
        return Dispatcher(
            database=self.house.database,
            channels=[Channel(self.house.provider)],
            now=self.house.clock,
            threads=2,
            sleep=self.house.nap,
            monotonic=lambda: self.ticks,
            clock_may_be_set=True,
        )

    def pass_time(self, seconds: float) -> None:
        self.ticks += seconds
        self.house.clock.forward(seconds=seconds)

    def close(self) -> None:
        for each in (self.other, self.third, self.house.dispatcher):
            each.stop()
        self.house.database.dispose()


@pytest.fixture(params=[WIDE, None], ids=["paced", "many at once"])
def machine(request: pytest.FixtureRequest, tmp_path):
    machine = Machine(tmp_path, request.param)
    yield machine
    machine.close()


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_what_another_process_is_sending_is_not_taken_after_a_step(machine, visibility) -> None:
    house = machine.house

    def set_forward(_: Outgoing) -> None:
        house.clock.at += HOUR
        house.provider.act = lambda _: None
        machine.other.dispatch_due()
        machine.other.dispatch_conversation(1)

    house.put("답", visibility=visibility)
    house.provider.act = set_forward
    machine.third.dispatch_due()
    assert house.provider.texts == ["답"]
    assert house.states() == ["sent"]


def test_what_nobody_has_goes_out_right_after_a_step(machine) -> None:
    machine.house.clock.at += HOUR
    machine.house.put("새 답")
    machine.other.dispatch_due()
    assert machine.house.states() == ["sent"]


def test_what_a_dead_process_was_sending_goes_out_once_the_clock_is_steady_again(machine) -> None:
    house = machine.house
    house.put("답")
    with house.database.transaction() as session:
        assert lease_next(session, now=house.clock(), channels={"telegram": house.provider.pace})
    house.clock.at += HOUR
    machine.other.dispatch_due()
    assert house.states() == ["sending"]
    machine.pass_time(60)
    machine.other.dispatch_due()
    assert house.states() == ["sent"]
