"""What a citizen does with an own case: once however often, late, when it has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.case_clock import Terms, clock_rows
from core.case_links import link_case
from core.case_queries import events_of
from core.case_status import CaseStatus
from core.case_wishes import (
    Wish,
    add_words_and_photos,
    give_more_time,
    object_to_case,
    objection_until,
    reopen_case,
    take_back_words,
    withdraw_case,
)
from core.errors import Refused
from core.models.case import Case
from core.models.conversation import Delivery
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_result,
    make_turn,
    sample_city,
)

CITY = sample_city()
WORDS = "아직도 꺼져 있어요"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = make_database(tmp_path)
    with database.transaction() as session:
        yield session
    database.dispose()


def wish(session: Session, case: Case, words: str = "", seen: str | None = None) -> Wish:
    talk = make_conversation(session)
    turn = make_turn(session, conversation=talk, text=words or "그 민원요")
    return Wish(talk.id, case.number, turn.id, words, seen)


def legal(session: Session, **change: object) -> Case:
    case = make_case(session).case
    case.kind = "법정"
    return make_result(
        session, case=case, to=CaseStatus.REJECTED, note="요건이 맞지 않습니다.", **change
    )


def waiting(session: Session, *, days: int = 7) -> Case:
    return make_result(
        session,
        to=CaseStatus.SUPPLEMENT_REQUESTED,
        note="기둥 번호를 알려 주세요.",
        terms=Terms(days=days),
    )


def told(session: Session, case: Case) -> list[str]:
    return [
        str(each.payload["text"]) for each in session.query(Delivery).filter_by(case_id=case.id)
    ]


def refused(code: str):
    return pytest.raises(Refused, match=f"^{code}")


def test_the_same_message_worked_twice_withdraws_once_and_asks_nobody_again(
    session: Session,
) -> None:
    case = make_case(session).case
    mine = wish(session, case, "이미 고쳐졌어요")
    withdraw_case(session, city=CITY, wish=mine, now=MONDAY_TEN)
    version = case.version
    withdraw_case(session, city=CITY, wish=mine, now=MONDAY_TEN)
    assert (case.status, case.version) == ("withdrawn", version)
    event = events_of(session, case_id=case.id)[-1]
    assert (event.actor_kind, event.note, event.public) == ("citizen", "이미 고쳐졌어요", True)


def test_who_did_it_is_not_told_by_a_notice_but_who_follows_is(session: Session) -> None:
    opened = make_case(session)
    other = make_conversation(session, address="b" * 64)
    link_case(
        session,
        city=CITY,
        codes=CODES,
        conversation_id=other.id,
        number=opened.case.number,
        code=opened.lookup_code,
        now=MONDAY_TEN,
    )
    withdraw_case(session, city=CITY, wish=wish(session, opened.case), now=MONDAY_TEN)
    heard = session.query(Delivery).filter_by(kind="status", case_id=opened.case.id).all()
    assert [each.conversation_id for each in heard] == [other.id]


def test_a_follower_and_a_stranger_may_not_act(session: Session) -> None:
    opened = make_case(session)
    other = make_conversation(session, address="b" * 64)
    turn = make_turn(session, conversation=other, address="b" * 64)
    theirs = Wish(other.id, opened.case.number, turn.id)
    with refused("case_not_yours"):
        withdraw_case(session, city=CITY, wish=theirs, now=MONDAY_TEN)
    link_case(
        session,
        city=CITY,
        codes=CODES,
        conversation_id=other.id,
        number=opened.case.number,
        code=opened.lookup_code,
        now=MONDAY_TEN,
    )
    with refused("case_followed"):
        withdraw_case(session, city=CITY, wish=theirs, now=MONDAY_TEN)
    assert opened.case.status == "received"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (CaseStatus.ANSWERED, "done"),
        (CaseStatus.TRANSFERRED, "transferred"),
        (CaseStatus.MERGED, "merged"),
        (CaseStatus.WITHDRAWN, "withdrawn"),
    ],
)
def test_what_is_done_or_elsewhere_is_not_withdrawn(
    session: Session, state: CaseStatus, code: str
) -> None:
    case = make_result(session, to=state)
    with refused(code):
        withdraw_case(session, city=CITY, wish=wish(session, case), now=MONDAY_TEN)


def test_a_case_that_changed_since_it_was_asked_about_is_left_alone(session: Session) -> None:
    case = make_case(session).case
    mine = wish(session, case, seen=case.status)
    make_result(session, case=case, to=CaseStatus.IN_PROGRESS)
    with refused("changed"):
        withdraw_case(session, city=CITY, wish=mine, now=MONDAY_TEN)


def test_a_withdrawal_is_undone_without_words_and_the_period_begins_anew(session: Session) -> None:
    case = make_case(session).case
    due = case.due_at
    withdraw_case(session, city=CITY, wish=wish(session, case), now=MONDAY_TEN)
    later = MONDAY_TEN + timedelta(days=2)
    reopen_case(session, city=CITY, wish=wish(session, case), now=later)
    assert case.status == "reopened"
    assert case.due_at > due


def test_a_result_is_looked_at_again_only_with_words(session: Session) -> None:
    case = make_result(session)
    with refused("words_missing"):
        reopen_case(session, city=CITY, wish=wish(session, case), now=MONDAY_TEN)
    reopen_case(session, city=CITY, wish=wish(session, case, WORDS), now=MONDAY_TEN)
    assert events_of(session, case_id=case.id)[-1].note == WORDS
    with refused("open"):
        reopen_case(session, city=CITY, wish=wish(session, case, WORDS), now=MONDAY_TEN)


def test_only_a_refusal_by_law_is_objected_to_once_and_decided_in_ten_days(
    session: Session,
) -> None:
    case = legal(session)
    with refused("object"):
        reopen_case(session, city=CITY, wish=wish(session, case, WORDS), now=MONDAY_TEN)
    mine = wish(session, case, "서류는 모두 냈습니다")
    object_to_case(session, city=CITY, wish=mine, now=MONDAY_TEN)
    object_to_case(session, city=CITY, wish=mine, now=MONDAY_TEN)
    assert case.status == "reopened"
    assert case.due_at == datetime.fromisoformat("2026-05-18T18:00+09:00")
    assert (
        sum(bool(each.data.get("objection")) for each in events_of(session, case_id=case.id)) == 1
    )
    make_result(session, case=case, to=CaseStatus.REJECTED, note="결정을 유지합니다.")
    with refused("objected"):
        object_to_case(session, city=CITY, wish=wish(session, case, WORDS), now=MONDAY_TEN)


@pytest.mark.parametrize(
    ("kind", "to", "code"),
    [
        ("기타", CaseStatus.REJECTED, "not_legal"),
        ("법정", CaseStatus.ANSWERED, "not_refused"),
        ("법정", CaseStatus.IN_PROGRESS, "open"),
        ("법정", CaseStatus.TRANSFERRED, "transferred"),
    ],
)
def test_where_the_law_gives_no_objection_the_reason_is_named(
    session: Session, kind: str, to: CaseStatus, code: str
) -> None:
    case = make_case(session).case
    case.kind = kind
    make_result(session, case=case, to=to)
    with refused(code):
        object_to_case(session, city=CITY, wish=wish(session, case, WORDS), now=MONDAY_TEN)


def test_the_sixtieth_day_still_counts_and_a_day_off_moves_it_on() -> None:
    # From 4 May the 60th day is Friday, 3 July; from 5 May it is a Saturday, so Monday counts.
    friday = objection_until(CITY, noticed_at=MONDAY_TEN)
    assert friday == datetime.fromisoformat("2026-07-03T23:59:59+09:00")
    monday = objection_until(CITY, noticed_at=MONDAY_TEN + timedelta(days=1))
    assert monday == datetime.fromisoformat("2026-07-06T23:59:59+09:00")


def test_a_late_objection_is_refused_counted_from_when_the_notice_arrived(session: Session) -> None:
    case = legal(session)
    late = MONDAY_TEN + timedelta(days=61)
    mine = wish(session, case, WORDS)
    with refused("late"):
        object_to_case(session, city=CITY, wish=mine, now=late)
    for each in session.query(Delivery).filter_by(case_id=case.id, kind="status"):
        each.sent_at = MONDAY_TEN + timedelta(days=2)
    object_to_case(session, city=CITY, wish=mine, now=late)
    assert case.status == "reopened"


def test_more_time_is_given_twice_with_a_reason_and_once_for_one_message(session: Session) -> None:
    case = waiting(session)
    first = wish(session, case, "출장 중이에요")
    for _ in range(2):
        _, until = give_more_time(session, city=CITY, wish=first, days=3, now=MONDAY_TEN)
    # 7 working days from 4 May end on 14 May (5 May is a holiday), three more on the 19th.
    assert until == datetime.fromisoformat("2026-05-19T18:00+09:00")
    with refused("words_missing"):
        give_more_time(session, city=CITY, wish=wish(session, case), days=3, now=MONDAY_TEN)
    with refused("too_long"):
        give_more_time(session, city=CITY, wish=wish(session, case, "더"), days=11, now=MONDAY_TEN)
    give_more_time(
        session, city=CITY, wish=wish(session, case, "아직 출장"), days=1, now=MONDAY_TEN
    )
    with refused("third"):
        give_more_time(session, city=CITY, wish=wish(session, case, "또"), days=1, now=MONDAY_TEN)
    (row,) = clock_rows(session, case_id=case.id)
    assert row.until is not None
    assert row.until > until


def test_time_is_asked_for_only_while_a_supplement_is_waited_for(session: Session) -> None:
    case = waiting(session)
    add_words_and_photos(
        session, city=CITY, wish=wish(session, case, "12-3번"), photos=(), now=MONDAY_TEN
    )
    with refused("not_waiting"):
        give_more_time(session, city=CITY, wish=wish(session, case, "왜"), days=1, now=MONDAY_TEN)


def test_an_answer_ends_the_pause_when_it_arrived_not_when_it_was_worked(session: Session) -> None:
    case = waiting(session)
    talk = make_conversation(session)
    arrived = MONDAY_TEN + timedelta(days=2)
    turn = make_turn(session, conversation=talk, now=arrived, text="기둥 번호는 12-3이에요")
    mine = Wish(talk.id, case.number, turn.id, turn.text)
    worked = arrived + timedelta(days=1)
    for _ in range(2):
        add_words_and_photos(session, city=CITY, wish=mine, photos=(), now=worked)
    (row,) = clock_rows(session, case_id=case.id)
    assert (case.status, case.paused_at, row.ends_at) == ("in_progress", None, arrived)
    notes = [each.note for each in events_of(session, case_id=case.id) if each.kind == "note"]
    assert notes == [turn.text]


def test_words_go_to_no_case_that_is_done_and_what_was_added_can_be_taken_back(
    session: Session,
) -> None:
    case = make_case(session).case
    mine = wish(session, case, WORDS)
    add_words_and_photos(session, city=CITY, wish=mine, photos=(), now=MONDAY_TEN)
    back = wish(session, case, "잘못 보냈어요")
    for _ in range(2):
        take_back_words(session, wish=back, said=mine.turn_id, now=MONDAY_TEN)
    notes = [each.note for each in events_of(session, case_id=case.id) if each.kind == "note"]
    assert notes == [WORDS, "잘못 보냈어요"]
    make_result(session, case=case)
    with refused("done"):
        add_words_and_photos(
            session, city=CITY, wish=wish(session, case, "또요"), photos=(), now=MONDAY_TEN
        )
