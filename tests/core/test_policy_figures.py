"""What officers see of questions: shares per article, what was answered lately, what found no answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.models.policy import PolicyQuestion
from core.policy_figures import lately_answered, ratings_by_article, unanswered_in
from core.policy_questions import Outcome, rate_answer, record_question
from tests.builders import MONDAY_TEN, make_conversation, make_database, make_turn


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        yield session
    database.dispose()


def ask(
    session: Session, talk: str = "a", helpful: bool | None = None, **more: Any
) -> PolicyQuestion:
    conversation = make_conversation(session, address=talk * 64)
    turn = make_turn(session, conversation=conversation, address=talk * 64)
    values: dict[str, Any] = {
        "turn_id": turn.id,
        "conversation_id": conversation.id,
        "question": "여권 수수료 얼마예요?",
        "outcome": Outcome.ANSWERED,
        "article_key": "passport",
        "article_version": 1,
        "sureness": 0.9,
        "now": MONDAY_TEN,
    }
    row = record_question(session, **(values | more))
    if helpful is not None:
        rate_answer(
            session,
            conversation_id=conversation.id,
            question_id=row.id,
            helpful=helpful,
            now=MONDAY_TEN,
        )
    session.flush()
    return row


def test_ratings_are_counted_for_each_article(session: Session) -> None:
    for helpful in (True, False, False, None):
        ask(session, helpful=helpful)
    ask(session, helpful=True, article_key="parking")
    assert ratings_by_article(session) == {"passport": (1, 2), "parking": (1, 0)}


def test_what_an_article_answered_lately_begins_with_the_latest(session: Session) -> None:
    rows = [ask(session, article_key=key) for key in ("passport", "parking", "passport")]
    ask(session, outcome=Outcome.ASKED_BACK)
    found = lately_answered(session, article_key="passport")
    assert [row.id for row in found] == [rows[2].id, rows[0].id]
    assert len(lately_answered(session, article_key="passport", limit=1)) == 1


def test_what_a_conversation_was_not_answered_is_its_own(session: Session) -> None:
    nothing: dict[str, Any] = {"outcome": Outcome.UNANSWERED, "article_key": None}
    first = ask(session, **nothing)
    ask(session)
    ask(session, talk="b", **nothing)
    second = ask(session, **nothing)
    found = unanswered_in(session, conversation_id=first.conversation_id)
    assert [row.id for row in found] == [first.id, second.id]
