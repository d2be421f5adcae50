"""Two cases about one thing: merged, told, undone. Both keep their history, their state and their clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.case_clock import clock_rows, history_of
from core.case_follow import count_followers, follow_case, followed_cases
from core.case_hearers import leading_case, merge_of, merged_into
from core.case_merges import undo_merge
from core.case_merging import merge_case
from core.case_queries import events_of
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.errors import Refused
from core.models.case import Case, CaseDuty
from core.models.conversation import Delivery
from tests.builders import (
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    sample_city,
)

CITY = sample_city()
OFFICER = Actor("officer", "1", "담당관")
HOUR = timedelta(hours=1)


class Desk:
    """Cases of different citizens, and what an officer does with them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now: datetime = MONDAY_TEN

    def file(self, address: str, **report: Any) -> Case:
        with self.database.transaction() as session:
            talk = make_conversation(session, address=address * 64)
            turn = make_turn(session, conversation=talk)
            return make_case(session, turn=turn, now=self.now, **report).case

    def change(self, case: Case, to: CaseStatus, note: str = "바꾸었습니다", **more: Any) -> Case:
        with self.database.transaction() as session:
            return change_status(
                session, city=CITY, case_id=case.id, to=to, actor=OFFICER, reason="확인", note=note,
                now=self.now, **more,
            )  # fmt: skip

    def merge(self, case: Case, into: Case, **more: Any) -> Case:
        values = {"into_number": into.number, "reason": "같은 등"} | more
        with self.database.transaction() as session:
            return merge_case(
                session, city=CITY, case_id=case.id, actor=OFFICER, now=self.now, **values
            )

    def undo(self, case: Case, **more: Any) -> Case:
        values = {"reason": "다른 등"} | more
        with self.database.transaction() as session:
            return undo_merge(
                session, city=CITY, case_id=case.id, actor=OFFICER, now=self.now, **values
            )

    def follow(self, address: str, case: Case) -> int:
        with self.database.transaction() as session:
            talk = make_conversation(session, address=address * 64).id
            follow_case(session, conversation_id=talk, case_id=case.id, now=self.now)
            return talk

    def case(self, case: Case) -> Case:
        with self.database.reading() as session:
            return session.get_one(Case, case.id)

    def heard(self, talk: int) -> list[str]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(Delivery).where(Delivery.conversation_id == talk).order_by(Delivery.id)
            )
            return [row.payload["text"] for row in rows if "어떠셨어요" not in row.payload["text"]]

    def kinds(self, case: Case) -> list[str]:
        with self.database.reading() as session:
            return [event.kind for event in events_of(session, case_id=case.id)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = make_database(tmp_path)
    yield Desk(database)
    database.dispose()


def test_a_merged_case_hears_of_the_leading_one_and_both_keep_the_history(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.merge(case, leading)
    assert desk.case(case).status == "merged"
    assert desk.case(leading).status == "received"
    assert desk.kinds(case) == ["opened", "status"]
    assert desk.kinds(leading) == ["opened", "merge"]
    (told,) = desk.heard(case.conversation_id)
    assert case.number in told
    assert leading.number in told
    assert desk.heard(leading.conversation_id) == []
    desk.change(leading, CaseStatus.ANSWERED, note="새 등으로 바꾸었습니다. ⟦전화1⟧")
    _, result = desk.heard(case.conversation_id)
    assert "새 등으로 바꾸었습니다" in result
    assert leading.number in result
    assert "⟦" not in result
    assert len(desk.heard(leading.conversation_id)) == 1


def test_undoing_brings_back_state_and_clock_and_ends_the_news(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.change(case, CaseStatus.IN_PROGRESS)
    before = desk.case(case)
    with desk.database.reading() as session:
        duties = _duties(session, case)
    desk.now += HOUR
    desk.merge(case, leading)
    with desk.database.reading() as session:
        assert _duties(session, case) == []
    desk.now += HOUR
    desk.undo(case)
    after = desk.case(case)
    assert (after.status, after.due_at, after.due_trace) == (
        "in_progress", before.due_at, before.due_trace,
    )  # fmt: skip
    with desk.database.reading() as session:
        assert _duties(session, case) == duties
    assert desk.kinds(case) == ["opened", "status", "status", "status"]
    assert desk.kinds(leading) == ["opened", "merge", "unmerge"]
    told = desk.heard(case.conversation_id)
    assert "따로 처리하기로" in told[-1]
    desk.change(leading, CaseStatus.ANSWERED)
    assert desk.heard(case.conversation_id) == told


def test_a_supplement_that_was_waited_for_is_waited_for_again(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.change(case, CaseStatus.SUPPLEMENT_REQUESTED, note="사진을 보내 주세요")
    before = desk.case(case)
    assert before.paused_at is not None
    desk.now += HOUR
    desk.merge(case, leading)
    assert desk.case(case).paused_at is None
    desk.now += HOUR
    desk.undo(case)
    after = desk.case(case)
    assert (after.status, after.paused_at) == ("supplement_requested", before.paused_at)
    assert after.due_at == before.due_at
    with desk.database.reading() as session:
        rows = clock_rows(session, case_id=case.id)
        assert [row.ends_at for row in rows] == [None]
        assert history_of(after, rows).due(CITY.calendar).due == after.due_at


def test_merging_twice_or_into_what_leads_nowhere_is_refused(desk: Desk) -> None:
    leading, case, done = desk.file("a"), desk.file("b"), desk.file("c")
    desk.change(done, CaseStatus.ANSWERED)
    version = desk.case(case).version
    for into, code in (
        ("2026-999999", "merge_unknown"),
        (case.number, "merge_self"),
        (done.number, "merge_done"),
    ):
        with pytest.raises(Refused) as refused:
            desk.merge(case, leading, into_number=into)
        assert refused.value.code == code
    for more, code in (
        ({"reason": " "}, "reason_missing"),
        ({"expected_version": version - 1}, "stale"),
    ):
        with pytest.raises(Refused) as refused:
            desk.merge(case, leading, **more)
        assert refused.value.code == code
    assert desk.case(case).version == version
    desk.merge(case, leading, expected_version=version)
    for again in (lambda: desk.merge(case, leading), lambda: desk.merge(done, leading)):
        with pytest.raises(Refused) as refused:
            again()
        assert refused.value.code == "illegal_change"
    # In a circle nobody would lead.
    with pytest.raises(Refused) as refused:
        desk.merge(leading, case)
    assert refused.value.code == "merge_done"


def test_undoing_twice_is_refused_and_nothing_happens(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    with pytest.raises(Refused, match="merge_none"):
        desk.undo(case)
    desk.merge(case, leading)
    with pytest.raises(Refused, match="stale"):
        desk.undo(case, expected_version=1)
    desk.undo(case)
    with pytest.raises(Refused, match="merge_none"):
        desk.undo(case)
    desk.merge(case, leading)
    assert desk.case(case).status == "merged"


def test_a_leading_case_may_be_merged_itself_and_all_hear_of_the_last(desk: Desk) -> None:
    first, second, third = desk.file("a"), desk.file("b"), desk.file("c")
    desk.merge(first, second)
    desk.merge(second, third)
    with desk.database.reading() as session:
        assert merged_into(session, case_id=third.id) == [first.id, second.id]
        assert leading_case(session, session.get_one(Case, first.id)).id == third.id
    desk.change(third, CaseStatus.ANSWERED)
    assert "바꾸었습니다" in desk.heard(first.conversation_id)[-1]
    assert "바꾸었습니다" in desk.heard(second.conversation_id)[-1]
    desk.undo(second)
    with desk.database.reading() as session:
        assert merged_into(session, case_id=third.id) == []
        assert merged_into(session, case_id=second.id) == [first.id]


def test_a_leading_case_that_is_withdrawn_gives_the_others_back(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.merge(case, leading)
    desk.change(leading, CaseStatus.WITHDRAWN, note="")
    assert desk.case(case).status == "received"
    assert "따로 처리하기로" in desk.heard(case.conversation_id)[-1]
    with desk.database.reading() as session:
        assert merge_of(session, case_id=case.id) is None


def test_what_is_asked_of_the_leading_cases_citizen_is_asked_of_nobody_else(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.merge(case, leading)
    told = desk.heard(case.conversation_id)
    desk.change(leading, CaseStatus.SUPPLEMENT_REQUESTED, note="집 주소를 알려 주세요")
    assert desk.heard(case.conversation_id) == told


def test_a_merged_case_that_is_reopened_goes_on_by_itself(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    desk.merge(case, leading)
    desk.change(case, CaseStatus.REOPENED)
    with pytest.raises(Refused, match="merge_none"):
        desk.undo(case)
    told = desk.heard(case.conversation_id)
    desk.change(leading, CaseStatus.ANSWERED)
    assert desk.heard(case.conversation_id) == told


def test_followers_of_a_merged_case_follow_the_leading_one_once(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("b")
    both = desk.follow("c", case)
    desk.follow("c", leading)
    one = desk.follow("d", case)
    desk.merge(case, leading)
    late = desk.follow("e", case)
    with desk.database.reading() as session:
        assert count_followers(session, case_id=leading.id) == 3
        assert [each.id for each in followed_cases(session, conversation_id=both)] == [leading.id]
        assert [each.id for each in followed_cases(session, conversation_id=late)] == [leading.id]
    counts = {talk: len(desk.heard(talk)) for talk in (both, one, late)}
    desk.change(leading, CaseStatus.ANSWERED)
    for talk, count in counts.items():
        assert len(desk.heard(talk)) == count + 1
        assert "바꾸었습니다" not in desk.heard(talk)[-1]


def test_one_citizen_with_both_cases_hears_each_news_of_both(desk: Desk) -> None:
    leading, case = desk.file("a"), desk.file("a", what="불이 나갔네요")
    desk.merge(case, leading)
    desk.change(leading, CaseStatus.ANSWERED)
    texts = desk.heard(leading.conversation_id)
    assert len(texts) == 3
    assert len(set(texts)) == 3


def test_of_two_officers_who_merge_each_into_the_other_one_is_refused(desk: Desk) -> None:
    first, second = desk.file("a"), desk.file("b")
    desk.follow("c", first)
    refused: list[str] = []

    def merge(case: Case, into: Case) -> None:
        try:
            desk.merge(case, into)
        except Refused as no:
            refused.append(no.code)

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=merge, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert refused == ["merge_done"]
    assert sorted(desk.case(each).status for each in (first, second)) == ["merged", "received"]


def _duties(session: Any, case: Case) -> list[tuple[str, datetime]]:
    rows = session.scalars(
        select(CaseDuty).where(CaseDuty.case_id == case.id, CaseDuty.done_at.is_(None))
    )
    return sorted((row.kind, row.at) for row in rows)
