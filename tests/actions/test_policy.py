"""Policy questions: cited, asked back or left unanswered; never a word that no article says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from actions.policy_words import LONGEST_TITLE, MOST, answer_text, which_choices
from core.handovers import waiting
from core.models.policy import PolicyQuestion
from core.policy_port import FoundArticle
from korean.follow_ups import PAPERS, PHONE
from tests.actions.conftest import Rasa
from tests.actions.policy_shelf import PARKING, PASSPORT
from tests.builders import sample_city

ASKED = "여권 수수료 얼마예요?"


def ask(rasa: Rasa, text: str = ASKED, **rest: Any) -> dict[str, Any]:
    """The one message in answer."""
    values: dict[str, Any] = {"intent": "ask_policy", "in_form": False} | rest
    _, (response,) = rasa.ask("action_policy", text, **values)
    return response


def press(rasa: Rasa, payload: str, **rest: Any) -> dict[str, Any]:
    """Press a choice with this payload."""
    entities = [
        {"entity": name, "value": value}
        for name, value in json.loads(payload.removeprefix("/ask_policy")).items()
    ]
    return ask(rasa, "누름", pressed=True, confidence=1.0, entities=entities, **rest)


def titles(response: dict[str, Any]) -> list[str]:
    return [button["title"] for button in response["buttons"]]


def payload(response: dict[str, Any], title: str) -> str:
    return next(b["payload"] for b in response["buttons"] if b["title"] == title)


def questions(rasa: Rasa) -> list[PolicyQuestion]:
    with rasa.database.reading() as session:
        return list(session.scalars(select(PolicyQuestion).order_by(PolicyQuestion.id)))


def reasons(rasa: Rasa) -> list[str]:
    with rasa.database.reading() as session:
        return [handover.reason for handover in waiting(session)]


def test_an_answer_is_whole_sentences_with_source_department_phone_and_day(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    response = ask(rasa)
    department = sample_city().department("welfare")
    assert response["text"].split("\n") == [
        *PASSPORT.sentences,
        "",
        f"출처: {PASSPORT.source}",
        f"담당: {department.name} {department.phone}",
        "확인한 날: 2026년 4월 1일",
        "",
        "도움이 됐나요?",
    ]
    assert response["custom"]["link"] == {"title": "자세히 보기", "url": "/articles/passport"}
    (row,) = questions(rasa)
    assert (row.question, row.outcome, row.article_key) == (ASKED, "answered", "passport")
    assert (row.article_version, row.sureness) == (3, 0.95)


def test_the_same_turn_again_is_one_question_and_the_same_answer(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    turn_id = rasa.turn()
    assert ask(rasa, turn_id=turn_id) == ask(rasa, turn_id=turn_id)
    assert len(questions(rasa)) == 1


def test_the_link_leads_to_the_public_pages_from_another_channel(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    response = ask(rasa, channel="telegram")
    assert response["custom"]["link"]["url"] == "https://sotong.city.example/articles/passport"


def test_a_sample_and_an_unchecked_article_say_so(rasa: Rasa) -> None:
    rasa.shelf.put(replace(PASSPORT, sample=True, verified_on=None, department="nobody"))
    text = ask(rasa)["text"]
    assert "견본 글" in text
    assert "아직 확인하지 않은" in text
    assert "담당:" not in text


def test_without_an_answer_it_says_so_and_the_person_reads_the_question(rasa: Rasa) -> None:
    response = ask(rasa, "김치찌개 끓이는 법")
    assert "모르겠어요" in response["text"]
    assert "120" in response["text"]
    assert titles(response) == ["상담원 연결"]
    (row,) = questions(rasa)
    assert (row.outcome, row.article_key) == ("unanswered", None)
    rasa.ask("action_handover", "상담원 연결", intent="talk_to_officer", in_form=False)
    assert reasons(rasa) == [f"policy_question:{row.id}"]


def test_long_after_the_question_a_person_is_asked_for_something_else(rasa: Rasa) -> None:
    ask(rasa, "김치찌개 끓이는 법")
    rasa.clock.at += timedelta(hours=1)
    rasa.ask("action_handover", "상담원 연결", intent="talk_to_officer", in_form=False)
    assert reasons(rasa) == ["citizen_asked"]


def test_after_an_answer_a_person_is_asked_for_something_else(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    ask(rasa)
    rasa.ask("action_handover", "상담원 연결", intent="talk_to_officer", in_form=False)
    assert reasons(rasa) == ["citizen_asked"]


def test_where_two_compete_the_citizen_chooses_and_the_press_is_answered(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT, PARKING, close=True)
    response = ask(rasa)
    assert titles(response) == ["여권 만들기", "공영 주차장 요금", "둘 다 아니에요"]
    (row,) = questions(rasa)
    assert (row.outcome, row.article_key) == ("asked_back", None)
    pressed = payload(response, "공영 주차장 요금")
    for _ in range(2):
        assert PARKING.sentences[0] in press(rasa, pressed)["text"]
    assert rasa.shelf.read_of[-1] == ("parking", ASKED, None)
    (row,) = questions(rasa)
    assert (row.outcome, row.article_key, row.question) == ("answered", "parking", ASKED)


def test_what_is_likely_but_not_sure_is_offered_by_its_title(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT, PARKING, sureness=0.7, abstained=True, cited=None)
    response = ask(rasa)
    assert "딱 맞는 답은 찾지 못했어요" in response["text"]
    assert titles(response) == ["여권 만들기", "공영 주차장 요금", "이 중에 없어요"]
    assert [row.outcome for row in questions(rasa)] == ["asked_back"]
    assert PASSPORT.sentences[0] in press(rasa, payload(response, "여권 만들기"))["text"]
    assert [row.outcome for row in questions(rasa)] == ["answered"]
    # In a report the form's own question is enough to choose from.
    assert "모르겠어요" in ask(rasa, in_form=True)["text"]
    rasa.shelf.put(PASSPORT, sureness=0.3, abstained=True, cited=None)
    assert "모르겠어요" in ask(rasa)["text"]


def test_none_of_both_is_no_answer(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT, PARKING, close=True)
    response = press(rasa, payload(ask(rasa), "둘 다 아니에요"))
    assert "모르겠어요" in response["text"]
    assert [row.outcome for row in questions(rasa)] == ["unanswered"]


def test_an_article_that_ended_before_the_press_answers_nothing(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT, PARKING, close=True)
    pressed = payload(ask(rasa), "여권 만들기")
    rasa.shelf.articles.clear()
    assert "기한이 지났거나" in press(rasa, pressed)["text"]
    assert [row.outcome for row in questions(rasa)] == ["asked_back"]


def test_a_question_of_another_conversation_is_not_answered(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    response = press(rasa, '/ask_policy{"question": "99", "article": "passport"}')
    assert PASSPORT.sentences[0] not in response["text"]
    assert "못했어요" in press(rasa, '/ask_policy{"question": "99", "helpful": "yes"}')["text"]


def test_whether_it_helped_is_kept_once_and_no_offers_a_person(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    response = ask(rasa)
    assert titles(response) == ["도움이 됐어요", "도움이 안 됐어요"]
    for _ in range(2):
        assert "고마워요" in press(rasa, payload(response, "도움이 됐어요"))["text"]
    assert [row.helpful for row in questions(rasa)] == [True]
    sorry = press(rasa, payload(response, "도움이 안 됐어요"))
    assert titles(sorry) == ["상담원 연결"]
    (row,) = questions(rasa)
    assert row.helpful is False
    rasa.ask("action_handover", "상담원 연결", intent="talk_to_officer", in_form=False)
    assert reasons(rasa) == [f"policy_question:{row.id}"]


@pytest.mark.parametrize(("word", "helpful"), [("네", True), ("아니요", False)])
def test_a_typed_yes_or_no_right_under_an_answer_counts(
    rasa: Rasa, word: str, helpful: bool
) -> None:
    rasa.shelf.put(PASSPORT)
    buttons = ask(rasa)["buttons"]
    intent = "affirm" if helpful else "deny"
    before = [{"event": "bot", "data": {"buttons": buttons}}]
    rasa.ask("action_outside_form", word, intent=intent, in_form=False, before=before)
    assert [row.helpful for row in questions(rasa)] == [helpful]
    rasa.ask("action_outside_form", word, intent=intent, in_form=False)
    assert [row.helpful for row in questions(rasa)] == [helpful]


def test_a_typed_no_under_titles_means_none_of_them(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT, PARKING, close=True)
    before = [{"event": "bot", "data": {"buttons": ask(rasa)["buttons"]}}]
    _, (response,) = rasa.ask(
        "action_outside_form", "아니요", intent="deny", in_form=False, before=before
    )
    assert "모르겠어요" in response["text"]
    assert [row.outcome for row in questions(rasa)] == ["unanswered"]


@pytest.mark.parametrize(
    "words", ["궁금한 것 묻기", "질문 있어요", "물어볼 게 있는데요", "문의드립니다"]
)
def test_who_only_says_that_there_is_a_question_is_asked_for_it(rasa: Rasa, words: str) -> None:
    assert "무엇이 궁금하세요?" in ask(rasa, words)["text"]
    assert rasa.shelf.asked == []


def test_in_the_middle_of_the_form_nothing_is_offered_beside_the_answer(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    response = ask(rasa, in_form=True)
    assert PASSPORT.sentences[0] in response["text"]
    assert "도움이" not in response["text"]
    assert response["buttons"] == []
    rasa.shelf.found = replace(rasa.shelf.found, cited=None, abstained=True)
    unknown = ask(rasa, in_form=True)
    assert unknown["buttons"] == []
    assert "'상담원 연결'" in unknown["text"]


def test_a_follow_up_is_told_from_the_last_article_alone(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    ask(rasa)
    papers = replace(PASSPORT, sentences=("신분증과 사진이 필요해요.",))
    rasa.shelf.articles["passport"] = papers
    follow = [{"entity": "question", "value": "1"}, {"entity": "aspect", "value": PAPERS}]
    searched = len(rasa.shelf.asked)
    response = ask(rasa, "서류는요?", pressed=True, entities=follow)
    assert response["text"].startswith("신분증과 사진이 필요해요.")
    assert rasa.shelf.read_of == [("passport", "서류는요?", PAPERS)]
    assert len(rasa.shelf.asked) == searched
    assert questions(rasa)[-1].question == f"{ASKED} 서류는요?"
    assert questions(rasa)[-1].article_key == "passport"


def test_what_the_article_does_not_tell_is_not_told(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    ask(rasa)
    rasa.shelf.articles["passport"] = replace(PASSPORT, sentences=())
    follow = [{"entity": "question", "value": "1"}, {"entity": "aspect", "value": PAPERS}]
    response = ask(rasa, "서류는요?", pressed=True, entities=follow)
    assert "'여권 만들기' 안내 글에는 그 내용이 없어요" in response["text"]
    assert sample_city().department("welfare").phone in response["text"]
    assert titles(response) == ["상담원 연결"]
    assert questions(rasa)[-1].outcome == "unanswered"
    follow[1]["value"] = PHONE
    phone = ask(rasa, "전화번호는?", pressed=True, entities=follow)
    assert sample_city().department("welfare").phone in phone["text"]
    assert questions(rasa)[-1].outcome == "answered"


def test_a_follow_up_of_an_article_that_ended_is_a_question_of_its_own(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    ask(rasa)
    rasa.shelf.articles.clear()
    rasa.shelf.put(PARKING)
    follow = [{"entity": "question", "value": "1"}, {"entity": "aspect", "value": PAPERS}]
    assert PARKING.sentences[0] in ask(rasa, "서류는요?", pressed=True, entities=follow)["text"]
    assert rasa.shelf.asked[-1] == "서류는요?"


def test_while_nothing_can_be_looked_up_that_is_said_and_nothing_is_counted(rasa: Rasa) -> None:
    rasa.shelf.away = True
    response = ask(rasa)
    assert "지금은" in response["text"]
    assert titles(response) == ["상담원 연결"]
    assert questions(rasa) == []


def test_the_choice_to_ask_something_asks_for_the_question(rasa: Rasa) -> None:
    response = ask(rasa, "궁금한 것 묻기", pressed=True)
    assert "무엇이 궁금하세요?" in response["text"]
    assert rasa.shelf.asked == []


def test_a_question_that_we_asked_for_is_looked_up(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    new = [{"entity": "aspect", "value": "new"}]
    assert PASSPORT.sentences[0] in ask(rasa, ASKED, pressed=True, entities=new)["text"]
    assert rasa.shelf.asked == [ASKED]


def test_a_question_about_money_is_answered_only_where_an_article_is_sure(rasa: Rasa) -> None:
    assert ask(rasa, "예산 얼마예요?", intent="ask_budget")["response"] == "utter_budget"
    assert questions(rasa) == []
    rasa.shelf.put(PASSPORT)
    assert PASSPORT.sentences[0] in ask(rasa, ASKED, intent="ask_budget")["text"]


def test_a_question_that_nobody_understood_is_looked_up(rasa: Rasa) -> None:
    rasa.shelf.put(PASSPORT)
    _, (response,) = rasa.ask("action_fallback", ASKED, intent="nlu_fallback", in_form=False)
    assert PASSPORT.sentences[0] in response["text"]
    rasa.shelf.put(PASSPORT, PARKING, close=True)
    _, (response,) = rasa.ask("action_fallback", ASKED, intent="nlu_fallback", in_form=False)
    assert response["response"] == "utter_fallback_first"
    rasa.shelf.away = True
    _, (response,) = rasa.ask("action_fallback", ASKED, intent="nlu_fallback", in_form=False)
    assert response["response"] == "utter_fallback_first"
    asked = len(rasa.shelf.asked)
    rasa.ask("action_fallback", "어쩌고저쩌고", intent="nlu_fallback", in_form=False)
    assert len(rasa.shelf.asked) == asked


def test_a_message_fits_every_channel_and_sentences_stay_whole() -> None:
    city = sample_city()
    long = tuple(f"{n}번째 문장은 {'길고 ' * 60}끝나요." for n in range(9))
    cited = replace(PASSPORT, sentences=long, source="가" * 500)
    text = answer_text(city, cited, ask=True)
    assert len(text) <= MOST
    told = [line for line in text.split("\n") if "번째 문장" in line]
    assert told
    assert set(told) <= set(long)
    assert text.endswith("도움이 됐나요?")
    endless = answer_text(city, replace(cited, sentences=("끝없이 " * 900,)), ask=True)
    assert len(endless) <= MOST
    assert "끝없이…" in endless


def test_titles_to_press_are_short_and_differ_where_they_did() -> None:
    names = [f"{'아주 긴 이름의 ' * 6}지원 사업 안내 ({gu}구)" for gu in ("강남", "강동")]
    articles = [FoundArticle(f"a{n}", name, 1.0) for n, name in enumerate(names)]
    choices = which_choices(sample_city(), articles, question_id=1, none="choice_policy_none")
    assert len({choice.title for choice in choices}) == 3
    assert all(len(choice.title) <= LONGEST_TITLE for choice in choices)
    assert all(choice.lasting for choice in choices)
