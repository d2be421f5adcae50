"""Updates that come by webhook: twice, shuffled, broken, forged; kept once or brought again."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bots.telegram_webhook import BODY_LIMIT, SECRET_HEADER
from core.errors import TemporaryFailure
from core.inbound import InboundMessage
from dialogue.door import Door, Received
from tests.bots.telegram_house import SECRET, TelegramHouse, make_telegram_house
from tests.bots.web_house import until, worker
from tests.peers.telegram_sim import Delivery, TelegramSim

QUESTION = "이대로 접수할까요?"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


def post(
    http: httpx.Client, house: TelegramHouse, body: object, *, secret: str | None = SECRET
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if secret is None else {SECRET_HEADER: secret}
    return http.post(house.url, content=content, headers=headers)


def said(house: TelegramHouse, *words: str) -> list[dict]:
    """The updates of a citizen's texts, which are still to be brought."""
    user = house.citizen()
    with house.keeping_back(user) as kept:
        for each in words:
            user.send_text(each)
    return kept


# ---- who may speak --------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", "비밀번호"])
def test_without_the_secret_nothing_is_kept_and_nothing_of_it_is_logged(
    hooked: TelegramHouse, http: httpx.Client, caplog: pytest.LogCaptureFixture, secret
) -> None:
    (update,) = said(hooked, "가로등이 꺼졌어요")
    with caplog.at_level(logging.DEBUG):
        headers = {} if secret is None else {SECRET_HEADER.encode(): secret.encode()}
        answer = http.post(hooked.url, content=json.dumps(update).encode(), headers=headers)
    assert answer.status_code == 403
    assert hooked.turns() == []
    assert "가로등" not in caplog.text
    assert not secret or secret not in caplog.text
    assert SECRET not in caplog.text + answer.text


def test_what_is_no_update_is_refused_before_anything_is_kept(
    hooked: TelegramHouse, http: httpx.Client
) -> None:
    assert post(http, hooked, b"{").status_code == 400
    assert post(http, hooked, b"\xff\xfe").status_code == 400
    assert post(http, hooked, b"[" * 100_000).status_code == 400
    assert post(http, hooked, b'"' + b"x" * (2 * BODY_LIMIT) + b'"').status_code == 413
    assert http.get(hooked.url).status_code == 405
    assert hooked.turns() == []


def test_an_unknown_or_broken_update_is_taken_and_the_next_one_works(
    hooked: TelegramHouse, http: httpx.Client
) -> None:
    number = hooked.sim.updates.take_id
    odd_ones: list[object] = [
        {"update_id": number(), "kind_of_next_year": {"words": "가로등"}},
        {"update_id": number(), "message": None},
        {"update_id": number(), "message": {"text": "가로등"}},
        {"update_id": number(), "callback_query": {}},
        {"update_id": number(), "my_chat_member": {"chat": {}}},
        {"update_id": "7", "message": {}},
        {},
        [],
        None,
    ]
    for odd in odd_ones:
        assert post(http, hooked, odd).status_code == 200
    assert hooked.turns() == []
    user = hooked.citizen()
    user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)


def test_words_in_an_update_that_cannot_be_read_are_answered(
    hooked: TelegramHouse, http: httpx.Client
) -> None:
    (update,) = said(hooked, "가로등이 꺼졌어요")
    del update["message"]["date"]
    assert post(http, hooked, update).status_code == 200
    hooked.citizen().wait_for(QUESTION)


# ---- kept or brought again ------------------------------------------------------------------------


