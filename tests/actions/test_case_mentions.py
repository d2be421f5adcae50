""" "그때 그 가로등": understood when it is clear, asked when not, never another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.case_links import link_case
from core.case_mentions import Found, find_mentioned
from core.case_notices import tell_note
from core.models.case import Case
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_result,
    make_turn,
    sample_city,
)

CITY = sample_city()
NOW = MONDAY_TEN + timedelta(days=7)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        yield session
    database.dispose()


def filed(
    session: Session,
    service: str,
    what: str,
    place: str,
    *,
    at: datetime = MONDAY_TEN,
    address: str = "a" * 64,
) -> Case:
    talk = make_conversation(session, address=address)
    turn = make_turn(session, conversation=talk, address=address, text=what, now=at)
    return make_case(
        session, turn=turn, now=at, what=what, place_text=place, service_code=service
    ).case


def three(session: Session) -> tuple[Case, Case, Case]:
    lamp = filed(session, "streetlight", "가로등이 꺼졌어요", "시청역 2번 출구 앞")
    other = filed(
        session,
        "streetlight",
        "가로등이 깜빡여요",
        "종각역 3번 출구",
        at=MONDAY_TEN + timedelta(days=6),
    )
    hole = filed(session, "pothole", "도로가 움푹 파였어요", "망원시장 입구")
    return lamp, other, hole


def find(session: Session, text: str, number: str | None = None, **rest: object) -> Found:
    talk = make_conversation(session)
    return find_mentioned(
        session, city=CITY, conversation_id=talk.id, text=text, number=number, now=NOW, **rest
    )


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("그때 그 도로 파인 거 취소해 주세요", 2),
        ("그때그도로건취소요", 2),
        ("시청역 가로등 다시 봐 주세요", 0),
        ("시청역에 있던 그거요", 0),
        ("일주일 전인가 7일 전에 신고한 가로등이요", 0),
        ("어제 신고한 가로등 취하할게요", 1),
        ("하루 전에 낸 거 말고 망원시장 그거요", 2),
        ("깜빡이던 가로등이요", 1),
    ],
)
def test_words_of_kind_place_and_time_make_it_clear(
    session: Session, text: str, which: int
) -> None:
    cases = three(session)
    assert find(session, text).case is cases[which]


@pytest.mark.parametrize(
    "text", ["그 가로등 취소해 주세요", "취소할게요", "어제부터 더 심해요 가로등"]
)
def test_two_that_fit_alike_are_asked_about(session: Session, text: str) -> None:
    lamp, other, hole = three(session)
    found = find(session, text)
    assert found.case is None
    assert {lamp, other} <= set(found.among)
    assert (hole in found.among) is ("가로등" not in text)


def test_of_several_the_one_that_the_wish_fits_is_meant(session: Session) -> None:
    lamp, other, _ = three(session)
    make_result(session, case=lamp, now=NOW)
    open_ones = find(session, "그 가로등 취소요", fits=lambda case: case.status == "received")
    assert open_ones.case is other


def test_a_kind_that_was_never_filed_is_not_taken_for_the_only_case(session: Session) -> None:
    lamp = filed(session, "streetlight", "가로등이 꺼졌어요", "시청역 2번 출구 앞")
    found = find(session, "불법주차 신고한 거 취소해 주세요")
    assert (found.case, found.among, found.missed) == (None, (lamp,), True)
    assert find(session, "취소해 주세요").case is lamp


def test_what_was_just_spoken_of_is_meant_when_nothing_is_named(session: Session) -> None:
    _, other, _ = three(session)
    tell_note(session, city=CITY, case=other, note="내일 갑니다", images=(), alts=(), now=NOW)
    assert find(session, "취소할게요").case is other
    # Words win over it.
    assert find(session, "망원시장 거 취소할게요").case is not other


def test_a_number_decides_and_a_strangers_number_tells_nothing(session: Session) -> None:
    lamp, *_ = three(session)
    theirs = filed(session, "streetlight", "꺼짐", "강남역", address="b" * 64)
    assert find(session, "", number=lamp.number).case is lamp
    assert find(session, "", number=theirs.number) == Found(missed=True)
    assert find(session, "강남역 가로등").case is None


def test_a_followed_case_is_named_as_followed(session: Session) -> None:
    address = "b" * 64
    talk = make_conversation(session, address=address)
    turn = make_turn(session, conversation=talk, address=address)
    opened = make_case(session, turn=turn, place_text="강남역 11번 출구", what="벤치가 부서졌어요")
    link_case(
        session,
        city=CITY,
        codes=CODES,
        conversation_id=make_conversation(session).id,
        number=opened.case.number,
        code=opened.lookup_code,
        now=MONDAY_TEN,
    )
    for found in (find(session, "강남역 벤치요"), find(session, "", number=opened.case.number)):
        assert (found.case, found.followed) == (opened.case, True)
    assert find(session, "취소할게요").followed
    own = filed(session, "streetlight", "꺼짐", "시청역")
    assert find(session, "취소할게요").case is own


def test_without_any_case_there_is_none_to_choose_from(session: Session) -> None:
    assert find(session, "그때 그 가로등") == Found()
