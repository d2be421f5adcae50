"""What was asked is kept once, belongs to its conversation, and goes with it; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from core.erasure import erase_conversation, request_erasure
from core.errors import Refused
from core.models.policy import PolicyQuestion
from core.policy_questions import (
    LONGEST_QUESTION,
    Outcome,
    last_question,
    question_of,
    rate_answer,
    ratings_of,
    record_question,
    settle_question,
    unanswered_questions,
)
from tests.builders import MONDAY_TEN, make_conversation, make_database, make_turn

LATER = MONDAY_TEN + timedelta(minutes=1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database: Database = make_database(tmp_path)
    with database.transaction() as session:
        yield session
    database.dispose()


def ask(session: Session, **overrides: Any) -> PolicyQuestion:
    values: dict[str, Any] = {
        "question": "여권 수수료 얼마예요?",
        "outcome": Outcome.ANSWERED,
        "article_key": "passport",
        "article_version": 1,
        "sureness": 0.95,
        "now": MONDAY_TEN,
    } | overrides
    if "turn_id" not in values:
        turn = make_turn(session, external_id=f"q{session.query(PolicyQuestion).count()}")
        values |= {"turn_id": turn.id, "conversation_id": turn.conversation_id}
    return record_question(session, **values)


def unanswered(session: Session, **overrides: Any) -> PolicyQuestion:
    nothing = {"outcome": Outcome.UNANSWERED, "article_key": None, "article_version": None}
    return ask(session, **(nothing | overrides))


def test_the_same_turn_twice_is_one_question(session: Session) -> None:
    first = ask(session)
    again = ask(session, turn_id=first.turn_id, conversation_id=first.conversation_id)
    assert again.id == first.id
    assert session.query(PolicyQuestion).count() == 1


def test_an_edited_question_takes_the_place_of_what_it_was(session: Session) -> None:
    first = ask(session)
    same = {"turn_id": first.turn_id, "conversation_id": first.conversation_id}
    rate_answer(
        session,
        conversation_id=first.conversation_id,
        question_id=first.id,
        helpful=True,
        now=LATER,
    )
    assert ask(session, **same, question="여권 수수료는 얼마예요?").helpful is True
    edited = ask(session, **same, question="주차 요금 얼마예요?", article_key="parking")
    assert (edited.question, edited.article_key) == ("주차 요금 얼마예요?", "parking")
    assert (edited.helpful, edited.helped_at) == (None, None)
    assert edited.asked_at == MONDAY_TEN


def test_a_very_long_question_is_kept_up_to_a_limit(session: Session) -> None:
    assert len(ask(session, question="가" * 20_000).question) == LONGEST_QUESTION


def test_pressing_twice_is_once_and_a_changed_mind_counts(session: Session) -> None:
    row = ask(session)
    mine = {"conversation_id": row.conversation_id, "question_id": row.id}
    rate_answer(session, **mine, helpful=True, now=MONDAY_TEN)
    rate_answer(session, **mine, helpful=True, now=LATER)
    assert (row.helpful, row.helped_at) == (True, MONDAY_TEN)
    assert ratings_of(session, article_key="passport") == (1, 0)
    rate_answer(session, **mine, helpful=False, now=LATER)
    assert (row.helpful, row.helped_at) == (False, LATER)
    assert ratings_of(session, article_key="passport") == (0, 1)


def test_who_was_asked_back_settles_the_same_question_once(session: Session) -> None:
    row = ask(session, outcome=Outcome.ASKED_BACK, article_key=None, article_version=None)
    mine = {"conversation_id": row.conversation_id, "question_id": row.id}
    chosen = {"outcome": Outcome.ANSWERED, "article_key": "passport", "article_version": 2}
    for _ in range(2):
        settle_question(session, **mine, **chosen)
    assert (row.outcome, row.article_key, row.article_version) == ("answered", "passport", 2)
    settle_question(session, **mine, outcome=Outcome.UNANSWERED)
    assert (row.outcome, row.article_key) == ("unanswered", None)
    assert session.query(PolicyQuestion).count() == 1
    with pytest.raises(Refused):
        settle_question(session, conversation_id=99, question_id=row.id, **chosen)


def test_nobody_rates_the_answer_to_another_ones_question_or_no_answer(session: Session) -> None:
    theirs = ask(session)
    mine = unanswered(session)
    stranger = make_conversation(session, address="b" * 64)
    for talk, question, code in (
        (stranger.id, theirs.id, "question_not_yours"),
        (stranger.id, 999, "question_not_yours"),
        (mine.conversation_id, mine.id, "question_not_answered"),
    ):
        with pytest.raises(Refused) as refused:
            rate_answer(
                session, conversation_id=talk, question_id=question, helpful=True, now=LATER
            )
        assert refused.value.code == code
    assert question_of(session, conversation_id=stranger.id, question_id=theirs.id) is None


def test_the_last_question_is_that_of_the_same_conversation_before_the_turn(
    session: Session,
) -> None:
    first = ask(session)
    talk = first.conversation_id
    second = ask(session, question="서류는요?")
    assert last_question(session, conversation_id=talk) is second
    found = last_question(session, conversation_id=talk, before_turn=second.turn_id)
    assert found is first
    assert last_question(session, conversation_id=talk + 1) is None


def test_only_what_found_no_answer_since_then_is_listed_the_latest_first(
    session: Session,
) -> None:
    ask(session)
    unanswered(session, now=MONDAY_TEN - timedelta(days=2))
    older = unanswered(session, now=MONDAY_TEN)
    newer = unanswered(session, now=LATER)
    found = unanswered_questions(session, since=MONDAY_TEN - timedelta(days=1), limit=10)
    assert list(found) == [newer, older]
    assert list(unanswered_questions(session, since=MONDAY_TEN, limit=1)) == [newer]


def test_an_erased_conversation_has_asked_nothing(session: Session) -> None:
    row = ask(session)
    talk = row.conversation_id
    request_erasure(session, conversation_id=talk, by="citizen", now=LATER)
    erase_conversation(session, conversation_id=talk, now=LATER)
    assert session.query(PolicyQuestion).count() == 0
