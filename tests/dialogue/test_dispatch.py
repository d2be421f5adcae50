"""Sending: side by side, in order, each message once, and honest about what is not known."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.conversations import ensure_conversation
from core.database import Database
from core.deliveries import Outgoing, enqueue
from core.errors import (
    AddressChanged,
    AnswerLost,
    ChannelClosed,
    PermanentFailure,
    RateLimited,
    TemporaryFailure,
)
from core.models.conversation import Conversation, Delivery
from core.pacing import Allowance, Pace
from core.ports import Channel, Sent
from core.replies import Reply
from dialogue.dispatch import MOST_REPEATS, Dispatcher
from tests.builders import Clock, make_database

SECOND = timedelta(seconds=1)
WIDE = Pace(Allowance(SECOND / 1000), Allowance(SECOND / 100, 20), Allowance(SECOND / 100, 20))


class Provider:
    """A sender that does what it is told and remembers what went out."""

    channel = "telegram"

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace
        self.out: list[tuple[str, str]] = []  # address, text
        self.act: Callable[[Outgoing], object] = lambda outgoing: None
        self.parts = 1
        self.now = self.most = 0
        self._lock = threading.Lock()

    def may_repeat(self, outgoing: Outgoing) -> bool:
        return outgoing.visibility == "private"

    def send(self, outgoing: Outgoing) -> Sent:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.act(outgoing)
            with self._lock:
                self.out.append((outgoing.address, outgoing.reply.text))
            return Sent("x", parts_left=self.parts - outgoing.part - 1)
        finally:
            with self._lock:
                self.now -= 1

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.out]


class House:
    """A dispatcher over a real database, a provider that obeys and a clock that sleeping moves."""

    def __init__(self, folder, *, pace: Pace | None = WIDE, threads: int = 4) -> None:
        self.database: Database = make_database(folder)
        self.clock, self.provider = Clock(), Provider(pace)
        self.told: list[int] = []
        self.sleep: Callable[[float], None] = lambda seconds: self.clock.forward(seconds=seconds)
        self.dispatcher = self.make_dispatcher(threads)

    def make_dispatcher(self, threads: int) -> Dispatcher:
        return Dispatcher(
            database=self.database,
            channels=[Channel(self.provider)],
            now=self.clock,
            sent=self.told.append,
            threads=threads,
            sleep=self.nap,
        )

    def nap(self, seconds: float) -> None:
        self.sleep(seconds)

    def put(
        self, *texts: str, to: str = "1", visibility: str = "private", kind: str = "reply"
    ) -> None:
        with self.database.transaction() as session:
            conversation = ensure_conversation(
                session, channel="telegram", address=to, visibility=visibility, now=self.clock()
            )
            for text in texts:
                enqueue(
                    session,
                    conversation=conversation,
                    reply=Reply(text),
                    kind=kind,
                    dedupe_key=f"{to}:{text}",
                    now=self.clock(),
                )

    def rows(self) -> list[Delivery]:
        with self.database.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def mode(self) -> str:
        with self.database.reading() as session:
            return session.scalars(select(Conversation)).one().mode

    def once(self, error: Exception) -> None:
        """The next sending fails, those after it do not."""
        errors = [error]

        def act(_: Outgoing) -> None:
            if errors:
                raise errors.pop()

        self.provider.act = act


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    before = set(threading.enumerate())
    house = House(tmp_path)
    yield house
    house.dispatcher.stop()
    house.database.dispose()
    new = set(threading.enumerate()) - before
    assert not [one for one in new if one.name.startswith("deliveries")]


# ---- side by side, in order ----------------------------------------------------------------------


def test_threads_send_side_by_side_what_is_for_different_people(house: House) -> None:
    together = threading.Barrier(4, timeout=10)
    house.provider.act = lambda outgoing: together.wait()
    for to in "1234":
        house.put("답", to=to)
    assert house.dispatcher.dispatch_due() == 4
    assert house.provider.most == 4


def test_within_a_conversation_the_order_is_kept_and_one_look_sends_all(house: House) -> None:
    texts = [str(number) for number in range(8)]
    for to in "123":
        house.put(*texts, to=to)
    assert house.dispatcher.dispatch_due() == 24
    for to in "123":
        assert [text for address, text in house.provider.out if address == to] == texts
    assert set(house.states()) == {"sent"}


def test_a_slow_chat_holds_up_nobody_who_is_put_in_line_meanwhile(house: House) -> None:
    slow, others = threading.Event(), threading.Event()

    def act(outgoing: Outgoing) -> None:
        if outgoing.address == "1":
            slow.set()
            assert others.wait(10)
        elif outgoing.reply.text == "나중":
            others.set()

    house.provider.act = act
    house.put("느림", to="1")
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(house.dispatcher.dispatch_due)
        assert slow.wait(10)
        house.put("나중", to="2")
        assert looking.result(15) == 2


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_two_looks_at_the_same_time_send_each_message_once_and_both_end(tmp_path, threads) -> None:
    house = House(tmp_path, threads=threads)
    for to in range(12):
        house.put("하나", "둘", to=str(to))
    with ThreadPoolExecutor(3) as pool:
        looks = [pool.submit(house.dispatcher.dispatch_due) for _ in range(3)]
        assert sum(look.result(30) for look in looks) == 24
    assert len(house.provider.out) == len(set(house.provider.out)) == 24
    house.dispatcher.stop()
    house.database.dispose()


def test_the_parts_of_a_message_go_out_one_after_the_other(house: House) -> None:
    house.provider.parts = 3
    house.put("긴 글", "짧은 글")
    assert house.dispatcher.dispatch_conversation(1) == 6
    assert house.provider.texts == ["긴 글"] * 3 + ["짧은 글"] * 3
    assert [row.parts_done for row in house.rows()] == [3, 3]


def test_whoever_waits_for_news_hears_of_each_message(house: House) -> None:
    house.put("하나", "둘")
    house.dispatcher.dispatch_conversation(1)
    assert house.told == [1, 1]


def test_what_is_soon_is_waited_for_and_what_is_not_is_left(tmp_path) -> None:
    pace = Pace(Allowance(SECOND / 100), Allowance(SECOND, burst=2), Allowance(SECOND))
    house = House(tmp_path, pace=pace)
    begun = house.clock()
    house.put("하나", "둘", "셋", "넷")
    house.dispatcher.dispatch_conversation(1)
    assert house.clock() - begun == 2 * SECOND
    house.once(TemporaryFailure("busy", 60))
    house.put("다섯")
    house.dispatcher.dispatch_conversation(1)
    assert house.clock() - begun < 5 * SECOND
    assert house.states() == ["sent"] * 4 + ["pending"]
    house.dispatcher.stop()
    house.database.dispose()


def moments_of(house: House, count: int) -> list[float]:
    """When messages to so many people go out, in seconds."""
    begun, moments = house.clock(), list[float]()
    house.provider.act = lambda _: moments.append((house.clock() - begun).total_seconds())
    for to in range(count):
        house.put("답", to=str(to))
    while any(state == "pending" for state in house.states()):
        house.dispatcher.dispatch_due()
    house.dispatcher.stop()
    house.database.dispose()
    return moments


def test_a_message_that_is_taken_early_goes_out_at_its_place(tmp_path) -> None:
    pace = Pace(Allowance(SECOND / 20), Allowance(SECOND), Allowance(SECOND))
    moments = moments_of(House(tmp_path, pace=pace, threads=0), 30)
    assert moments == pytest.approx([number / 20 for number in range(30)], abs=0.002)


def test_a_thread_that_wakes_late_does_not_bunch_messages_up(tmp_path) -> None:
    pace = Pace(Allowance(SECOND / 10), Allowance(SECOND), Allowance(SECOND))
    house = House(tmp_path, pace=pace, threads=0)
    naps = itertools.count(1)
    house.sleep = lambda seconds: house.clock.forward(
        seconds=seconds + (0.06 if next(naps) % 7 == 0 else 0)
    )
    moments = moments_of(house, 60)
    assert min(b - a for a, b in zip(moments, moments[10:], strict=False)) >= 0.999


def test_after_the_end_nothing_new_is_taken(house: House) -> None:
    house.dispatcher.stop()
    house.put("답")
    assert house.dispatcher.dispatch_due() == house.dispatcher.dispatch_conversation(1) == 0
    assert house.states() == ["pending"]


# ---- what goes wrong ------------------------------------------------------------------------------


def test_a_wait_that_the_provider_asks_for_is_kept(house: House) -> None:
    house.once(RateLimited("too fast", 10))
    house.put("하나", "둘")
    house.dispatcher.dispatch_due()
    house.clock.forward(seconds=9.9 - 1.5)
    house.dispatcher.dispatch_due()
    assert house.provider.out == []
    house.clock.forward(seconds=1.7)
    house.dispatcher.dispatch_due()
    assert house.provider.texts == ["하나", "둘"]


def test_a_lost_answer_is_sent_again_where_one_person_reads(house: House) -> None:
    house.once(AnswerLost("no answer"))
    house.put("답")
    house.dispatcher.dispatch_due()
    assert house.states() == ["pending"]
    house.clock.forward(seconds=2)
    house.dispatcher.dispatch_due()
    assert (house.provider.texts, house.states()) == (["답"], ["sent"])


def test_a_lost_answer_is_left_to_a_person_where_everybody_reads(house: House) -> None:
    house.once(AnswerLost("no answer"))
    house.put("답", "다음", to="-5", visibility="public")
    house.dispatcher.dispatch_due()
    house.clock.forward(hours=1)
    house.dispatcher.dispatch_due()
    assert (house.provider.texts, house.states()) == (["다음"], ["unsure", "sent"])


@pytest.mark.parametrize(("visibility", "state"), [("private", "sent"), ("public", "unsure")])
def test_what_a_dead_process_was_sending_is_treated_like_a_lost_answer(house, visibility, state):
    class Died(BaseException):
        pass

    def die(_: Outgoing) -> None:
        raise Died

    house.put("답", visibility=visibility)
    house.provider.act = die
    with pytest.raises(Died):
        house.dispatcher.dispatch_conversation(1)
    house.provider.act = lambda outgoing: None
    assert house.dispatcher.dispatch_due() == 0
    house.clock.forward(minutes=2)
    house.dispatcher.dispatch_due()
    assert house.states() == [state]


def test_a_closed_chat_ends_everything_that_waits_for_it(house: House) -> None:
    house.once(ChannelClosed("blocked"))
    house.put("하나", "둘", "셋")
    house.dispatcher.dispatch_due()
    assert house.mode() == "closed"
    assert [(row.state, row.failure) for row in house.rows()] == [("failed", "blocked")] * 3
    house.put("넷")
    assert house.states()[-1] == "failed"
    assert house.provider.out == []


def test_a_message_that_can_never_go_out_does_not_close_the_chat(house: House) -> None:
    house.once(PermanentFailure("too_long"))
    house.put("하나", "둘")
    house.dispatcher.dispatch_due()
    assert (house.provider.texts, house.states(), house.mode()) == (
        ["둘"],
        ["failed", "sent"],
        "bot",
    )


def test_a_chat_that_moved_is_written_to_at_its_new_address_at_once(house: House) -> None:
    house.once(AddressChanged("-1005"))
    house.put("하나", "둘", to="-5", visibility="public")
    house.dispatcher.dispatch_due()
    assert house.provider.out == [("-1005", "하나"), ("-1005", "둘")]
    house.put("셋", to="-1005", visibility="public")
    house.dispatcher.dispatch_due()
    assert {row.conversation_id for row in house.rows()} == {1}


def test_a_chat_that_moves_in_circles_is_not_tried_without_a_pause(house: House) -> None:
    tries: list[str] = []

    def act(outgoing: Outgoing) -> None:
        tries.append(outgoing.address)
        raise AddressChanged("-2" if outgoing.address == "-1" else "-1")

    house.provider.act = act
    house.put("답", to="-1", visibility="public")
    house.dispatcher.dispatch_due()
    assert len(tries) <= 3
    assert house.states() == ["pending"]


def test_each_try_waits_longer_up_to_five_minutes(house: House) -> None:
    house.provider.act = lambda outgoing: (_ for _ in ()).throw(TemporaryFailure("busy"))
    house.put("답")
    waits = []
    for _ in range(14):
        house.dispatcher.dispatch_due()
        (row,) = house.rows()
        waits.append((row.next_attempt_at - house.clock()).total_seconds())
        house.clock.at = row.next_attempt_at
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == 300


def test_a_bug_in_one_sending_stops_no_other_and_logs_no_words(house: House, caplog) -> None:
    house.once(KeyError("가로등이 꺼졌어요"))
    house.put("하나", to="1")
    house.put("둘", to="2")
    house.dispatcher.dispatch_due()
    assert sorted(house.states()) == ["failed", "sent"]
    assert "가로등" not in caplog.text + str([row.failure for row in house.rows()])


def test_a_busy_database_after_the_sending_is_no_crash(house: House, monkeypatch, caplog) -> None:
    house.put("답")

    def busy(*_: object, **__: object) -> bool:
        raise TemporaryFailure("the database is busy")

    with monkeypatch.context() as patch:
        patch.setattr("dialogue.dispatch_batches.mark_all_sent", busy)
        patch.setattr("dialogue.dispatch_batches.RECORD_AGAIN", ())
        house.dispatcher.dispatch_due()
    assert house.states() == ["sending"]
    assert "not recorded" in caplog.text


def test_a_message_whose_answers_are_always_lost_is_not_repeated_for_ever_but_shown(
    house: House,
) -> None:
    tries: list[str] = []

    def lose(outgoing: Outgoing) -> None:
        tries.append(outgoing.reply.text)
        raise AnswerLost("no answer")

    house.provider.act = lose
    house.put("답이 없어요")
    for _ in range(40):
        house.dispatcher.dispatch_due()
        house.clock.forward(minutes=10)
    assert house.states() == ["unsure"]
    assert len(tries) == MOST_REPEATS


def test_a_provider_in_trouble_loses_no_result_however_long_it_lasts(house: House) -> None:
    def trouble(_: Outgoing) -> None:
        raise AnswerLost("no answer", troubled=True)

    house.provider.act = trouble
    house.put("결과예요", kind="status")
    for _ in range(40):
        house.dispatcher.dispatch_due()
        house.clock.forward(hours=1)
    house.provider.act = lambda outgoing: None
    house.dispatcher.dispatch_due()
    assert house.states() == ["sent"]


def test_an_answer_that_could_not_leave_for_a_day_answers_nothing_any_more(house: House) -> None:
    house.put("어제의 답이에요")
    house.clock.forward(hours=25)
    house.once(TemporaryFailure("away"))
    house.dispatcher.dispatch_due()
    assert house.states() == ["failed"]
