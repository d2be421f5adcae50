"""The officers' list of cases: what it is narrowed to, its order, its pages, its counts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.case_status import CaseStatus
from core.models.case import Case, CaseEvent, CaseFlag
from core.models.vault import AuditEntry
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.console.house import House


def fill(house: House, count: int, **values: object) -> list[int]:
    """So many cases of as many citizens; ``values`` are set on the rows, as functions of the number."""
    with house.database.transaction() as session:
        ids = []
        for number in range(count):
            talk = make_conversation(session, address=f"{number:064d}")
            turn = make_turn(session, conversation=talk)
            place = f"{number}번 집 앞"
            case = make_case(session, turn=turn, what=f"[{number:02d}]", place_text=place).case
            for name, value in values.items():
                setattr(case, name, value(number) if callable(value) else value)
            ids.append(case.id)
    return ids


def shown(page: str) -> list[int]:
    """The numbers of the cases on a page, in its order."""
    return [int(found) for found in re.findall(r"\[(\d\d)\]", page)]


def test_the_list_is_narrowed_by_each_filter_and_by_all_together(house):
    city = sample_city()
    hour = timedelta(hours=1)
    fill(house, 6, due_at=lambda n: house.clock() + (n + 30) * hour)
    with house.database.transaction() as session:
        row = {case.what: case for case in session.scalars(select(Case))}
        row["[00]"].status = "answered"
        row["[01]"].due_at = house.clock() - 51 * hour
        row["[02]"].due_at = house.clock() + hour
        row["[03]"].paused_at = house.clock()
        row["[03]"].due_at = house.clock() - hour
        row["[04]"].gu, row["[04]"].department_id = "강남구", "gu-gangnam"
        row["[05]"].service_code, row["[05]"].status = "pothole", "transferred"
        row["[05]"].due_at = house.clock() - hour
        session.add(
            CaseFlag(case_id=row["[04]"].id, kind="joint", count=5, others=[], at=house.clock())
        )
        department = row["[02]"].department_id
    browser = house.sign_in()
    for query, expected in (
        ("", {1, 2, 3, 4, 5}),
        ("status=all", {0, 1, 2, 3, 4, 5}),
        ("status=done", {0}),
        ("status=transferred", {5}),
        ("due=overdue", {1}),
        ("due=today", {2}),
        ("due=week", {2, 4}),
        ("due=paused", {3}),
        ("gu=강남구", {4}),
        ("service=pothole", {5}),
        ("department=gu-gangnam", {4}),
        (f"department={department}&due=overdue", {1}),
        ("flag=any", {4}),
        ("flag=joint", {4}),
        ("flag=repeat", set()),
        ("status=done&due=overdue", set()),
        # What it does not know narrows nothing.
        ("status=flying&department=x&service=x&gu=x&due=x&flag=x&order=x", {1, 2, 3, 4, 5}),
    ):
        page = browser.get(f"/cases?{query}").text
        assert set(shown(page)) == expected, query
        assert ("이 조건에 맞는 민원이 없어요" in page) is (not expected), query
    page = browser.get("/cases").text
    assert "2일 3시간 지남" in page
    assert "여러 시민" in page
    assert city.department("gu-gangnam").name in page


def test_pages_go_on_and_back_by_key_whatever_happens_meanwhile(house):
    fill(house, 60, due_at=lambda n: house.clock() + timedelta(hours=n // 3))
    browser = house.sign_in()
    first = browser.get("/cases").text
    assert shown(first) == list(range(25))
    assert ">이전<" not in first
    address = link(first, "다음")
    with house.database.transaction() as session:
        # Two of the first page are done meanwhile: nothing is skipped on the next one.
        for case in session.scalars(select(Case).where(Case.what.in_(("[03]", "[04]")))):
            case.status = "answered"
    second = browser.get(address).text
    assert shown(second) == list(range(25, 50))
    third = browser.get(link(second, "다음")).text
    assert shown(third) == list(range(50, 60))
    assert ">다음<" not in third
    back = browser.get(link(third, "이전")).text
    assert shown(back) == list(range(25, 50))
    again = browser.get(link(back, "이전")).text
    assert shown(again) == [n for n in range(25) if n not in (3, 4)]


def test_the_newest_first_has_pages_too(house):
    fill(house, 30, received_at=lambda n: house.clock() + timedelta(minutes=n // 2))
    browser = house.sign_in()
    first = browser.get("/cases?order=new").text
    assert shown(first) == list(range(29, 4, -1))
    second = browser.get(link(first, "다음")).text
    assert shown(second) == [4, 3, 2, 1, 0]
    assert shown(browser.get(link(second, "이전")).text) == list(range(29, 4, -1))


@pytest.mark.parametrize("key", ["x", "1-", "99999999999999999-1", "-1-1", "1-9999999999", "%00"])
def test_a_key_that_cannot_be_read_is_no_error(house, key):
    fill(house, 1)
    assert house.sign_in().get(f"/cases?after={key}").status_code == 200
    assert house.sign_in().get(f"/cases?before={key}").status_code == 200


def test_the_counts_lead_to_their_lists_within_the_department(house):
    fill(house, 3, due_at=lambda n: house.clock() + timedelta(hours=(n - 1) * 30))
    with house.database.reading() as session:
        department = session.get_one(Case, 1).department_id
    browser = house.sign_in()
    page = browser.get(f"/cases?department={department}").text
    assert "기한 지남 <strong>1건" in page
    assert f'href="/cases?department={department}&amp;due=overdue"' in page
    assert "기한 지남 <strong>0건" in browser.get("/cases?department=parks").text
    front = browser.get("/").text
    assert "처리할 민원 <strong>3건" in front
    assert "우리 부서의 민원" in front


def test_nothing_to_do_is_said_so(house):
    assert "처리할 민원이 없어요" in house.sign_in().get("/cases").text


def test_a_number_leads_to_its_case_and_an_unknown_one_is_said(house):
    fill(house, 1)
    browser = house.sign_in()
    assert browser.get("/cases?number=2026-1").headers["location"] == "/cases/1"
    answer = browser.get("/cases?number=2026-9")
    assert (answer.status_code, "그 번호의 민원이 없어요" in answer.text) == (404, True)


def test_looking_at_the_list_is_written_down_and_needs_the_right(house):
    assert house.sign_in().get("/cases").status_code == 200
    with house.database.reading() as session:
        line = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (line.action, line.subject) == ("case.list", "cases")


def third_of_one_citizen(house: House) -> int:
    with house.database.transaction() as session:
        talk = make_conversation(session, address="b" * 64)
        cases = [make_case(session, turn=make_turn(session, conversation=talk)) for _ in "abc"]
        return cases[-1].case.id


def test_an_officer_sees_the_earlier_ones_and_writes_down_what_they_found(house):
    case_id = third_of_one_citizen(house)
    browser = house.sign_in()
    page = browser.get(f"/cases/{case_id}").text
    assert "같은 시민이 3번째 낸 같은 민원일 수 있어요" in page
    assert 'href="/cases/1">2026-000001' in page
    assert 'href="/cases/2">2026-000002' in page
    assert "반복" in browser.get("/cases?flag=repeat").text
    address = f"/cases/{case_id}"
    empty = browser.submit(address, f"{address}/flag", found=" ")
    assert empty.status_code == 400
    fields = browser.form(address, f"{address}/flag") | {"found": "새 사실이 있어 처리함"}
    answers = [browser.send(f"{address}/flag", fields) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [303, 303]
    page = browser.get(address).text
    assert "3번째 낸" not in page
    assert "새 사실이 있어 처리함" in page
    assert shown(browser.get("/cases?flag=any").text) == []
    with house.database.reading() as session:
        kinds = [e.kind for e in session.scalars(select(CaseEvent).order_by(CaseEvent.id))]
        actions = [line.action for line in session.scalars(select(AuditEntry))]
        # The machine refused nothing and changed no state.
        assert session.get_one(Case, case_id).status == CaseStatus.RECEIVED.value
    assert kinds.count("flag") == 1
    assert actions.count("case.flag") == 1


def test_who_may_only_read_sees_the_flag_without_its_form(house):
    case_id = third_of_one_citizen(house)
    house.add("vera", role="viewer")
    browser = house.sign_in("vera")
    page = browser.get(f"/cases/{case_id}").text
    assert "3번째" in page
    assert "살펴봤어요" not in page


def link(page: str, title: str) -> str:
    """The address behind a link of the pager."""
    found = re.search(rf'<a class="button" href="([^"]+)">{title}</a>', page)
    assert found is not None, title
    return found[1].replace("&amp;", "&")
