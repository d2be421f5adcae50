"""Random legal and illegal changes to a case: history explains its state, on both databases."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from core.case_clock import START, Terms, clock_rows, history_of
from core.case_inspection import begin_inspection, end_inspection, extend_inspection
from core.case_queries import events_of
from core.case_status import ALLOWED, DONE, NOTE_REQUIRED, CaseStatus
from core.cases import Actor, change_department, change_status
from core.city import Department
from core.clock import Period
from core.database import Database
from core.errors import Refused
from core.models.case import Case, CaseDuty
from tests.builders import MONDAY_TEN, make_case, make_database, sample_city

CITY = sample_city()
OFFICER = Actor("officer", "1", "담당관")
GRIEVANCE = next(service.code for service in CITY.services if service.kind == "고충")
INSTANT = next(service.code for service in CITY.services if service.period == "즉시")
CLOCK_REFUSALS = {
    "extension_consent",
    "extension_third",
    "extension_late",
    "extension_too_long",
    "extension_unit",
    "supplement_too_long",
}
lengths = st.sampled_from([None, "1d", "2h", "7d", "8d", "1w"])


class CaseMachine(RuleBasedStateMachine):
    """The model is small: the state, the version, and how many changes were accepted."""

    database: Database

    @initialize(code=st.sampled_from([GRIEVANCE, INSTANT, CITY.services[0].code]))
    def open(self, code: str) -> None:
        self.now = MONDAY_TEN
        with self.database.transaction() as session:
            opened = make_case(session, service_code=code)
            self.case_id = opened.case.id
        self.status, self.version = CaseStatus.RECEIVED, 1

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def change(
        self, to: CaseStatus, *, note: str, terms: Terms, seen: int | None = None
    ) -> str | None:
        """The code of the refusal, or None where it was taken."""
        try:
            with self.database.transaction() as session:
                change_status(
                    session,
                    city=CITY,
                    case_id=self.case_id,
                    to=to,
                    actor=OFFICER,
                    reason="확인",
                    note=note,
                    terms=terms,
                    expected_version=seen,
                    now=self.now,
                )
        except Refused as refused:
            return refused.code
        self.status, self.version = to, self.version + 1
        return None

    @rule(
        to=st.sampled_from(CaseStatus),
        note=st.sampled_from(["알려 드려요.", ""]),
        length=lengths,
        consent=st.booleans(),
        days=st.sampled_from([None, 1, 10, 61]),
    )
    def any_change(
        self, to: CaseStatus, note: str, length: str | None, consent: bool, days: int | None
    ) -> None:
        before = self.status
        extension = None if length is None else Period.parse(length)
        refused = self.change(
            to, note=note, terms=Terms(extension=extension, consent=consent, days=days)
        )
        if to not in ALLOWED[before]:
            assert refused == "illegal_change"
        elif to in NOTE_REQUIRED and not note:
            assert refused == "note_required"
        elif to in (CaseStatus.EXTENDED, CaseStatus.SUPPLEMENT_REQUESTED):
            assert refused is None or refused in CLOCK_REFUSALS
        else:
            assert refused is None

    @rule(to=st.sampled_from(CaseStatus))
    def a_stale_change(self, to: CaseStatus) -> None:
        assert self.change(to, note="늦은 말", terms=Terms(), seen=self.version - 1) == "stale"

    @rule(step=st.sampled_from(["begin", "more", "end"]), days=st.integers(0, 15))
    def inspection(self, step: str, days: int) -> None:
        try:
            with self.database.transaction() as session:
                if step == "end":
                    end_inspection(
                        session,
                        city=CITY,
                        case_id=self.case_id,
                        actor=OFFICER,
                        reason="끝남",
                        now=self.now,
                    )
                else:
                    act = begin_inspection if step == "begin" else extend_inspection
                    act(
                        session,
                        city=CITY,
                        case_id=self.case_id,
                        days=days,
                        actor=OFFICER,
                        reason="조사",
                        note="조사해요.",
                        now=self.now,
                    )
        except Refused as refused:
            code = refused.code
        else:
            code, self.version = "inspection_", self.version + 1
        assert code.startswith("inspection_")

    @precondition(lambda self: self.version > 1)
    @rule(department=st.sampled_from(CITY.departments[:3]))
    def another_department(self, department: Department) -> None:
        try:
            with self.database.transaction() as session:
                change_department(
                    session,
                    city=CITY,
                    case_id=self.case_id,
                    department_id=department.id,
                    actor=OFFICER,
                    reason="잘못 옴",
                    now=self.now,
                )
        except Refused as refused:
            code = refused.code
        else:
            code, self.version = "department_same", self.version + 1
        assert code == "department_same"

    @invariant()
    def history_explains_the_state(self) -> None:
        with self.database.reading() as session:
            case = session.get_one(Case, self.case_id)
            events = events_of(session, case_id=case.id)
            rows = clock_rows(session, case_id=case.id)
            changes = [event for event in events if event.to_status is not None]
            assert (case.status, case.version) == (self.status, self.version)
            assert case.status == changes[-1].to_status
            # Each change begins where the one before it ended, by the table.
            for first, second in pairwise(changes):
                assert second.from_status == first.to_status
                allowed = ALLOWED[CaseStatus(first.to_status)]
                assert CaseStatus(second.to_status) in allowed
            assert case.version == len(events)
            history = history_of(case, rows)
            due = history.due(CITY.calendar)
            assert case.due_at == due.due
            assert case.due_trace == [line.to_data() for line in due.trace]
            self._the_last_move_is_told(case, events)
            assert len(history.extensions) <= 2
            assert (case.paused_at is not None) == (case.status == "supplement_requested")
            decided_by = {event.id: event for event in events}
            assert all(row.event_id in decided_by for row in rows)
            starts = [row for row in rows if row.kind == START]
            assert len(starts) == sum(event.to_status == "reopened" for event in events)
            if CaseStatus(case.status) in DONE:
                owed = CaseDuty.case_id == case.id, CaseDuty.done_at.is_(None)
                assert session.scalars(select(CaseDuty).where(*owed)).all() == []

    @staticmethod
    def _the_last_move_is_told(case: Case, events: list) -> None:
        moved = [event.data["due_to"] for event in events if "due_to" in event.data]
        if moved:
            assert datetime.fromisoformat(moved[-1]) == case.due_at


@pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.require("postgresql"))],
    indirect=True,
)
def test_history_explains_every_state_whatever_officers_try(backend: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sotong-model-"))
    database = make_database(folder)
    machine = type("Machine", (CaseMachine,), {"database": database})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        database.dispose()
        shutil.rmtree(folder)
