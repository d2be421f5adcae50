"""Several Rasas share the conversations: each has its part, and another one stands in for one that is away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from core.errors import TemporaryFailure
from dialogue.rasa import AWAY_SECONDS, RasaClient, RasaTurn
from tests.dialogue.runner_house import ScriptedRasa, say
from tests.ports import free_port


class Seconds:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def rasas() -> Iterator[tuple[ScriptedRasa, ScriptedRasa]]:
    made = (ScriptedRasa(), ScriptedRasa())
    yield made
    for each in made:
        each.close()


def make_client(*urls: str, timeout: float = 5.0, clock: Seconds | None = None) -> RasaClient:
    return RasaClient(urls=urls, secret="s" * 24, timeout=timeout, clock=clock or Seconds())


def turn(conversation_id: int, turn_id: int = 1) -> RasaTurn:
    return RasaTurn(
        turn_id=turn_id,
        conversation_id=conversation_id,
        text="안녕하세요",
        parse_data=None,
        metadata={},
        idle_seconds=1.0,
    )


def test_a_conversation_stays_with_its_rasa_and_each_has_its_part(rasas) -> None:
    client = make_client(*(each.url for each in rasas))
    for round_ in range(3):
        for conversation_id in (1, 2, 3, 4):
            client.converse(turn(conversation_id, round_))
    client.close()
    heard = [{body["conversation"] for body in each.requests} for each in rasas]
    assert heard == [{"c2", "c4"}, {"c1", "c3"}]


def test_while_a_rasa_is_away_another_one_takes_its_part_and_gives_it_back(rasas) -> None:
    clock = Seconds()
    dead = f"http://127.0.0.1:{free_port()}"
    client = make_client(dead, rasas[0].url, clock=clock)
    assert client.converse(turn(2)).replies[0].text == "답: 안녕하세요"
    assert client._in_order(2) == [rasas[0].url, dead]
    clock.at += AWAY_SECONDS + 1
    assert client._in_order(2) == [dead, rasas[0].url]
    client.forget(2)
    client.close()
    assert len(rasas[0].requests) == 1
    assert rasas[0].forgotten == ["/webhooks/turns/conversations/c2"]


def test_a_turn_that_a_rasa_may_still_work_is_not_given_to_another(rasas) -> None:
    def slow(body):
        time.sleep(0.6)
        return say("늦은 답")

    rasas[0].answer = slow
    client = make_client(rasas[0].url, rasas[1].url, timeout=0.2)
    with pytest.raises(TemporaryFailure):
        client.converse(turn(2))
    client.close()
    assert rasas[1].requests == []


def test_with_all_away_the_turn_is_kept_for_later() -> None:
    client = make_client(*(f"http://127.0.0.1:{free_port()}" for _ in range(2)))
    with pytest.raises(TemporaryFailure):
        client.converse(turn(1))
    assert not client.healthy()
    client.close()
