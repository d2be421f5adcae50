"""Taking an update in: kept before it is confirmed, or not confirmed; nothing of it in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.limits import RateLimit
from bots.telegram_client import Me
from bots.telegram_intake import Intake, IntakeDeps, Press
from core.conversations import find_conversation
from core.database import Database
from core.errors import TemporaryFailure
from core.inbound import InboundMessage
from tests.builders import make_conversation, make_database, sample_city

ME = Me(700_000_001, "sotong_test_bot")
CITIZEN = {"id": 1001, "is_bot": False, "first_name": "시민"}
PRIVATE = {"id": 1001, "type": "private"}
GROUP = {"id": -1005, "type": "supergroup"}


@dataclass
class Received:
    turn_id: int = 1
    conversation_id: int = 1
    duplicate: bool = False


@dataclass
class House:
    """An intake whose door and buttons remember."""

    database: Database
    me: Me | None = ME
    kept: list[InboundMessage] = field(default_factory=list)
    kicks: list[float] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    shown: list[tuple[str, str] | None] = field(default_factory=list)
    press: Press = field(default_factory=lambda: Press("chosen", "네"))
    seen: set[str] = field(default_factory=set)
    limit: RateLimit | None = None

    def __post_init__(self) -> None:
        deps = IntakeDeps(
            database=self.database,
            receive=self.receive,
            keep_unread=self.receive,
            kick=lambda _, after: self.kicks.append(after),
            press_of=lambda _: self.press,
            answers=self,
            me=lambda: self.me,
            texts=sample_city().texts,
        )
        self.intake = Intake(deps, limit=self.limit)

    def receive(self, message: InboundMessage) -> Received:
        known = message.external_id in self.seen
        self.seen.add(message.external_id)
        self.kept.append(message)
        return Received(duplicate=known)

    def answer_press(self, callback_id: str, *, notice: str = "") -> None:
        self.answers.append((callback_id, notice))

    def keep_only(self, address: str, message_id: int, *, choice: tuple[str, str] | None) -> None:
        self.shown.append(choice)

    def take(self, number: int = 1, *, chat: dict[str, Any] = PRIVATE, **content: Any) -> None:
        body = {"message_id": number, "from": CITIZEN, "chat": chat, "date": 0, **content}
        self.intake.take({"update_id": number, "message": body})

    def touch(self, number: int = 1) -> None:
        query = {"id": "9", "from": CITIZEN, "data": "12.0"}
        query["message"] = {"message_id": 5, "chat": PRIVATE}
        self.intake.take({"update_id": number, "callback_query": query})


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    database = make_database(tmp_path)
    yield House(database)
    database.dispose()


def test_a_groups_message_is_not_confirmed_before_the_bot_knows_its_name(house: House) -> None:
    house.me = None
    with pytest.raises(TemporaryFailure):
        house.take(chat=GROUP, text=f"@{ME.username} 가로등")
    house.take(2, text="가로등")
    house.me = ME
    house.take(chat=GROUP, text=f"@{ME.username} 가로등")
    assert [message.visibility for message in house.kept] == ["private", "public"]


def test_what_came_twice_starts_no_second_work(house: House) -> None:
    house.take(text="가로등")
    house.take(text="가로등")
    assert (len(house.kept), house.kicks) == (2, [0.0])


def test_a_message_waits_for_those_before_it_that_are_still_on_their_way(house: House) -> None:
    for number in (1, 3, 2, 4):
        house.take(number, text="가로등")
    assert [message.unsettled for message in house.kept] == [False, True, False, False]
    assert house.kicks[1] > 0


def test_a_message_waits_for_any_that_is_missing_not_only_for_the_one_before_it(
    house: House,
) -> None:
    for number in (1, 3, 4, 2, 5):
        house.take(number, text="가로등")
    assert [message.unsettled for message in house.kept] == [False, True, True, False, False]


@pytest.mark.parametrize("update", [None, [], "가로등", {}, {"update_id": "7"}, {"message": {}}])
def test_what_is_no_update_is_left_out(house: House, update) -> None:
    house.intake.take(update)
    assert house.kept == []


def test_a_broken_update_is_saved_and_nothing_of_it_is_logged(house: House, caplog) -> None:
    with caplog.at_level("DEBUG"):
        house.take(text="010-1234-5678", date="어제")
        house.take(2, photo=[{"가로등": 1}], caption="가로등")
    assert [message.text for message in house.kept] == ["010-1234-5678", "가로등"]
    assert "1234" not in caplog.text
    assert "가로등" not in caplog.text


def test_a_flood_is_kept_without_its_files(tmp_path) -> None:
    database = make_database(tmp_path)
    house = House(database, limit=RateLimit(per_minute=1, burst=1))
    house.take(1, text="가로등")
    house.take(2, document={"file_id": "x"}, caption="가로등")
    assert [message.flood for message in house.kept] == [False, True]
    assert house.kept[1].files == ()
    database.dispose()


@pytest.mark.parametrize(
    ("press", "told", "shown"),
    [
        (Press("chosen", "네"), False, [("네", "12.0")]),
        (Press("stale"), True, [None]),
        (Press("unknown"), True, [None]),
        (Press("repeated"), False, []),
    ],
)
def test_a_touch_is_always_answered_and_only_the_choice_stays(house, press, told, shown) -> None:
    house.press = press
    house.touch()
    assert [bool(notice) for _, notice in house.answers] == [told]
    assert house.shown == shown


def test_a_touch_that_came_twice_is_answered_twice_and_changes_nothing(house: House) -> None:
    house.touch()
    house.touch()
    assert (len(house.answers), len(house.shown), len(house.kicks)) == (2, 1, 1)


def test_who_blocks_the_bot_is_written_to_no_more_until_they_are_back(house: House) -> None:
    with house.database.transaction() as session:
        make_conversation(session, channel="telegram", address="1001")
    for number, (status, mode) in enumerate([("kicked", "closed"), ("member", "bot")]):
        change = {"chat": PRIVATE, "new_chat_member": {"status": status}}
        house.intake.take({"update_id": number, "my_chat_member": change})
        with house.database.reading() as session:
            found = find_conversation(session, channel="telegram", address="1001")
            assert found is not None
            assert found.mode == mode


def test_a_group_that_moved_goes_on_under_its_new_number(house: House) -> None:
    with house.database.transaction() as session:
        make_conversation(session, channel="telegram", address="-5", visibility="public")
    for number in (1, 2):
        house.take(number, chat={"id": -5, "type": "group"}, migrate_to_chat_id=-1005)
    with house.database.reading() as session:
        for address, there in (("-5", False), ("-1005", True)):
            found = find_conversation(
                session, channel="telegram", address=address, visibility="public"
            )
            assert (found is not None) is there


def test_what_was_written_over_an_hour_and_comes_in_a_heap_is_no_flood(house: House) -> None:
    for number in range(1, 61):
        house.take(number, text="가로등이 꺼졌어요", date=1_777_000_000 + 60 * number)
    assert not any(message.flood for message in house.kept)


def test_what_is_written_within_a_second_is_a_flood(house: House) -> None:
    for number in range(1, 61):
        house.take(number, text="가로등이 꺼졌어요", date=1_777_000_000)
    assert sum(message.flood for message in house.kept) == 60 - 25
