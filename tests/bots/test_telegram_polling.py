"""Polling: what is not kept is not confirmed, one process polls, a flood or a fault holds up nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bots.telegram_polling import Polling
from core.handovers import waiting
from core.inbound import InboundMessage
from dialogue.door import Door, Received
from tests.bots.telegram_house import TelegramHouse, make_telegram_house
from tests.bots.web_house import until
from tests.peers.telegram_sim import TelegramSim

QUESTION = "이대로 접수할까요?"


def another_poller(house: TelegramHouse, take: Callable[[object], None] | None = None) -> Polling:
    """A second process's poller over the same database."""
    return Polling(
        client=house.client,
        database=house.database,
        take=take or house.intake.take,
        now=house.clock,
        long_poll=1,
    )


def test_what_was_kept_but_not_confirmed_when_the_process_died_is_kept_once(
    tmp_path: Path, sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By webhook, so that nothing polls but what this test starts.
    with make_telegram_house(tmp_path, sim=sim, webhook=True) as house:
        house.client.call(lambda bot: bot.delete_webhook())
        kept: list[object] = []

        def take_and_die(update: object) -> None:
            house.intake.take(update)
            kept.append(update)
            if len(kept) == 2:
                first._stopping.set()  # it never asks again, which would confirm what it kept

        first = another_poller(house, take_and_die)
        monkeypatch.setattr(first, "_let_go", lambda: None)  # who dies gives no lease back
        user = house.citizen()
        sim.down = True
        for size in (2, 3, 4):
            user.send_text("가" * size)
        sim.down = False
        first.start()
        first._thread.join(10)
        user.wait_count(2)
        until(lambda: [turn.state for turn in house.turns()] == ["answered"] * 2)
        # Also those that went out: what is still being sent when a clock jumps may go twice.
        until(lambda: {each.state for each in house.deliveries()} == {"sent"})
        assert sim.undelivered == 3
        house.clock.forward(seconds=60)  # its lease has ended
        second = another_poller(house)
        second.start()
        try:
            user.wait_count(3)
            house.settle()
        finally:
            second.stop()
        assert [seen.text for seen in user.messages] == [f"{n}자를 읽었어요." for n in (2, 3, 4)]
        assert len(house.turns()) == len(house.rasa.heard) == 3


def test_of_two_pollers_one_polls_and_the_other_takes_over(
    tmp_path: Path, sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.telegram_polling.AFTER_FAILURE", 0.1)
    with make_telegram_house(tmp_path, sim=sim, webhook=True) as house:
        house.client.call(lambda bot: bot.delete_webhook())
        taken: list[str] = []

        def by(name: str) -> Callable[[object], None]:
            def take(update: object) -> None:
                taken.append(name)
                house.intake.take(update)

            return take

        first, second = another_poller(house, by("first")), another_poller(house, by("second"))
        first.start()
        sim.wait_polling()
        second.start()
        user = house.citizen()
        user.send_text("가로등이 꺼졌어요")
        user.wait_for(QUESTION)
        assert taken == ["first"]
        first.stop()
        user.send_text("안녕하세요")
        user.wait_for("5자를")
        assert taken == ["first", "second"]
        second.stop()
        assert sim.error_counts["getUpdates", 409] == 0


def test_what_waits_at_telegram_is_never_thrown_away(tmp_path: Path, sim: TelegramSim) -> None:
    user = sim.user(1001)
    user.send_text("가로등이 꺼졌어요")
    for webhook in (False, True):
        with make_telegram_house(tmp_path, sim=sim, webhook=webhook):
            user.wait_for(QUESTION)
            sim.wait_delivered()
    for method in ("setWebhook", "deleteWebhook"):
        assert sim.calls(method)
        assert all(not call.params.get("drop_pending_updates") for call in sim.calls(method))


def break_for_ever(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """From now on these ways into the door break on one text."""
    for name in names:
        real = getattr(Door, name)

        def broken(self: Door, message: InboundMessage, real=real) -> Received:
            if "부서지는 말" in message.text:
                raise RuntimeError(f"broken by {message.text}")
            return real(self, message)

        monkeypatch.setattr(Door, name, broken)


def test_a_message_that_breaks_our_code_is_saved_and_holds_up_nobody(
    tmp_path: Path, sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_for_ever(monkeypatch, "receive")
    with make_telegram_house(tmp_path, sim=sim) as house:
        first, second = house.citizen(), house.citizen(2002)
        first.send_text("부서지는 말")
        second.send_text("가로등이 꺼졌어요")
        second.wait_for(QUESTION, seconds=3)
        first.wait_for("담당자가 확인할 거예요", seconds=3)
        first.send_text("가로등이 꺼졌어요")
        first.wait_for(QUESTION)
        with house.database.reading() as session:
            assert [each.reason for each in waiting(session)] == ["failed_turn:1"]


def test_a_message_that_cannot_be_saved_either_is_left_out_and_holds_up_nobody(
    tmp_path: Path,
    sim: TelegramSim,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("bots.telegram_polling.LONGEST_WAIT", 0.3)
    break_for_ever(monkeypatch, "receive", "keep_unread")
    with make_telegram_house(tmp_path, sim=sim) as house:
        first, second = house.citizen(), house.citizen(2002)
        sim.down = True
        first.send_text("부서지는 말")
        second.send_text("가로등이 꺼졌어요")
        sim.down = False
        second.wait_for(QUESTION)
        assert sim.undelivered == 2  # confirmed only after the one before it
        second.send_text("안녕하세요")
        second.wait_for("5자를")
        sim.wait_delivered(10)
        house.settle()
        assert len(house.turns()) == 2
        assert len(second.messages) == 2
    assert "is left out" in caplog.text
    assert "부서지는" not in caplog.text


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
def test_a_flood_from_one_chat_is_kept_limited_told_once_and_holds_up_nobody(
    tmp_path: Path, sim: TelegramSim, webhook
) -> None:
    with make_telegram_house(tmp_path, sim=sim, webhook=webhook) as house:
        flooder, other = house.citizen(), house.citizen(2002)
        for number in range(1000):
            flooder.send_text(f"{number}번째 말이에요")
        until(lambda: len(house.turns(flooder.chat_id)) >= 3)
        other.send_text("가로등이 꺼졌어요")
        other.wait_for(QUESTION, seconds=60)
        left = sim.undelivered
        sim.wait_delivered(60)

        def at_rest() -> bool:
            house.clock.forward(seconds=1)
            return all(delivery.state == "sent" for delivery in house.deliveries())

        until(at_rest, seconds=30)
        turns = house.turns(flooder.chat_id)
        assert len(turns) == 1000
        assert len({turn.text for turn in turns}) == 1000
        assert sum("너무 빨리" in seen.text for seen in flooder.messages) == 1
        assert len(flooder.messages) < 60
        if webhook:
            # The rest of the flood is still to come then. Polling brings everybody's messages in one row: there
            # those before it must be kept first.
            assert left > 100
