"""Groups that move, throw the bot out and let it in again, or ask more than may be answered."""

from __future__ import annotations

from tests.bots.telegram_house import TelegramHouse
from tests.bots.web_house import until
from tests.peers.telegram_groups import Group
from tests.peers.telegram_sim import Limits, TelegramSim

OLD, NEW = -5001, -1_001_005_001
REPORT = "신고는 개인 대화에서 받아요"
WORDS = "시청역 앞 가로등이 꺼졌어요"


def held_answer(house: TelegramHouse) -> Group:
    """A group whose question is kept while its answer cannot go out."""
    group = house.sim.group(OLD, kind="group")
    house.sim.fail("sendMessage", 429, retry_after=30, chat_id=OLD)
    house.citizen().send_text_in(group, WORDS, mention=True)
    until(lambda: house.sim.error_counts["sendMessage", 429] == 1)
    until(lambda: [each.state for each in house.deliveries()] == ["pending"])
    return group


def test_pending_answers_follow_a_group_that_moves(telegram: TelegramHouse) -> None:
    group = held_answer(telegram)
    moved = group.migrate(NEW)
    telegram.sim.wait_delivered()
    telegram.clock.forward(seconds=31)
    moved.wait_for(REPORT)
    telegram.settle()
    assert len(moved.messages) == 1
    assert group.messages == []
    assert telegram.conversation(NEW, "public").mode == "bot"


def test_a_group_whose_move_is_learnt_from_a_refusal_gets_its_answers(
    telegram: TelegramHouse,
) -> None:
    group = held_answer(telegram)
    telegram.sim.updates.allowed = frozenset({"message_reaction"})  # nobody tells of the move
    moved = group.migrate(NEW)
    telegram.clock.forward(seconds=31)
    until(lambda: telegram.sim.error_counts["sendMessage", 400])
    until(lambda: telegram.deliveries()[0].address == str(NEW))
    telegram.clock.forward(seconds=5)
    moved.wait_for(REPORT)
    telegram.settle()
    assert len(moved.messages) == 1
    assert telegram.sim.error_counts["sendMessage", 400] == 1
    assert telegram.conversation(NEW, "public").id == telegram.turns()[0].conversation_id


def test_the_answer_hangs_on_nobody_elses_message_after_a_move(telegram: TelegramHouse) -> None:
    group = held_answer(telegram)
    asked = telegram.turns()[0].external_id.partition(":")[2]
    moved = group.migrate(NEW)
    other = telegram.citizen(7007)
    while other.send_text_in(moved, "다른 이야기예요") < int(asked):
        pass
    telegram.sim.wait_delivered()
    telegram.clock.forward(seconds=31)
    assert moved.wait_for(REPORT).reply_to is None


def test_the_talk_goes_on_where_the_group_has_moved(telegram: TelegramHouse) -> None:
    group = telegram.sim.group(OLD, kind="group")
    user = telegram.citizen()
    user.send_text_in(group, WORDS, mention=True)
    group.wait_for(REPORT)
    moved = group.migrate(NEW)
    asked = user.send_text_in(moved, WORDS, mention=True)
    assert moved.wait_for(REPORT).reply_to == asked
    first, second = telegram.turns()
    assert first.conversation_id == second.conversation_id


def test_a_group_that_throws_the_bot_out_is_left_in_peace_until_it_lets_it_in_again(
    telegram: TelegramHouse,
) -> None:
    group = held_answer(telegram)
    group.kick_bot()
    telegram.sim.wait_delivered()
    assert telegram.conversation(OLD, "public").mode == "closed"
    telegram.clock.forward(seconds=31)
    telegram.settle()
    assert [delivery.state for delivery in telegram.deliveries()] == ["failed"]
    assert telegram.sim.counts["sendMessage"] == 1
    group.add_bot()
    telegram.sim.wait_delivered()
    assert telegram.conversation(OLD, "public").mode == "bot"
    telegram.citizen().send_text_in(group, WORDS, mention=True)
    group.wait_for(REPORT)


def test_the_bot_that_finds_itself_thrown_out_closes_the_group(telegram: TelegramHouse) -> None:
    group = telegram.sim.group(OLD, kind="group")
    telegram.sim.updates.allowed = frozenset({"message"})  # nobody tells of it
    group.kick_bot()
    telegram.sim.updates.allowed = None
    telegram.citizen().send_text_in(group, WORDS, mention=True)
    until(telegram.turns)
    telegram.settle()
    assert telegram.conversation(OLD, "public").mode == "closed"
    assert telegram.sim.counts["sendMessage"] == 1


def test_a_group_hears_no_more_than_twenty_answers_a_minute(
    telegram: TelegramHouse, sim: TelegramSim
) -> None:
    sim.now = lambda: telegram.clock().timestamp()
    sim.limits = Limits()
    group = sim.group(NEW)
    for number in range(30):
        telegram.citizen(1001 + number).send_text_in(group, f"{number}번 {WORDS}", mention=True)
    sim.wait_delivered(20)
    until(lambda: all(turn.state == "answered" for turn in telegram.turns()), seconds=20)

    def step() -> bool:
        if len(group.messages) < 30:
            telegram.clock.forward(seconds=1)
        return len(group.messages) == 30

    until(step, seconds=30)
    times = [call.at for call in sim.calls("sendMessage")]
    assert all(later - first > 60 for first, later in zip(times, times[20:], strict=False))
    assert sim.error_counts["sendMessage", 429] == 0
    assert [seen.reply_to for seen in group.messages] == sorted(
        seen.reply_to or 0 for seen in group.messages
    )
