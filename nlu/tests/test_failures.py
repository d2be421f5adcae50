"""Nothing is lost when a neighbour fails, against real Rasa."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nlu.tests.actions import FakeActions
from nlu.tests.server import Answer, Rasa, Talk


def _before_submit(talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    talk.say("시청역 앞이요")


def _assert_lost(answer: Answer, code: str) -> None:
    assert answer.status == 503
    assert answer.body["error"] == code
    assert answer.body["retry_after"] > 0


def test_actions_down_at_submit_loses_nothing(talk: Talk, actions: FakeActions) -> None:
    _before_submit(talk)
    actions.stop()
    for _ in range(2):
        _assert_lost(talk.press("affirm", turn_id=9501), "actions")
    actions.start()
    answer = talk.press("affirm", turn_id=9501)
    assert answer.texts == ["접수했어요."]
    assert answer.body["replayed"] is False
    (call,) = actions.ran("action_submit_report", talk.conversation)
    assert call["tracker"]["slots"]["what"] == "가로등이 고장났어요"


@pytest.mark.parametrize("mode", ["error", "garbage"])
def test_a_broken_answer_of_the_actions_loses_nothing(
    talk: Talk, actions: FakeActions, mode: str
) -> None:
    _before_submit(talk)
    actions.mode = mode
    _assert_lost(talk.press("affirm", turn_id=9601), "actions")
    actions.mode = "ok"
    assert talk.press("affirm", turn_id=9601).texts == ["접수했어요."]


def test_slow_actions_end_in_a_503_before_anyone_loses_patience(
    talk: Talk, actions: FakeActions
) -> None:
    _before_submit(talk)
    actions.mode = "slow"
    answer = talk.press("affirm", turn_id=9701)
    _assert_lost(answer, "actions")
    assert answer.seconds < 15
    actions.mode = "ok"
    assert talk.press("affirm", turn_id=9701).texts == ["접수했어요."]


def test_a_rejection_is_part_of_the_dialogue(talk: Talk, actions: FakeActions) -> None:
    talk.say("가로등이 고장났어요")
    actions.mode = "reject"
    answer = talk.say("여권 수수료 얼마예요")
    assert answer.texts == ["수수료는 안내판에 있어요.", "어디인가요?"]


@contextmanager
def locked(rasa: Rasa) -> Iterator[None]:
    """Hold the tracker file as a foreign process would."""
    connection = sqlite3.connect(rasa.tracker, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_locked_tracker_store_is_told_and_stops_nobody_else(rasa: Rasa, talk: Talk) -> None:
    talk.say("가로등이 고장났어요")
    with locked(rasa):
        answers: list[Answer] = []
        waiting = threading.Thread(
            target=lambda: answers.append(talk.say("시청역 앞이요", turn_id=9801))
        )
        waiting.start()
        checks = 0
        while waiting.is_alive():
            assert rasa.ask("GET", "health", secret=None).seconds < 0.5
            checks += 1
            time.sleep(0.05)
        waiting.join()
    assert checks > 10
    _assert_lost(answers[0], "tracker")
    assert answers[0].seconds < 3.5
    again = talk.say("시청역 앞이요", turn_id=9801)
    assert again.texts == ["이대로 접수할까요?"]
    assert again.body["replayed"] is False


def test_a_tracker_that_can_be_read_but_not_saved_gives_no_answer(
    rasa: Rasa, talk: Talk, actions: FakeActions
) -> None:
    _before_submit(talk)
    reader = sqlite3.connect(rasa.tracker, isolation_level=None)
    # A writer elsewhere: reading still works, so the actions run before saving fails.
    reader.execute("BEGIN IMMEDIATE")
    try:
        _assert_lost(talk.press("affirm", turn_id=9901), "tracker")
    finally:
        reader.execute("ROLLBACK")
        reader.close()
    assert talk.press("affirm", turn_id=9901).texts == ["접수했어요."]
    turns = {
        call["tracker"]["latest_message"]["message_id"]
        for call in actions.ran("action_submit_report", talk.conversation)
    }
    # Called twice, but with the one turn id by which core opens one case only.
    assert turns == {"9901"}


def test_no_words_of_a_citizen_reach_the_log(rasa: Rasa, talk: Talk, actions: FakeActions) -> None:
    secret = "은행나무골목비밀"
    talk.say(f"가로등이 고장났어요 {secret}")
    talk.say(f"/affirm@1.0{{{secret}}}")
    talk.say(f"/{secret}")
    for mode in ("error", "garbage", "reject"):
        actions.mode = mode
        talk.say(f"시청역 {secret}")
    actions.mode = "ok"
    with locked(rasa):
        talk.say(f"시청역 {secret}")
    talk.say(secret, metadata={"note": secret}, parse_data={"intent": {"name": secret}})
    log = rasa.logged()
    assert "turn not finished (tracker)" in log
    assert secret not in log
    assert secret.encode("unicode_escape").decode() not in log
