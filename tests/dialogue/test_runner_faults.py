"""No turn, citizen or outage holds up the others."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import dialogue.runner as runner_module
from bots.web_sender import WebSender
from core.inbound import TurnKind
from core.models.conversation import Turn
from core.ports import Channel
from dialogue.dispatch import Dispatcher
from dialogue.reading import read_turn
from dialogue.runner import TurnRunner
from tests.builders import make_message, sample_city
from tests.dialogue.runner_house import Answer, House, say, text
from tests.stack import wait_until


@pytest.mark.parametrize("choice", ["².0", "1.²", "٣.0", "１.0", "-1.0", "1.0.0", "", "x" * 64])
def test_a_choice_in_any_writing_is_answered_and_holds_up_nobody(house: House, choice) -> None:
    turn_id = house.hear(kind=TurnKind.CHOICE, choice=choice)
    assert house.turn(turn_id).state == "answered"
    assert house.said() == [text("wrong_choice")]


def test_a_turn_that_cannot_be_read_goes_to_a_person_and_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = read_turn

    def read(session: Any, **values: Any) -> Any:
        if values["turn"].text == "독":
            raise ValueError("a fault of our own")
        return real(session, **values)

    monkeypatch.setattr(runner_module, "read_turn", read)
    poison = house.door.receive(make_message(text="독", address="a")).turn_id
    house.door.receive(make_message(text="안녕하세요", address="b"))
    house.runner.run_waiting()
    assert "답: 안녕하세요" in house.said()
    for _ in range(4):
        house.clock.forward(seconds=31)
        house.runner.run_waiting()
    assert house.turn(poison).state == "failed"
    assert house.said()[-1] == text("turn_failed")


def test_rasa_may_be_down_for_most_of_a_day(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "internal"})
    turn_id = house.hear("하나")
    with house.database.transaction() as session:
        session.get_one(Turn, turn_id).attempts = 2500
    house.clock.forward(seconds=60)
    house.runner.run_waiting()
    assert house.turn(turn_id).state == "received"
    house.rasa.answer = lambda body: say("왔어요")
    house.clock.forward(seconds=31)
    house.runner.run_waiting()
    assert house.said()[-1] == "왔어요"


def test_a_citizen_who_writes_much_hides_nobody_from_the_worker(house: House) -> None:
    house.rasa.answer = lambda body: (503, {"error": "tracker"})
    house.hear("첫 말", address="flood")
    for number in range(100):
        house.door.receive(make_message(text=f"{number}", address="flood"))
    house.rasa.answer = lambda body: say(f"답: {body['text']}")
    other = house.door.receive(make_message(text="가로등이 나갔어요", address="other")).turn_id
    house.runner.run_waiting()
    assert house.turn(other).state == "answered"


def test_who_writes_much_shares_the_threads_with_others(house: House) -> None:
    gate = threading.Event()

    def slowly(body: dict[str, Any]) -> Answer:
        gate.wait(10)
        return say(f"답: {body['text']}")

    house.rasa.answer = slowly
    runner = TurnRunner(
        database=house.database,
        city=sample_city(),
        rasa=house.client,
        dispatcher=Dispatcher(
            database=house.database, channels=[Channel(WebSender())], now=house.clock
        ),
        now=house.clock,
        threads=1,
    )
    flood = [house.door.receive(make_message(text=f"{n}", address="flood")) for n in range(20)]
    runner.kick(flood[0].conversation_id)
    other = house.door.receive(make_message(text="저도요", address="other"))
    runner.kick(other.conversation_id)
    gate.set()
    wait_until(lambda: house.turn(flood[-1].turn_id).state == "answered", what="the last answer")
    runner.stop()
    heard = [request["text"] for request in house.rasa.requests]
    assert heard.index("저도요") <= runner_module.FAIR_SHARE
    assert [text for text in heard if text != "저도요"] == [f"{n}" for n in range(20)]


def test_a_slow_turn_holds_up_no_other_conversation_of_the_worker(house: House) -> None:
    gate = threading.Event()

    def answer(body: dict[str, Any]) -> Answer:
        if body["text"] == "느린 말":
            gate.wait(10)
        return say(f"답: {body['text']}")

    house.rasa.answer = answer
    house.door.receive(make_message(text="느린 말", address="slow"))
    quick = house.door.receive(make_message(text="빠른 말", address="quick")).turn_id
    beat = threading.Thread(target=house.runner.run_waiting)
    beat.start()
    try:
        wait_until(
            lambda: house.turn(quick).state == "answered", seconds=5, what="the quick answer"
        )
    finally:
        gate.set()
        beat.join()
    assert "답: 느린 말" in house.said()
