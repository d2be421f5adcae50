"""Which department, which service, which gu: ordered rules, keywords, place names."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.city_files import load_city
from core.city import Condition, Rule, UnknownName
from core.routing import (
    clear_service,
    gu_candidates,
    guess_services,
    gus_in_text,
    neighbour_in_text,
    route,
)
from core.texts import TextError, Texts, placeholders_of

CITY = load_city(Path(__file__).resolve().parents[2] / "city")


@pytest.mark.parametrize(
    ("code", "gu", "text", "rule", "department"),
    [
        ("streetlight", "강남구", "가로등이 꺼졌어요", "lights-gu", "gu-gangnam"),
        ("streetlight", None, "가로등이 꺼졌어요", "lights-city", "lighting"),
        ("streetlight", "용산구", "남산 터널 조명이 나갔어요", "streetlight-main-road", "lighting"),
        ("sinkhole", "송파구", "", "sinkhole", "road_safety"),
        ("pothole", "송파구", "올림픽대로에 포트홀", "road-expressway", "road"),
        ("sidewalk", "송파구", "", "road-gu", "gu-songpa"),
        ("illegal_parking", None, "", "parking-city", "parking"),
        ("illegal_dumping", "마포구", "망원 한강공원에 쓰레기", "han-river-park", "river"),
        ("illegal_dumping", "마포구", "집 앞에 쓰레기", "clean-gu", "gu-mapo"),
        ("water_leak", "마포구", "", "water-supply", "water"),
        ("other", "마포구", "", "default", "civil_affairs"),
        ("grievance", None, "", "default", "civil_affairs"),
    ],
)
def test_the_first_rule_that_fits_decides(
    code: str, gu: str | None, text: str, rule: str, department: str
) -> None:
    found = route(CITY, service_code=code, gu=gu, text=text)
    assert (found.rule_id, found.department_id) == (rule, department)


def test_every_service_reaches_a_department_in_every_gu_and_in_none() -> None:
    for service in CITY.services:
        for gu in (None, *(gu.name for gu in CITY.gus)):
            found = route(CITY, service_code=service.code, gu=gu)
            assert CITY.department(found.department_id)
            assert found.rule_id in found.explanation


def test_every_rule_can_be_reached() -> None:
    words = [word for rule in CITY.rules for word in rule.when.keywords]
    reached = {
        route(CITY, service_code=service.code, gu=gu, text=text).rule_id
        for service in CITY.services
        for gu in (None, "중구")
        for text in ("", *words)
    }
    assert reached == {rule.id for rule in CITY.rules}


def test_a_route_explains_itself_in_korean() -> None:
    found = route(CITY, service_code="streetlight", gu="강남구", text="")
    assert found.explanation == (
        "규칙 lights-gu: 동네 길의 가로등과 보안등은 그 구의 구청이 관리해요. (담당: 강남구청)"
    )


def test_a_gu_rule_is_passed_over_while_the_gu_is_unknown() -> None:
    rules = (
        Rule("gu", Condition(), None, "구"),
        Rule("rest", Condition(), "civil_affairs", "나머지"),
    )
    city = replace(CITY, rules=rules)
    assert route(city, service_code="other", gu=None).rule_id == "rest"
    assert route(city, service_code="other", gu="중구").rule_id == "gu"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName):
        route(CITY, service_code="nothing", gu=None)
    with pytest.raises(UnknownName):
        route(CITY, service_code="other", gu="분당구")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("시청역 앞 가로등이 꺼졌어요", "streetlight"),
        ("집앞가로등이안켜져요", "streetlight"),
        ("골목 보안등이 고장났어요", "security_light"),
        ("도로에 구멍이 났어요", "pothole"),
        ("도로가 움푹 파였어요", "pothole"),
        ("길에 싱크홀이 생겼어요", "sinkhole"),
        ("골목에 불법 주차된 차가 있어요", "illegal_parking"),
        ("소화전 앞에 차를 세워 놨어요", "illegal_parking"),
        ("누가 쓰레기를 몰래 버려요", "illegal_dumping"),
        ("쓰레기를 안 가져가요", "waste_collection"),
        ("하수구가 막혀서 물이 안 빠져요", "drain_clog"),
        ("하수구 냄새가 심해요", "sewer_odor"),
        ("맨홀 뚜껑이 열려 있어요", "manhole"),
        ("신호등이 고장났어요", "traffic_signal"),
        ("보도블록이 깨졌어요", "sidewalk"),
        ("눈을 안 치워서 미끄러워요", "snow_ice"),
        ("가로수 가지가 부러졌어요", "street_tree"),
        ("놀이터 그네가 끊어졌어요", "playground"),
        ("불법현수막 철거해 주세요", "illegal_banner"),
        ("공사장이 새벽부터 시끄러워요", "noise_construction"),
        ("층간소음이 심해요", "noise_living"),
        ("고양이가 죽어 있어요", "roadkill"),
        ("길 잃은 강아지가 있어요", "stray_animal"),
        ("도로에서 물이 솟아요", "water_leak"),
        ("수돗물에서 녹물이 나와요", "water_quality"),
        ("버스정류장 유리가 깨졌어요", "bus_stop"),
        ("따릉이가 고장났어요", "bicycle"),
        ("전동킥보드가 길을 막아요", "kickboard"),
        ("공원 화장실이 더러워요", "public_toilet"),
        ("벽에 낙서가 있어요", "graffiti"),
        ("모기가 너무 많아요 방역해 주세요", "pest_control"),
        ("금연구역에서 담배를 피워요", "smoking"),
        ("비가 와서 도로가 침수됐어요", "flooding"),
        ("휠체어 경사로가 부서졌어요", "accessibility"),
    ],
)
def test_the_keywords_of_a_report_point_to_its_service(text: str, code: str) -> None:
    assert guess_services(CITY, text)[0].code == code
    assert guess_services(CITY, text.replace(" ", ""))[0].code == code


def test_every_keyword_points_to_its_own_service() -> None:
    """Else a keyword is dead: another service takes every text that has it."""
    lost = []
    for service in CITY.services:
        for keyword in service.keywords:
            written = itertools.product(*(part.split("|") for part in keyword.split()))
            if not any(service.code in _best(" ".join(words)) for words in written):
                lost.append((service.code, keyword))
    assert not lost


def _best(text: str) -> list[str]:
    guesses = guess_services(CITY, text)
    return [guess.code for guess in guesses if guess.score == guesses[0].score]


def test_a_part_of_a_keyword_may_offer_several_words() -> None:
    for text in (
        "소파를 내놨는데 안 가져가요",
        "장롱 왜 안 실어 가요",
        "침대 스티커 붙였는데 그대로",
    ):
        assert guess_services(CITY, text)[0].code == "bulky_waste"


@pytest.mark.parametrize("piece", ["가로등", "쓰레기 버려 ", "물이 안 ", "가", "냄새 나요 "])
def test_a_text_that_repeats_itself_is_matched_in_bounded_time(piece: str) -> None:
    started = time.process_time()
    guess_services(CITY, piece * 2000)
    assert time.process_time() - started < 1.0


def test_the_longest_match_decides() -> None:
    codes = [guess.code for guess in guess_services(CITY, "하수구 냄새")]
    assert codes[0] == "sewer_odor"
    assert "drain_clog" not in codes


def test_scores_lie_between_0_and_1_and_fall() -> None:
    scores = [guess.score for guess in guess_services(CITY, "쓰레기 옆 가로등 앞 불법주차 소음")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_two_services_with_equal_evidence_are_not_clear() -> None:
    assert clear_service(CITY, "가로등이랑 신호등이요") is None
    assert clear_service(CITY, "가로등이 꺼졌어요") == "streetlight"
    assert clear_service(CITY, "안녕하세요") is None


@pytest.mark.parametrize("text", ["", "   ", "😀", "ㅠㅠ", "여기요", "\x00"])
def test_no_evidence_gives_no_guess(text: str) -> None:
    assert guess_services(CITY, text) == []
    assert gus_in_text(CITY, text) is None


@pytest.mark.parametrize(
    ("text", "gu"),
    [
        ("시청역 앞 가로등", "중구"),
        ("강남구 역삼동", "강남구"),
        ("강남구청 앞이요", "강남구"),
        ("서울시 종로구", "종로구"),
        ("서울특별시중구을지로", "중구"),
        ("종로에서요", "종로구"),
        ("홍대입구역 3번 출구", "마포구"),
        ("성수동2가 카페거리", "성동구"),
        ("청담동 주민센터 옆", "강남구"),
        ("필동 골목", "중구"),
        ("김포공항 앞", "강서구"),
        ("강남역이요 서초구 쪽", "서초구"),
        ("신사동 가로수길", "강남구"),
        ("어제잠실역앞에서", "송파구"),
    ],
)
def test_place_names_tell_the_gu(text: str, gu: str) -> None:
    assert gus_in_text(CITY, text) == gu


@pytest.mark.parametrize(
    "text",
    [
        "강남역 앞",  # two gus
        "신사동이요",  # three gus have one
        "서울역",  # 중구 and 용산구
        "동작이 안 돼요",  # motion
        "수중구조대",  # not 중구
        "중구난방이에요",
        "부산 강서구 명지동",
        "인천 중구",
        "우리 집 앞",
        "필동말동해요",
    ],
)
def test_names_that_do_not_decide_give_no_gu(text: str) -> None:
    assert gus_in_text(CITY, text) is None


def test_names_that_disagree_are_all_candidates() -> None:
    assert set(gu_candidates(CITY, "강남역")) == {"강남구", "서초구"}
    assert set(gu_candidates(CITY, "마포구랑 송파구요")) == {"마포구", "송파구"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("고양시 일산동구 호수로", "경기도 고양시"),
        ("분당 서현역", "경기도 성남시"),
        ("부천시청 앞", "경기도 부천시"),
        ("인천 중구 신포동", "인천광역시"),
        ("부산 해운대", "부산광역시"),
        ("구리시 인창동", "경기도 구리시"),
    ],
)
def test_a_place_in_another_city_names_that_city(text: str, name: str) -> None:
    neighbour = neighbour_in_text(CITY, text)
    assert neighbour is not None
    assert neighbour.name == name
    assert neighbour.phone


@pytest.mark.parametrize(
    "text",
    [
        "고양이가 있어요",
        "일산화탄소",
        "구리 전선",
        "김포공항",
        "시흥동",
        "대구탕 집 앞",
        "서울 구로구",
        "",
    ],
)
def test_everyday_words_are_no_other_city(text: str) -> None:
    assert neighbour_in_text(CITY, text) is None


def test_a_text_needs_exactly_its_values() -> None:
    texts = Texts({"hello": "{name} 님, {count}건"})
    assert texts.render("hello", name="{x}", count=2) == "{x} 님, 2건"
    for values in ({"name": "a"}, {"name": "a", "count": 1, "more": 2}):
        with pytest.raises(TextError):
            texts.render("hello", **values)
    with pytest.raises(TextError):
        texts.render("bye")


@pytest.mark.parametrize("template", ["{a.b}", "{a!r}", "{a:>9}", "{}", "{0}", "{a", "}"])
def test_a_placeholder_is_a_plain_name(template: str) -> None:
    with pytest.raises(ValueError, match=r"placeholder|'}'"):
        placeholders_of(template)
