"""Cases: opened once, numbered without gaps, changed only as the table allows, history only grows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.case_queries import cases_of, events_of, list_cases, look_up
from core.case_status import ALLOWED, NOTE_REQUIRED, TITLES, CaseStatus
from core.cases import Actor, change_status
from core.database import Database
from core.errors import Refused
from core.inbound import Photo
from core.models.case import Case
from core.models.conversation import Delivery
from core.replies import Reply
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

OFFICER = Actor("officer", "1", "담당관")


@pytest.fixture
def database(tmp_path):
    database = make_database(tmp_path)
    yield database
    database.dispose()


def _change(session, case, to, **overrides):
    values = {"reason": "현장 확인", "note": "확인했습니다.", "actor": OFFICER, "now": MONDAY_TEN}
    return change_status(
        session, city=sample_city(), case_id=case.id, to=to, **(values | overrides)
    )


def test_a_turn_that_is_worked_twice_opens_one_case_with_the_same_receipt(
    database: Database,
) -> None:
    with database.transaction() as session:
        turn = make_turn(session)
        first = make_case(session, turn=turn)
    with database.transaction() as session:
        second = make_case(session, turn=turn)
        assert (second.case.id, second.lookup_code) == (first.case.id, first.lookup_code)
        assert (first.repeated, second.repeated) == (False, True)
        assert len(events_of(session, case_id=first.case.id)) == 1


def test_cases_opened_at_once_have_numbers_without_gap_or_repeat(database: Database) -> None:
    with database.transaction() as session:
        turns = [make_turn(session) for _ in range(16)]

    def file(turn) -> None:
        with database.transaction() as session:
            make_case(session, turn=turn)

    threads = [threading.Thread(target=file, args=(turn,)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        numbers = sorted(session.scalars(select(Case.number)))
    assert numbers == [f"2026-{n:06d}" for n in range(1, 17)]


def test_the_year_of_a_number_is_the_year_in_seoul(database: Database) -> None:
    new_year = MONDAY_TEN.replace(month=12, day=31, hour=15, minute=30)  # 00:30 on 1 January there
    with database.transaction() as session:
        assert make_case(session, now=new_year).case.number == "2027-000001"


def test_arrival_and_receipt_are_two_moments(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session, now=MONDAY_TEN)
        case = make_case(session, turn=turn, now=MONDAY_TEN + timedelta(minutes=7)).case
        assert case.arrived_at == MONDAY_TEN
        assert case.received_at == MONDAY_TEN + timedelta(minutes=7)


def test_without_a_contact_a_report_is_of_class_sotong_with_the_citys_promise(
    database: Database,
) -> None:
    with database.transaction() as session:
        anonymous = make_case(session, contact_token=None).case
        assert anonymous.kind == "소통"
        assert anonymous.period == sample_city().jurisdiction.promise_period
        named = make_case(session).case
        assert named.kind == sample_city().services[0].kind


def test_without_consent_no_contact_is_kept_on_the_case(database: Database) -> None:
    with database.transaction() as session:
        case = make_case(session, consent=False).case
        assert case.contact_token is None
        assert case.consented_at is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"what": "  "}, "what_missing"),
        ({"place_text": ""}, "place_missing"),
        ({"service_code": "no_such"}, "service_unknown"),
    ],
)
def test_a_report_without_what_where_or_a_known_service_is_refused(database, change, code) -> None:
    with pytest.raises(Refused) as refused, database.transaction() as session:
        make_case(session, **change)
    assert refused.value.code == code


@pytest.mark.parametrize("before", list(CaseStatus))
@pytest.mark.parametrize("to", list(CaseStatus))
def test_a_change_happens_exactly_when_the_table_allows_it(database: Database, before, to) -> None:
    with database.transaction() as session:
        case = make_case(session).case
        case.status = before.value
    allowed = to in ALLOWED[before]
    if allowed:
        with database.transaction() as session:
            _change(session, case, to)
            newest = events_of(session, case_id=case.id)[-1]
            assert (newest.from_status, newest.to_status) == (before, to)
            assert newest.actor_name == "담당관"
        return
    with pytest.raises(Refused) as refused, database.transaction() as session:
        _change(session, case, to)
    assert refused.value.code == "illegal_change"


@pytest.mark.parametrize("to", sorted(NOTE_REQUIRED))
def test_a_change_that_the_citizen_must_understand_needs_words(database: Database, to) -> None:
    with pytest.raises(Refused) as refused, database.transaction() as session:
        _change(session, make_case(session).case, to, note=" ")
    assert refused.value.code == "note_required"


def test_every_state_has_a_korean_name_and_a_row_in_the_table() -> None:
    assert set(TITLES) == set(ALLOWED) == set(CaseStatus)


def test_a_stale_change_is_refused_and_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        case = make_case(session).case
        _change(session, case, CaseStatus.IN_PROGRESS, expected_version=1)
    with pytest.raises(Refused) as refused, database.transaction() as session:
        _change(session, case, CaseStatus.ANSWERED, expected_version=1)
    assert refused.value.code == "stale"
    with database.reading() as session:
        assert session.get_one(Case, case.id).status == "in_progress"


def test_a_result_with_photos_goes_to_the_chat_where_the_case_began(database: Database) -> None:
    photo = Photo(sha256="0" * 64, media_type="image/jpeg", size=10, width=4, height=3)
    with database.transaction() as session:
        case = make_case(session).case
        _change(
            session,
            case,
            CaseStatus.ANSWERED,
            note="새 등으로 바꾸었습니다.",
            photos=[(photo, "고치기 전"), (photo, "고친 가로등")],
        )
        rows = list(session.scalars(select(Delivery).order_by(Delivery.id)))
        assert {row.conversation_id for row in rows} == {case.conversation_id}
        assert [row.kind for row in rows] == ["status", "status", "notice"]
        assert "새 등으로 바꾸었습니다." in rows[0].payload["text"]
        assert case.number in rows[0].payload["text"]
        album = Reply.from_data(rows[1].payload)
        assert [image.alt for image in album.images] == ["고치기 전", "고친 가로등"]
        assert album.text == "고치기 전\n고친 가로등"
        assert rows[1].image_id == album.images[0].attachment_id


def test_a_photo_without_words_for_the_blind_is_refused(database: Database) -> None:
    photo = Photo(sha256="0" * 64, media_type="image/jpeg", size=10, width=4, height=3)
    with pytest.raises(Refused) as refused, database.transaction() as session:
        _change(session, make_case(session).case, CaseStatus.ANSWERED, photos=[(photo, " ")])
    assert refused.value.code == "alt_missing"


def test_a_case_is_found_by_number_and_code_however_the_code_is_typed(database: Database) -> None:
    with database.transaction() as session:
        opened = make_case(session)
        number = opened.case.number
        for typed in (opened.lookup_code, opened.lookup_code.lower().replace("-", " ")):
            found = look_up(session, codes=CODES, number=number, code=typed, now=MONDAY_TEN)
            assert found is not None
            assert found.number == number
        assert look_up(session, codes=CODES, number=number, code="WRONG234", now=MONDAY_TEN) is None
        assert (
            look_up(
                session, codes=CODES, number="2026-999999", code=opened.lookup_code, now=MONDAY_TEN
            )
            is None
        )


def test_a_hundred_wrong_codes_close_the_door_for_an_hour_even_for_the_right_one(
    database: Database,
) -> None:
    with database.transaction() as session:
        opened = make_case(session)
        number = opened.case.number
        for _ in range(100):
            look_up(session, codes=CODES, number=number, code="WRONG234", now=MONDAY_TEN)
        with pytest.raises(Refused):
            look_up(session, codes=CODES, number=number, code=opened.lookup_code, now=MONDAY_TEN)
        later = MONDAY_TEN + timedelta(hours=1, seconds=1)
        assert look_up(session, codes=CODES, number=number, code=opened.lookup_code, now=later)


def test_a_citizen_sees_only_their_own_cases_newest_first(database: Database) -> None:
    with database.transaction() as session:
        mine = [make_case(session).case.id for _ in range(2)]
        stranger = make_conversation(session, address="b" * 64)
        make_case(session, turn=make_turn(session, conversation=stranger, address="b" * 64))
        own = cases_of(session, conversation_id=make_conversation(session).id)
        assert [case.id for case in own] == mine[::-1]


def test_overdue_cases_are_those_past_due_and_not_done(database: Database) -> None:
    with database.transaction() as session:
        late, done = make_case(session).case, make_case(session).case
        _change(session, done, CaseStatus.ANSWERED)
        moment = late.due_at + timedelta(seconds=1)
        assert [case.id for case in list_cases(session, overdue_at=moment)] == [late.id]
        assert list_cases(session, overdue_at=late.due_at) == []


def test_pages_of_the_list_show_each_case_once_the_open_ones_first(database: Database) -> None:
    with database.transaction() as session:
        for day in range(7):
            turn = make_turn(session, external_id=f"page:{day}")
            case = make_case(session, turn=turn, now=MONDAY_TEN + timedelta(days=day)).case
            if day in (0, 2, 5):
                make_result(session, case=case)
    with database.reading() as session:
        whole = [case.id for case in list_cases(session)]
        paged = [
            case.id
            for offset in range(0, 10, 2)
            for case in list_cases(session, limit=2, offset=offset)
        ]
        done = [session.get_one(Case, each).status == "answered" for each in whole]
    assert whole == paged
    assert done == [False] * 4 + [True] * 3
