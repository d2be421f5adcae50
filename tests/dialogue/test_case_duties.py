"""What is owed about cases is done when its time comes, once, and the officer or the citizen hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.case_queries import events_of
from core.case_status import CaseStatus
from core.cases import Actor, Terms, add_note, change_status
from core.clock import KST
from core.database import Database
from core.models.case import Case
from core.models.conversation import Delivery
from dialogue.case_duties import look_after_cases
from tests.builders import Clock, make_case, make_database, sample_city

CITY = sample_city()
GRIEVANCE = next(service.code for service in CITY.services if service.kind == "고충")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


@pytest.fixture
def case_id(database: Database) -> int:
    """A 고충 received on 2026-05-04 at ten, due on 5/13 at 18:00."""
    with database.transaction() as session:
        return make_case(session, service_code=GRIEVANCE).case.id


def look(database: Database, at: str) -> int:
    return look_after_cases(database=database, city=CITY, now=Clock(seoul(at)))


def kinds(database: Database, case_id: int) -> list[str]:
    with database.reading() as session:
        return [event.kind for event in events_of(session, case_id=case_id)]


def texts(database: Database) -> list[str]:
    with database.reading() as session:
        rows = session.scalars(select(Delivery).where(Delivery.kind == "status"))
        return [row.payload["text"] for row in rows]


def test_the_officer_is_reminded_before_the_due_time_and_nobody_else_hears_of_it(
    database: Database, case_id: int
) -> None:
    assert look(database, "2026-05-13T08:59") == 0
    assert look(database, "2026-05-13T09:00") == 1
    assert look(database, "2026-05-13T09:00") == 0
    assert look(database, "2026-05-13T17:30") == 1
    assert kinds(database, case_id) == ["opened", "remind", "remind"]
    assert texts(database) == []
    with database.reading() as session:
        # A page that an officer has open stays good.
        assert session.get_one(Case, case_id).version == 1


def test_decree_28_what_is_overdue_is_demanded_every_five_working_days(
    database: Database, case_id: int
) -> None:
    look(database, "2026-05-13T18:00")
    assert look(database, "2026-05-14T09:00") == 1
    assert look(database, "2026-05-20T18:00") == 0
    assert look(database, "2026-05-21T09:00") == 1
    assert kinds(database, case_id)[-2:] == ["demand", "demand"]
    with database.reading() as session:
        reason = events_of(session, case_id=case_id)[-1].reason
    assert "2026-05-13 18:00" in reason


def test_decree_23_the_citizen_hears_every_thirty_days_how_far_it_is(
    database: Database, case_id: int
) -> None:
    # Thirty days after 5/4 is the election of 6/3.
    look(database, "2026-06-03T10:00")
    assert texts(database) == []
    look(database, "2026-06-04T09:00")
    (text,) = texts(database)
    with database.reading() as session:
        case = session.get_one(Case, case_id)
    department = CITY.department(case.department_id)
    for part in (case.number, "접수", "2026-05-13 18:00", department.name, department.phone):
        assert part in text
    look(database, "2026-06-30T10:00")
    assert len(texts(database)) == 1
    look(database, "2026-07-03T09:00")
    assert len(texts(database)) == 2


def test_nothing_is_owed_about_what_is_answered(database: Database, case_id: int) -> None:
    with database.transaction() as session:
        change_status(
            session,
            city=CITY,
            case_id=case_id,
            to=CaseStatus.ANSWERED,
            actor=Actor("officer", "1", "담당관"),
            reason="끝",
            note="고쳤어요.",
            now=seoul("2026-05-12T10:00"),
        )
    assert look(database, "2026-09-01T10:00") == 0


def test_decree_24_the_period_runs_again_from_the_moment_the_supplement_arrived(
    database: Database, case_id: int
) -> None:
    with database.transaction() as session:
        case = change_status(
            session,
            city=CITY,
            case_id=case_id,
            to=CaseStatus.SUPPLEMENT_REQUESTED,
            actor=Actor("officer", "1", "담당관"),
            reason="사진이 없음",
            note="사진을 보내 주세요.",
            terms=Terms(days=7),
            now=seoul("2026-05-06T10:00"),
        )
        citizen = Actor("citizen", f"conversation:{case.conversation_id}")
        add_note(
            session,
            case_id=case_id,
            actor=citizen,
            reason="시민이 덧붙임",
            note="두 번째 기둥이에요",
            now=seoul("2026-05-08T11:00"),
        )
    # The worker looks later; what counts is when it arrived.
    assert look(database, "2026-05-11T09:00") == 1
    assert look(database, "2026-05-11T09:00") == 0
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.status, case.paused_at) == ("in_progress", None)
        assert case.due_at == seoul("2026-05-18T18:00")
        assert events_of(session, case_id=case_id)[-1].actor_kind == "system"
    assert "보완해 주신 내용을 받았어요" in texts(database)[-1]
