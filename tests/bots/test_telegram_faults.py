"""Telegram refuses, is slow or is away: nothing is lost, said twice or held up for others."""

from __future__ import annotations

import pytest

from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.deliveries import enqueue
from core.models.case import Case
from core.models.conversation import Conversation, Turn
from core.replies import Reply
from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.builders import make_case, sample_city
from tests.peers.telegram_sim import TelegramSim, User

QUESTION = "이대로 접수할까요?"


def greet(house: TelegramHouse, number: int = 1001) -> User:
    """A citizen who has been answered just now, on the simulator's clock as on ours."""
    house.sim.now = lambda: house.clock().timestamp()
    user = house.citizen(number)
    user.send_text("안녕하세요")
    user.wait_count(1)
    house.settle()
    return user


def tell(house: TelegramHouse, user: User, *words: str) -> None:
    """Decide on messages of ours, as an officer or a case would."""
    with house.database.transaction() as session:
        conversation = session.get_one(Conversation, house.conversation(user.chat_id).id)
        for each in words:
            enqueue(
                session,
                conversation=conversation,
                reply=Reply(each),
                kind="notice",
                dedupe_key=f"test:{user.chat_id}:{each}",
                now=house.clock(),
            )


def refused(house: TelegramHouse, code: int, count: int = 1) -> None:
    """Wait until so many sendings were refused and we have written down what that means."""
    until(lambda: house.sim.error_counts["sendMessage", code] >= count)
    until(lambda: all(each.state != "sending" for each in house.deliveries()))


def texts(user: User) -> list[str]:
    return [seen.text for seen in user.messages]


# ---- too fast -------------------------------------------------------------------------------------


