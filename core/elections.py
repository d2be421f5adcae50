"""Computes the days of the regular elections, which are public holidays; knows no by-election.

Law: 공직선거법 제34조.  The first Wednesday from the 70th (President), 50th (National Assembly) or 30th
(local) day before a term ends; where that day is a public holiday, or the day before or after it is,
the Wednesday of the week after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from core.holidays import public_holidays

_WEDNESDAY = 2
# When a President's term ends. That of 2022 ended early: 2025-06-03 was an election, 2027 is none.
_PRESIDENT_ENDS = {2022: (5, 9), 2030: (6, 3), 2035: (6, 3)}
PRESIDENT, ASSEMBLY, LOCAL = "대통령 선거일", "국회의원 선거일", "지방선거일"


def regular_elections(year: int) -> Mapping[date, str]:
    """The regular election days of a year, date to Korean name.

    Raises Refused("calendar_year_missing", year=…) for a year whose holidays are not known.
    """
    found: dict[date, str] = {}
    holidays = public_holidays(year, decrees={})
    if year in _PRESIDENT_ENDS:
        found[_day(date(year, *_PRESIDENT_ENDS[year]), 70, holidays)] = PRESIDENT
    if year % 4 == 0:
        found[_day(date(year, 5, 29), 50, holidays)] = ASSEMBLY
    if year % 4 == 2:
        found[_day(date(year, 6, 30), 30, holidays)] = LOCAL
    return found


def _day(term_ends: date, before: int, holidays: Mapping[date, str]) -> date:
    day = term_ends - timedelta(days=before)
    day += timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    if any(day + timedelta(days=near) in holidays for near in (-1, 0, 1)):
        day += timedelta(days=7)
    return day
