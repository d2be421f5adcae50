"""Which question comes next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actions.report_planner import next_question, next_slot
from actions.report_state import GIVEN, SKIPPED, WANTED, YES, ReportState
from tests.builders import sample_city

CITY = sample_city()
CODES = [service.code for service in CITY.services]
FULL = ReportState(
    what="가로등이 나갔어요",
    service_code="streetlight",
    where="시청역 앞",
    photo=SKIPPED,
    contact=SKIPPED,
    consent=YES,
    confirm=YES,
    answers={q.id: "" for q in CITY.service("streetlight").questions},
)


def test_an_empty_report_is_asked_what_first() -> None:
    assert next_slot(ReportState(), city=CITY) == "what"


def test_a_full_report_has_no_question_left() -> None:
    assert next_slot(FULL, city=CITY) is None


def test_a_point_on_the_map_is_a_place() -> None:
    state = replace(FULL, where=None, lat=37.5, long=127.0, confirm=None)
    assert next_slot(state, city=CITY) == "confirm"


def test_a_photo_is_asked_only_where_it_helps() -> None:
    helps = next(s for s in CITY.services if s.photo_helps and not s.questions)
    not_helps = next(s for s in CITY.services if not s.photo_helps and not s.questions)
    open_photo = replace(FULL, photo=None, contact=None, answers={})
    assert next_slot(replace(open_photo, service_code=helps.code), city=CITY) == "photo"
    assert next_slot(replace(open_photo, service_code=not_helps.code), city=CITY) == "contact"


def test_a_photo_that_came_by_itself_is_not_asked_for() -> None:
    state = replace(FULL, photo=GIVEN, attachment_ids=(1,), contact=None)
    assert next_slot(state, city=CITY) == "contact"


def test_a_photo_the_citizen_wants_to_change_is_asked_again() -> None:
    assert next_slot(replace(FULL, photo=WANTED, confirm=None), city=CITY) == "photo"


states = st.builds(
    ReportState,
    what=st.none() | st.just("가로등이 나갔어요"),
    service_code=st.none() | st.sampled_from(CODES),
    where=st.sampled_from([None, SKIPPED, "시청역"]),
    photo=st.sampled_from([None, GIVEN, SKIPPED, WANTED]),
    contact=st.sampled_from([None, SKIPPED, "⟦전화1⟧"]),
    consent=st.sampled_from([None, YES]),
    confirm=st.sampled_from([None, "fixing", YES]),
    lat=st.none() | st.just(37.5),
    attachment_ids=st.sampled_from([(), (1, 2)]),
    answers=st.dictionaries(st.sampled_from(["state", "pole", "size"]), st.text(max_size=5)),
    guesses=st.lists(st.sampled_from(CODES), max_size=4).map(tuple),
    misses=st.integers(0, 5),
)


@given(states)
def test_slots_and_state_are_two_forms_of_one_thing(state: ReportState) -> None:
    assert ReportState.from_slots(state.to_slots()) == state


@given(states)
def test_nothing_is_confirmed_before_everything_is_known(state: ReportState) -> None:
    if next_slot(state, city=CITY) in {"confirm", None}:
        assert state.what
        assert state.service_code
        assert state.consent == YES
        assert state.contact
        assert state.has_place or state.where == SKIPPED
        assert next_question(state, city=CITY) is None
