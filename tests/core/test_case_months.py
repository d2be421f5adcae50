"""A month of cases: the ledger (민원처리부) and the check (시행령 22조) count from the history."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.case_checks import check_month
from core.case_ledger import COLUMNS, ledger_batches, ledger_csv
from core.case_month import Month
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.clock import KST
from core.csv_text import csv_chunks, safe_cell
from core.database import Database
from core.errors import Refused
from core.models.case import Case
from tests.builders import make_case, make_database, make_turn, sample_city

CITY = sample_city()
MAY = Month(2026, 5)
OFFICER = Actor("officer", "1", "한아름")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def filed(session: Session, at: str, **values: object) -> Case:
    """A case received at a time, of a service that is to be done in three days."""
    now = seoul(at)
    turn = make_turn(session, now=now)
    case = make_case(session, turn=turn, now=now).case
    for name, value in values.items():
        setattr(case, name, value)
    return case


def moved(session: Session, case: Case, to: CaseStatus, at: str) -> None:
    change_status(
        session,
        city=CITY,
        case_id=case.id,
        to=to,
        actor=OFFICER,
        reason="확인",
        note="알려 드려요.",
        now=seoul(at),
    )


def check(session: Session, month: Month = MAY, now: str = "2026-06-03T10:00"):
    return check_month(session, city=CITY, month=month, now=seoul(now))


def test_a_month_reads_and_steps_over_years():
    assert Month.parse(" 2026-12 ").next() == Month(2027, 1)
    assert Month(2026, 1).before() == Month(2025, 12)
    assert Month.of(seoul("2026-05-01T00:00")) == MAY
    assert Month.of(seoul("2026-05-01T00:00") - timedelta(seconds=1)) == Month(2026, 4)
    for text in ("2026-13", "2026-1", "05-2026", "", "1999-01"):
        with pytest.raises(Refused, match="month_malformed"):
            Month.parse(text)


def test_what_came_and_what_went_add_up(database):
    with database.transaction() as session:
        carried = filed(session, "2026-04-29T10:00")
        done_before = filed(session, "2026-04-20T10:00")
        moved(session, done_before, CaseStatus.ANSWERED, "2026-04-21T10:00")
        moved(session, carried, CaseStatus.ANSWERED, "2026-05-20T10:00")  # late
        in_time = filed(session, "2026-05-06T10:00")
        moved(session, in_time, CaseStatus.ANSWERED, "2026-05-07T10:00")
        # Closed long after its answer: the answer counts.
        moved(session, in_time, CaseStatus.CLOSED, "2026-05-29T10:00")
        withdrawn = filed(session, "2026-05-06T11:00")
        moved(session, withdrawn, CaseStatus.WITHDRAWN, "2026-05-30T10:00")
        filed(session, "2026-05-06T12:00")  # overdue
        fresh = filed(session, "2026-05-29T17:00")
        filed(session, "2026-06-01T10:00")  # of the next month
        again = filed(session, "2026-04-13T10:00")
        moved(session, again, CaseStatus.ANSWERED, "2026-04-14T10:00")
        moved(session, again, CaseStatus.REOPENED, "2026-05-28T10:00")
        found = check(session)
        tally = found.all
        assert (tally.carried, tally.received, tally.reopened) == (1, 4, 1)
        assert (tally.in_time, tally.late, tally.otherwise) == (1, 1, 1)
        assert tally.open == 3
        assert [each.number for each in found.late] == [carried.number]
        assert tally.overdue == len(found.overdue)
        assert fresh.number not in {each.number for each in found.overdue}
        incoming = tally.carried + tally.received + tally.reopened
        assert incoming == tally.in_time + tally.late + tally.otherwise + tally.open
        (by_department,) = found.departments.values()
        assert by_department == tally


def test_a_month_reads_the_same_when_its_cases_end_later(database):
    with database.transaction() as session:
        case = filed(session, "2026-05-06T10:00")
        assert check(session).all.open == 1
        moved(session, case, CaseStatus.ANSWERED, "2026-06-20T10:00")
        later = check(session, now="2026-07-03T10:00")
        assert (later.all.open, later.all.overdue, later.all.late) == (1, 1, 0)
        june = check(session, month=MAY.next(), now="2026-07-03T10:00")
        assert (june.all.carried, june.all.late, june.all.open) == (1, 1, 0)


def test_a_month_to_come_and_a_month_without_cases_are_empty(database):
    with database.transaction() as session:
        filed(session, "2026-05-06T10:00")
        for month in (Month(2026, 9), Month(2026, 2)):
            found = check(session, month=month)
            assert found.all.received == found.all.open == 0, month
        lasting = check(session, now="2026-05-06T09:00")
        assert lasting.all.received == 0


def test_late_receipts_extensions_and_supplements_are_counted(database):
    with database.transaction() as session:
        case = filed(session, "2026-05-08T10:00", arrived_at=seoul("2026-05-06T09:30"))
        filed(session, "2026-05-08T10:00", arrived_at=seoul("2026-05-07T19:00"))
        moved(session, case, CaseStatus.EXTENDED, "2026-05-11T10:00")
        moved(session, case, CaseStatus.SUPPLEMENT_REQUESTED, "2026-05-12T10:00")
        found = check(session)
        assert (found.late_receipts, found.extended, found.supplements) == (1, 1, 1)
        # While its citizen is waited for nothing is overdue.
        assert case.number not in {each.number for each in found.overdue}


def table(database: Database, now: str = "2026-06-03T10:00") -> list[dict[str, str]]:
    data = b"".join(ledger_csv(database, city=CITY, month=MAY, now=seoul(now)))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_ledger_names_each_case_of_the_month_in_the_order_of_receipt(database):
    with database.transaction() as session:
        late = filed(session, "2026-05-06T12:00")
        first = filed(session, "2026-05-06T10:00", gu="중구", dong="필동")
        filed(session, "2026-04-30T10:00")
        filed(session, "2026-06-01T00:00")
        moved(session, first, CaseStatus.EXTENDED, "2026-05-07T10:00")
        moved(session, first, CaseStatus.ANSWERED, "2026-05-07T11:00")
        moved(session, late, CaseStatus.ANSWERED, "2026-05-29T11:00")
        numbers = [first.number, late.number]
    rows = table(database)
    assert [row["접수번호"] for row in rows] == numbers
    assert [row["연번"] for row in rows] == ["1", "2"]
    one, two = rows
    assert list(one) == list(COLUMNS)
    assert (one["접수일시"], one["지역"], one["민원명"]) == (
        "2026-05-06 10:00",
        "중구 필동",
        CITY.services[0].name,
    )
    assert (one["처리상태"], one["처리일시"], one["기한 지킴"], one["비고"]) == (
        "답변 완료",
        "2026-05-07 11:00",
        "지킴",
        "기간 연장",
    )
    assert two["기한 지킴"] == "넘김"


def test_the_ledger_carries_no_words_and_no_person(database):
    with database.transaction() as session:
        filed(session, "2026-05-06T10:00", what="⟦전화1⟧로 전화 주세요", place_text="홍길동 집 앞")
    text = str(table(database))
    for word in ("⟦", "전화 주세요", "홍길동"):
        assert word not in text
    assert "연락처 있음" in text


def test_a_ledger_of_several_batches_skips_and_repeats_none(database, monkeypatch):
    monkeypatch.setattr("core.case_ledger.AT_ONCE", 3)
    with database.transaction() as session:
        # Several at the same moment, across the ends of batches.
        numbers = [filed(session, f"2026-05-06T10:0{n // 4}").number for n in range(9)]
    batches = list(ledger_batches(database, city=CITY, month=MAY, now=seoul("2026-06-03T10:00")))
    assert [len(batch) for batch in batches] == [3, 3, 3]
    assert [row.number for batch in batches for row in batch] == numbers
    assert [row.sequence for batch in batches for row in batch] == list(range(1, 10))


def test_an_empty_month_has_its_columns(database):
    assert table(database) == []
    assert "접수번호" in b"".join(ledger_csv(database, city=CITY, month=MAY, now=MAY.end)).decode()


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+82-2-120", "'+82-2-120"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("가로등\n=1", "가로등 =1"),
        ("가로등", "가로등"),
        ("", ""),
        (3, 3),
    ],
)
def test_no_cell_is_a_formula(cell, safe):
    assert safe_cell(cell) == safe


def test_quotes_and_commas_survive_the_file():
    data = b"".join(csv_chunks(["가"], [[['그가 "응, 그래"라고']]])).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data))) == [["가"], ['그가 "응, 그래"라고']]
