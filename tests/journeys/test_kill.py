"""SIGKILL at each named point of a journey: one case, every reply, none of them twice.

The proof that redact-commit-acknowledge, the leases and the idempotent case hold together. More rounds
run under `make soak`.
"""

from __future__ import annotations

import uuid

import httpx
import pytest
from sqlalchemy import select

from core.models.conversation import Conversation, Delivery, Turn
from tests.journeys.talk import Talk
from tests.stack import Stack, wait_until

RECEIPT = "접수번호"


@pytest.fixture
def talk(stack: Stack):
    database = stack.database()
    citizen = Talk(stack.citizen(uuid.uuid4().hex), database)
    citizen.say("시청역 2번 출구 앞 가로등이 꺼졌어요")
    citizen.fill_until("confirm")
    yield citizen
    database.dispose()


def _assert_one_case_and_one_receipt(talk: Talk) -> None:
    talk.await_text(RECEIPT)
    talk.hear(wait=1.0)
    cases = talk.cases()
    assert len(cases) == 1
    receipts = [line for line in talk.lines if cases[0].number in line["text"]]
    assert len(receipts) == 1
    keys = [line["key"] for line in talk.lines]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("point", ["rasa_answered", "before_send", "after_send"])
def test_the_public_app_killed_in_the_middle_of_a_confirm(stack: Stack, talk: Talk, point) -> None:
    # The worker is not there to be quicker than the process that shall die.
    stack.stop("worker")
    stack.arm("public", point)
    talk.citizen.choose(talk.citizen.last_choices[0]["id"])
    stack.wait_dead("public")
    stack.start("public", "worker")
    _assert_one_case_and_one_receipt(talk)


def test_the_public_app_killed_after_the_commit_and_the_browser_sends_again(
    stack: Stack, talk: Talk
) -> None:
    stack.stop("worker")
    stack.arm("public", "turn_committed")
    message = {
        "external_id": uuid.uuid4().hex,
        "kind": "choice",
        "choice": talk.citizen.last_choices[0]["id"],
    }
    with pytest.raises(httpx.HTTPError):
        talk.citizen._http.post("/api/messages", json=message)
    stack.wait_dead("public")
    stack.start("public", "worker")
    again = talk.citizen._call("POST", "/api/messages", json=message)
    assert again["duplicate"] is True
    _assert_one_case_and_one_receipt(talk)


def test_the_actions_app_killed_after_the_case_was_opened(stack: Stack, talk: Talk) -> None:
    stack.arm("actions", "case_opened")
    talk.citizen.choose(talk.citizen.last_choices[0]["id"])
    stack.wait_dead("actions")
    stack.start("actions")
    _assert_one_case_and_one_receipt(talk)


def test_rasa_killed_in_the_middle_of_a_report_costs_no_word(stack: Stack, talk: Talk) -> None:
    stack.kill("rasa")
    stack.settings.rasa_tracker.unlink(missing_ok=True)
    talk.citizen.choose(talk.citizen.last_choices[0]["id"])
    stack.start("rasa")
    _assert_one_case_and_one_receipt(talk)


def test_the_worker_answers_what_a_dead_public_app_left(stack: Stack, talk: Talk) -> None:
    stack.stop("worker")
    stack.arm("public", "rasa_answered")
    talk.citizen.choose(talk.citizen.last_choices[0]["id"])
    stack.wait_dead("public")
    # Only the worker is left; when the page comes back, the answer is already there.
    stack.start("worker")
    wait_until(lambda: talk.open_turns() == 0, seconds=60, what="the worker's answer")
    stack.start("public")
    _assert_one_case_and_one_receipt(talk)


@pytest.mark.parametrize("point", ["turn_leased", "rasa_answered"])
def test_a_process_that_was_paused_past_its_lease_answers_nothing_again(
    stack: Stack, talk: Talk, point: str
) -> None:
    stack.arm("public", f"pause {point}")
    talk.citizen.choose(talk.citizen.last_choices[0]["id"])
    stack.wait_paused("public")
    # The worker takes the conversation over; when the other goes on, its lease is gone.
    wait_until(lambda: talk.open_turns() == 0, seconds=60, what="the worker's answer")
    with talk.database.reading() as session:
        token = session.get_one(Conversation, talk.conversation_id()).lease_token
        attempts = session.scalars(select(Turn.attempts).order_by(Turn.id.desc())).first()
    assert attempts == 2
    stack.continue_("public")
    _assert_one_case_and_one_receipt(talk)
    with talk.database.reading() as session:
        (answer,) = session.scalars(
            select(Delivery).where(
                Delivery.conversation_id == talk.conversation_id(),
                Delivery.payload["text"].as_string().contains(RECEIPT),
            )
        )
        assert session.get_one(Conversation, talk.conversation_id()).lease_token >= token
    assert answer.state == "sent"
