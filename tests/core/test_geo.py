"""Where a point lies: rings, holes, many polygons, borders, and the real 25 gu."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.city_files import load_city
from core.city import Jurisdiction
from core.geo import Area, Located, Polygon, distance_km, locate, make_shape, nearest_neighbour

ROOT = Path(__file__).resolve().parents[2]
DISTRICTS = ROOT.parent / "shared" / "data" / "seoul_districts"
CITY = load_city(ROOT / "city")
BARE = replace(CITY.jurisdiction, outline=None, gu_areas=(), dong_areas=())

# lat, long, gu: the middle of well-known places
KNOWN = [
    (37.5663, 126.9779, "중구"),  # 서울시청
    (37.5796, 126.9770, "종로구"),  # 경복궁
    (37.5345, 126.9946, "용산구"),  # 이태원역
    (37.5172, 127.0473, "강남구"),  # 강남구청
    (37.5133, 127.1001, "송파구"),  # 잠실역
    (37.4812, 126.9527, "관악구"),  # 서울대입구역
    (37.5572, 126.9245, "마포구"),  # 홍대입구역
    (37.5219, 126.9245, "영등포구"),  # 여의도역
    (37.6543, 127.0568, "노원구"),  # 노원구청
    (37.5584, 126.8030, "강서구"),  # 김포공항
]
OUTSIDE = [
    (37.6584, 126.8320),  # 고양시청
    (37.4201, 127.1265),  # 성남시청
    (37.4563, 126.7052),  # 인천시청
    (37.7381, 127.0337),  # 의정부시청
    (37.3943, 126.9568),  # 안양시청
    (35.1796, 129.0756),  # 부산시청
    (0.0, 0.0),
]


def square(west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], ...]:
    return ((west, south), (east, south), (east, north), (west, north))


def with_outline(*polygons: Polygon) -> Jurisdiction:
    return replace(BARE, outline=make_shape(polygons))


def test_a_point_inside_and_one_outside() -> None:
    city = with_outline(Polygon(square(0, 0, 10, 10)))
    assert locate(city, lat=5, long=5).inside is True
    assert locate(city, lat=5, long=11).inside is False
    assert locate(city, lat=-1, long=5).inside is False


def test_a_hole_is_outside() -> None:
    city = with_outline(Polygon(square(0, 0, 10, 10), (square(4, 4, 6, 6),)))
    assert locate(city, lat=5, long=5).inside is False
    assert locate(city, lat=2, long=5).inside is True


def test_every_part_of_a_multipolygon_counts() -> None:
    city = with_outline(Polygon(square(0, 0, 1, 1)), Polygon(square(5, 5, 6, 6)))
    assert locate(city, lat=5.5, long=5.5).inside is True
    assert locate(city, lat=3, long=3).inside is False


def test_a_concave_shape_is_followed() -> None:
    horseshoe = ((0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9))
    city = with_outline(Polygon(horseshoe))
    assert locate(city, lat=6, long=4.5).inside is False
    assert locate(city, lat=6, long=1.5).inside is True
    assert locate(city, lat=1, long=4.5).inside is True


def test_a_ray_through_a_corner_counts_once() -> None:
    city = with_outline(Polygon(((5, 0), (10, 5), (5, 10), (0, 5))))
    assert locate(city, lat=5, long=5).inside is True
    assert locate(city, lat=5, long=-1).inside is False
    assert locate(city, lat=0, long=4).inside is False


def test_a_closed_ring_is_the_same_as_an_open_one() -> None:
    ring = square(0, 0, 4, 4)
    for lat, long in ((2, 2), (5, 2), (2, -1)):
        opened = locate(with_outline(Polygon(ring)), lat=lat, long=long)
        assert opened == locate(with_outline(Polygon((*ring, ring[0]))), lat=lat, long=long)


@given(st.floats(0, 10), st.floats(0, 10))
def test_two_areas_that_share_an_edge_never_both_claim_a_point(lat: float, long: float) -> None:
    left = make_shape([Polygon(square(0, 0, 5, 10))])
    right = make_shape([Polygon(square(5, 0, 10, 10))])
    assert left.contains((long, lat)) + right.contains((long, lat)) <= 1


def test_without_any_boundary_nothing_is_claimed() -> None:
    assert locate(BARE, lat=37.5, long=127.0) == Located(None, None, None)


def test_without_gu_boundaries_the_outline_decides_and_the_gu_is_unknown() -> None:
    located = locate(CITY.jurisdiction, lat=37.5663, long=126.9779)
    assert located == Located(True, None, None)


def test_gu_and_dong_are_named_and_a_sliver_at_the_border_is_inside() -> None:
    gu = Area("중구", make_shape([Polygon(square(0, 0, 5, 5))]))
    dong = Area("명동", make_shape([Polygon(square(0, 0, 2, 2))]), "중구")
    city = replace(
        BARE, outline=make_shape([Polygon(square(0, 0, 6, 6))]), gu_areas=(gu,), dong_areas=(dong,)
    )
    assert locate(city, lat=1, long=1) == Located(True, "중구", "명동")
    assert locate(city, lat=3, long=3) == Located(True, "중구", None)
    assert locate(city, lat=5.5, long=5.5) == Located(True, None, None)
    assert locate(city, lat=7, long=7) == Located(False, None, None)


def test_a_dong_names_its_gu_where_the_gu_has_no_area() -> None:
    dong = Area("명동", make_shape([Polygon(square(0, 0, 2, 2))]), "중구")
    assert locate(replace(BARE, dong_areas=(dong,)), lat=1, long=1) == Located(True, "중구", "명동")


@pytest.mark.parametrize(
    ("lat", "long"), [(91, 0), (0, 181), (math.nan, 0), (0, math.inf), (127.0, 37.5)]
)
def test_a_position_off_the_globe_is_refused(lat: float, long: float) -> None:
    with pytest.raises(ValueError, match="latitude"):
        locate(CITY.jurisdiction, lat=lat, long=long)


@pytest.mark.parametrize(("lat", "long", "gu"), KNOWN)
def test_the_coarse_outline_takes_known_places_in(lat: float, long: float, gu: str) -> None:
    assert locate(CITY.jurisdiction, lat=lat, long=long).inside is True, gu


@pytest.mark.parametrize(("lat", "long"), OUTSIDE)
def test_the_coarse_outline_leaves_other_cities_out(lat: float, long: float) -> None:
    assert locate(CITY.jurisdiction, lat=lat, long=long).inside is False


def test_the_nearest_neighbour_is_named_and_none_is_far_away() -> None:
    near = nearest_neighbour(CITY.neighbours, lat=37.6584, long=126.8320)
    assert near is not None
    assert near.name == "경기도 고양시"
    assert nearest_neighbour(CITY.neighbours, lat=35.18, long=129.07) is None


def test_the_distance_from_seoul_to_busan_is_about_325_km() -> None:
    km = distance_km(lat1=37.5665, long1=126.9780, lat2=35.1796, long2=129.0756)
    assert 320 < km < 330


def districts() -> Path:
    if not DISTRICTS.exists():
        pytest.skip(f"no test data at {DISTRICTS}")
    return DISTRICTS


def test_the_outline_takes_in_every_corner_of_the_real_city() -> None:
    data = json.loads((districts() / "seoul_municipalities_geo_simple.json").read_text("utf-8"))
    corners = [
        corner
        for feature in data["features"]
        for ring in feature["geometry"]["coordinates"]
        for corner in ring
    ]
    out = [
        corner
        for corner in corners
        if not locate(CITY.jurisdiction, lat=corner[1], long=corner[0]).inside
    ]
    assert len(corners) > 1000
    assert not out, out[:20]


@pytest.mark.parametrize(
    "names",
    [
        ("seoul_municipalities_geo_simple.json", "seoul_submunicipalities_geo_simple.json"),
        ("juso2015_seoul_municipalities_geo_simple.json", "juso2015_seoul_neighborhoods_geo_simple.json"),
    ],
)  # fmt: skip
def test_real_boundaries_load_and_find_known_places(names: tuple[str, str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).symlink_to(districts() / name)
    jurisdiction = load_city(ROOT / "city", boundaries_dir=tmp_path).jurisdiction
    assert len(jurisdiction.gu_areas) == 25
    assert len(jurisdiction.dong_areas) > 400
    assert all(area.gu for area in jurisdiction.dong_areas)
    for lat, long, gu in KNOWN:
        located = locate(jurisdiction, lat=lat, long=long)
        assert located.gu == gu
        assert located.dong is not None


def test_a_whole_folder_of_boundaries_uses_one_file_of_each_level() -> None:
    jurisdiction = load_city(ROOT / "city", boundaries_dir=districts()).jurisdiction
    assert len(jurisdiction.gu_areas) == 25
    assert len(jurisdiction.dong_areas) == 467  # the legal dong: their file's name comes first
