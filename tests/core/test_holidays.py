from __future__ import annotations

from datetime import date

import holidays as library
import pytest

from core.elections import regular_elections
from core.errors import Refused
from core.holidays import YEARS, public_holidays

# Every day that the library has and the rules do not give: who knows them, and from where.
DIFFERENCES = {
    date(2020, 4, 15): ("제21대 국회의원 선거일", "regular election (공직선거법 34조)"),
    date(2020, 8, 17): ("임시공휴일", "decree: 광복절 on a Saturday, before it had a substitute"),
    date(2022, 3, 9): ("제20대 대통령 선거일", "regular election, a week later because of 3/1"),
    date(2022, 6, 1): ("제8회 전국동시지방선거일", "regular election"),
    date(2023, 10, 2): ("임시공휴일", "decree: between 추석 and 개천절"),
    date(2024, 4, 10): ("제22대 국회의원 선거일", "regular election"),
    date(2024, 10, 1): ("국군의 날", "decree"),
    date(2025, 1, 27): ("임시공휴일", "decree: before 설날"),
    date(2025, 6, 3): ("제21대 대통령 선거일", "election after a vacancy: no rule gives it"),
    date(2026, 6, 3): ("제9회 전국동시지방선거일", "regular election"),
    date(2028, 4, 12): ("제23대 국회의원 선거일", "regular election"),
    date(2030, 3, 27): ("제22대 대통령 선거일", "regular election"),
    date(2030, 6, 12): ("제10회 전국동시지방선거일", "regular, a week later because of 현충일"),
    date(2032, 4, 14): ("제24대 국회의원 선거일", "regular election"),
    date(2034, 5, 31): ("제11회 전국동시지방선거일", "regular election"),
    date(2035, 3, 28): ("제23대 대통령 선거일", "regular election"),
}
DECREES = {day: name for day, (name, _why) in DIFFERENCES.items()}


@pytest.mark.parametrize("year", YEARS)
def test_the_days_differ_from_an_independent_library_only_where_the_table_explains_it(
    year: int,
) -> None:
    """2020 to 2030 and beyond; the library is `holidays` of PyPI."""
    theirs = set(library.country_holidays("KR", years=year))
    ours = set(public_holidays(year, decrees={}))
    explained = {day for day in DIFFERENCES if day.year == year}
    assert ours - theirs == set()
    assert theirs - ours == explained
    assert set(public_holidays(year, decrees=DECREES)) == theirs


@pytest.mark.parametrize("year", YEARS)
def test_election_law_34_gives_the_regular_election_days(year: int) -> None:
    regular = {day for day, (_name, why) in DIFFERENCES.items() if why.startswith("regular")}
    assert set(regular_elections(year)) == {day for day in regular if day.year == year}


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2020, 1, 27), "대체공휴일(설날)"),
        (date(2021, 8, 16), "대체공휴일(광복절)"),
        (date(2023, 5, 29), "대체공휴일(부처님오신날)"),
        (date(2025, 5, 5), "어린이날, 부처님오신날"),
        (date(2025, 5, 6), "대체공휴일(어린이날)"),
        (date(2025, 10, 8), "대체공휴일(추석)"),
        (date(2026, 5, 1), "노동절"),
        (date(2026, 5, 25), "대체공휴일(부처님오신날)"),
        (date(2026, 7, 17), "제헌절"),
        (date(2026, 9, 24), "추석 연휴"),
        (date(2027, 5, 3), "대체공휴일(노동절)"),
        (date(2027, 7, 19), "대체공휴일(제헌절)"),
        (date(2028, 10, 5), "대체공휴일(개천절)"),
    ],
)
def test_a_day_off_says_why(day: date, name: str) -> None:
    assert public_holidays(day.year, decrees={})[day] == name


@pytest.mark.parametrize(
    "day",
    [
        date(2021, 3, 2),
        date(2025, 5, 1),
        date(2025, 7, 17),
        date(2021, 12, 27),  # Christmas on a Saturday, before it had a substitute
        date(2022, 5, 9),  # 부처님오신날 on a Sunday, before it had a substitute
        date(2027, 6, 7),  # 현충일 on a Sunday has none
        date(2028, 1, 3),  # 새해 첫날 on a Saturday has none
        date(2024, 9, 19),  # 추석 on weekdays
    ],
)
def test_a_day_that_the_rules_of_its_year_do_not_name_is_a_working_day(day: date) -> None:
    assert day not in public_holidays(day.year, decrees={})


def test_a_substitute_gives_way_to_a_day_named_by_decree() -> None:
    decrees = {date(2026, 5, 25): "임시공휴일"}
    days = public_holidays(2026, decrees=decrees)
    assert days[date(2026, 5, 25)] == "임시공휴일"
    assert days[date(2026, 5, 26)] == "대체공휴일(부처님오신날)"


def test_a_decree_of_another_year_is_not_taken_in() -> None:
    assert set(public_holidays(2027, decrees=DECREES)) == set(public_holidays(2027, decrees={}))


@pytest.mark.parametrize("year", [2019, 2036])
def test_a_year_beyond_the_table_is_refused(year: int) -> None:
    with pytest.raises(Refused) as refused:
        public_holidays(year, decrees={})
    assert refused.value.code == "calendar_year_missing"
    assert refused.value.values == {"year": year}
