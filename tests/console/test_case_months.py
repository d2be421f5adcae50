"""A month's ledger as a file and its check as a page: who may, what is written down, what the file holds."""

from __future__ import annotations

import csv
import io
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from core.models.vault import AuditEntry
from tests.builders import make_case, make_turn
from tests.console.house import House

GOOD = {"month": "2026-05", "purpose": "5월 민원 통계"}


@pytest.fixture
def cases(house: House) -> list[str]:
    with house.database.transaction() as session:
        return [make_case(session, turn=make_turn(session)).case.number for _ in "ab"]


def exports(house: House) -> list[AuditEntry]:
    with house.database.reading() as session:
        query = select(AuditEntry).where(AuditEntry.action == "case.export")
        return list(session.scalars(query.order_by(AuditEntry.id)))


def test_the_ledger_is_a_file_that_excel_opens_and_each_copy_has_its_reason(house, cases):
    browser = house.sign_in()
    answer = browser.submit("/ledger", "/ledger", **GOOD)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "민원처리부-2026-05.csv" in unquote(answer.headers["content-disposition"])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["접수번호"] for row in rows] == cases
    (line,) = exports(house)
    assert (line.actor, line.subject, line.purpose) == (
        "officer:1",
        "ledger:2026-05",
        "5월 민원 통계",
    )
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"purpose": " "}, "내려받는 까닭을 써 주세요"),
        ({"month": "2026-13"}, "달을 2026-11처럼"),
        ({"month": ""}, "달을 2026-11처럼"),
        ({"purpose": "900101-1234568 확인"}, "저장할 수 없어요"),
    ],
)
def test_without_a_month_and_a_reason_nothing_leaves(house, cases, values, told):
    answer = house.sign_in().submit("/ledger", "/ledger", **(GOOD | values))
    assert (answer.status_code, told in answer.text) == (400, True)
    assert exports(house) == []


def test_pressing_twice_gives_the_file_twice_and_one_line(house, cases):
    browser = house.sign_in()
    fields = browser.form("/ledger", "/ledger") | GOOD
    answers = [browser.send("/ledger", fields) for _ in "ab"]
    assert answers[0].content == answers[1].content
    assert len(exports(house)) == 1


def test_who_may_only_read_checks_a_month_but_takes_no_ledger(house, cases):
    house.add("vera", role="viewer")
    browser = house.sign_in("vera")
    assert browser.get("/ledger").status_code == 403
    assert "/ledger" not in browser.get("/cases").text
    assert browser.get("/checks?month=2026-05").status_code == 200


def test_the_check_shows_last_month_first_and_any_other(house, cases):
    house.clock.forward(hours=1)
    browser = house.sign_in()
    assert "2026년 4월 민원 처리 점검" in browser.get("/checks").text
    page = browser.get("/checks?month=2026-05").text
    assert "2026년 5월 민원 처리 점검" in page
    assert "<dt>접수</dt><dd><strong>2건" in page
    assert "점검한 사람" in page
    wrong = browser.get("/checks?month=x")
    assert (wrong.status_code, "달을 2026-11처럼" in wrong.text) == (400, True)
    with house.database.reading() as session:
        subjects = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.action == "case.check")
        ).all()
    assert subjects == ["checks:2026-04", "checks:2026-05", "checks:2026-04"]


def test_the_check_names_what_is_overdue(house, cases):
    house.clock.forward(days=10)
    page = house.sign_in().get("/checks?month=2026-05").text
    assert all(f">{number}</a>" in page for number in cases)
    assert "지남</strong>" in page
