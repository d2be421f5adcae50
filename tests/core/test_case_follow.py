"""Who follows a case hears its state in the city's words, once, and nothing of whoever filed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.case_follow import count_followers, follow_case, followed_cases, unfollow
from core.case_links import link_case
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.erasure import erase_conversation, request_erasure
from core.inbound import Photo
from core.models.case import Case
from core.models.conversation import Attachment, Delivery
from core.models.nearby import CaseFollow
from core.models.vault import AuditEntry
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    sample_city,
)

CITY = sample_city()
OFFICER = Actor("officer", "1", "담당관")
SECRET = "홍길동 님 댁 앞 등을 바꾸었습니다. ⟦전화1⟧"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def file(database: Database, address: str = "a", **report: object) -> Case:
    with database.transaction() as session:
        talk = make_conversation(session, address=address * 64)
        turn = make_turn(session, conversation=talk)
        return make_case(session, turn=turn, **report).case


def talk_of(database: Database, address: str) -> int:
    with database.transaction() as session:
        return make_conversation(session, address=address * 64).id


def follow(database: Database, talk: int, case: Case) -> str:
    with database.transaction() as session:
        return follow_case(session, conversation_id=talk, case_id=case.id, now=MONDAY_TEN).outcome


def change(database: Database, case: Case, to: CaseStatus, **more: object) -> None:
    values = {"actor": OFFICER, "reason": "확인", "note": SECRET, "now": MONDAY_TEN}
    with database.transaction() as session:
        change_status(session, city=CITY, case_id=case.id, to=to, **(values | more))


def heard(database: Database, talk: int) -> list[str]:
    with database.reading() as session:
        rows = session.scalars(
            select(Delivery).where(Delivery.conversation_id == talk).order_by(Delivery.id)
        ).all()
        assert all(row.image_id is None for row in rows)
        return [row.payload["text"] for row in rows]


def test_a_follower_hears_the_state_and_neither_note_nor_photo(database: Database) -> None:
    case, talk = file(database), talk_of(database, "b")
    assert follow(database, talk, case) == "followed"
    photo = (Photo("c" * 64, "image/jpeg", 9, 4, 3), "바꾼 등")
    change(database, case, CaseStatus.ANSWERED, photos=[photo])
    (text,) = heard(database, talk)
    assert case.number in text
    assert "답변 완료" in text
    for word in ("홍길동", "⟦", "바꾼 등", "담당관", case.place_text, case.what):
        assert word not in text
    with database.reading() as session:
        owner = session.scalars(
            select(Delivery).where(Delivery.conversation_id == case.conversation_id)
        ).all()
    assert any(SECRET in row.payload["text"] for row in owner)


def test_following_twice_is_once_and_stopping_twice_too(database: Database) -> None:
    case, talk = file(database), talk_of(database, "b")
    assert [follow(database, talk, case) for _ in range(2)] == ["followed", "already"]
    change(database, case, CaseStatus.IN_PROGRESS)
    assert len(heard(database, talk)) == 1
    for expected in ([case.number], []):
        with database.transaction() as session:
            ended = unfollow(session, conversation_id=talk, number=case.number, now=MONDAY_TEN)
            assert [each.number for each in ended] == expected
            assert count_followers(session, case_id=case.id) == 0
    change(database, case, CaseStatus.ANSWERED)
    assert len(heard(database, talk)) == 1
    assert follow(database, talk, case) == "followed"
    with database.reading() as session:
        assert session.scalar(select(func.count(CaseFollow.id))) == 1
        assert count_followers(session, case_id=case.id) == 1
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.actor == f"conversation:{talk}")
        ).all()
    assert actions == ["case.follow", "case.unfollow", "case.follow"]


def test_stopping_one_leaves_the_others(database: Database) -> None:
    talk = talk_of(database, "b")
    first, second = file(database, "c"), file(database, "d")
    follow(database, talk, first)
    follow(database, talk, second)
    with database.transaction() as session:
        unfollow(session, conversation_id=talk, number=first.number, now=MONDAY_TEN)
        assert unfollow(session, conversation_id=talk, number="2026-999999", now=MONDAY_TEN) == []
    with database.reading() as session:
        assert [each.id for each in followed_cases(session, conversation_id=talk)] == [second.id]


def test_who_sees_the_case_whole_is_no_follower(database: Database) -> None:
    case, talk = file(database), talk_of(database, "b")
    assert follow(database, case.conversation_id, case) == "own"
    assert follow(database, talk, case) == "followed"
    code = CODES.make(turn_id=case.turn_id, number=case.number)
    with database.transaction() as session:
        link_case(
            session, city=CITY, codes=CODES, conversation_id=talk, number=case.number, code=code,
            now=MONDAY_TEN,
        )  # fmt: skip
    change(database, case, CaseStatus.IN_PROGRESS, note="담당자가 보고 있습니다")
    # Linked afterwards: the full news comes, and not the follower's beside it.
    assert len(heard(database, talk)) == 1
    assert "담당자가 보고 있습니다" in heard(database, talk)[0]
    assert follow(database, talk, case) == "own"


@pytest.mark.parametrize("to", [CaseStatus.SUPPLEMENT_REQUESTED])
def test_what_is_between_the_city_and_one_citizen_is_told_to_no_follower(
    database: Database, to: CaseStatus
) -> None:
    case, talk = file(database), talk_of(database, "b")
    follow(database, talk, case)
    change(database, case, to)
    assert heard(database, talk) == []


def test_an_erased_follower_is_gone_and_an_erased_owner_changes_nothing_for_others(
    database: Database,
) -> None:
    case, gone, stays = file(database), talk_of(database, "b"), talk_of(database, "c")
    for talk in (gone, stays):
        follow(database, talk, case)
    for talk in (gone, case.conversation_id):
        with database.transaction() as session:
            request_erasure(session, conversation_id=talk, by="citizen", now=MONDAY_TEN)
            erase_conversation(session, conversation_id=talk, now=MONDAY_TEN)
    change(database, case, CaseStatus.ANSWERED, note="바꾸었습니다")
    assert len(heard(database, stays)) == 1
    assert heard(database, gone) == []
    with database.reading() as session:
        assert count_followers(session, case_id=case.id) == 1
        assert session.scalar(select(func.count(Attachment.id))) == 0