def test_while_the_database_is_locked_updates_are_put_off_and_then_kept_once(
    tmp_path: Path, sim: TelegramSim, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.database.BUSY_SECONDS", 0.2)
    sim.updates.retry_after_scale = 0.05
    with make_telegram_house(tmp_path, sim=sim, webhook=True, working=False) as house:
        lock = sqlite3.connect(house.database.engine.url.database or "", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        (update,) = said(house, "가로등이 꺼졌어요")
        answer = post(http, house, update)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        house.sim.push_raw(update)
        until(lambda: sim.updates.webhook_info().get("last_error_message"))
        assert house.turns() == []
        lock.execute("COMMIT")
        lock.close()
        sim.wait_delivered()
        with worker(house.runner, house.dispatcher):
            house.citizen().wait_for(QUESTION)
            house.settle()
        assert len(house.turns()) == len(house.citizen().messages) == 1


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_updates_that_come_twice_and_shuffled_are_each_answered_once_and_in_order(
    tmp_path: Path, sim: TelegramSim, webhook
) -> None:
    with make_telegram_house(tmp_path, sim=sim, webhook=webhook) as house:
        sim.delivery = Delivery(duplicates=1.0, reorder=True, seed=7)
        users = [house.citizen(1001 + number) for number in range(3)]
        house.rasa.gate.clear()
        for user in users:
            user.send_text("안녕하세요")
        until(lambda: [turn.state for turn in house.turns()] == ["in_work"] * 3)
        for size in range(2, 7):
            for user in users:
                user.send_text("가" * size)
        sim.wait_delivered(30)
        house.rasa.gate.set()
        wanted = ["5자를 읽었어요.", *(f"{size}자를 읽었어요." for size in range(2, 7))]

        def all_out() -> bool:
            house.clock.forward(seconds=1)
            return all(len(user.messages) >= 6 for user in users)

        until(all_out, seconds=20)
        for user in users:
            assert [seen.text for seen in user.messages] == wanted
        assert len(house.turns()) == len(house.rasa.heard) == 18


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_what_is_shuffled_within_a_moment_is_answered_in_the_order_it_was_written(
    hooked: TelegramHouse, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, order
) -> None:
    monkeypatch.setattr("bots.telegram_intake.MISSING_FOR", 60.0)
    user = hooked.citizen()
    user.send_text("안녕하세요")
    user.wait_count(1)
    updates = said(hooked, "첫째 말", "둘째 말이에요", "셋째 말이고요")
    with hooked.clock.standing():
        for number in order:
            assert post(http, hooked, updates[number]).status_code == 200
    user.wait_count(4)
    assert [heard.text for heard in hooked.rasa.heard[1:]] == [
        "첫째 말",
        "둘째 말이에요",
        "셋째 말이고요",
    ]


def test_a_message_that_breaks_our_code_is_kept_unread_and_a_person_is_asked(
    tmp_path: Path,
    sim: TelegramSim,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_door_for(monkeypatch, "부서지는 말")
    with make_telegram_house(tmp_path, sim=sim, webhook=True) as house:
        user = house.citizen()
        user.send_text("부서지는 말 010-2345-6789")
        user.wait_for("담당자가 확인할 거예요")
        user.send_text("가로등이 꺼졌어요")
        user.wait_for(QUESTION)
        (turn, _) = house.turns()
        assert turn.unread_token is not None
        assert turn.text == turn.unread_token
        with house.database.transaction() as session:
            words = house.parts.vault.reveal(
                session,
                conversation_id=turn.conversation_id,
                token=turn.unread_token,
                purpose="test",
                actor="test",
                now=house.clock(),
            )
        assert words == "부서지는 말 010-2345-6789"
        assert "2345" not in house.everything()
    assert "부서지는" not in caplog.text


def break_door_for(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """From now on the door breaks on texts with this part."""
    receive = Door.receive

    def broken(self: Door, message: InboundMessage) -> Received:
        if part in message.text:
            raise RuntimeError(f"broken by {message.text}")
        return receive(self, message)

    monkeypatch.setattr(Door, "receive", broken)


def test_what_cannot_be_kept_now_is_brought_again_with_the_wait_we_asked_for(
    hooked: TelegramHouse, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: object, __: InboundMessage) -> Received:
        raise TemporaryFailure("no room", 17.2)

    (update,) = said(hooked, "가로등이 꺼졌어요")
    monkeypatch.setattr(hooked.intake, "_receive", busy.__get__(hooked.intake))
    answer = post(http, hooked, update)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "18")
