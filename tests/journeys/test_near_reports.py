"""Two citizens with one broken lamp, with everything real: shown, followed, filed anyway, merged, taken apart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest

from core.case_follow import count_followers
from core.database import Database
from tests.journeys.chat import Chat
from tests.journeys.officers import change_case, hidden_fields, signed_in
from tests.journeys.talk import Talk
from tests.stack import Stack

SECRET = "홍길동네 집 앞"


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    database = stack.database()
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def officer(stack: Stack) -> Iterator[httpx.Client]:
    with signed_in(stack) as browser:
        yield browser


def web(stack: Stack, database: Database) -> Talk:
    return Talk(stack.citizen(uuid.uuid4().hex), database)


def post(officer: httpx.Client, case_id: int, act: str, **values: str) -> None:
    page = officer.get(f"/cases/{case_id}")
    form = hidden_fields(page.text, f"/cases/{case_id}/{act}")
    done = officer.post(f"/cases/{case_id}/{act}", data=form | values)
    assert done.status_code == 303, done.text


def test_on_the_web_one_follows_one_files_anyway_and_officers_merge_and_undo(
    stack: Stack, database: Database, officer: httpx.Client
) -> None:
    first, second, third = (web(stack, database) for _ in range(3))
    first.say(f"을지로 281 앞 가로등이 꺼졌어요. {SECRET}이에요")
    first.fill_until(None)
    (case,) = first.cases()

    # The second citizen has the same trouble: hears of it, and nothing of the first.
    asked = "\n".join(second.say("을지로 281번지 앞 가로등이 꺼져 있어요"))
    assert second.requested() == "near"
    assert "같은 곳, 오늘 신고, 지금은 접수" in asked
    assert SECRET not in asked
    assert case.number in "\n".join(second.press_title("나도 겪고 있어요"))
    assert (second.requested(), second.cases()) == (None, [])
    with database.reading() as session:
        assert count_followers(session, case_id=case.id) == 1

    # The third files all the same: nobody is refused.
    third.say("을지로 281 앞 가로등이 고장 났어요")
    assert third.requested() == "near"
    third.say("그냥 신고할게요")
    third.fill_until(None)
    (other,) = third.cases()
    assert other.place_key == case.place_key

    page = officer.get(f"/cases/{case.id}").text
    assert other.number in page
    assert "1명</strong>이 같이 겪는다고" in page
    post(officer, other.id, "merge", into=case.number, merge_reason="같은 등")
    third.await_text(f"{case.number} 민원과 합쳐서")

    change_case(officer, case.id, to="in_progress", note=f"{SECRET} 등을 보러 갑니다.", photos=[])
    followed = second.await_text("담당자가 보고 있어요")
    assert SECRET not in followed
    assert case.number in followed
    third.await_text(f"합쳐서 처리하는 {case.number}")
    assert "처리 중" in "\n".join(second.say("내 민원 어떻게 됐어요?"))

    post(officer, other.id, "unmerge", merge_reason="다른 등")
    third.await_text("다시 따로 처리하기로")
    told = len(third.texts())
    change_case(officer, case.id, to="answered", note="바꾸었습니다.", photos=[])
    second.await_text("처리를 마쳤어요")
    first.await_text("바꾸었습니다.")
    third.hear(wait=1.0)
    assert third.texts()[told:] == []
    assert third.cases()[0].status == "received"


def test_on_telegram_a_pin_near_by_is_the_same_lamp_and_its_news_can_be_ended(
    stack: Stack, database: Database, officer: httpx.Client
) -> None:
    owner = web(stack, database)
    owner.say("가로등이 꺼져서 깜깜해요")
    owner.citizen.place(37.5512, 126.9882)
    owner.hear()
    owner.fill_until(None)
    (case,) = owner.cases()
    assert case.cell is not None

    chat = Chat(stack)
    try:
        chat.user.start()
        chat.rest()
        chat.say("가로등이 나갔어요")
        chat.user.send_location(37.5514, 126.9884)
        chat.rest()
        assert chat.requested() == "near"
        assert "약 30m 떨어진 곳, 오늘 신고" in chat.said()[-1].text
        chat.press("네, 나도 겪고 있어요")
        assert chat.requested() is None
        assert chat.cases() == []
        change_case(officer, case.id, to="in_progress", note="확인합니다.", photos=[])
        seen = chat.user.wait_for("담당자가 보고 있어요", 60)
        assert case.number in seen.text
        chat.say(f"{case.number} 소식 그만 받을게요")
        with database.reading() as session:
            assert count_followers(session, case_id=case.id) == 0
        assert stack.telegram.violations == []
    finally:
        chat.database.dispose()
