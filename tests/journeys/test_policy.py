"""Questions about the city's rules, everything real: cited, followed up, rated, asked back, left to a person."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from app.policy_client import make_policy_client
from core.database import Database
from core.errors import TemporaryFailure
from core.models.policy import PolicyQuestion
from knowledge.articles import Article
from knowledge.records import save_article
from tests.builders import MONDAY_TEN
from tests.journeys.chat import Chat
from tests.journeys.officers import signed_in
from tests.journeys.talk import Talk
from tests.stack import Stack, wait_until

# Of no day in particular: the sample articles end some day.
PARROT = Article(
    key="journey-parrot",
    title="앵무새 등록 수수료",
    body=(
        "집에서 기르는 앵무새는 시에 등록해야 해요.\n\n## 얼마나 내나요\n\n앵무새 등록 수수료는 7,300원이에요.\n\n"
        "## 무엇이 필요한가요\n\n앵무새 등록에는 신분증과 앵무새 사진이 필요해요.\n\n"
        "## 어디서 신청하나요\n\n앵무새 등록은 가까운 동 주민센터에서 신청해요."
    ),
    source="https://www.example.go.kr/parrot",
    department="welfare",
    keywords=("앵무새", "앵무새 등록", "앵무새 수수료"),
)
SCHOOLS = tuple(
    Article(
        key=f"journey-school-{side}",
        title=f"거북이 학교 신청하기 ({name}쪽)",
        body=f"거북이 학교 {name}쪽은 시청 {name}쪽 문에서 신청해요.",
        source="시 누리집",
        keywords=("거북이 학교",),
    )
    for side, name in (("east", "동"), ("west", "서"))
)
ASKED = "앵무새 등록 수수료 얼마예요?"
FEE = "앵무새 등록 수수료는 7,300원이에요."
UNKNOWN = "북극곰 면허 시험은 몇 살부터 볼 수 있나요?"


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Database]:
    database = stack.database()
    with database.transaction() as session:
        for article in (PARROT, *SCHOOLS):
            save_article(
                session,
                article,
                origin="journey",
                external_id=article.key,
                author="cli:test",
                now=MONDAY_TEN,
            )
    client = make_policy_client(stack.settings)

    def indexed() -> bool:
        try:
            found = client.search(SCHOOLS[0].title, most=1).articles
        except TemporaryFailure:
            return False
        return [each.key for each in found] == [SCHOOLS[0].key]

    wait_until(indexed, seconds=120.0, what="an index with our articles")
    client.close()
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def officer(stack: Stack) -> Iterator[httpx.Client]:
    with signed_in(stack) as browser:
        yield browser


@pytest.fixture
def talk(stack: Stack, database: Database) -> Talk:
    return Talk(stack.citizen(uuid.uuid4().hex), database)


def questions(talk: Talk) -> list[PolicyQuestion]:
    with talk.database.reading() as session:
        return list(
            session.scalars(
                select(PolicyQuestion)
                .where(PolicyQuestion.conversation_id == talk.conversation_id())
                .order_by(PolicyQuestion.id)
            )
        )


def choice(talk: Talk, line: int, title: str) -> str:
    """The id of something to press under an earlier message."""
    return next(c["id"] for c in talk.lines[line]["choices"] if c["title"] == title)


def test_a_question_is_answered_with_its_source_followed_up_and_rated(talk: Talk) -> None:
    answer = "\n".join(talk.say(ASKED))
    assert FEE in answer
    assert f"출처: {PARROT.source}" in answer
    assert "담당: " in answer
    first = len(talk.lines) - 1
    assert talk.lines[first]["link"] == {"title": "자세히 보기", "url": f"/articles/{PARROT.key}"}

    papers = "\n".join(talk.say("그럼 서류는요?"))
    assert "신분증과 앵무새 사진이 필요해요." in papers
    assert FEE not in papers
    assert "가까운 동 주민센터" in "\n".join(talk.say("어디로 가요?"))

    # Under the first answer, after others came; twice, and then another mind.
    for title, thanked in (
        ("도움이 됐어요", True),
        ("도움이 됐어요", True),
        ("도움이 안 됐어요", False),
    ):
        talk.citizen.choose(choice(talk, first, title))
        assert ("고마워요" in "\n".join(talk.hear())) is thanked
    rows = questions(talk)
    assert [(row.outcome, row.article_key) for row in rows] == [("answered", PARROT.key)] * 3
    assert [row.helpful for row in rows] == [False, None, None]


def test_where_two_compete_the_citizen_says_which(talk: Talk) -> None:
    talk.say("거북이 학교 신청은 어디서 해요?")
    titles = [each["title"] for each in talk.citizen.last_choices]
    assert sorted(titles) == sorted([*(each.title for each in SCHOOLS), "둘 다 아니에요"])
    assert "시청 서쪽 문에서" in "\n".join(talk.press_title("(서쪽)"))
    (row,) = questions(talk)
    assert (row.outcome, row.article_key) == ("answered", SCHOOLS[1].key)


def test_without_an_answer_the_officer_reads_what_was_asked(
    talk: Talk, officer: httpx.Client
) -> None:
    answer = "\n".join(talk.say(UNKNOWN))
    assert "모르겠어요" in answer
    assert questions(talk)[-1].outcome == "unanswered"
    talk.press_title("상담원 연결")
    page = officer.get(f"/conversations/{talk.conversation_id()}").text
    assert f"물어본 글: {UNKNOWN}" in page
    assert UNKNOWN in officer.get("/").text


def test_in_the_middle_of_a_report_it_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    talk.say("가로등이 꺼져서 깜깜해요")
    assert talk.requested() == "where"
    texts = talk.say(ASKED)
    assert FEE in texts[0]
    assert "도움이 됐나요" not in texts[0]
    assert len(texts) == 2
    assert talk.requested() == "where"
    talk.say("시청역 2번 출구 앞이요")
    talk.fill_until(None)
    (case,) = talk.cases()
    assert (case.what, case.place_text) == ("가로등이 꺼져서 깜깜해요", "시청역 2번 출구 앞")


def test_on_telegram_the_answer_has_its_buttons(stack: Stack, database: Database) -> None:
    chat = Chat(stack)
    try:
        chat.user.start()
        chat.rest()
        chat.say(ASKED)
        assert FEE in chat.said()[-1].text
        chat.press("도움이 됐어요")
        assert "고마워요" in chat.said()[-1].text
        assert stack.telegram.violations == []
    finally:
        chat.database.dispose()
