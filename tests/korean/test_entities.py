"""What messages name is found to the character; the goals hold on lines written before the rules."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korean.entities import find_entities
from scripts.measure_entities import city_names, measure, read_lines

HERE = Path(__file__).parent
MONDAY = date(2026, 11, 30)
FAQ = HERE.parents[2] / "shared" / "data" / "seoul120_faq" / "seoul-120-text.csv"


@pytest.mark.parametrize("names", [city_names(), frozenset()], ids=["the city's names", "no names"])
def test_places_reach_the_goal_on_lines_written_before_the_rules(names: frozenset[str]) -> None:
    lines = read_lines(HERE / "entities_own.jsonl")
    place = measure(lines, today=MONDAY, names=names)["place"]
    assert len(lines) >= 390
    assert place.f1 >= 0.94
    assert place.overlap >= 0.97


def test_places_reach_the_goal_on_lines_written_after_the_rules() -> None:
    place = measure(read_lines(HERE / "entities_later.jsonl"), today=MONDAY, names=city_names())[
        "place"
    ]
    assert place.f1 >= 0.85
    assert place.overlap >= 0.97


@pytest.mark.parametrize("kind", ["date", "time", "amount", "case_number"])
def test_dates_times_and_sums_are_right_with_span_and_value(kind: str) -> None:
    figures = measure(read_lines(HERE / "entities_own.jsonl"), today=MONDAY, names=city_names())
    assert figures[kind].right >= 0.98
    assert figures[kind].precision >= 0.98


def test_questions_to_the_call_centre_name_hardly_any_sums_and_dates() -> None:
    if not FAQ.exists():
        pytest.skip(f"no test data at {FAQ}")
    with FAQ.open(encoding="utf-8", newline="") as file:
        titles = [row["제목"] for row in csv.DictReader(file)]
    found = Counter(
        each.kind
        for title in titles
        for each in find_entities(title, today=MONDAY)
        if each.kind != "place"
    )
    assert len(titles) > 2_000
    # Each was looked at: the titles do name 8 sums and 24 years and days.
    assert found["amount"] == 8
    assert found["date"] <= 26
    assert found["time"] == 0


def test_of_two_readings_the_longer_one_is_kept() -> None:
    found = find_entities("수유동 4.19사거리에서 12월 5일에", today=MONDAY)
    assert [(one.kind, one.text) for one in found] == [
        ("place", "수유동 4.19사거리"),
        ("date", "12월 5일"),
    ]


def test_offsets_stay_in_the_citizen_s_own_text() -> None:
    raw = "１０만원\u200b 냈어요 ３월 ５일에 강남역 １１번 출구 앞"
    found = find_entities(raw, today=MONDAY)
    assert [raw[one.start : one.end] for one in found] == [one.text for one in found]
    assert [one.value for one in found] == [100_000, "2026-03-05", "강남역 11번 출구 앞"]


def test_a_case_number_is_put_into_its_one_form() -> None:
    found = find_entities("2026 – 000123 어떻게 됐어요", today=MONDAY)
    assert [(one.kind, one.value) for one in found] == [("case_number", "2026-000123")]


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_it_fail_and_nothing_overlaps(text: str) -> None:
    at = 0
    for one in find_entities(text, today=MONDAY):
        assert at <= one.start < one.end
        assert text[one.start : one.end] == one.text
        at = one.end


@pytest.mark.parametrize(
    "piece",
    ["강남역 ", "역삼동 가 ", "1억 ", "3월 5일 ", "오후 3시 ", "가", "1", "앞 ", "0" * 19 + " "],
)
def test_only_two_thousand_characters_are_read(piece: str) -> None:
    assert all(one.end <= 2_000 for one in find_entities(piece * 5_000, today=MONDAY))
