"""Rating a result: pressed, typed or only wished for; the conversation's own cases only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.case_status import CaseStatus
from core.models.case import Case, CaseRating
from core.models.conversation import Conversation
from core.ratings import rating_of
from tests.actions.conftest import Rasa
from tests.builders import make_case, make_conversation, make_result, make_turn, sample_city

TEXTS = sample_city().texts


def answered(rasa: Rasa, *, address: str = "a" * 64, **change: Any) -> Case:
    with rasa.database.transaction() as session:
        talk = make_conversation(session, address=address)
        turn = make_turn(session, conversation=talk, address=address)
        return make_result(session, case=make_case(session, turn=turn).case, **change)


def ask(
    rasa: Rasa, text: str = "평가할게요", *, in_form: bool = False, **values: str | int
) -> dict[str, Any]:
    """The one answer to a press with ``values``, or to typed words without any."""
    _, (answer,) = rasa.ask(
        "action_rate_service",
        text,
        intent="rate_service",
        pressed=bool(values),
        in_form=in_form,
        entities=[{"entity": name, "value": value} for name, value in values.items()],
    )
    return answer


def kept(rasa: Rasa, case: Case) -> CaseRating | None:
    with rasa.database.reading() as session:
        return rating_of(session, case_id=case.id)


def offered(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What the scores under an answer carry."""
    payloads = [button["payload"] for button in answer["buttons"]]
    return [json.loads(p.removeprefix("/rate_service")) for p in payloads if '"score"' in p]


def test_a_pressed_score_is_kept_and_thanked_for_in_one_short_sentence(rasa: Rasa) -> None:
    case = answered(rasa)
    answer = ask(rasa, score=5, case_number=case.number)
    rating = kept(rasa, case)
    assert rating is not None
    assert rating.score == 5
    assert answer["text"] == TEXTS.render("rate_thanks", score=5)
    assert answer["buttons"] == []


def test_a_second_press_replaces_the_first(rasa: Rasa) -> None:
    case = answered(rasa)
    ask(rasa, score=5, case_number=case.number)
    ask(rasa, score=3, case_number=case.number)
    rating = kept(rasa, case)
    assert rating is not None
    assert rating.score == 3


@pytest.mark.parametrize("score", [1, 2])
def test_a_low_score_hears_a_sorry_and_is_asked_what_was_amiss(rasa: Rasa, score: int) -> None:
    case = answered(rasa)
    answer = ask(rasa, score=score, case_number=case.number)
    assert "죄송해요" in answer["text"]
    assert "써 주시겠어요" in answer["text"]
    assert "/talk_to_officer" in [button["payload"] for button in answer["buttons"]]


def test_what_was_amiss_is_kept_with_the_rating(rasa: Rasa) -> None:
    case = answered(rasa)
    ask(rasa, score=1, case_number=case.number)
    answer = ask(rasa, "아직도 어두워요", answer="comment", case_number=case.number)
    rating = kept(rasa, case)
    assert rating is not None
    assert (rating.score, rating.comment) == (1, "아직도 어두워요")
    assert answer["text"] == TEXTS.render("rate_comment_kept", number=case.number)


@pytest.mark.parametrize("words", ["아니요", "없어요", "됐어요", "취소"])
def test_a_no_to_the_question_is_no_comment(rasa: Rasa, words: str) -> None:
    case = answered(rasa)
    ask(rasa, score=1, case_number=case.number)
    answer = ask(rasa, words, answer="comment", case_number=case.number)
    assert answer["text"] == TEXTS.render("rate_without_comment")
    rating = kept(rasa, case)
    assert rating is not None
    assert rating.comment == ""


def test_a_yes_to_the_question_is_asked_again(rasa: Rasa) -> None:
    case = answered(rasa)
    ask(rasa, score=1, case_number=case.number)
    answer = ask(rasa, "네", answer="comment", case_number=case.number)
    assert answer["text"] == TEXTS.render("rate_comment_ask")
    ask(rasa, "쓰지 않을래요", answer="without_comment", case_number=case.number)
    rating = kept(rasa, case)
    assert rating is not None
    assert rating.comment == ""


def test_in_the_middle_of_a_form_a_low_score_asks_for_no_words(rasa: Rasa) -> None:
    """They would be taken for the answer to the form's question."""
    case = answered(rasa)
    answer = ask(rasa, in_form=True, score=1, case_number=case.number)
    assert "죄송해요" in answer["text"]
    assert "상담원 연결" in answer["text"]
    assert "써 주시겠어요" not in answer["text"]
    assert answer["buttons"] == []
    assert kept(rasa, case) is not None


def test_with_a_person_a_low_score_asks_for_no_words(rasa: Rasa) -> None:
    case = answered(rasa)
    with rasa.database.transaction() as session:
        session.get_one(Conversation, case.conversation_id).mode = "officer"
    answer = ask(rasa, score=1, case_number=case.number)
    assert answer["text"] == TEXTS.render("rate_sorry", score=1)
    assert answer["buttons"] == []


@pytest.mark.parametrize("words", ["만족해요", "별로였어요", "별점 주고 싶어요"])
def test_a_wish_without_a_score_is_asked_for_the_newest_result(rasa: Rasa, words: str) -> None:
    older, newest = answered(rasa), answered(rasa)
    answer = ask(rasa, words)
    assert newest.number in answer["text"]
    assert older.number not in answer["text"]
    assert offered(answer) == [
        {"score": score, "case_number": newest.number} for score in range(1, 6)
    ]
    assert kept(rasa, newest) is None


def test_a_named_case_is_asked_about(rasa: Rasa) -> None:
    older, _ = answered(rasa), answered(rasa)
    assert older.number in ask(rasa, f"{older.number} 평가할게요")["text"]


def test_a_typed_score_is_kept_when_only_one_case_can_be_meant(rasa: Rasa) -> None:
    case = answered(rasa)
    assert ask(rasa, "4점이요")["text"] == TEXTS.render("rate_thanks", score=4)
    rating = kept(rasa, case)
    assert rating is not None
    assert rating.score == 4
    newest = answered(rasa)
    assert len(offered(ask(rasa, "4점이요"))) == 5
    assert kept(rasa, newest) is None


def test_without_any_result_it_is_said_so(rasa: Rasa) -> None:
    assert ask(rasa)["text"] == TEXTS.render("rate_none")
    case = answered(rasa, to=CaseStatus.IN_PROGRESS)
    assert ask(rasa)["text"] == TEXTS.render("rate_none")
    assert ask(rasa, f"{case.number} 평가할게요")["text"] == TEXTS.render(
        "rate_not_yet", number=case.number
    )


def test_anothers_case_answers_like_one_that_does_not_exist(rasa: Rasa) -> None:
    case = answered(rasa, address="b" * 64)
    neutral = TEXTS.render("case_not_yours")
    assert ask(rasa, score=1, case_number=case.number)["text"] == neutral
    assert ask(rasa, score=1, case_number="2026-999999")["text"] == neutral
    assert ask(rasa, f"{case.number} 평가할게요")["text"] == neutral
    assert ask(rasa, "나빠요", answer="comment", case_number=case.number)["text"] == neutral
    assert kept(rasa, case) is None
