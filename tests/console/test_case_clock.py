"""Officers move a case's clock: extend, ask for a supplement, inspect, send on, reject; and see why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.case_status import CaseStatus
from core.case_wishes import Wish, give_more_time
from core.cases import Actor, change_status
from core.models.case import Case, CaseDuty
from core.models.conversation import Delivery
from dialogue.case_duties import look_after_cases
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.console.house import House

CITY = sample_city()
GRIEVANCE = next(service.code for service in CITY.services if service.kind == "고충")


@pytest.fixture
def case(house: House) -> Case:
    """A 고충 received on 2026-05-04 at ten, due on 5/13 at 18:00."""
    with house.database.transaction() as session:
        return make_case(session, service_code=GRIEVANCE).case


def act(browser, name: str, **values: str):
    return browser.submit("/cases/1", f"/cases/1/clock/{name}", **values)


def now_is(house: House) -> Case:
    with house.database.reading() as session:
        return session.get_one(Case, 1)


def told(house: House) -> list[str]:
    with house.database.reading() as session:
        query = select(Delivery).where(Delivery.kind == "status").order_by(Delivery.id)
        return [row.payload["text"] for row in session.scalars(query)]


def test_an_extension_reaches_the_citizen_and_stands_on_the_page(house, case):
    browser = house.sign_in()
    answer = act(browser, "extend", number="2", words="부품이 늦게 와요.")
    assert answer.status_code == 303
    assert house.kicked == [case.conversation_id]
    (text,) = told(house)
    assert "부품이 늦게 와요." in text
    assert "2026-05-15 18:00" in text
    page = browser.get("/cases/1").text
    assert "기한을 움직인 것" in page
    assert "5/13(수) 뒤로 2일 연장" in page
    assert "5월 13일(수) 18:00" in page
    assert "5월 15일(금) 18:00" in page


def test_the_second_extension_asks_whether_the_citizen_agreed(house, case):
    browser = house.sign_in()
    act(browser, "extend", number="2", words="부품이 늦게 와요.")
    refused = act(browser, "extend", number="2", words="또 늦어요.")
    assert refused.status_code == 400
    assert "시민이 동의했을 때만" in refused.text
    assert ">또 늦어요.</textarea>" in refused.text
    assert act(browser, "extend", number="2", words="또 늦어요.", consent="1").status_code == 303
    assert "시민 동의" in browser.get("/cases/1").text


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("extend", {"number": "8", "words": "길게"}, "처음 처리 기간인 7일(7d)까지만"),
        ("extend", {"number": "", "words": "길게"}, "1 이상의 숫자"),
        ("extend", {"number": "2", "words": " "}, "알릴 말을 써 주세요"),
        ("supplement", {"number": "61", "words": "사진"}, "근무일로 1일부터 60일까지"),
        ("inspect", {"number": "15", "words": "조사"}, "1일부터 14일까지"),
        ("transfer", {"agency": " ", "words": "보냄"}, "기관의 이름"),
        ("reject", {"words": ""}, "알릴 말을 써 주세요"),
    ],
)
def test_what_the_law_does_not_allow_is_told_with_what_is_possible(
    house, case, name, values, expected
):
    answer = act(house.sign_in(), name, **values)
    assert answer.status_code == 400
    assert expected in answer.text
    assert (now_is(house).version, told(house)) == (1, [])


def test_a_supplement_stops_the_clock_on_the_page_too(house, case):
    browser = house.sign_in()
    assert act(browser, "supplement", number="5", words="사진을 보내 주세요.").status_code == 303
    page = browser.get("/cases/1").text
    assert "시민의 보완을 기다리는 중" in page
    assert "보완 기다림" in page
    assert "2026-05-12 18:00까지" in told(house)[0]
    house.clock.forward(days=90)
    page = house.sign_in().get("/").text
    assert "보완 기한이 지난 민원" in page
    assert "독촉" not in page


def test_an_inspection_is_begun_extended_and_ended_on_the_page(house, case):
    browser = house.sign_in()
    assert act(browser, "inspect", number="3", words="재어 봐야 해요.").status_code == 303
    assert "현장조사 중" in browser.get("/cases/1").text
    assert act(browser, "inspect-more", number="7", words="비가 와요.").status_code == 303
    assert "늘리는 까닭" not in browser.get("/cases/1").text
    assert act(browser, "inspect-end").status_code == 303
    assert [("조사" in text) for text in told(house)] == [True, True]


def test_only_a_grievance_offers_an_inspection(house):
    with house.database.transaction() as session:
        make_case(session)
    assert "/clock/inspect" not in house.sign_in().get("/cases/1").text


def test_a_transfer_names_the_agency_and_a_refusal_its_remedy(house, case):
    browser = house.sign_in()
    assert "국민권익위원회" in browser.get("/cases/1").text
    act(browser, "transfer", agency="한국전력공사", words="전봇대는 한전이 맡아요.")
    assert "한국전력공사(으)로 보냈어요" in told(house)[0]
    act(browser, "reject", words="시의 땅이 아니에요.")
    assert "국민권익위원회" in told(house)[1]
    assert now_is(house).status == "rejected"


def test_an_act_from_an_old_page_is_refused_with_both_versions(house, case):
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/clock/extend")
    with house.database.transaction() as session:
        change_status(
            session,
            city=CITY,
            case_id=1,
            to=CaseStatus.IN_PROGRESS,
            actor=Actor("officer", "9", "김동료"),
            reason="먼저 확인함",
            note="동료가 먼저 나가요.",
            now=house.clock(),
        )
    answer = browser.send(
        "/cases/1/clock/extend", {**fields, "number": "2", "words": "내가 쓴 까닭"}
    )
    assert answer.status_code == 409
    assert "내가 본 1판, 지금 2판" in answer.text
    assert "동료가 먼저 나가요." in answer.text
    assert ">내가 쓴 까닭</textarea>" in answer.text
    assert now_is(house).status == "in_progress"


def test_a_form_pressed_twice_extends_once(house, case):
    browser = house.sign_in()
    fields = browser.form("/cases/1", "/cases/1/clock/extend")
    for _ in range(2):
        answer = browser.send(
            "/cases/1/clock/extend", {**fields, "number": "2", "words": "부품이 늦어요."}
        )
        assert answer.status_code == 303
    assert len(told(house)) == 1


def test_a_viewer_sees_the_clock_and_cannot_move_it(house, case):
    house.add("bori", role="viewer")
    browser = house.sign_in("bori")
    page = browser.get("/cases/1").text
    assert "접수 기한" in page
    assert "/clock/extend" not in page


def test_the_first_page_shows_what_is_due_and_what_is_overdue(house, case):
    browser = house.sign_in()
    assert "기한이 있는 일" not in browser.get("/").text
    house.clock.at = case.due_at - timedelta(hours=2)
    assert "오늘 기한인 민원" in house.sign_in().get("/").text
    house.clock.at = case.due_at + timedelta(days=1)
    page = house.sign_in().get("/").text
    assert "독촉: 기한이 지난 민원" in page
    look_after_cases(database=house.database, city=CITY, now=house.clock)
    page = house.sign_in().get("/cases/1").text
    assert "처리 기한이 지나서 독촉해요: 2026-05-13 18:00" in page
    with house.database.reading() as session:
        rows = session.scalars(select(CaseDuty).where(CaseDuty.done_at.is_(None)))
        assert {row.kind for row in rows} == {"progress", "demand"}


def test_the_form_says_by_when_a_supplement_is_to_be_asked_for(house, case):
    browser = house.sign_in()
    page = browser.get("/cases/1").text
    # Received on Monday at ten: seven hours of that day and one of Wednesday (Tuesday is a holiday).
    assert "8근무시간 안에 요청해요" in page
    assert "5월 6일(수) 10:00" in page
    assert "이미 지났어요" not in page
    house.clock.forward(days=3)
    browser = house.sign_in()
    assert "이미 지났어요" in browser.get("/cases/1").text
    act(browser, "supplement", number="7", words="계약서를 보내 주세요.")
    assert "접수한 뒤 8근무시간, 늦음" in browser.get("/cases/1").text


def test_more_time_for_a_supplement_stands_on_the_page_with_its_reason(house, case):
    browser = house.sign_in()
    act(browser, "supplement", number="7", words="계약서를 보내 주세요.")
    with house.database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session))
        wish = Wish(case.conversation_id, case.number, turn.id, "출장 중이에요")
        give_more_time(session, city=sample_city(), wish=wish, days=3, now=house.clock())
    page = browser.get("/cases/1").text
    assert "보완 기한을 늦춤" in page
    assert "출장 중이에요" in page
    assert "5월 19일(화) 18:00" in page
