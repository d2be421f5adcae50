"""The queue to departments and its breaker: what is written when, growing silence, one probe, erasure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.case_status import CaseStatus
from core.case_wishes import Wish, add_words_and_photos, give_more_time, reopen_case, withdraw_case
from core.cases import Actor, add_note, change_department, change_status
from core.city import Way
from core.database import Database
from core.department_callbacks import Callback, end_callback, record_callback
from core.department_desk import (
    department_states,
    dismiss,
    list_messages,
    probe_now,
    resolve,
    retry,
)
from core.department_events import load_events
from core.department_queue import Result, due_departments, lease_batch, record_results
from core.department_standby import (
    LONGEST_HOLD,
    PROBE,
    allowance,
    hold_after,
    note_failure,
    note_success,
)
from core.erasure import erase_conversation, request_erasure
from core.errors import Refused
from core.models.base import Base
from core.models.conversation import Conversation
from core.models.department import DepartmentCallback, DepartmentMessage
from tests.builders import MONDAY_TEN as NOW
from tests.builders import make_case, make_conversation, make_database, make_result, make_turn
from tests.integrations.department_house import PARKS, ROAD, city_with, service_of

CITY = city_with(
    {
        ROAD: Way(kind="webhook", address="https://road.city.example/"),
        PARKS: Way(kind="mail", address="p@city.example"),
    }
)


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def filed(session, department_id=ROAD, **report):
    count = len(session.scalars(select(DepartmentMessage)).all())
    turn = make_turn(session, conversation=make_conversation(session, address=f"citizen-{count}"))
    return make_case(
        session, turn=turn, city=CITY, service_code=service_of(CITY, department_id), **report
    ).case


def kinds(session) -> list[tuple[str, str]]:
    rows = session.scalars(select(DepartmentMessage).order_by(DepartmentMessage.id))
    return [(row.department_id, row.kind) for row in rows]


def test_a_case_that_is_opened_twice_by_one_turn_goes_out_once(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        for _ in range(2):
            make_case(session, turn=turn, city=CITY, service_code=service_of(CITY, ROAD))
        assert kinds(session) == [(ROAD, "opened")]


def test_what_is_undone_leaves_no_message(database: Database) -> None:
    def refused_afterwards() -> None:
        with database.transaction() as session:
            filed(session)
            raise Refused("anything")

    with pytest.raises(Refused):
        refused_afterwards()
    with database.reading() as session:
        assert kinds(session) == []


def test_both_departments_hear_when_a_case_moves_and_only_the_new_one_afterwards(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = filed(session)
        values = {"city": CITY, "case_id": case.id, "actor": Actor("officer", "1"), "now": NOW}
        change_department(session, department_id=PARKS, reason="공원 안", **values)
        make_result(session, case=case)
        assert kinds(session) == [
            (ROAD, "opened"),
            (ROAD, "moved"),
            (PARKS, "opened"),
            (PARKS, "status"),
        ]
        for department, code in ((PARKS, "department_same"), ("nobody", "department_unknown")):
            with pytest.raises(Refused, match=code):
                change_department(session, department_id=department, reason="x", **values)
        with pytest.raises(Refused, match="stale"):
            change_department(session, department_id=ROAD, reason="x", expected_version=1, **values)


def test_a_department_does_not_hear_what_it_did_itself(database: Database) -> None:
    with database.transaction() as session:
        case = filed(session)
        make_result(session, case=case, actor=Actor("peer", f"department:{ROAD}"))
        assert kinds(session) == [(ROAD, "opened")]


def test_a_later_message_waits_for_an_earlier_one_of_its_case_only(database: Database) -> None:
    with database.transaction() as session:
        first, second = filed(session), filed(session)
        make_result(session, case=first)
        batch = lease_batch(session, department_id=ROAD, limit=10, now=NOW)
        assert [leased.case_id for leased in batch] == [first.id, second.id]
        assert lease_batch(session, department_id=ROAD, limit=10, now=NOW) == []
        # What failed is a person's matter and holds nothing back.
        record_results(session, [Result(batch[0], "failed", "gone: 410")], now=NOW)
        (left,) = lease_batch(session, department_id=ROAD, limit=10, now=NOW)
        assert (left.case_id, left.kind) == (first.id, "status")


def test_a_result_of_a_lease_that_ran_out_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        filed(session)
        (old,) = lease_batch(session, department_id=ROAD, limit=1, now=NOW)
        (new,) = lease_batch(session, department_id=ROAD, limit=1, now=NOW + timedelta(minutes=2))
        assert new.maybe_sent
        assert record_results(session, [Result(old, "sent")], now=NOW) == 1
        assert record_results(session, [Result(new, "failed", "gone")], now=NOW) == 0
        assert [view.state for view in list_messages(session)] == ["failed"]


def test_silence_grows_from_seconds_to_minutes_and_lets_one_probe_through(
    database: Database,
) -> None:
    holds = [hold_after(failures).total_seconds() for failures in range(3, 12)]
    assert holds == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    now = NOW
    with database.transaction() as session:
        for _ in range(3):
            note_failure(session, department_id=ROAD, failure="unreachable", now=now)
        assert allowance(session, department_id=ROAD, limit=40, now=now + timedelta(seconds=4)) == 0
        now += timedelta(seconds=5)
        assert allowance(session, department_id=ROAD, limit=40, now=now) == 1
        # A second worker gets none while the probe is out, and one when the probe was lost.
        assert allowance(session, department_id=ROAD, limit=40, now=now) == 0
        assert allowance(session, department_id=ROAD, limit=40, now=now + PROBE) == 1
        assert allowance(session, department_id=PARKS, limit=40, now=now) == 40
        held = note_failure(session, department_id=ROAD, failure="timeout", now=now, wish=90)
        assert held == now + timedelta(seconds=90)
        assert note_failure(
            session, department_id=ROAD, failure="timeout", now=now, wish=9e9
        ) <= now + timedelta(hours=1)
        note_success(session, department_id=ROAD, now=now)
        assert allowance(session, department_id=ROAD, limit=40, now=now) == 40
    assert hold_after(1000) == LONGEST_HOLD


def test_officers_read_how_many_cases_wait_since_when_and_why(database: Database) -> None:
    with database.transaction() as session:
        case = filed(session)
        filed(session)
        make_result(session, case=case)
        for _ in range(3):
            note_failure(session, department_id=ROAD, failure="unreachable", now=NOW)
        states = {state.department_id: state for state in department_states(session, city=CITY)}
        road = states[ROAD]
        assert (road.waiting, road.cases, road.since, road.failure) == (3, 2, NOW, "unreachable")
        assert (road.answers, road.open_since) == (False, NOW)
        assert states[PARKS].answers
        assert due_departments(session) == [ROAD]
        probe_now(session, city=CITY, department_id=ROAD, by="officer:1", now=NOW)
        assert allowance(session, department_id=ROAD, limit=40, now=NOW) == 1


def test_only_what_is_troubled_can_be_decided_and_only_once(database: Database) -> None:
    with database.transaction() as session:
        for _ in range(3):
            filed(session)
        failed, unsure, waiting = lease_batch(session, department_id=ROAD, limit=3, now=NOW)
        record_results(
            session,
            [
                Result(failed, "failed", "x"),
                Result(unsure, "unsure", "x"),
                Result(waiting, "pending"),
            ],
            now=NOW,
        )
        values = {"by": "officer:1", "now": NOW}
        for refused in (
            lambda: retry(session, message_id=unsure.message_id, **values),
            lambda: retry(session, message_id=waiting.message_id, **values),
            lambda: resolve(session, message_id=failed.message_id, arrived=True, **values),
            lambda: dismiss(session, message_id=waiting.message_id, **values),
        ):
            with pytest.raises(Refused, match="not_troubled"):
                refused()
        dismiss(session, message_id=failed.message_id, **values)
        with pytest.raises(Refused, match="not_troubled"):
            retry(session, message_id=failed.message_id, **values)


def test_a_message_that_waits_holds_no_word_of_the_citizen_and_hears_of_an_erasure(
    database: Database,
) -> None:
    with database.transaction() as session:
        case = filed(session, what="제 이름은 ⟦전화1⟧ 가로등", place_text="시청 ⟦전화1⟧")
        citizen = Actor("citizen", f"conversation:{case.conversation_id}")
        add_note(
            session, case_id=case.id, actor=citizen, reason="더", note="연락은 ⟦메일1⟧", now=NOW
        )
        for table in Base.metadata.sorted_tables:
            if table.name.startswith("department_"):
                rows = [list(map(str, row)) for row in session.execute(select(table))]
                assert "가로등" not in json.dumps(rows, ensure_ascii=False)
                assert "⟦" not in json.dumps(rows, ensure_ascii=False)
        record_callback(
            session,
            Callback(
                ROAD,
                "cb-1",
                "0" * 64,
                NOW,
                None,
                case.number,
                "answered",
                "신청인과 통화함",
                public=True,
            ),
            now=NOW,
        )
        kept = session.scalars(select(DepartmentCallback)).one()
        end_callback(kept, state="refused", failure="illegal_change", now=NOW)
        request_erasure(session, conversation_id=case.conversation_id, by="citizen", now=NOW)
        erase_conversation(session, conversation_id=case.conversation_id, now=NOW)
        batch = lease_batch(session, department_id=ROAD, limit=5, now=NOW)
        session.refresh(kept)
        assert kept.content == {}
        for event in load_events(session, batch, city=CITY).values():
            assert "⟦" not in event.what + event.place + event.note


def test_what_a_citizen_does_with_a_case_reaches_its_department(database: Database) -> None:
    with database.transaction() as session:
        case = filed(session)
        change_status(
            session,
            city=CITY,
            case_id=case.id,
            to=CaseStatus.SUPPLEMENT_REQUESTED,
            actor=Actor("officer", "1", "담당관"),
            reason="확인",
            note="번호를 알려 주세요.",
            now=NOW,
        )

        def wish(words: str) -> Wish:
            talk = session.get_one(Conversation, case.conversation_id)
            turn = make_turn(session, conversation=talk, address=talk.address, text=words)
            return Wish(talk.id, case.number, turn.id, words)

        give_more_time(session, city=CITY, wish=wish("출장"), days=1, now=NOW)
        add_words_and_photos(session, city=CITY, wish=wish("12-3"), photos=(), now=NOW)
        withdraw_case(session, city=CITY, wish=wish("됐어요"), now=NOW)
        reopen_case(session, city=CITY, wish=wish("또요"), now=NOW)
        assert [kind for _, kind in kinds(session)] == [
            *("opened", "status", "note", "note", "status", "status", "status"),
        ]
