"""A message stays one turn, however late its parts and edits come, and no word of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.conversations import (
    Lease,
    answer_turn,
    lease_conversation,
    next_turn,
    postpone_turn,
    release_lease,
)
from core.inbound import InboundMessage, Photo, RemoteFile, TurnKind
from core.models.conversation import Attachment, Turn
from core.replies import Reply
from core.turn_changes import GATHER, edit_turn, record_fetched
from core.turn_queue import due_turn
from dialogue.door import Door
from tests.builders import Clock, make_database, make_message, make_vault, sample_city

PHOTO = Photo("0" * 64, "image/jpeg", 10, 4, 3)


class House:
    """A door over a database; a worker by hand."""

    def __init__(self, folder) -> None:
        self.database, self.clock = make_database(folder), Clock()
        self.door = Door(
            database=self.database, vault=make_vault(), city=sample_city(), now=self.clock
        )
        self.passes = 0

    def part(self, number: int, text: str = "", **more: Any) -> bool:
        """One photo of an album; whether it was new."""
        values: dict[str, Any] = {
            "external_id": "album:1",
            "part": str(number),
            "text": text,
            "kind": TurnKind.PHOTO,
            "files": (RemoteFile(f"file {number}"),),
        }
        return not self.door.receive(make_message(**(values | more))).duplicate

    def write(self, text: str, edited: int | None = None, **more: Any) -> bool:
        when = None if edited is None else self.clock.at + timedelta(seconds=edited)
        message: InboundMessage = make_message(text=text, external_id="1:1", edited_at=when, **more)
        return not self.door.receive(message).duplicate

    def begin(self) -> tuple[Lease, int]:
        """Take the turn into work; its lease and the revision that is worked."""
        now = self.clock()
        with self.database.transaction() as session:
            lease = lease_conversation(session, conversation_id=1, now=now)
            assert lease is not None
            turn = next_turn(session, lease=lease, now=now)
            assert turn is not None
            return lease, turn.revision

    def fetch(self, lease: Lease) -> None:
        for data in self.turn.files:
            with self.database.transaction() as session:
                record_fetched(
                    session,
                    lease=lease,
                    turn_id=1,
                    file=RemoteFile.from_data(data),
                    photo=PHOTO,
                    problem=None,
                    now=self.clock(),
                )

    def end(self, lease: Lease, revision: int) -> None:
        self.passes += 1
        with self.database.transaction() as session:
            answer_turn(
                session,
                lease=lease,
                turn_id=1,
                replies=[Reply("답")],
                now=self.clock(),
                revision=revision,
            )
            release_lease(session, lease=lease)

    def work(self) -> None:
        """Whatever is due, to the end."""
        while self.due:
            lease, revision = self.begin()
            self.fetch(lease)
            self.end(lease, revision)

    @property
    def due(self) -> bool:
        with self.database.reading() as session:
            return due_turn(session, conversation_id=1, now=self.clock()) is not None

    @property
    def turn(self) -> Turn:
        with self.database.reading() as session:
            return session.scalars(select(Turn)).one()


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.dispose()


# ---- albums ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations([0, 1, 2, 3, 0, 2]),
    st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=6, max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_an_album_is_one_turn_with_all_photos_in_any_order(
    tmp_path_factory, order, waits, in_work
) -> None:
    house = House(tmp_path_factory.mktemp("album"))
    for number, wait, busy in zip(order, waits, in_work, strict=True):
        house.clock.forward(seconds=wait)
        begun = house.begin() if busy and house.due else None
        if begun:
            house.fetch(begun[0])
        house.part(number, "골목이 어두워요" if number == 0 else "")
        if begun:
            house.end(*begun)
        elif wait > 1:
            house.work()
    house.clock.forward(seconds=5)
    house.work()
    turn = house.turn
    assert (len(turn.attachment_ids), turn.files) == (4, [])
    assert turn.text == "골목이 어두워요"
    assert sorted(turn.parts) == ["0", "1", "2", "3"]
    assert (turn.state, turn.revised) == ("answered", None)
    house.database.dispose()


def test_an_album_waits_a_moment_for_each_further_part(house: House) -> None:
    for number in range(3):
        house.part(number)
        house.clock.at += GATHER - timedelta(seconds=0.1)
        assert not house.due
    house.clock.forward(seconds=0.2)
    assert house.due


def test_a_part_that_comes_after_the_answer_is_worked_once_more(house: House) -> None:
    house.part(1, "여기요")
    house.clock.forward(seconds=2)
    house.work()
    assert house.part(2)
    assert not house.part(2)
    house.clock.forward(seconds=2)
    house.work()
    assert (house.passes, len(house.turn.attachment_ids)) == (2, 2)


def test_words_under_several_photos_are_all_kept(house: House) -> None:
    house.part(2, "둘")
    house.part(1, "하나")
    assert house.turn.text == "둘\n하나"


def test_a_part_that_was_edited_before_it_came_brings_its_photo_once(house: House) -> None:
    house.part(1)
    assert house.part(2, "고친 말", edited_at=house.clock())
    assert not house.part(2, "첫 말")
    assert (house.turn.text, len(house.turn.files)) == ("고친 말", 2)


def test_an_edited_picture_does_not_wipe_the_words_under_another(house: House) -> None:
    house.part(1, "여기가 어두워요")
    house.part(2)
    assert not house.part(2, edited_at=house.clock())
    assert house.turn.text == "여기가 어두워요"


def test_what_one_part_had_to_take_out_is_not_forgotten_with_the_next(house: House) -> None:
    house.part(1, "제 번호는 900101-1234567 이에요")
    assert house.turn.refused
    house.part(2)
    assert house.turn.refused


def test_a_part_that_comes_late_has_its_own_tries(house: House) -> None:
    house.part(1)
    house.clock.forward(seconds=2)
    lease, _ = house.begin()
    with house.database.transaction() as session:
        postpone_turn(
            session,
            lease=lease,
            turn_id=1,
            until=house.clock(),
            failure="x",
            late_notice=Reply("늦어요"),
            now=house.clock(),
        )
    assert house.turn.attempts == 1
    house.part(2)
    assert house.turn.attempts == 0


# ---- edits -------------------------------------------------------------------------------------------


def test_an_edit_before_the_work_is_simply_what_was_written(house: House) -> None:
    house.write("가로등")
    assert house.write("보안등", edited=1)
    house.work()
    assert (house.turn.text, house.turn.revision, house.passes) == ("보안등", 0, 1)


def test_an_edit_after_the_answer_is_worked_once_more(house: House) -> None:
    house.write("가로등")
    house.work()
    house.write("보안등", edited=1)
    house.write("보안등 둘", edited=2)
    house.work()
    assert (house.turn.text, house.passes, house.turn.revised) == ("보안등 둘", 2, None)


def test_an_edit_while_the_turn_is_in_work_leads_to_one_more_pass(house: House) -> None:
    house.write("가로등")
    begun = house.begin()
    house.write("보안등", edited=1)
    house.write("보안등 둘", edited=2)
    house.end(*begun)
    assert house.due
    house.work()
    assert (house.passes, house.turn.state) == (2, "answered")
    assert not house.due


def test_an_older_edit_that_comes_later_changes_nothing(house: House) -> None:
    house.write("첫 글")
    assert house.write("셋째 글", edited=5)
    assert not house.write("둘째 글", edited=3)
    assert house.turn.text == "셋째 글"


def test_of_two_edits_in_the_same_second_the_last_to_come_counts(house: House) -> None:
    house.write("첫 글")
    house.write("둘째 글", edited=1)
    assert house.write("셋째 글", edited=1)
    assert house.turn.text == "셋째 글"


def test_an_edit_that_comes_twice_is_one_even_with_personal_data(house: House) -> None:
    house.write("연락 주세요")
    assert house.write("010-1234-5678로 연락 주세요", edited=1)
    assert not house.write("010-1234-5678로 연락 주세요", edited=1)
    assert "1234" not in house.turn.text


def test_an_edit_that_comes_before_its_message_is_the_message(house: House) -> None:
    assert house.write("고친 글", edited=1)
    assert not house.write("첫 글")
    assert house.turn.text == "고친 글"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.text("가나다", max_size=3)), max_size=8))
def test_every_earlier_text_is_kept_in_its_order(edits) -> None:
    turn = Turn(text="처음", state="received", revision=0, earlier_texts=[], attachment_ids=[])
    clock, shown = Clock(), ["처음"]
    for seconds, text in edits:
        at = clock.at + timedelta(seconds=seconds)
        if edit_turn(turn, text=text, edited_at=at, now=clock()) == "changed":
            shown.append(text)
    assert [each["text"] for each in turn.earlier_texts] + [turn.text] == shown


# ---- files -------------------------------------------------------------------------------------------


def test_a_file_that_is_recorded_twice_is_there_once(house: House) -> None:
    house.part(1)
    house.clock.forward(seconds=2)
    lease, _ = house.begin()
    for problem in (None, "file_lost"):
        with house.database.transaction() as session:
            record_fetched(
                session,
                lease=lease,
                turn_id=1,
                file=RemoteFile("file 1"),
                photo=None if problem else PHOTO,
                problem=problem,
                now=house.clock(),
            )
    assert (len(house.turn.attachment_ids), house.turn.problems) == (1, [])
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_a_worker_that_slept_too_long_records_nothing(house: House) -> None:
    house.part(1)
    house.clock.forward(seconds=2)
    old, _ = house.begin()
    house.clock.forward(seconds=60)
    house.begin()
    with pytest.raises(Exception, match="taken over"):
        house.fetch(old)
    assert len(house.turn.files) == 1


# ---- links --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("context", ["010-1234-5678", "900101-1234567", "s_010-1234-5678", "hello"])
def test_what_somebody_typed_behind_start_is_not_kept_as_a_links_context(house, context) -> None:
    house.write("", kind=TurnKind.START, context=context)
    assert house.turn.context is None


def test_the_context_of_a_link_of_ours_is_kept(house: House) -> None:
    code = f"s_{sample_city().services[0].code}"
    house.write("", kind=TurnKind.START, context=code)
    assert house.turn.context == code