def test_too_fast_for_one_chat_holds_that_chat_alone_and_to_the_second(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    first, second = greet(telegram), greet(telegram, 2002)
    sim.fail("sendMessage", 429, retry_after=7, chat_id=first.chat_id)
    tell(telegram, first, "하나", "둘")
    refused(telegram, 429)
    at = next(call.at for call in sim.calls("sendMessage") if call.error_code == 429)
    tell(telegram, second, "다른 분께")
    second.wait_for("다른 분께", seconds=3)
    telegram.clock.forward(seconds=4)
    tell(telegram, second, "또 다른 분께")
    second.wait_for("또 다른 분께", seconds=3)
    assert "하나" not in texts(first)
    telegram.clock.forward(seconds=2)
    first.wait_for("둘")
    again = [call for call in sim.calls("sendMessage") if call.params["text"] == "하나"]
    assert [call.outcome for call in again] == ["error", "ok"]
    assert 7 <= again[1].at - at < 9
    assert texts(first)[1:] == ["하나", "둘"]


def test_too_fast_for_a_chat_that_was_silent_holds_everybody(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    first, second = greet(telegram), greet(telegram, 2002)
    telegram.clock.forward(seconds=120)
    sim.fail("sendMessage", 429, retry_after=20, chat_id=first.chat_id)
    tell(telegram, first, "하나")
    refused(telegram, 429)
    tell(telegram, second, "다른 분께")
    telegram.clock.forward(seconds=15)
    before = sim.counts["sendMessage"]
    second.send_text("가로등이 꺼졌어요")
    until(lambda: telegram.turns()[-1].state == "answered")
    telegram.dispatcher.dispatch_due()
    assert sim.counts["sendMessage"] == before
    telegram.clock.forward(seconds=5)
    second.wait_for("다른 분께")
    second.wait_for(QUESTION)
    first.wait_for("하나")
    assert sim.error_counts["sendMessage", 429] == 1


# ---- lost and broken answers -----------------------------------------------------------------------


def test_an_answer_that_may_not_have_arrived_is_sent_once_more_in_private(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = greet(telegram)
    sim.drop_answer("sendMessage")
    user.send_text("가로등이 꺼졌어요")
    user.wait_count(2)
    until(lambda: [call.outcome for call in sim.calls("sendMessage")][1:] == ["dropped"])
    telegram.clock.forward(seconds=3)
    user.wait_count(3)
    telegram.clock.forward(seconds=300)
    telegram.settle()
    assert [QUESTION in text for text in texts(user)] == [False, True, True]


def test_an_answer_that_may_have_arrived_in_a_group_is_not_said_twice(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    group = sim.group(-1_005_001)
    sim.drop_answer("sendMessage")
    telegram.citizen().send_text_in(group, "가로등이 꺼졌어요", mention=True)
    until(lambda: [each.state for each in telegram.deliveries()] == ["unsure"])
    telegram.clock.forward(seconds=300)
    telegram.settle()
    assert len(group.messages) == sim.counts["sendMessage"] == 1


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_an_answer_that_telegram_fails_to_take_goes_out_later_once(
    telegram: TelegramHouse, sim: TelegramSim, code
) -> None:
    user = greet(telegram)
    sim.fail("sendMessage", code, times=2)
    user.send_text("가로등이 꺼졌어요")
    for count in (1, 2):
        refused(telegram, code, count)
        telegram.clock.forward(seconds=6)
    user.wait_for(QUESTION)
    telegram.settle()
    assert len(user.messages) == 2


def test_an_answer_waits_while_no_connection_can_be_made(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = greet(telegram)
    sim.refuse_connection("sendMessage", times=3)
    user.send_text("가로등이 꺼졌어요")

    def goes_on() -> bool:
        telegram.clock.forward(seconds=1)
        return len(user.messages) == 2

    until(goes_on)
    telegram.settle()
    assert len(user.messages) == 2


def test_while_telegram_is_away_turns_are_kept_and_answers_go_out_afterwards_in_order(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    users = [greet(telegram, number) for number in (1001, 2002, 3003)]
    telegram.rasa.gate.clear()
    for user in users:
        for size in (5, 6, 7):
            user.send_text("가" * size)
    until(lambda: len(telegram.turns()) == 12)
    sim.down = True
    telegram.rasa.gate.set()
    until(lambda: all(turn.state == "answered" for turn in telegram.turns()))
    for _ in range(5):
        telegram.clock.forward(seconds=20)
        telegram.dispatcher.dispatch_due()
    for user in users:
        user.send_text("가" * 8)  # Telegram has it and cannot bring it yet.
    assert [len(user.messages) for user in users] == [1, 1, 1]
    sim.down = False

    def all_out() -> bool:
        # Slowly: a clock that runs ahead of what is being sent would take its lease away.
        telegram.clock.forward(seconds=2)
        return all(len(user.messages) >= 5 for user in users)

    until(all_out, seconds=20)
    telegram.settle()
    for user in users:
        assert texts(user)[1:] == [f"{size}자를 읽었어요." for size in (5, 6, 7, 8)]


def test_a_token_that_is_refused_for_a_while_loses_nothing(
    telegram: TelegramHouse, sim: TelegramSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.telegram_polling.LONGEST_WAIT", 0.2)
    first, second = greet(telegram), greet(telegram, 2002)
    good, sim.token = sim.token, f"{sim.bot_id}:another"
    tell(telegram, first, "하나", "둘")
    tell(telegram, second, "다른 분께")
    second.send_text("가로등이 꺼졌어요")
    refused(telegram, 401, 2)
    for _ in range(3):
        telegram.clock.forward(seconds=61)
        telegram.dispatcher.dispatch_due()
    until(lambda: {each.state for each in telegram.deliveries()[2:]} == {"pending"})
    assert telegram.conversation(1001).mode == "bot"
    sim.token = good
    telegram.clock.forward(seconds=61)
    second.wait_for(QUESTION, seconds=15)
    telegram.clock.forward(seconds=61)
    telegram.settle()
    assert texts(first)[1:] == ["하나", "둘"]
    assert sorted(texts(second)[1:])[-1] == "다른 분께"
    assert len(second.messages) == 3


# ---- who cannot be reached -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: words of next year"),
        (400, "Bad Request: chat not found"),
    ],
)
def test_who_cannot_be_reached_is_tried_once_keeps_the_case_and_holds_up_nobody(
    telegram: TelegramHouse, sim: TelegramSim, code, words
) -> None:
    gone, other = greet(telegram), greet(telegram, 2002)
    with telegram.database.transaction() as session:
        turn = session.get_one(Turn, telegram.turns(gone.chat_id)[0].id)
        case_id = make_case(session, turn=turn, now=telegram.clock()).case.id
    sim.fail("sendMessage", code, description=words, times=None, chat_id=gone.chat_id)
    tell(telegram, gone, "하나", "둘", "셋")
    refused(telegram, code)
    with telegram.database.transaction() as session:
        change_status(
            session,
            city=sample_city(),
            case_id=case_id,
            to=CaseStatus.IN_PROGRESS,
            actor=Actor("officer", "1"),
            reason="확인",
            now=telegram.clock(),
        )
    tell(telegram, other, "다른 분께")
    other.wait_for("다른 분께")
    telegram.clock.forward(seconds=600)
    telegram.settle()
    assert sim.error_counts["sendMessage", code] == 1
    assert telegram.conversation(gone.chat_id).mode == "closed"
    assert telegram.conversation(other.chat_id).mode == "bot"
    with telegram.database.reading() as session:
        assert session.get_one(Case, case_id).status == CaseStatus.IN_PROGRESS.value


def test_a_keyboard_that_is_already_as_it_should_be_is_no_trouble(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    user = telegram.citizen()
    user.send_text("가로등이 꺼졌어요")
    user.wait_for(QUESTION)
    sim.fail(
        "editMessageReplyMarkup",
        400,
        description="Bad Request: message is not modified: specified new message content and "
        "reply markup are exactly the same as a current content and reply markup of the message",
    )
    user.press(0)
    user.wait_for("2026-000123")
    until(lambda: sim.error_counts["editMessageReplyMarkup", 400] == 1)
    telegram.settle()
    assert sim.counts["editMessageReplyMarkup"] == 1
    assert len(user.messages) == 2
