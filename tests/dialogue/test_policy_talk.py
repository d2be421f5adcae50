"""What is typed after an answer about the city's rules: a follow-up only where it can be one."""

from __future__ import annotations

from typing import Any

import pytest

from core.drafts import save_draft
from core.models.conversation import Turn
from core.policy_questions import Outcome, record_question
from tests.dialogue.runner_house import House, say
from tests.dialogue.runner_house import text as wording


def asked(house: House, **changes: Any) -> None:
    """A question was asked and answered from an article."""
    turn_id = house.hear("여권 수수료 얼마예요?")
    values: dict[str, Any] = {
        "outcome": Outcome.ANSWERED,
        "article_key": "passport",
        "article_version": 1,
    } | changes
    with house.database.transaction() as session:
        turn = session.get_one(Turn, turn_id)
        record_question(
            session,
            turn_id=turn.id,
            conversation_id=turn.conversation_id,
            question=turn.text,
            sureness=0.95,
            now=house.clock(),
            **values,
        )


def in_form(house: House) -> None:
    with house.database.transaction() as session:
        save_draft(session, conversation_id=1, slots={}, requested_slot="where", now=house.clock())


def heard(house: House) -> dict[str, str] | None:
    """The meaning that Rasa was given; None: it had to understand the text itself."""
    data = house.rasa.requests[-1]["parse_data"]
    if data is None:
        return None
    values = {entity["entity"]: entity["value"] for entity in data["entities"]}
    return {"intent": data["intent"]["name"], "text": data["text"], **values}


FOLLOWS = {"intent": "ask_policy", "text": "서류는요?", "question": "1", "aspect": "papers"}


def test_a_follow_up_is_about_the_article_that_answered_last(house: House) -> None:
    asked(house)
    house.hear("서류는요?")
    assert heard(house) == FOLLOWS


def test_the_same_words_after_ten_minutes_or_without_an_answer_are_new_ones(house: House) -> None:
    house.hear("서류는요?")
    assert heard(house) is None
    asked(house)
    house.clock.forward(minutes=11)
    house.hear("서류는요?")
    assert heard(house) is None


def test_after_no_answer_there_is_nothing_to_follow(house: House) -> None:
    asked(house, outcome=Outcome.UNANSWERED, article_key=None, article_version=None)
    house.hear("서류는요?")
    assert heard(house) is None


def test_a_question_with_a_matter_of_its_own_is_a_new_one(house: House) -> None:
    asked(house)
    house.hear("전기차 보조금 서류는요?")
    assert heard(house) is None


def test_thanks_between_do_not_end_it_and_another_ones_answer_does_not_count(house: House) -> None:
    asked(house)
    house.hear("감사합니다")
    house.hear("서류는요?")
    assert heard(house) == FOLLOWS
    house.hear("서류는요?", address="b" * 64)
    assert heard(house) is None


def test_in_a_report_only_what_comes_at_once_is_about_the_answer(house: House) -> None:
    asked(house)
    in_form(house)
    house.hear("서류는요?")
    assert heard(house) == FOLLOWS
    house.hear("시청역 앞이요")
    house.hear("서류는요?")
    assert heard(house) is None


@pytest.mark.parametrize(
    ("text", "new"), [("애 낳으면 뭐 받아요?", True), ("가로등이 꺼졌어요", False)]
)
def test_the_question_that_was_asked_for_is_one_whatever_it_is_about(
    house: House, text: str, new: bool
) -> None:
    house.rasa.answer = lambda body: say(wording("policy_ask"))
    house.hear("궁금한 것 묻기")
    house.rasa.answer = lambda body: say("네")
    house.hear(text)
    meant = {"intent": "ask_policy", "text": text, "aspect": "new"}
    assert heard(house) == (meant if new else None)
    house.hear("그럼 애 낳으면 뭐 받아요?")
    assert heard(house) is None
