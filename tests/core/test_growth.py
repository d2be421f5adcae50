"""What a turn and the officers' lists ask of the database does not grow with what lies there.

No query may read a whole table of those that grow: the plans are asked for, which is quicker and surer
than measuring. PostgreSQL plans as for large tables (`enable_seqscan = off` leaves a table scan only where
no index helps).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bots.telegram_sender import PACE
from core.audit import record_audit
from core.case_checks import check_month
from core.case_flags import flags_of, kinds_of
from core.case_follow import count_followers, follow_case, followed_cases, unfollow
from core.case_hearers import hearers
from core.case_ledger import ledger_batches
from core.case_list import CaseFilter, Due, Order, State, count_cases, find_page
from core.case_month import Month
from core.case_queries import cases_of, events_of, find_case, list_cases
from core.case_status import CaseStatus
from core.conversations import answer_turn, lease_conversation, next_turn, release_lease
from core.database import Database
from core.deliveries import feed, lease_next, next_chance
from core.delivery_batches import Success, lease_batch, mark_all_sent
from core.department_callbacks import callbacks_due
from core.department_queue import due_departments
from core.desk import channels_in_use, list_conversations, waiting_rows
from core.drafts import drafts_to_lapse, drafts_to_remind, open_draft, save_draft
from core.erasure import erase_conversation, request_erasure
from core.handovers import answer, hand_back, take
from core.inbound import TurnKind
from core.nearby import Spot, find_nearby
from core.policy_questions import (
    Outcome,
    last_question,
    rate_answer,
    ratings_of,
    record_question,
    unanswered_questions,
)
from core.post_queries import list_posts
from core.queue_figures import oldest_waiting, read_queue_figures
from core.ratings import rateable_cases, summary_since
from core.replies import Reply
from core.transcript import transcript
from core.turn_changes import are_waiting_for
from core.turn_queue import due_turn, waiting_conversations
from dialogue.door import Door
from tests.builders import (
    MONDAY_TEN,
    Clock,
    make_case,
    make_database,
    make_message,
    make_officer,
    make_result,
    make_turn,
    make_vault,
    sample_city,
)
from tests.dialogue.runner_house import House, ScriptedRasa, say

GROWS = (
    "conversation|turn|delivery|attachment|draft|handover|vault_item|audit_entry|civil_case"
    "|case_event|case_rating|case_flag|case_follow|case_merge|lookup_attempt|policy_question"
)
# Reading the newest line by the primary key, which SQLite calls a scan.
BY_KEY = re.compile(r"FROM (\w+) ORDER BY \1\.id DESC\s+LIMIT")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def whole_tables(database: Database, work: Any) -> list[str]:
    """The statements of ``work`` that read a table that grows from its beginning to its end."""
    found: list[str] = []

    def look(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
            return
        driver = connection.connection.dbapi_connection
        walked: list[str] = []
        if database.is_sqlite:
            lines = [
                row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            bad = re.compile(
                rf"SCAN ({GROWS})\b(?! USING (COVERING )?INDEX ix_\w+_(open|failed|troubled))"
            )
            in_order = "LIMIT" in statement and not any("TEMP B-TREE" in line for line in lines)
            # Counted up to so many: the index is walked inside, and no further than the limit.
            walk_of = lines[lines[0].startswith("CO-ROUTINE")]
            if BY_KEY.search(statement) or (
                in_order and re.search(r"USING (COVERING )?INDEX", walk_of)
            ):
                return  # As many steps in an index as rows are wanted.
        elif "pg_advisory" in statement:
            return
        else:
            with driver.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {statement}", parameters)
                lines = [row[0] for row in cursor.fetchall()]
            bad = re.compile(rf"Seq Scan on ({GROWS})\b")
            # All rows through the primary key, each of them looked at, is a table scan by another name.
            walk = re.compile(rf"Index Scan (Backward )?using \w+_pkey on ({GROWS})\b")
            walked = [a for a, b in pairwise(lines) if walk.search(a) and "Filter:" in b]
        if walked or any(bad.search(line) for line in lines):
            found.append(" ".join(statement.split()) + "\n" + "\n".join(lines))

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", look)
    return found


def test_a_turn_from_the_door_to_its_sending_reads_no_whole_table(database: Database) -> None:
    door = Door(database=database, vault=make_vault(), city=sample_city(), now=Clock())

    def turn() -> None:
        message = make_message(text="010-0000-0000으로 전화 주세요", address="b")
        talk = door.receive(message).conversation_id
        with database.reading() as session:
            assert waiting_conversations(session, now=MONDAY_TEN) == [talk]
            assert due_turn(session, conversation_id=talk, now=MONDAY_TEN)
        with database.transaction() as session:
            lease = lease_conversation(session, conversation_id=talk, now=MONDAY_TEN)
            assert lease is not None
            row = next_turn(session, lease=lease, now=MONDAY_TEN)
            assert row is not None
            save_draft(session, conversation_id=talk, slots={}, requested_slot=None, now=MONDAY_TEN)
            open_draft(session, conversation_id=talk)
            case = make_case(session, turn=row).case
            make_result(session, case=case)
            rateable_cases(session, conversation_id=talk)
            cases_of(session, conversation_id=talk)
            events_of(session, case_id=case.id)
            replies = [Reply("답")]
            answer_turn(session, lease=lease, turn_id=row.id, replies=replies, now=MONDAY_TEN)
            release_lease(session, lease=lease)
            token = "⟦전화1⟧"
            make_vault().reveal(
                session,
                conversation_id=talk,
                token=token,
                purpose="회신",
                actor="x",
                now=MONDAY_TEN,
            )
        with database.transaction() as session:
            for sending in (
                lease_next(session, now=MONDAY_TEN, conversation_id=talk, channels={"web": None}),
                *lease_batch(session, now=MONDAY_TEN, channels=["web"], most=32),
            ):
                if sending is not None:
                    mark_all_sent(session, successes=[Success(sending, "1", 0, ())], now=MONDAY_TEN)
            lease_next(session, now=MONDAY_TEN, channels={"web": None, "telegram": PACE})
        with database.reading() as session:
            next_chance(
                session,
                now=MONDAY_TEN,
                until=MONDAY_TEN + timedelta(seconds=2),
                channels={"web": None, "telegram": PACE},
            )
            feed(session, conversation_id=talk)

    assert whole_tables(database, turn) == []


def test_a_talk_with_questions_and_presses_reads_no_whole_table(database: Database) -> None:
    rasa = ScriptedRasa()
    house = House(database, rasa)
    rasa.answer = lambda body: say("어디인가요?", choices=[{"title": "네", "payload": "/affirm"}])

    def talk() -> None:
        house.hear("가로등이 꺼졌어요")
        for choice in ("1.0", "1.0", "2.0"):
            house.hear(kind=TurnKind.CHOICE, choice=choice)
        house.hear("1번")
        house.hear("네", reply_to="1")

    try:
        assert whole_tables(database, talk) == []
        assert len(rasa.requests) >= 4
    finally:
        house.runner.stop()
        house.client.close()
        rasa.close()


def test_the_officers_pages_read_no_whole_table(database: Database) -> None:
    def prepare(session: Session) -> tuple[int, int]:
        turn = make_turn(session)
        make_result(session, case=make_case(session, turn=turn).case)
        return turn.conversation_id, make_officer(session)

    with database.transaction() as session:
        talk, officer = prepare(session)

    def pages() -> None:
        with database.reading() as session:
            for filters in (
                {},
                {"offset": 50},
                {"status": CaseStatus.ANSWERED},
                {"department_id": "x"},
                {"overdue_at": MONDAY_TEN},
            ):
                list_cases(session, **filters)
            find_case(session, number="2026-000001")
            list_conversations(session)
            list_conversations(session, search="2026-000001")
            list_conversations(session, channel="web")
            assert channels_in_use(session) == ["web"]
            waiting_rows(session)
            transcript(session, conversation_id=talk)
            summary_since(session, since=MONDAY_TEN)
            drafts_to_remind(session, now=MONDAY_TEN)
            drafts_to_lapse(session, now=MONDAY_TEN)
            list_posts(session)
        with database.transaction() as session:
            values = {"conversation_id": talk, "officer_id": officer, "now": MONDAY_TEN}
            take(session, notice=Reply("맡음"), **values)
            answer(session, text="답", form_id="f", **values)
            hand_back(session, notice=Reply("돌려줌"), **values)
            record_audit(session, actor="x", action="look", subject="y", now=MONDAY_TEN)

    assert whole_tables(database, pages) == []


LISTS = (
    CaseFilter(),
    CaseFilter(state=State.ALL),
    CaseFilter(state=State.DONE),
    CaseFilter(state=State.ALL, order=Order.NEW),
    CaseFilter(state=CaseStatus.ANSWERED),
    CaseFilter(department_id="x"),
    CaseFilter(state=State.ALL, department_id="x"),
    CaseFilter(state=State.ALL, service_code="x"),
    CaseFilter(state=State.ALL, gu="x"),
    CaseFilter(state=State.ALL, gu="x", department_id="y", service_code="z"),
    *(CaseFilter(due=due) for due in Due),
    CaseFilter(flag="any"),
    CaseFilter(flag="joint", state=State.ALL),
)


def test_the_list_of_cases_reads_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        case = make_case(session).case.id

    key = "1777856400000000-1"

    def pages() -> None:
        with database.reading() as session:
            for wanted in LISTS:
                for keys in ({}, {"after": key}, {"before": key}):
                    find_page(session, wanted, limit=25, now=MONDAY_TEN, **keys)
                count_cases(session, wanted, now=MONDAY_TEN)
            kinds_of(session, case_ids=[case])
            flags_of(session, case_id=case)

    assert whole_tables(database, pages) == []


def test_a_month_of_cases_reads_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        make_result(session, case=make_case(session).case)
        make_case(session)
    month = Month.of(MONDAY_TEN)

    def look() -> None:
        for each in (month, month.next()):
            values = {"city": sample_city(), "month": each, "now": month.next().end}
            list(ledger_batches(database, **values))
            with database.reading() as session:
                assert check_month(session, **values).all.open == 1

    assert whole_tables(database, look) == []


def test_looking_for_near_reports_reads_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        case = make_case(session, turn=turn, lat=37.5663, long=126.9779).case

    def look() -> None:
        with database.reading() as session:
            for words in ("시청역 2번 출구", "길가"):
                spot = Spot(case.service_code, "등", words, lat=37.5663, long=126.9779)
                assert find_nearby(session, city=sample_city(), spot=spot, now=MONDAY_TEN)
            hearers(session, case.id)
            count_followers(session, case_id=case.id)
        with database.transaction() as session:
            follow_case(session, conversation_id=1, case_id=case.id, now=MONDAY_TEN)
            followed_cases(session, conversation_id=1)
            unfollow(session, conversation_id=1, now=MONDAY_TEN)

    assert whole_tables(database, look) == []


def test_a_policy_question_and_the_lists_of_them_read_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        talk, turn_id = turn.conversation_id, turn.id

    def work() -> None:
        for outcome in (Outcome.UNANSWERED, Outcome.ANSWERED):
            with database.transaction() as session:
                row = record_question(
                    session,
                    turn_id=turn_id,
                    conversation_id=talk,
                    question="수수료 얼마예요?",
                    outcome=outcome,
                    article_key="passport" if outcome is Outcome.ANSWERED else None,
                    sureness=0.5,
                    now=MONDAY_TEN,
                )
                unanswered_questions(session, since=MONDAY_TEN, limit=50)
        with database.transaction() as session:
            last_question(session, conversation_id=talk, before_turn=turn_id + 1)
            rate_answer(
                session, conversation_id=talk, question_id=row.id, helpful=True, now=MONDAY_TEN
            )
            assert ratings_of(session, article_key="passport") == (1, 0)

    assert whole_tables(database, work) == []


def test_an_erasure_reads_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        talk = make_turn(session).conversation_id
        request_erasure(session, conversation_id=talk, by="citizen", now=MONDAY_TEN)

    def erase() -> None:
        with database.transaction() as session:
            erase_conversation(session, conversation_id=talk, now=MONDAY_TEN)

    assert whole_tables(database, erase) == []


def test_what_is_asked_all_the_time_reads_no_whole_table(database: Database) -> None:
    with database.transaction() as session:
        make_turn(session)

    def looks() -> None:
        with database.reading() as session:
            oldest_waiting(session)
            read_queue_figures(session)
            are_waiting_for(session, failure="rasa away")
            due_departments(session)
            callbacks_due(session, now=MONDAY_TEN)

    assert whole_tables(database, looks) == []
