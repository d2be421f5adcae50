"""How a result was: asked once, kept once per case, and the history only grows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.case_queries import events_of
from core.case_status import ALLOWED, CaseStatus
from core.database import Database
from core.errors import Refused
from core.inbound import Photo
from core.models.case import Case, CaseRating
from core.models.conversation import Delivery
from core.ratings import (
    RatingSummary,
    rateable_cases,
    rating_of,
    record_comment,
    record_rating,
    scores_of,
    summary_since,
)
from core.replies import Reply
from tests.builders import (
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_result,
    make_turn,
    sample_city,
)

S = CaseStatus
PHOTO = Photo(sha256="0" * 64, media_type="image/jpeg", size=10, width=4, height=3)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def rate(session: Session, case: Case, score: int = 4, **change: Any) -> CaseRating:
    values: dict[str, Any] = {
        "conversation_id": case.conversation_id,
        "number": case.number,
        "score": score,
        "reason": "시민이 점수를 줌",
        "now": MONDAY_TEN,
    }
    return record_rating(session, **(values | change))


def comment(session: Session, case: Case, words: str) -> CaseRating:
    return record_comment(
        session,
        conversation_id=case.conversation_id,
        number=case.number,
        comment=words,
        reason="시민이 아쉬운 점을 씀",
        now=MONDAY_TEN,
    )


def surveys(session: Session) -> list[Delivery]:
    rows = session.scalars(select(Delivery).order_by(Delivery.id))
    return [row for row in rows if row.dedupe_key.startswith("survey:")]


def test_the_question_comes_after_the_result_and_its_photos(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session, photos=[(PHOTO, "고친 등")])
        last = list(session.scalars(select(Delivery).order_by(Delivery.id)))[-1]
        assert surveys(session) == [last]
        assert last.conversation_id == case.conversation_id
        reply = Reply.from_data(last.payload)
    assert "어떠셨어요" in reply.text
    assert case.number in reply.text
    assert len(reply.choices) == 5
    # A number that is typed, or that a channel prints before a title, means that score.
    assert [choice.title[0] for choice in reply.choices] == ["1", "2", "3", "4", "5"]


def test_it_is_asked_once_however_often_the_case_is_answered(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session)
        make_result(session, case=case, to=S.REOPENED)
        make_result(session, case=case)
        assert len(surveys(session)) == 1


@pytest.mark.parametrize("to", sorted(ALLOWED[S.RECEIVED] - {S.ANSWERED}))
def test_no_other_state_asks(database: Database, to: CaseStatus) -> None:
    with database.transaction() as session:
        make_result(session, to=to)
        assert surveys(session) == []


def test_a_change_that_is_taken_back_asks_nothing(database: Database) -> None:
    with database.transaction() as session:
        make_result(session)
        session.rollback()
    with database.reading() as session:
        assert surveys(session) == []


def test_a_changed_mind_replaces_the_score_and_the_history_grows(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session)
        before = len(events_of(session, case_id=case.id))
        rate(session, case, 2)
        later = MONDAY_TEN + timedelta(hours=1)
        rate(session, case, 5, now=later)
        rating = session.scalars(select(CaseRating)).one()
        assert (rating.score, rating.at, rating.updated_at) == (5, MONDAY_TEN, later)
        events = events_of(session, case_id=case.id)[before:]
        assert [(e.kind, e.actor_kind, e.data) for e in events] == [
            ("rating", "citizen", {"score": 2}),
            ("rating", "citizen", {"score": 5}),
        ]
        assert case.status == S.ANSWERED


def test_twice_is_once(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session)
        rate(session, case)
        before = events_of(session, case_id=case.id)
        rate(session, case)
        assert events_of(session, case_id=case.id) == before


def test_another_conversations_case_cannot_be_rated(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session)
        stranger = make_conversation(session, address="b" * 64)
        for number in (case.number, "2026-999999"):
            with pytest.raises(Refused) as refused:
                rate(session, case, conversation_id=stranger.id, number=number)
            assert refused.value.code == "case_not_yours"
        assert rating_of(session, case_id=case.id) is None


def test_a_case_without_a_result_cannot_be_rated(database: Database) -> None:
    with database.transaction() as session:
        case = make_case(session).case
        with pytest.raises(Refused) as refused:
            rate(session, case)
        assert refused.value.code == "no_result"


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_from_one_to_five_in_the_code_and_in_the_database(
    database: Database, score: int
) -> None:
    with database.transaction() as session:
        case = make_result(session)
        with pytest.raises(ValueError, match="from 1 to 5"):
            rate(session, case, score)
    row = CaseRating(case_id=case.id, score=score, at=MONDAY_TEN, updated_at=MONDAY_TEN)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(row)


def test_words_belong_to_a_rating_and_are_for_officers_alone(database: Database) -> None:
    with database.transaction() as session:
        case = make_result(session)
        with pytest.raises(Refused) as refused:
            comment(session, case, "너무 늦었어요")
        assert refused.value.code == "no_rating"
        rate(session, case, 1)
        comment(session, case, " ⟦전화1⟧로 연락이 없었어요 ")
        comment(session, case, "⟦전화1⟧로 연락이 없었어요")
        rating = rating_of(session, case_id=case.id)
        assert rating is not None
        assert (rating.score, rating.comment) == (1, "⟦전화1⟧로 연락이 없었어요")
        noted = [e for e in events_of(session, case_id=case.id) if "연락" in e.note]
        assert [(e.kind, e.data) for e in noted] == [("rating", {"score": 1})]
        public = events_of(session, case_id=case.id, public_only=True)
        assert "rating" not in {event.kind for event in public}


def test_the_newest_result_comes_first_and_endings_without_one_are_left_out(
    database: Database,
) -> None:
    with database.transaction() as session:
        first, second, third = (make_case(session, turn=make_turn(session)).case for _ in range(3))
        make_result(session, case=third)
        make_result(session, case=first)
        talk = first.conversation_id
        assert rateable_cases(session, conversation_id=talk) == [first, third]
        make_result(session, case=second, to=S.REJECTED)
        make_result(session, case=first, to=S.REOPENED)
        assert rateable_cases(session, conversation_id=talk) == [first, third]
        make_result(session, case=first, to=S.MERGED)
        make_result(session, case=third, to=S.CLOSED)
        assert rateable_cases(session, conversation_id=talk) == [third]
        stranger = make_conversation(session, address="b" * 64)
        assert rateable_cases(session, conversation_id=stranger.id) == []


def test_the_summary_counts_what_was_given_since_then(database: Database) -> None:
    since = MONDAY_TEN - timedelta(days=30)
    with database.transaction() as session:
        assert summary_since(session, since=since) == RatingSummary(count=0, average=None)
        cases = [make_result(session) for _ in range(3)]
        for case, score in zip(cases, (5, 2, 1), strict=True):
            rate(session, case, score)
        assert summary_since(session, since=since) == RatingSummary(
            count=3, average=pytest.approx(8 / 3)
        )
        later = MONDAY_TEN + timedelta(seconds=1)
        assert summary_since(session, since=later).count == 0
        ids = [case.id for case in cases]
        assert scores_of(session, case_ids=[*ids, 99]) == dict(zip(ids, (5, 2, 1), strict=True))


def test_titles_fit_a_quick_reply() -> None:
    texts = sample_city().texts
    assert all(len(texts.render(f"rate_score_{n}")) <= 14 for n in range(1, 6))
