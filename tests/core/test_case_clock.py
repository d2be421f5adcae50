"""What moves a case's due time: extension, supplement, inspection, reopening; and what the citizen hears."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_clock import Terms, clock_rows, history_of
from core.case_duties import duties_due
from core.case_inspection import begin_inspection, end_inspection, extend_inspection
from core.case_queries import events_of, list_cases, supplements_arrived
from core.case_status import ALLOWED, TITLES, CaseStatus
from core.case_work import receipts_due, work_of
from core.cases import Actor, add_note, change_status
from core.clock import KST, Period
from core.database import Database
from core.errors import Refused
from core.models.case import Case, CaseDuty
from core.models.conversation import Delivery
from tests.builders import MONDAY_TEN, make_case, make_database, sample_city

OFFICER = Actor("officer", "1", "담당관", "lighting")
CITY = sample_city()
GRIEVANCE = next(service.code for service in CITY.services if service.kind == "고충")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def move(session: Session, case: Case, to: CaseStatus, at: str, **more: Any) -> Case:
    values: dict[str, Any] = {"actor": OFFICER, "reason": "확인", "note": "부품을 기다려요."}
    moved = change_status(
        session, city=CITY, case_id=case.id, to=to, now=seoul(at), **(values | more)
    )
    assert explained(session, moved)
    return moved


def explained(session: Session, case: Case) -> bool:
    """Whether receipt, period and rows give the due time and the trace that the case has."""
    due = history_of(case, clock_rows(session, case_id=case.id)).due(CITY.calendar)
    return (case.due_at, case.due_trace) == (due.due, [line.to_data() for line in due.trace])


def told(session: Session) -> list[str]:
    query = select(Delivery).where(Delivery.kind == "status").order_by(Delivery.id)
    return [row.payload["text"] for row in session.scalars(query)]


def grievance(session: Session, **report: Any) -> Case:
    """A 고충 of seven days, received on Monday 2026-05-04 at ten: due on 5/13."""
    case = make_case(session, service_code=GRIEVANCE, **report).case
    assert (case.kind, case.period, case.due_at) == ("고충", "7d", seoul("2026-05-13T18:00"))
    return case


def test_decree_21_an_extension_has_a_reason_and_a_new_date_that_the_citizen_hears(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = grievance(session)
        moved = move(
            session,
            case,
            CaseStatus.EXTENDED,
            "2026-05-12T10:00",
            terms=Terms(extension=Period.parse("3d")),
        )
        assert moved.due_at == seoul("2026-05-18T18:00")
        assert [line["kind"] for line in moved.due_trace if "kind" in line] == ["extension"]
        (text,) = told(session)
        for part in (
            case.number,
            "2026-05-18 18:00",
            "부품을 기다려요.",
            "가로등·조명팀 담당관",
            "02-120",
        ):
            assert part in text, part
        event = events_of(session, case_id=case.id)[-1]
        assert event.data["due_from"] == "2026-05-13T09:00:00+00:00"
        assert event.data["due_to"] == "2026-05-18T09:00:00+00:00"
        assert event.data["extension"] == "3d"


def test_decree_21_the_second_extension_needs_the_citizen_and_a_third_is_refused(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = grievance(session)
        move(session, case, CaseStatus.EXTENDED, "2026-05-12T10:00")
        assert case.due_at == seoul("2026-05-22T18:00")  # without a length: by the whole period
        with pytest.raises(Refused, match="extension_consent"), session.begin_nested():
            move(session, case, CaseStatus.EXTENDED, "2026-05-13T10:00")
        move(session, case, CaseStatus.EXTENDED, "2026-05-13T10:00", terms=Terms(consent=True))
        assert case.due_at == seoul("2026-06-04T18:00")
        with pytest.raises(Refused, match="extension_third"), session.begin_nested():
            move(session, case, CaseStatus.EXTENDED, "2026-05-14T10:00", terms=Terms(consent=True))


@pytest.mark.parametrize(
    ("at", "length", "code"),
    [
        ("2026-05-12T10:00", "8d", "extension_too_long"),
        ("2026-05-12T10:00", "8h", "extension_unit"),
        ("2026-05-13T18:01", "1d", "extension_late"),
    ],
)
def test_decree_21_no_extension_longer_than_the_period_or_after_its_end(
    database: Database, at: str, length: str, code: str
) -> None:
    with database.transaction() as session:
        case_id = grievance(session).id

    def extend() -> None:
        with database.transaction() as session:
            case = session.get_one(Case, case_id)
            terms = Terms(extension=Period.parse(length))
            move(session, case, CaseStatus.EXTENDED, at, terms=terms)

    with pytest.raises(Refused) as refused:
        extend()
    assert refused.value.code == code
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.status, case.version) == ("received", 1)
        assert case.due_at == seoul("2026-05-13T18:00")


def test_decree_24_the_time_from_asking_for_a_supplement_to_its_arrival_does_not_count(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = grievance(session)
        move(
            session,
            case,
            CaseStatus.SUPPLEMENT_REQUESTED,
            "2026-05-06T10:00",
            note="사진을 보내 주세요.",
            terms=Terms(days=5),
        )
        # Until 5/13 by now: five working days after the sixth. 14, 15, 18, 19, 20, 21 remain.
        assert case.due_at == seoul("2026-05-21T18:00")
        assert case.paused_at == seoul("2026-05-06T10:00")
        (text,) = told(session)
        assert "2026-05-13 18:00까지" in text
        assert "사진을 보내 주세요." in text
        moved = move(session, case, CaseStatus.IN_PROGRESS, "2026-05-08T15:00")
        # 6, 7 and 8 do not count: 4, then 11 to 15, 18.
        assert (moved.due_at, moved.paused_at) == (seoul("2026-05-18T18:00"), None)
        texts = [line["text"] for line in case.due_trace if line.get("kind") == "pause"]
        assert texts == [
            "5/6(수) 보완 기간 제외",
            "5/7(목) 보완 기간 제외",
            "5/8(금) 보완 기간 제외",
        ]


def test_decree_24_a_second_request_gives_ten_days_at_most(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        ask = CaseStatus.SUPPLEMENT_REQUESTED
        move(session, case, ask, "2026-05-06T10:00", terms=Terms(days=20))
        with pytest.raises(Refused) as refused, session.begin_nested():
            move(session, case, ask, "2026-05-08T10:00", terms=Terms(days=11))
        assert (refused.value.code, refused.value.values) == ("supplement_too_long", {"most": 10})
        move(session, case, ask, "2026-05-08T10:00", terms=Terms(days=10))
        assert case.paused_at == seoul("2026-05-08T10:00")
        rows = clock_rows(session, case_id=case.id)
        assert [row.ends_at for row in rows] == [seoul("2026-05-08T10:00"), None]


def test_nothing_is_overdue_while_the_citizen_is_waited_for(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        move(
            session, case, CaseStatus.SUPPLEMENT_REQUESTED, "2026-05-06T10:00", terms=Terms(days=1)
        )
        later = seoul("2026-06-30T10:00")
        assert list_cases(session, overdue_at=later) == []
        work = work_of(session, city=CITY, now=later)
        assert work.overdue.count == 0
        assert [each.id for each in work.supplements.cases] == [case.id]


def inspect(session: Session, case: Case, at: str, days: int = 14) -> Case:
    return begin_inspection(
        session,
        city=CITY,
        case_id=case.id,
        days=days,
        actor=OFFICER,
        reason="현장조사",
        note="현장을 재어 봐야 해요.",
        now=seoul(at),
    )


def test_decree_17_the_days_of_an_inspection_do_not_count(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        inspect(session, case, "2026-05-08T09:00", days=3)
        # 8, 11 and 12 are inspected; 4, 6, 7, then 13, 14, 15, 18.
        assert case.due_at == seoul("2026-05-18T18:00")
        assert explained(session, case)
        (text,) = told(session)
        assert "2026-05-12 18:00까지" in text
        assert "2026-05-18 18:00" in text
        extend_inspection(
            session,
            city=CITY,
            case_id=case.id,
            days=2,
            actor=OFFICER,
            reason="더 조사",
            note="비가 와서 늦어져요.",
            now=seoul("2026-05-12T10:00"),
        )
        assert case.due_at == seoul("2026-05-20T18:00")
        assert explained(session, case)
        end_inspection(
            session,
            city=CITY,
            case_id=case.id,
            actor=OFFICER,
            reason="끝남",
            now=seoul("2026-05-13T17:00"),
        )
        assert case.due_at == seoul("2026-05-19T18:00")
        assert explained(session, case)


@pytest.mark.parametrize(
    ("days", "code"), [(15, "inspection_too_long"), (0, "inspection_too_long")]
)
def test_decree_17_an_inspection_takes_fourteen_days_at_most(
    database: Database, days: int, code: str
) -> None:
    with pytest.raises(Refused, match=code), database.transaction() as session:
        inspect(session, grievance(session), "2026-05-08T09:00", days=days)


def test_decree_17_only_a_grievance_in_work_is_inspected_and_once(database: Database) -> None:
    with database.transaction() as session:
        other = make_case(session).case
        with pytest.raises(Refused, match="inspection_kind"):
            inspect(session, other, "2026-05-08T09:00")
        case = grievance(session)
        inspect(session, case, "2026-05-06T09:00", days=1)
        with pytest.raises(Refused, match="inspection_again"):
            inspect(session, case, "2026-05-08T09:00")
        move(session, case, CaseStatus.ANSWERED, "2026-05-08T10:00")
        with pytest.raises(Refused, match="inspection_state"):
            inspect(session, case, "2026-05-08T11:00")


def test_a_reopened_case_has_its_period_anew(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        move(session, case, CaseStatus.EXTENDED, "2026-05-12T10:00")
        move(session, case, CaseStatus.ANSWERED, "2026-05-13T10:00")
        move(session, case, CaseStatus.REOPENED, "2026-06-15T10:00")
        assert case.due_at == seoul("2026-06-23T18:00")
        # And may be extended again.
        move(session, case, CaseStatus.EXTENDED, "2026-06-16T10:00")


@pytest.mark.parametrize(
    ("kind", "to", "expected", "never"),
    [
        ("법정", CaseStatus.REJECTED, "이의신청", "국민권익위원회"),
        ("법정", CaseStatus.ANSWERED, "행정심판", "이의신청"),
        ("고충", CaseStatus.REJECTED, "다시 고충민원", "이의신청"),
        ("질의", CaseStatus.REJECTED, "국민권익위원회", "이의신청"),
        ("기타", CaseStatus.ANSWERED, "국민권익위원회", "이의신청"),
        ("소통", CaseStatus.REJECTED, "정식 민원", "이의신청"),
    ],
)
def test_law_35_an_objection_is_offered_only_against_a_refused_legal_matter(
    database: Database, kind: str, to: CaseStatus, expected: str, never: str
) -> None:
    with database.transaction() as session:
        case = make_case(session).case
        case.kind = kind
        move(session, case, to, "2026-05-04T11:00")
        (text,) = told(session)[:1]
        assert expected in text
        assert never not in text


@pytest.mark.parametrize(
    "to",
    [
        CaseStatus.ANSWERED,
        CaseStatus.REJECTED,
        CaseStatus.EXTENDED,
        CaseStatus.SUPPLEMENT_REQUESTED,
        CaseStatus.TRANSFERRED,
    ],
)
def test_decree_31_a_notice_names_the_officers_department_name_and_phone(
    database: Database, to: CaseStatus
) -> None:
    with database.transaction() as session:
        move(session, make_case(session).case, to, "2026-05-04T11:00")
        text = told(session)[0]
        assert "가로등·조명팀 담당관" in text
        assert CITY.department("lighting").phone in text


def test_decree_13_the_citizen_hears_which_agency_has_the_matter_now(database: Database) -> None:
    with database.transaction() as session:
        case = make_case(session).case
        terms = Terms(agency="한국전력공사")
        move(session, case, CaseStatus.TRANSFERRED, "2026-05-04T11:00", terms=terms)
        assert "한국전력공사(으)로 보냈어요" in told(session)[0]
        assert list_cases(session, overdue_at=seoul("2026-12-01T10:00")) == []
        assert session.scalars(select(CaseDuty)).all() == []


def test_an_illegal_change_tells_what_is_possible_instead(database: Database) -> None:
    with database.transaction() as session:
        case = move(session, make_case(session).case, CaseStatus.ANSWERED, "2026-05-04T11:00")
        with pytest.raises(Refused) as refused:
            move(session, case, CaseStatus.ASSIGNED, "2026-05-04T12:00")
    possible = refused.value.values["allowed"]
    assert possible == ", ".join(
        TITLES[state] for state in CaseStatus if state in ALLOWED[CaseStatus.ANSWERED]
    )
    sentence = CITY.texts.render("refused_illegal_change", **refused.value.values)
    assert sentence == (
        "‘답변 완료’에서 ‘담당자 배정’(으)로는 바꿀 수 없어요. 지금 바꿀 수 있는 상태: 종결, 다시 처리."
    )


def test_a_new_case_has_its_reminders_its_progress_and_its_demand(database: Database) -> None:
    with database.transaction() as session:
        grievance(session)
        rows = session.scalars(select(CaseDuty).order_by(CaseDuty.at)).all()
        assert [(row.kind, row.at) for row in rows] == [
            ("remind", seoul("2026-05-13T09:00")),
            ("remind", seoul("2026-05-13T17:00")),
            ("demand", seoul("2026-05-14T09:00")),
            ("progress", seoul("2026-06-04T09:00")),
        ]
        assert [row.kind for row in duties_due(session, now=seoul("2026-05-13T12:00"))] == [
            "remind"
        ]


def test_what_is_owed_follows_the_due_time_and_ends_with_the_case(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        move(session, case, CaseStatus.EXTENDED, "2026-05-12T10:00")
        rows = session.scalars(select(CaseDuty).where(CaseDuty.kind == "demand")).all()
        assert [row.at for row in rows] == [seoul("2026-05-26T09:00")]
        move(session, case, CaseStatus.ANSWERED, "2026-05-13T10:00")
        assert session.scalars(select(CaseDuty)).all() == []


def test_the_work_of_a_day_is_what_is_overdue_soon_due_and_to_be_told(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        early = work_of(session, city=CITY, now=MONDAY_TEN)
        assert not early.any()
        soon = work_of(session, city=CITY, now=seoul("2026-05-13T10:00"))
        assert [each.id for each in soon.today.cases] == [case.id]
        assert soon.soon.count == 0
        eve = work_of(session, city=CITY, now=seoul("2026-05-12T18:00"))
        assert ([each.id for each in eve.soon.cases], eve.today.count) == ([case.id], 0)
        late = work_of(session, city=CITY, now=seoul("2026-06-03T10:00"))
        assert [each.id for each in late.overdue.cases] == [case.id]
        assert [each.id for each in late.progress.cases] == [case.id]


def test_decree_6_what_arrived_must_be_received_within_eight_working_hours() -> None:
    arrivals = [
        (3, seoul("2026-05-06T09:30")),
        (1, seoul("2026-05-04T10:00")),
        (2, seoul("2026-05-04T23:00")),
    ]
    for at, late in (("09:59", []), ("10:01", [1]), ("18:01", [1, 2])):
        found = receipts_due(arrivals, city=CITY, now=seoul(f"2026-05-06T{at}"))
        # The most urgent stands first, whatever order they came in.
        assert [each.conversation_id for each in found] == [1, 2, 3]
        assert [each.conversation_id for each in found if each.late] == late


def test_an_arrival_beyond_the_calendar_waits_without_a_time() -> None:
    (found,) = receipts_due([(1, seoul("2040-05-04T10:00"))], city=CITY, now=MONDAY_TEN)
    assert (found.by, found.late) == (None, False)


def test_a_citizens_words_are_no_arrival_before_something_was_asked(database: Database) -> None:
    with database.transaction() as session:
        case = grievance(session)
        citizen = Actor("citizen", f"conversation:{case.conversation_id}")
        add_note(
            session, case_id=case.id, actor=citizen, reason="덧붙임", note="더", now=MONDAY_TEN
        )
        move(session, case, CaseStatus.SUPPLEMENT_REQUESTED, "2026-05-06T10:00")
        assert supplements_arrived(session) == []
        at = seoul("2026-05-06T10:00") + timedelta(minutes=5)
        add_note(session, case_id=case.id, actor=citizen, reason="덧붙임", note="네", now=at)
        assert supplements_arrived(session) == [(case.id, at)]
