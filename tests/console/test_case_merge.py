"""Officers see near cases and how many feel one, merge two, and undo it; each act once and in the audit log."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.case_follow import follow_case
from core.models.case import Case
from core.models.conversation import Delivery
from core.models.vault import AuditEntry
from tests.builders import make_case, make_conversation, make_turn
from tests.console.house import House


@pytest.fixture
def cases(house: House) -> list[Case]:
    """Two of one lamp, from two citizens."""
    filed = []
    with house.database.transaction() as session:
        for address, place in (("a", "시청역 2번 출구 앞"), ("b", "시청역 2번출구 옆")):
            talk = make_conversation(session, address=address * 64)
            turn = make_turn(session, conversation=talk)
            filed.append(make_case(session, turn=turn, place_text=place).case)
    return filed


def now_is(house: House, case: Case) -> Case:
    with house.database.reading() as session:
        return session.get_one(Case, case.id)


def actions(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as session:
        query = select(AuditEntry).where(AuditEntry.action.in_(("case.merge", "case.unmerge")))
        return [(row.action, row.subject) for row in session.scalars(query.order_by(AuditEntry.id))]


def merge(browser, case: Case, into: Case | str, **values):
    page = f"/cases/{case.id}"
    number = into if isinstance(into, str) else into.number
    values = {"into": number, "merge_reason": "같은 등이에요"} | values
    return browser.submit(page, f"{page}/merge", **values)


def test_the_page_shows_near_cases_and_how_many_feel_it(house, cases):
    first, second = cases
    with house.database.transaction() as session:
        talk = make_conversation(session, address="c" * 64)
        follow_case(session, conversation_id=talk.id, case_id=first.id, now=house.clock())
    page = house.sign_in().get(f"/cases/{first.id}").text
    assert f'<a href="/cases/{second.id}">{second.number}</a>' in page
    assert "같은 곳으로 적힘, 글 100% 비슷" in page
    assert "<strong>1명</strong>이 같이 겪는다고" in page


def test_two_cases_are_merged_told_and_taken_apart_again(house, cases):
    leading, case = cases
    browser = house.sign_in()
    done = merge(browser, case, leading)
    assert done.status_code == 303, done.text
    assert now_is(house, case).status == "merged"
    assert case.conversation_id in house.kicked
    page = browser.get(f"/cases/{case.id}").text
    assert f'<a href="/cases/{leading.id}">{leading.number}</a> 민원과 합쳤어요' in page
    assert "다른 민원에 합치기" not in page
    page = browser.get(f"/cases/{leading.id}").text
    assert "이 민원에 합친 민원" in page
    assert "다른 민원을 합침" in page
    house.kicked.clear()
    path = f"/cases/{case.id}"
    undone = browser.submit(path, f"{path}/unmerge", merge_reason="다른 등이었어요")
    assert undone.status_code == 303, undone.text
    assert now_is(house, case).status == "received"
    assert case.conversation_id in house.kicked
    assert actions(house) == [
        (action, f"case:{each.id}")
        for action in ("case.merge", "case.unmerge")
        for each in (case, leading)
    ]


def test_a_double_click_merges_once(house, cases):
    leading, case = cases
    browser = house.sign_in()
    action = f"/cases/{case.id}/merge"
    form = browser.form(f"/cases/{case.id}", action)
    values = form | {"into": leading.number, "merge_reason": "같은 등"}
    first, second = (browser.send(action, values) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert "already" in second.headers["location"]
    with house.database.reading() as session:
        told = session.scalars(
            select(Delivery).where(Delivery.conversation_id == case.conversation_id)
        ).all()
    assert len(told) == 1


def test_what_is_refused_says_why_and_keeps_what_was_typed(house, cases):
    leading, case = cases
    browser = house.sign_in()
    for into, words in (("2026-999999", "접수번호를 정확히"), (case, "같은 민원이에요")):
        answer = merge(browser, case, into, merge_reason="같은 등 같아요")
        assert answer.status_code == 400
        assert words in answer.text
        assert "같은 등 같아요" in answer.text
    assert merge(browser, case, leading, merge_reason="").status_code == 400
    merge(browser, leading, case)
    answer = merge(browser, case, leading)
    assert answer.status_code == 400
    assert "이미 끝났거나" in answer.text
    assert now_is(house, case).status == "received"


def test_an_old_page_merges_nothing(house, cases):
    leading, case = cases
    browser = house.sign_in()
    action = f"/cases/{case.id}/merge"
    old = browser.form(f"/cases/{case.id}", action)
    browser.submit(
        f"/cases/{case.id}", f"/cases/{case.id}/status", to="in_progress", reason="봄", note=""
    )
    answer = browser.send(action, old | {"into": leading.number, "merge_reason": "같은 등"})
    assert answer.status_code == 409
    assert now_is(house, case).status == "in_progress"


def test_merged_cannot_be_chosen_without_a_leading_case(house, cases):
    browser = house.sign_in()
    path = f"/cases/{cases[0].id}"
    assert '<option value="merged"' not in browser.get(path).text
    answer = browser.submit(path, f"{path}/status", to="merged", reason="같음", note="")
    assert answer.status_code == 400
    assert now_is(house, cases[0]).status == "received"


def test_who_may_only_read_merges_nothing(house, cases):
    house.add("reader", role="viewer")
    browser = house.sign_in("reader")
    leading, case = cases
    page = browser.get(f"/cases/{case.id}").text
    assert "/merge" not in page
    form = house.sign_in().form(f"/cases/{case.id}", f"/cases/{case.id}/merge")
    values = form | {"into": leading.number, "merge_reason": "같은 등"}
    assert browser.send(f"/cases/{case.id}/merge", values).status_code == 403
    assert now_is(house, case).status == "received"
