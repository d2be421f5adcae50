"""What officers see of unanswered questions and make of them; nothing is public before somebody saves it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from core.errors import PermanentFailure, TemporaryFailure
from core.models.article import Article
from core.models.policy import PolicyQuestion
from core.models.vault import AuditEntry
from core.policy_port import Cited, FoundArticle, PolicyFound
from core.policy_questions import Outcome, rate_answer, record_question
from tests.builders import make_conversation, make_turn
from tests.console.house import House, open_house
from tests.console.test_articles import save, typed_on
from tests.console.test_conversations import reply, take
from tests.knowledge.articles import make_article


def ask(house: House, question: str, *, talk: str = "a", days_ago: int = 0, **more: Any) -> int:
    """A question that found no answer, by default."""
    now = house.clock() - timedelta(days=days_ago)
    with house.database.transaction() as session:
        conversation = make_conversation(session, address=talk * 64, now=now)
        turn = make_turn(
            session, conversation=conversation, address=talk * 64, text=question, now=now
        )
        values: dict[str, Any] = {
            "turn_id": turn.id,
            "conversation_id": conversation.id,
            "question": question,
            "outcome": Outcome.UNANSWERED,
            "sureness": 0.1,
            "now": now,
        }
        return record_question(session, **(values | more)).id


def lines(house: House, action: str) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def articles(house: House) -> list[Article]:
    with house.database.reading() as session:
        return list(session.scalars(select(Article)))


def test_unanswered_questions_stand_together_with_count_days_and_no_personal_data(
    house: House,
) -> None:
    ask(house, "물놀이장 언제 열어요", talk="a", days_ago=3)
    ask(house, "⟦이름1⟧인데 물놀이장 개장일", talk="b", days_ago=1)
    ask(house, "아주 옛날 질문", talk="c", days_ago=60)
    page = unescape(house.sign_in().get("/articles/gaps").text)
    assert "2명" in page
    assert "(이름)인데 물놀이장 개장일" in page
    assert "⟦" not in page
    assert "5월 1일" in page
    assert "5월 3일" in page
    assert "아주 옛날 질문" not in page
    assert "아주 옛날 질문" in house.sign_in().get("/articles/gaps?days=90").text
    assert len(lines(house, "article.gaps")) == 2


@pytest.mark.parametrize("days", ["", "0", "x", "9" * 400])
def test_an_odd_span_is_the_usual_one(house: House, days: str) -> None:
    assert "지난 30일 동안" in house.sign_in().get(f"/articles/gaps?days={days}").text


def test_the_button_begins_an_article_and_nothing_is_kept_before_it_is_saved(house: House) -> None:
    number = ask(house, "⟦전화1⟧ 물놀이장 언제 열어요")
    browser = house.sign_in()
    address = f"/articles/new?question={number}"
    assert address in browser.get("/articles/gaps").text
    form = typed_on(browser, address)
    assert form["title"] == "(전화번호) 물놀이장 언제 열어요"
    assert form["body"] == ""
    assert articles(house) == []
    assert [line.subject for line in lines(house, "article.start")] == ["conversation:1"]


@pytest.mark.parametrize("number", ["9", "0", "-1", "x", "9" * 30])
def test_a_question_that_is_not_there_begins_nothing(house: House, number: str) -> None:
    assert house.sign_in().get(f"/articles/new?question={number}").status_code in (200, 404)
    assert lines(house, "article.start") == []


def test_an_article_that_changed_since_is_told_beside_the_question(house: House) -> None:
    ask(house, "여권 사진 규격 알려주세요", days_ago=1)
    save(house, make_article("passport", title="여권 만들기", body="여권은 구청에서 만들어요."))
    page = house.sign_in().get("/articles/gaps").text
    assert "여권 만들기" in page
    assert "그 뒤에 고친 글" in page


def test_articles_that_did_not_help_are_told_with_their_share(house: House) -> None:
    save(house, make_article())
    for talk, helpful in (("a", True), ("b", False), ("c", False)):
        number = ask(
            house,
            "출산 지원 얼마예요",
            talk=talk,
            outcome=Outcome.ANSWERED,
            article_key="birth-support",
            article_version=1,
        )
        with house.database.transaction() as session:
            row = session.get_one(PolicyQuestion, number)
            rate_answer(
                session,
                conversation_id=row.conversation_id,
                question_id=number,
                helpful=helpful,
                now=house.clock(),
            )
    browser = house.sign_in()
    assert "67%" in browser.get("/articles/gaps").text
    page = browser.get("/articles/1").text
    assert "(67%)" in page
    assert "출산 지원 얼마예요" in page


def test_an_officers_answer_becomes_a_draft_that_nobody_sees_before_it_is_saved(
    house: House,
) -> None:
    number = ask(house, "물놀이장 언제 열어요")
    browser = house.sign_in()
    address = f"/articles/new?question={number}&answer=1"
    assert "담당자의 답으로" not in browser.get("/conversations/1").text
    house.clock.forward(minutes=1)
    take(browser)
    house.clock.forward(minutes=1)
    reply(browser, "7월 1일에 열어요. 담당 업체는 010-7391-4826 이에요.")
    assert address in unescape(browser.get("/conversations/1").text)
    form = typed_on(browser, address)
    assert form["title"] == "물놀이장 언제 열어요"
    # Of what went to one citizen alone a person's number stays behind.
    assert form["body"] == "7월 1일에 열어요. 담당 업체는 (전화번호) 이에요."
    assert articles(house) == []
    answer = browser.submit(address, "/articles", **(form | {"source": "체육시설과"}))
    assert answer.status_code == 303
    assert len(articles(house)) == 1


def test_an_answer_belongs_to_the_question_before_it(house: House) -> None:
    first = ask(house, "물놀이장 언제 열어요")
    browser = house.sign_in()
    take(browser)
    house.clock.forward(minutes=1)
    reply(browser, "7월에 열어요")
    house.clock.forward(minutes=1)
    second = ask(house, "주차는 되나요")
    house.clock.forward(minutes=1)
    reply(browser, "주차는 안 돼요")
    for number, words in ((first, "7월에 열어요"), (second, "주차는 안 돼요")):
        assert typed_on(browser, f"/articles/new?question={number}&answer=1")["body"] == words


def test_a_follow_up_that_its_article_does_not_tell_names_the_article(house: House) -> None:
    save(house, make_article())
    ask(house, "서류는요?", article_key="birth-support", article_version=1)
    ask(house, "서류는요?", talk="b", article_key="gone", article_version=1)
    page = unescape(house.sign_in().get("/articles/gaps").text)
    assert "출산하면 받을 수 있는 지원: 서류는요?" in page


def test_who_may_only_read_begins_no_article(house: House) -> None:
    number = ask(house, "물놀이장 언제 열어요")
    house.add("vera", role="viewer")
    browser = house.sign_in("vera")
    assert "/articles/new" not in browser.get("/articles/gaps").text
    assert "봇이 답하지 못한" not in browser.get("/conversations/1").text
    assert browser.get(f"/articles/new?question={number}").status_code == 403


class Search:
    """Stands in for the actions app and keeps what it was asked."""

    def __init__(self, found: PolicyFound | Exception) -> None:
        self.found, self.asked = found, list[str]()

    def search(self, question: str, *, most: int = 5) -> PolicyFound:
        self.asked.append(question)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


FOUND = PolicyFound(
    articles=(
        FoundArticle("birth-support", "출산하면 받을 수 있는 지원", 8.25),
        FoundArticle("gone", "없어진 글", 1),
    ),
    sureness=0.93,
    abstained=False,
    cited=Cited(
        "birth-support",
        1,
        "출산하면 받을 수 있는 지원",
        ("첫째는 200만 원이에요.",),
        "https://a.example",
    ),
)


def question_page(tmp_path, search: Search, question: str):
    with open_house(tmp_path, policy=search) as house:
        house.add("hana")
        save(house, make_article())
        answer = house.sign_in().submit("/articles/ask", "/articles/ask", question=question)
        return answer, [line.purpose for line in lines(house, "article.ask")]


def test_a_question_shows_what_would_be_said_and_the_articles_with_their_scores(tmp_path) -> None:
    search = Search(FOUND)
    answer, told = question_page(tmp_path, search, "애 낳으면 얼마 줘요? 010-7391-4826")
    assert answer.status_code == 200
    page = unescape(answer.text)
    for words in (
        "답해요",
        "첫째는 200만 원이에요.",
        "93%",
        "8.25",
        'href="/articles/1"',
        "없어진 글",
    ):
        assert words in page
    # Personal data never leaves, and the audit line holds no word of the question.
    assert search.asked[0].strip() == "애 낳으면 얼마 줘요?"
    assert told == [""]


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (PolicyFound(), 200, "답하지 않아요"),
        (PolicyFound(FOUND.articles, 0.9, False, True, FOUND.cited), 200, "되물어요"),
        (TemporaryFailure("away"), 400, "지금은 찾는 프로그램이"),
        (PermanentFailure("policy_search_401"), 400, "관리자에게"),
    ],
)
def test_what_the_search_cannot_say_is_said(tmp_path, found, status: int, words: str) -> None:
    answer, _ = question_page(tmp_path, Search(found), "애 낳으면 얼마 줘요?")
    assert (answer.status_code, words in unescape(answer.text)) == (status, True)
    assert "애 낳으면 얼마 줘요?" in unescape(answer.text)


def test_without_a_question_nothing_is_asked(tmp_path) -> None:
    search = Search(FOUND)
    answer, _ = question_page(tmp_path, search, " 010-7391-4826 ")
    assert answer.status_code == 400
    assert search.asked == []


def test_a_console_without_a_search_says_so(house: House) -> None:
    answer = house.sign_in().submit("/articles/ask", "/articles/ask", question="여권")
    assert answer.status_code == 400
    assert "지금은 찾는 프로그램이" in answer.text
