"""What officers see of departments: who is silent, what needs a person, and what their buttons do."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import select

from core.city import City, Way
from core.department_callbacks import Callback, end_callback, record_callback
from core.department_queue import Result, lease_batch, record_results
from core.department_standby import note_failure, note_success
from core.models.department import DepartmentCallback, DepartmentMessage
from core.models.vault import AuditEntry
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.console.house import House
from tests.integrations.department_house import PARKS, ROAD, city_with, service_of

CITY: City = city_with(
    {
        ROAD: Way(kind="webhook", address="https://road.city.example/"),
        PARKS: Way(kind="mail", address="parks@city.example"),
    }
)


def filed(house: House, department_id: str = ROAD, count: int = 1) -> list[int]:
    with house.database.transaction() as session:
        ids = []
        for _ in range(count):
            talk = make_conversation(
                session, address=f"citizen-{len(session.scalars(select(DepartmentMessage)).all())}"
            )
            turn = make_turn(session, conversation=talk)
            case = make_case(
                session, turn=turn, city=CITY, service_code=service_of(CITY, department_id)
            ).case
            ids.append(case.id)
        return ids


def troubled(house: House, state: str, failure: str) -> int:
    filed(house)
    with house.database.transaction() as session:
        batch = lease_batch(session, department_id=ROAD, limit=10, now=house.clock())
        record_results(session, [Result(each, state, failure) for each in batch], now=house.clock())
        return batch[-1].message_id


def state_of(house: House, message_id: int) -> str:
    with house.database.reading() as session:
        return session.get_one(DepartmentMessage, message_id).state


def actions(house: House) -> list[str]:
    with house.database.reading() as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [
            line.action
            for line in lines
            if line.action.startswith("department.") and line.action != "department.list"
        ]


def test_a_silent_department_is_on_the_first_page_with_since_when_and_how_many(
    house: House,
) -> None:
    filed(house, count=3)
    with house.database.transaction() as session:
        for _ in range(3):
            note_failure(
                session, department_id=ROAD, failure="tls_certificate: expired", now=house.clock()
            )
    page = unescape(house.sign_in().get("/").text)
    assert "도로관리과</strong>:" in page
    assert "민원 3건이 기다려요" in page
    detail = unescape(house.sign_in().get("/departments").text)
    assert "인증서가 주소와 맞지 않거나" in detail
    answer = house.sign_in().submit("/departments", f"/departments/{ROAD}/probe")
    assert answer.status_code == 303
    assert actions(house) == ["department.probe"]
    with house.database.transaction() as session:
        note_success(session, department_id=ROAD, now=house.clock())
    assert "답하지 않아요" not in house.sign_in().get("/").text


def test_what_failed_is_sent_again_or_put_away_once_and_with_an_audit_line(house: House) -> None:
    browser = house.sign_in()
    other = troubled(house, "failed", "gone: 410")
    browser.submit("/departments", f"/departments/messages/{other}/dismiss")
    assert state_of(house, other) == "failed"
    assert "410" not in browser.get("/departments").text
    message = troubled(house, "failed", "refused: 422")
    page = unescape(browser.get("/departments").text)
    assert "부서 시스템이 이 내용을 받지 않았어요 (422)" in page
    form = browser.form("/departments", f"/departments/messages/{message}/retry")
    for _ in range(2):
        assert browser.send(f"/departments/messages/{message}/retry", form).status_code == 303
    assert state_of(house, message) == "pending"
    assert actions(house) == ["department.dismiss", "department.retry"]


@pytest.mark.parametrize(("decision", "state"), [("arrived", "sent"), ("not-arrived", "pending")])
def test_what_is_unsure_ends_as_a_person_says(house: House, decision: str, state: str) -> None:
    message = troubled(house, "unsure", "answer_lost: timeout")
    browser = house.sign_in()
    assert f"/departments/messages/{message}/retry" not in browser.get("/departments").text
    browser.submit("/departments", f"/departments/messages/{message}/{decision}")
    assert state_of(house, message) == state


def test_a_callback_that_was_not_applied_is_shown_with_its_words_and_can_be_put_away(
    house: House,
) -> None:
    with house.database.transaction() as session:
        record_callback(
            session,
            Callback(
                ROAD,
                "cb-1",
                "0" * 64,
                house.clock(),
                None,
                "2026-000009",
                "answered",
                "<고쳤습니다>",
                public=True,
            ),
            now=house.clock(),
        )
        row = session.scalars(select(DepartmentCallback)).one()
        end_callback(row, state="refused", failure="unknown_case", now=house.clock())
    browser = house.sign_in()
    page = browser.get("/departments").text
    assert "&lt;고쳤습니다&gt;" in page
    assert "그런 번호의 민원이 없어요" in page
    browser.submit("/departments", f"/departments/callbacks/{row.id}/dismiss")
    assert "2026-000009" not in browser.get("/departments").text
    with house.database.reading() as session:
        kept = session.get_one(DepartmentCallback, row.id)
        assert kept.content == {}
        assert kept.resolved_by is not None


def test_who_may_only_read_sees_no_buttons_and_presses_none(house: House) -> None:
    message = troubled(house, "failed", "refused: 422")
    house.add("vera", role="viewer")
    browser = house.sign_in("vera")
    assert "/retry" not in browser.get("/departments").text
    csrf = browser.form("/departments", "/logout")["csrf"]
    values = {"csrf": csrf, "form_token": "a" * 32}
    assert browser.send(f"/departments/messages/{message}/retry", values).status_code == 403
    assert state_of(house, message) == "failed"


def test_an_officer_gives_a_case_to_another_department_and_history_says_so(house: House) -> None:
    (case_id,) = filed(house)
    browser = house.sign_in()
    page, action = f"/cases/{case_id}", f"/cases/{case_id}/department"
    assert browser.submit(page, action, department=ROAD, why="같은 곳").status_code == 400
    assert browser.submit(page, action, department="nobody", why="없는 곳").status_code == 400
    assert browser.submit(page, action, department=PARKS, why="공원 안의 가로등").status_code == 303
    shown = unescape(browser.get(page).text)
    assert "담당 부서 바꿈" in shown
    assert "공원 안의 가로등" in shown
    with house.database.reading() as session:
        rows = session.scalars(select(DepartmentMessage).order_by(DepartmentMessage.id)).all()
        # The console of this test knows the sample city, in which nothing goes out to anybody new.
        assert [(row.department_id, row.kind) for row in rows] == [
            (ROAD, "opened"),
            (ROAD, "moved"),
        ]
    assert sample_city().department(PARKS).way.kind == "none"


def test_who_looks_at_the_page_leaves_a_line(house: House) -> None:
    browser = house.sign_in()
    assert browser.get("/departments").status_code == 200
    with house.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "department.list")
        ).all()
    assert [line.actor.partition(":")[0] for line in lines] == ["officer"]
