"""No provider's limit is ever exceeded, and nobody waits for somebody else's limit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bots.telegram_sender import PACE
from core.conversations import close_conversation, move_conversations
from core.database import Database
from core.deliveries import (
    BROADCAST,
    MARGIN,
    Outgoing,
    enqueue,
    hold_back,
    lasts,
    lease_next,
    mark_sent,
    move_deliveries,
    next_chance,
    postpone,
)
from core.models.conversation import Conversation, Delivery
from core.pacing import Allowance, Pace
from core.replies import Image, Reply
from tests.builders import MONDAY_TEN, make_conversation, make_database

SECOND = timedelta(seconds=1)
CHANNELS: dict[str, Pace | None] = {"telegram": PACE}


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


# ---- the rule itself ---------------------------------------------------------------------------


def passed(allowance: Allowance, waits_ms: list[int]) -> list[datetime]:
    """When messages go out that are asked for after these waits; the early ones are dropped."""
    now, used, out = MONDAY_TEN, None, []
    for wait in waits_ms:
        now += timedelta(milliseconds=wait)
        free = allowance.free_at(used)
        if free is None or free <= now:
            used = allowance.take(used, now=now)
            out.append(now)
    return out


def most_in(moments: list[datetime], window: timedelta) -> int:
    """The most that fall into any window, its end not counted."""
    return max((sum(a <= b < a + window for b in moments) for a in moments), default=0)


allowances = st.builds(
    Allowance,
    st.integers(1, 5000).map(lambda ms: timedelta(milliseconds=ms)),
    st.integers(1, 6),
)
tolerant = st.builds(
    Allowance,
    st.integers(20, 5000).map(lambda ms: timedelta(milliseconds=ms)),
    st.integers(1, 6),
    st.integers(0, 19).map(lambda ms: timedelta(milliseconds=ms)),
)


@settings(deadline=None)
@given(allowances | tolerant, st.lists(st.integers(0, 3000), max_size=60), st.integers(1, 20_000))
def test_in_any_window_go_at_most_the_burst_and_what_the_window_earns(allowance, waits, ms) -> None:
    window = timedelta(milliseconds=ms)
    most = allowance.burst + (window + allowance.late) / allowance.interval
    assert most_in(passed(allowance, waits), window) <= most


@settings(deadline=None)
@given(allowances | tolerant, st.lists(st.integers(0, 3000), max_size=40))
def test_after_a_pause_the_whole_burst_may_go_and_no_more(allowance, waits) -> None:
    used = None
    for moment in passed(allowance, waits):
        used = allowance.take(used, now=moment)
    later = MONDAY_TEN + timedelta(days=1)
    count = 0
    while (free := allowance.free_at(used)) is None or free <= later:
        used, count = allowance.take(used, now=later), count + 1
    assert count == allowance.burst


@settings(deadline=None)
@given(allowances | tolerant, st.integers(1, 10))
def test_several_messages_at_once_use_up_as_much_as_one_by_one(allowance, messages) -> None:
    one_by_one = None
    for _ in range(messages):
        one_by_one = allowance.take(one_by_one, now=MONDAY_TEN)
    assert allowance.take(None, now=MONDAY_TEN, messages=messages) == one_by_one


@settings(deadline=None)
@given(tolerant, st.lists(st.integers(0, 19), min_size=30, max_size=100))
def test_who_wakes_a_little_late_each_time_keeps_the_pace(allowance, delays_ms) -> None:
    begun = used = allowance.take(None, now=MONDAY_TEN)
    for delay in delays_ms:
        free = allowance.free_at(used) or used
        late = min(timedelta(milliseconds=delay), allowance.late)
        used = allowance.take(used, now=max(free, MONDAY_TEN) + late)
    if allowance.burst == 1:
        assert used == begun + allowance.interval * len(delays_ms)


# ---- Telegram's ----------------------------------------------------------------------------------

flood = st.lists(st.integers(0, 40), min_size=50, max_size=400)


@settings(deadline=None)
@given(flood)
def test_telegram_gets_at_most_thirty_messages_in_any_second(waits) -> None:
    assert most_in(passed(PACE.overall, waits), SECOND) <= 30


@settings(deadline=None)
@given(st.lists(st.integers(0, 4000), max_size=120))
def test_a_group_gets_at_most_twenty_messages_in_any_minute(waits) -> None:
    assert most_in(passed(PACE.of("public"), waits), timedelta(minutes=1)) <= 20


def test_a_private_chat_gets_four_at_once_and_then_one_a_second() -> None:
    out = passed(PACE.of("private"), [0] * 50 + [10] * 400)
    assert [moment - MONDAY_TEN for moment in out[:7]] == [
        *[timedelta(0)] * 4,
        SECOND,
        2 * SECOND,
        3 * SECOND,
    ]


# ---- the queue -------------------------------------------------------------------------------------


def put(session, text: str, *, to: str = "1", broadcast: bool = False, **more: Any) -> Delivery:
    conversation = more.pop("conversation", None) or make_conversation(
        session,
        channel=more.pop("channel", "telegram"),
        address=to,
        visibility=more.pop("visibility", "private"),
    )
    return enqueue(
        session,
        conversation=conversation,
        reply=Reply(text),
        kind="post" if broadcast else "reply",
        dedupe_key=text,
        priority=BROADCAST if broadcast else 0,
        now=MONDAY_TEN,
        **more,
    )


def lease(session, after: float = 0, channels=None, **more: Any) -> Outgoing | None:
    now = MONDAY_TEN + timedelta(seconds=after)
    return lease_next(session, now=now, channels=channels or CHANNELS, **more)


def send(session, after: float = 0, channels=None, *, parts_left: int = 0) -> str | None:
    """Send the next one; what it was."""
    outgoing = lease(session, after, channels)
    if outgoing is None:
        return None
    now = MONDAY_TEN + timedelta(seconds=after)
    assert mark_sent(session, outgoing=outgoing, provider_id=None, now=now, parts_left=parts_left)
    return outgoing.reply.text


def test_the_queue_keeps_to_the_pace_of_the_provider(database: Database) -> None:
    out: list[tuple[float, str]] = []
    with database.transaction() as session:
        for number in range(80):
            put(session, str(number), to=str(number))
        for step in range(200):
            while (text := send(session, step / 50)) is not None:
                out.append((step / 50, text))
    assert [text for _, text in out] == [str(number) for number in range(80)]
    moments = [MONDAY_TEN + timedelta(seconds=at) for at, _ in out]
    assert most_in(moments, SECOND) <= 30
    assert out[-1][0] < 4


def test_a_chat_that_must_wait_holds_up_no_other(database: Database) -> None:
    with database.transaction() as session:
        for number in range(6):
            put(session, f"one {number}", to="1")
        put(session, "two", to="2")
        out = [send(session, step / 20) for step in range(6)]
    assert out == ["one 0", "one 1", "one 2", "one 3", "two", None]


def test_a_broadcast_never_delays_a_reply(database: Database) -> None:
    with database.transaction() as session:
        for number in range(10):
            put(session, f"post {number}", to=str(number), broadcast=True)
        assert send(session) == "post 0"
        put(session, "reply", to="77")
        assert [send(session, 0.1), send(session, 0.2)] == ["reply", "post 1"]


def test_a_broadcast_that_waits_in_a_chat_does_not_hold_back_a_reply_to_it(database) -> None:
    with database.transaction() as session:
        put(session, "post", broadcast=True)
        outgoing = lease(session)
        assert outgoing is not None
        until = MONDAY_TEN + timedelta(hours=1)
        postpone(session, outgoing=outgoing, until=until, failure="not now")
        put(session, "reply")
        put(session, "second post", broadcast=True)
        assert [send(session, 1), send(session, 2)] == ["reply", None]


def test_two_channels_do_not_slow_each_other(database: Database) -> None:
    slow = Pace(Allowance(10 * SECOND), Allowance(SECOND), Allowance(SECOND))
    channels: dict[str, Pace | None] = {"telegram": PACE, "slow": slow, "web": None}
    with database.transaction() as session:
        for number in range(3):
            for channel in ("slow", "telegram", "web"):
                put(session, f"{channel} {number}", to=str(number), channel=channel)
        out = [send(session, step / 20, channels) for step in range(8)]
    assert sorted(text for text in out if text) == [
        "slow 0",
        *(f"{channel} {n}" for channel in ("telegram", "web") for n in range(3)),
    ]


def test_only_what_this_process_can_reach_is_taken(database: Database) -> None:
    with database.transaction() as session:
        put(session, "reply")
        assert lease(session, channels={"web": None}) is None
        assert lease_next(session, now=MONDAY_TEN, channels={}) is None


def test_the_next_chance_is_when_the_next_message_goes(database: Database) -> None:
    with database.transaction() as session:
        for number in range(6):
            put(session, str(number))
        now, moments = MONDAY_TEN, list[datetime]()
        while len(moments) < 6:
            if send(session, (now - MONDAY_TEN).total_seconds()) is not None:
                moments.append(now)
                continue
            chance = next_chance(session, now=now, until=now + 2 * SECOND, channels=CHANNELS)
            if chance is None:
                break
            assert chance > now
            now = chance
    assert all(b - a <= SECOND for a, b in pairwise(moments))
    assert moments[-1] - moments[0] == 2 * SECOND


def test_a_chat_that_must_wait_does_not_make_the_next_look_late_for_others(database) -> None:
    with database.transaction() as session:
        for number in range(5):
            put(session, f"reply {number}", to="1")
        put(session, "post", to="2", broadcast=True)
        assert [send(session, step / 20) for step in range(4)] == [f"reply {n}" for n in range(4)]
        now = MONDAY_TEN + 0.16 * SECOND
        chance = next_chance(session, now=now, until=now + 2 * SECOND, channels=CHANNELS)
        assert chance is not None
        assert chance - now < 0.1 * SECOND
        assert send(session, (chance - MONDAY_TEN).total_seconds()) == "post"
        chance = next_chance(session, now=chance, until=now + 2 * SECOND, channels=CHANNELS)
        assert chance == MONDAY_TEN + SECOND


# ---- "too fast" -----------------------------------------------------------------------------------


def refuse(session, after: float, seconds: float = 30) -> Outgoing:
    """Take the next message and have the provider refuse it."""
    outgoing = lease(session, after)
    assert outgoing is not None
    now = MONDAY_TEN + timedelta(seconds=after)
    until = now + timedelta(seconds=seconds)
    hold_back(session, outgoing=outgoing, until=until, pace=PACE, now=now)
    return outgoing


def test_a_quiet_chat_that_is_refused_means_the_whole_channel(database: Database) -> None:
    with database.transaction() as session:
        put(session, "one", to="1")
        put(session, "two", to="2")
        refuse(session, 0)
        assert [send(session, 1), send(session, 29.9)] == [None, None]
        assert [send(session, 30), send(session, 30.1)] == ["one", "two"]


def test_a_busy_chat_that_is_refused_waits_alone(database: Database) -> None:
    with database.transaction() as session:
        for text in ("one", "one again"):
            put(session, text, to="1")
        assert send(session) == "one"
        refuse(session, 5)
        put(session, "two", to="2")
        assert [send(session, 6), send(session, 34.9)] == ["two", None]
        assert [send(session, 35), send(session, 36)] == ["one again", None]


def test_the_next_part_of_a_message_shows_a_busy_chat(database: Database) -> None:
    with database.transaction() as session:
        put(session, "long", to="1")
        assert send(session, parts_left=2) == "long"
        assert refuse(session, 1).part == 1
        put(session, "two", to="2")
        assert send(session, 2) == "two"


def test_a_second_chat_that_is_refused_at_once_means_the_whole_channel(database) -> None:
    with database.transaction() as session:
        for word in ("first", "then"):
            for to in ("1", "2"):
                put(session, f"{word} {to}", to=to)
        assert [send(session, 0.1), send(session, 0.2)] == ["first 1", "first 2"]
        refuse(session, 5)
        refuse(session, 6)
        put(session, "three", to="3")
        assert [send(session, 7), send(session, 36.5)] == [None, "then 1"]


def test_the_same_chat_refused_twice_is_still_only_that_chat(database: Database) -> None:
    with database.transaction() as session:
        for text in ("one", "one again"):
            put(session, text)
        assert send(session) == "one"
        refuse(session, 2, seconds=3)
        refuse(session, 6)
        put(session, "two", to="2")
        assert send(session, 7) == "two"


def test_a_shorter_wait_does_not_cut_a_longer_one(database: Database) -> None:
    with database.transaction() as session:
        put(session, "one", to="1")
        put(session, "two", to="2")
        first, second = lease(session), lease(session, 1)
        for outgoing, wait in ((first, 100), (second, 5)):
            assert outgoing is not None
            until = MONDAY_TEN + timedelta(seconds=wait)
            hold_back(session, outgoing=outgoing, until=until, pace=PACE, now=MONDAY_TEN)
        assert [send(session, 50), send(session, 100)] == [None, "one"]


# ---- parts, closed chats, new addresses -------------------------------------------------------------


def test_a_long_message_goes_out_part_by_part_before_the_next_one(database: Database) -> None:
    with database.transaction() as session:
        put(session, "long")
        put(session, "next")
        for part, left in ((0, 2), (1, 1), (2, 0)):
            outgoing = lease(session, part)
            assert outgoing is not None
            assert (outgoing.reply.text, outgoing.part, outgoing.maybe_sent) == (
                "long",
                part,
                False,
            )
            assert outgoing.attempts == 1
            now = MONDAY_TEN + timedelta(seconds=part)
            mark_sent(session, outgoing=outgoing, provider_id=str(part), now=now, parts_left=left)
        assert send(session, 3) == "next"


def test_a_part_that_may_be_out_is_not_counted_as_out(database: Database) -> None:
    with database.transaction() as session:
        put(session, "long")
        assert send(session, parts_left=1) == "long"
        lost = lease(session, 1)
        heir = lease(session, 120)
        assert lost is not None
        assert heir is not None
        assert (heir.part, heir.maybe_sent) == (1, True)
        assert not mark_sent(session, outgoing=lost, provider_id=None, now=MONDAY_TEN, parts_left=3)
        assert mark_sent(session, outgoing=heir, provider_id=None, now=MONDAY_TEN)


def test_nobody_takes_up_a_message_while_its_sending_may_still_go_on(database: Database) -> None:
    with database.transaction() as session:
        put(session, "slow")
        assert lease(session) is not None
        longest = PACE.answers_within.total_seconds()
        assert [lease(session, longest * share) for share in (0, 0.5, 1)] == [None] * 3
        assert lease(session, longest + 10) is not None


@pytest.mark.parametrize(("pictures", "seconds"), [(0, 15), (1, 45), (3, 45)])
def test_a_lease_lasts_as_long_as_what_it_carries_may_take_and_no_longer(pictures, seconds) -> None:
    reply = Reply("글", images=tuple(Image(number, "사진") for number in range(pictures)))
    assert lasts(PACE, reply) == timedelta(seconds=seconds) + MARGIN


def test_nothing_goes_to_a_chat_that_is_closed(database: Database) -> None:
    with database.transaction() as session:
        first = put(session, "before")
        close_conversation(session, conversation_id=first.conversation_id, reason="blocked")
        second = put(session, "after")
        session.refresh(first)
        assert (first.state, first.failure) == ("failed", "blocked")
        assert (second.state, second.failure) == ("failed", "channel_closed")
        assert send(session, 1) is None


def test_what_waits_follows_a_chat_to_its_new_address(database: Database) -> None:
    with database.transaction() as session:
        waiting = put(session, "waiting", to="-5", visibility="public")
        move_conversations(session, channel="telegram", old="-5", new="-1005")
        move_conversations(session, channel="telegram", old="-5", new="-1005")
        put(session, "later", conversation=session.get_one(Conversation, waiting.conversation_id))
        addresses = [outgoing.address for after in (0, 5) if (outgoing := lease(session, after))]
    assert addresses == ["-1005"]
    with database.transaction() as session:
        rows = session.scalars(select(Delivery)).all()
        assert {row.address for row in rows} == {"-1005"}


def test_what_was_sent_keeps_the_address_it_went_to(database: Database) -> None:
    with database.transaction() as session:
        sent = put(session, "sent", to="-5", visibility="public")
        assert send(session) == "sent"
        move_deliveries(session, conversation_id=sent.conversation_id, address="-1005")
        session.refresh(sent)
        assert sent.address == "-5"
