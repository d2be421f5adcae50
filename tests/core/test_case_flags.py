"""What belongs together is shown to an officer: the third of the same citizen, many citizens on one matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.case_flags import JOINT, MOST_NAMED, REPEAT, flags_of, kinds_of, settle_flag
from core.case_likeness import FLAG_RULES, likeness, same_matter
from core.case_links import link_case
from core.cases import Actor
from core.database import Database
from core.errors import Refused
from core.models.case import Case
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_report,
    make_turn,
    sample_city,
)

OFFICER = Actor("officer", "1", "한아름")
HERE = {"lat": 37.5657, "long": 126.9769}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def filed(session: Session, who: str = "a", **report: object) -> Case:
    """A case of the citizen ``who``."""
    talk = make_conversation(session, address=who * 64)
    now = report.pop("now", MONDAY_TEN)
    return make_case(session, turn=make_turn(session, conversation=talk), now=now, **report).case


def kinds(session: Session, case: Case) -> tuple[str, ...]:
    return kinds_of(session, case_ids=[case.id]).get(case.id, ())


def test_the_third_report_of_one_matter_is_flagged_with_the_earlier_ones(database):
    with database.transaction() as session:
        first, second = filed(session), filed(session)
        assert flags_of(session, case_id=second.id) == []
        third = filed(session)
        (flag,) = flags_of(session, case_id=third.id)
        assert (flag.kind, flag.count) == (REPEAT, 3)
        assert [case.number for case in flag.others] == [first.number, second.number]
        # It is received and worked on as the first one was.
        assert (third.status, third.due_at) == (first.status, first.due_at)


def test_another_service_another_place_and_another_citizen_are_no_repeat(database):
    with database.transaction() as session:
        filed(session, gu="중구")
        filed(session, gu="중구")
        for other in (
            {"service_code": "pothole"},
            {"place_text": "강남역 11번 출구"},
            {"gu": "강남구"},
        ):
            assert REPEAT not in kinds(session, filed(session, **({"gu": "중구"} | other)))
        assert REPEAT not in kinds(session, filed(session, "b"))


def test_what_is_over_a_year_ago_is_no_repeat(database):
    with database.transaction() as session:
        long_ago = MONDAY_TEN - timedelta(days=400)
        filed(session, now=long_ago)
        filed(session, now=long_ago)
        assert kinds(session, filed(session)) == ()


def test_a_conversation_that_was_linked_by_the_code_is_the_same_citizen(database):
    with database.transaction() as session:
        elsewhere = filed(session, "b")
        filed(session)
        talk = make_conversation(session, address="a" * 64)
        link_case(
            session,
            city=sample_city(),
            codes=CODES,
            conversation_id=talk.id,
            number=elsewhere.number,
            code=CODES.make(turn_id=elsewhere.turn_id, number=elsewhere.number),
            now=MONDAY_TEN,
        )
        (flag,) = flags_of(session, case_id=filed(session).id)
        assert elsewhere.id in {case.id for case in flag.others}


def test_many_citizens_on_one_matter_are_flagged_each_with_the_others(database):
    with database.transaction() as session:
        cases = [filed(session, who, **HERE) for who in "abcd"]
        assert all(kinds(session, case) == () for case in cases)
        cases.append(filed(session, "e", **HERE))
        for case in cases:
            (flag,) = flags_of(session, case_id=case.id)
            assert (flag.kind, flag.count, len(flag.others)) == (JOINT, 5, 4)
        cases.append(filed(session, "f", **HERE))
        assert [flags_of(session, case_id=case.id)[0].count for case in cases] == [6] * 6


def test_in_a_storm_the_count_is_kept_up_for_all_and_each_flag_names_only_some(database):
    with database.transaction() as session:
        cases = [filed(session, f"{number:02d}", **HERE) for number in range(MOST_NAMED + 12)]
        flags = [flags_of(session, case_id=case.id)[0] for case in cases]
        assert {flag.count for flag in flags} == {MOST_NAMED + 12}
        assert {len(flag.others) for flag in flags} == {MOST_NAMED - 1, MOST_NAMED}
        assert [each.id for each in flags[-1].others] == [
            case.id for case in cases[-1 - MOST_NAMED : -1]
        ]


def test_a_filing_in_a_storm_asks_the_database_no_more_often_than_one_on_a_quiet_day(database):
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    often = []
    for number in range(40):
        with database.transaction() as session:
            talk = make_conversation(session, address=f"{number:02d}" * 32)
            turn = make_turn(session, conversation=talk)
            asked.clear()
            make_case(session, turn=turn, **HERE)
            often.append(len(asked))
    assert often[39] <= often[0] + 2, often


def test_one_citizen_who_reports_often_is_not_many(database):
    with database.transaction() as session:
        cases = [filed(session, "a", **HERE) for _ in range(6)]
        assert all(JOINT not in kinds(session, case) for case in cases)


def test_reports_far_apart_or_long_ago_do_not_count_to_the_many(database):
    with database.transaction() as session:
        for who in "ab":
            filed(session, who, now=MONDAY_TEN - timedelta(days=40), **HERE)
        for who in "cd":
            filed(session, who, lat=37.5757, long=126.9769)
        assert kinds(session, filed(session, "e", **HERE)) == ()


def test_without_a_point_and_a_gu_the_same_words_of_many_are_no_one_place(database):
    with database.transaction() as session:
        cases = [filed(session, who, place_text="우리 집 앞") for who in "abcdef"]
        assert all(kinds(session, case) == () for case in cases)
        named = [filed(session, who, place_text="세종대로 110", gu="중구") for who in "ghijk"]
        assert kinds(session, named[0]) == (JOINT,)


def test_an_officer_settles_a_flag_once_and_the_history_says_what_they_found(database):
    with database.transaction() as session:
        cases = [filed(session) for _ in range(3)]
        (flag,) = flags_of(session, case_id=cases[-1].id)
        values = {"case_id": cases[-1].id, "flag_id": flag.id, "actor": OFFICER, "now": MONDAY_TEN}
        with pytest.raises(Refused, match="reason_missing"):
            settle_flag(session, reason=" ", **values)
        with pytest.raises(Refused, match="flag_unknown"):
            settle_flag(session, reason="봄", **(values | {"case_id": cases[0].id}))
        for _ in "ab":
            case = settle_flag(session, reason="두 번 답했으나 새 사실이 있어 처리함", **values)
        assert case.version == 2
        assert kinds(session, case) == ()
        assert flags_of(session, case_id=case.id)[0].settled_at == MONDAY_TEN


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({"place_text": "시청역 2번 출구 앞"}, {"place_text": "시청역 2번출구앞"}, True),
        ({"place_text": "시청역 2번 출구 앞"}, {"place_text": "시청역 2번 출구 앞 가로등"}, True),
        ({"place_text": "시청역"}, {"place_text": "강남역"}, False),
        ({"place_text": "시청역 2번 출구 앞"}, {"place_text": "시청역 3번 출구 앞"}, False),
        ({"place_text": "세종대로 11"}, {"place_text": "세종대로 110"}, False),
        ({"gu": "중구"}, {"gu": "강남구"}, False),
        (HERE, {"lat": 37.5659, "long": 126.9769}, True),
        (HERE, {"lat": 37.5757, "long": 126.9769}, False),
        ({"place_text": "정해진 곳 없음"}, {}, True),
        ({"place_text": "정해진 곳 없음"}, {"what": "가로등을 더 밝게 해 주세요"}, False),
        ({}, {"service_code": "pothole"}, False),
    ],
)
def test_reports_are_of_one_matter_by_service_place_and_words(one, other, same):
    first, second = make_report(**one), make_report(**other)
    assert same_matter(first, second, rule=FLAG_RULES.repeat) is same
    assert same_matter(second, first, rule=FLAG_RULES.repeat) is same


def test_likeness_goes_from_nothing_to_the_same():
    assert likeness("가로등이 나갔어요", "가로등이  나갔어요!") == 1
    assert likeness("가로등이 나갔어요", "도로가 파였어요") < 0.3
    assert likeness("", "") == 0
