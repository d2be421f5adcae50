"""The page of the audit log: who may see it, what stands there, and that every look leaves a line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.audit import record_audit
from core.models.vault import AuditEntry, VaultItem
from tests.builders import MONDAY_TEN, make_case, make_conversation, make_turn

REASON = "현장 위치 확인"


def lines_of(house) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def keep_phone(house) -> tuple[int, str]:
    with house.database.transaction() as session:
        talk = make_conversation(session)
        make_turn(session, conversation=talk)
        token = house.vault.keep(
            session, conversation_id=talk.id, kind="phone", value="01012345678", now=MONDAY_TEN
        )
        return talk.id, token


def reveal(browser, talk: int, token: str):
    action = f"/conversations/{talk}/reveal"
    return browser.submit(f"{action}?token={token}", action, purpose=REASON)


def test_only_who_may_sees_the_log_and_the_way_there(house):
    house.add("chief", role="admin")
    assert house.sign_in().get("/audit").status_code == 403
    assert 'href="/audit"' not in house.sign_in().get("/").text
    chief = house.sign_in("chief")
    assert chief.get("/audit").status_code == 200
    assert 'href="/audit"' in chief.get("/").text


def test_a_line_shows_who_when_from_where_whose_what_and_why(house):
    house.add("chief", role="admin")
    talk, token = keep_phone(house)
    assert reveal(house.sign_in(), talk, token).status_code == 200
    (line,) = [each for each in lines_of(house) if each.action == "vault.reveal"]
    assert (line.actor, line.place, line.conversation_id) == ("officer:1", "127.0.0.1", talk)
    page = house.sign_in("chief").get("/audit?group=vault").text
    row = page.split("<tbody")[1]
    for shown in (
        "5월 4일(월) 10:00",
        "한아름",
        "127.0.0.1",
        "개인정보 열람",
        f"대화 {talk}",
        REASON,
    ):
        assert shown in row, shown
    assert "01012345678" not in page


def test_looking_at_the_log_is_told_in_it(house):
    house.add("chief", role="admin")
    chief = house.sign_in("chief")
    chief.get("/audit?group=vault&from=2026-05-01")
    line = lines_of(house)[-1]
    assert (line.actor, line.action) == ("officer:2", "audit.read")
    assert line.subject == "audit:from=2026-05-01&group=vault"


def test_filters_narrow_and_an_empty_list_says_so(house):
    house.add("chief", role="admin")
    with house.database.transaction() as session:
        for number, (actor, action, subject) in enumerate(
            [
                ("officer:1", "case.read", "case:70"),
                ("officer:2", "vault.reveal", "conversation:80:phone:1"),
                ("cli:ops", "audit.export", "audit:all"),
            ]
        ):
            record_audit(
                session,
                actor=actor,
                action=action,
                subject=subject,
                purpose=f"까닭{number}",
                now=MONDAY_TEN + timedelta(days=number),
            )
    chief = house.sign_in("chief")

    def shown(query: str) -> set[int]:
        page = chief.get(f"/audit?{query}").text
        return {number for number in range(3) if f"까닭{number}" in page}

    assert shown("") == {0, 1, 2}
    assert shown("actor=officer:1&group=case") == {0}
    assert shown("subject=conversation:80") == {1}
    assert shown("from=2026-05-05") == {1, 2}
    assert shown("to=2026-05-05&from=2026-05-05") == {1}
    assert shown("actor=cli:ops") == {2}
    assert shown("group=nonsense&from=99999-99-99&before=x") == {0, 1, 2}
    assert "고른 조건에 맞는 기록이 없어요" in chief.get("/audit?subject=2026-000001").text


def test_the_lines_of_a_case_are_found_by_its_number(house):
    house.add("chief", role="admin")
    with house.database.transaction() as session:
        case = make_case(session)
        number, case_id = case.case.number, case.case.id
    house.sign_in().get(f"/cases/{case_id}")
    page = house.sign_in("chief").get(f"/audit?subject={number}").text
    assert "민원 보기" in page
    assert "고른 조건에 맞는 기록이 없어요" not in page


def test_older_lines_are_a_page_further(house):
    house.add("chief", role="admin")
    with house.database.transaction() as session:
        for number in range(60):
            record_audit(
                session,
                actor="officer:1",
                action="case.read",
                subject=f"case:{number + 1}",
                purpose=f"<b>줄{number}</b>",
                now=MONDAY_TEN,
            )
    chief = house.sign_in("chief")
    first = chief.get("/audit?group=case").text
    assert "줄59&lt;" in first
    assert "줄9&lt;" not in first
    address = first.split('href="/audit?group=case&amp;before=')[1].split('"')[0]
    second = chief.get(f"/audit?group=case&before={address}").text
    assert "줄9&lt;" in second
    assert "줄10&lt;" not in second
    assert "맨 앞으로" in second


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/", "case.list"),
        ("/cases/1", "case.read"),
        ("/conversations", "conversation.list"),
        ("/conversations?q=2026-000001", "conversation.search"),
        ("/conversations/1", "conversation.read"),
    ],
)
def test_every_page_with_citizens_data_leaves_a_line(house, path, action):
    with house.database.transaction() as session:
        make_case(session)
    browser = house.sign_in()
    before = len(lines_of(house))
    assert browser.get(path).status_code == 200
    new = lines_of(house)[before:]
    assert [line.action for line in new] == [action]
    assert (new[0].actor, new[0].place) == ("officer:1", "127.0.0.1")
    if path.endswith("/1"):
        assert new[0].conversation_id == 1


def test_words_that_were_looked_for_do_not_get_into_the_log(house):
    house.sign_in().get("/conversations?q=홍 아무개")
    (line,) = [each for each in lines_of(house) if each.action == "conversation.search"]
    assert line.subject == "conversations:"


def test_a_value_that_does_not_open_is_explained_and_the_look_is_told(house):
    talk, token = keep_phone(house)
    with house.database.transaction() as session:
        session.execute(update(VaultItem).values(key_id="gone"))
    answer = reveal(house.sign_in(), talk, token)
    assert answer.status_code == 400
    assert "지금 가진 암호키로 열리지 않아요" in answer.text
    assert [line.purpose for line in lines_of(house) if line.action == "vault.reveal"] == [REASON]
