"""Near reports: the grid, the ranking, and what is shown to nobody. Pure parts, and queries on the database."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.database import Database
from core.geo import distance_km
from core.geo_cells import MOST_METRES, cell_of, cells_around
from core.models.case import Case
from core.nearby import Near, Spot, find_nearby
from core.retention import treat_batch
from korean.likeness import likeness
from korean.place_keys import place_key
from tests.builders import MONDAY_TEN, make_case, make_database, make_result, make_turn, sample_city

CITY = sample_city()
LAT, LONG = 37.5663, 126.9779
# About a metre to the north.
METRE = 1 / 111_195
LAMP = "가로등이 꺼져서 밤에 깜깜해요"
points = st.tuples(st.floats(-84, 84), st.floats(-180, 180))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def spot(**overrides: object) -> Spot:
    values = {"service_code": "streetlight", "what": LAMP, "lat": LAT, "long": LONG}
    return Spot(**(values | overrides))


def file(database: Database, **report: object) -> Case:
    values = {
        "service_code": "streetlight",
        "what": LAMP,
        "place_text": "길가",
        "lat": LAT,
        "long": LONG,
    }
    now = report.pop("now", MONDAY_TEN)
    with database.transaction() as session:
        return make_case(session, turn=make_turn(session), now=now, **(values | report)).case


def near(database: Database, *, now=MONDAY_TEN, **what: object) -> list[Near]:
    with database.reading() as session:
        return find_nearby(session, city=CITY, spot=spot(**what), now=now)


@settings(max_examples=150)
@given(points, st.floats(0, MOST_METRES), st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_every_point_of_a_circle_lies_in_one_of_its_cells(centre, metres, angle, share) -> None:
    lat, long = centre
    away = metres * share
    other_lat = lat + away * math.cos(angle) * METRE
    east = away * math.sin(angle) * METRE / math.cos(math.radians(lat))
    other_long = (long + east + 180) % 360 - 180
    if 1000 * distance_km(lat1=lat, long1=long, lat2=other_lat, long2=other_long) > metres:
        return
    assert cell_of(lat=other_lat, long=other_long) in cells_around(
        lat=lat, long=long, metres=metres
    )


def test_a_usual_circle_needs_few_cells_and_a_circle_too_wide_is_refused() -> None:
    assert len(cells_around(lat=LAT, long=LONG, metres=60)) <= 4
    assert len(cells_around(lat=LAT, long=LONG, metres=300)) <= 16
    for bad in ({"metres": MOST_METRES + 1}, {"metres": -1}, {"metres": 60, "lat": 89.0}):
        with pytest.raises(ValueError, match="circle"):
            cells_around(**({"lat": LAT, "long": LONG} | bad))
    for lat, long in ((91.0, 0.0), (0.0, 181.0), (math.nan, 0.0)):
        with pytest.raises(ValueError, match="latitude"):
            cell_of(lat=lat, long=long)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("시청역 2번 출구 앞이요", "시청역2번출구"),
        ("2호선 시청역 2번출구 옆", "시청역2번출구"),
        ("종로3가역 5번 출구", "종로3가역5번출구"),
        ("서울 중구 세종대로 110 앞", "세종대로 110"),
        ("테헤란로 123길 4", "테헤란로123길 4"),
        ("역삼동 123-4번지 앞", "역삼동 123-4"),
        ("시청역 앞", None),
        ("우리 집 앞", None),
        ("도로 2개 차로", None),
        ("하는대로 3", None),
        ("운동 3시간", None),
        ("101동 1203호", None),
        ("종로 3가", None),
        ("⟦주소1⟧ 역삼동 12", None),
        ("가" * 50 + "역 1번 출구", None),
    ],
)  # fmt: skip
def test_only_words_that_name_one_spot_are_compared(words: str, key: str | None) -> None:
    assert place_key(words) == key


def test_likeness_is_of_letters_and_never_of_what_stands_for_personal_data() -> None:
    assert likeness(LAMP, LAMP) == 1
    assert likeness("", "") == likeness("가", "가") == 0
    assert likeness("⟦전화1⟧ ⟦전화1⟧", "⟦전화1⟧ 가로등") == 0
    alike, other = (
        likeness(LAMP, "가로등이 나가서 깜깜합니다"),
        likeness(LAMP, "전봇대 전선이 늘어졌어요"),
    )
    assert alike > 0.3 > other
    assert likeness(LAMP, "깜깜해요") == likeness("깜깜해요", LAMP)


def test_the_nearer_and_the_more_alike_come_first_and_at_most_three(database: Database) -> None:
    far = file(database, lat=LAT + 50 * METRE)
    close = file(database, lat=LAT + 5 * METRE)
    unlike = file(database, lat=LAT + 5 * METRE, what="불이 나갔네요")
    middle = file(database, lat=LAT + 25 * METRE)
    file(database, lat=LAT + 61 * METRE)
    found = near(database)
    assert [each.case_id for each in found] == [close.id, middle.id, unlike.id]
    assert far.id not in {each.case_id for each in found}
    assert found[0].metres == pytest.approx(5, abs=0.5)
    assert found[0].score > found[1].score > found[2].score


def test_what_is_done_old_elsewhere_or_of_another_kind_is_not_near(database: Database) -> None:
    with database.transaction() as session:
        done = make_case(
            session, turn=make_turn(session), service_code="streetlight", lat=LAT, long=LONG
        )
        make_result(session, case=done.case)
    file(database, now=MONDAY_TEN)
    file(database, service_code="pothole", what="도로가 파였어요")
    assert len(near(database)) == 1
    assert near(database, now=MONDAY_TEN + timedelta(days=31)) == []
    assert near(database, lat=LAT + 0.01) == []
    assert near(database, lat=None, long=None) == []


def test_a_related_service_counts_where_the_words_are_alike(database: Database) -> None:
    alike = file(database, service_code="security_light", what="골목 보안등이 꺼져서 깜깜해요")
    file(database, service_code="power_line", what="전선이 축 늘어져 있습니다")
    assert [each.case_id for each in near(database)] == [alike.id]
    # The relation holds both ways, whichever of the two names it.
    both = near(database, service_code="security_light", what="골목 보안등이 꺼졌어요")
    assert [each.case_id for each in both] == [alike.id]


@pytest.mark.parametrize(
    "code", ["welfare_concern", "noise_living", "animal_welfare", "grievance", "other"]
)
def test_what_tells_of_a_person_or_a_household_is_shown_to_nobody(
    database: Database, code: str
) -> None:
    file(database, service_code=code, what=LAMP)
    assert near(database, service_code=code) == []
    for related in CITY.service(code).related:
        assert code not in {each.service_code for each in near(database, service_code=related)}


def test_without_a_point_only_the_same_exact_words_of_the_place_match(database: Database) -> None:
    words = {"lat": None, "long": None}
    same = file(database, place_text="시청역 2번출구 옆", **words)
    file(database, place_text="시청역 앞", **words)
    file(database, place_text="강남대로 396", gu="강남구", **words)
    (found,) = near(database, place_text="시청역 2번 출구 앞이요", **words)
    assert (found.case_id, found.metres) == (same.id, None)
    assert near(database, place_text="시청역 앞", **words) == []
    assert len(near(database, place_text="강남대로 396", **words)) == 1
    assert near(database, place_text="강남대로 396", gu="서초구", **words) == []


def test_two_points_decide_over_the_same_words(database: Database) -> None:
    file(database, place_text="시청역 2번 출구", lat=LAT + 500 * METRE)
    assert near(database, place_text="시청역 2번 출구") == []
    assert len(near(database, place_text="시청역 2번 출구", lat=None, long=None)) == 1


def test_a_case_has_the_cell_of_its_point_and_is_not_near_itself(database: Database) -> None:
    case = file(database, place_text="세종대로 110")
    assert (case.cell, case.place_key) == (cell_of(lat=LAT, long=LONG), "세종대로 110")
    without = file(database, lat=None, long=None)
    assert (without.cell, without.place_key) == (None, None)
    with database.reading() as session:
        found = find_nearby(
            session, city=CITY, spot=Spot.of(case), now=MONDAY_TEN, but=frozenset({case.id})
        )
    assert found == []


def test_a_case_whose_time_of_keeping_is_over_is_at_no_place(database: Database) -> None:
    case = file(database, place_text="세종대로 110")
    late = MONDAY_TEN + timedelta(days=4_000)
    with database.transaction() as session:
        make_result(session, case=case)
        batch = treat_batch(
            session, kind="cases", before=late, after=None, limit=9, dry_run=False, now=late
        )
        assert batch.due == 1
    with database.reading() as session:
        kept = session.get_one(Case, case.id)
        assert (kept.lat, kept.cell, kept.place_key) == (None, None, None)
