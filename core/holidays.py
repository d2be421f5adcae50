"""Computes the public holidays of a Korean year with their substitutes; decides no working time.

Law: 관공서의 공휴일에 관한 규정 (대통령령 제36290호, in force from 2026-05-01) 제2조, 제3조, and
the earlier wordings of 제3조 for the years before.  Election days (제2조 제10호의2) and days that a
decree names (제11호) cannot be computed: the caller passes them in from the city's data.

The lunar dates are a table, not a calculation.  It agrees with `korean_lunar_calendar` through the
PyPI library `holidays` (a test compares every day of it), and a year outside it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from core.errors import Refused

# Year: 설날, 부처님오신날, 추석.
_LUNAR: dict[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2020: ((1, 25), (4, 30), (10, 1)),
    2021: ((2, 12), (5, 19), (9, 21)),
    2022: ((2, 1), (5, 8), (9, 10)),
    2023: ((1, 22), (5, 27), (9, 29)),
    2024: ((2, 10), (5, 15), (9, 17)),
    2025: ((1, 29), (5, 5), (10, 6)),
    2026: ((2, 17), (5, 24), (9, 25)),
    2027: ((2, 7), (5, 13), (9, 15)),
    2028: ((1, 27), (5, 2), (10, 3)),
    2029: ((2, 13), (5, 20), (9, 22)),
    2030: ((2, 3), (5, 9), (9, 12)),
    2031: ((1, 23), (5, 28), (10, 1)),
    2032: ((2, 11), (5, 16), (9, 19)),
    2033: ((1, 31), (5, 6), (9, 8)),
    2034: ((2, 19), (5, 25), (9, 27)),
    2035: ((2, 8), (5, 15), (9, 16)),
}
YEARS = range(min(_LUNAR), max(_LUNAR) + 1)

_ONE_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
_SEOLLAL, _BUDDHA, _CHUSEOK, _CHRISTMAS = "설날", "부처님오신날", "추석", "성탄절"
_CHILDREN, _LABOUR, _CONSTITUTION = "어린이날", "노동절", "제헌절"
_RUNS = (_SEOLLAL, _CHUSEOK)
_NATIONAL = ("삼일절", "광복절", "개천절", "한글날", _CONSTITUTION)


def public_holidays(year: int, *, decrees: Mapping[date, str]) -> Mapping[date, str]:
    """Every public holiday of `year` but the Sundays: date to the name that people read.

    `decrees` are elections and days named by decree; entries of other years are ignored.  Raises
    Refused("calendar_year_missing", year=…) for a year outside the table of lunar dates.
    """
    if year not in YEARS:
        raise Refused("calendar_year_missing", year=year)
    statutory: dict[date, list[str]] = {}
    for day, name in _statutory(year):
        statutory.setdefault(day, []).append(name)
    named = {day: name for day, name in decrees.items() if day.year == year}
    taken = {*statutory, *named}
    substitutes: dict[date, str] = {}
    for day in sorted(statutory):
        names = statutory[day]
        for name in _owed(day, names):
            # The first day that is no holiday; for a Sunday in 설날 or 추석 it follows the run.
            free = day + _ONE_DAY
            while free in taken or free.weekday() in (_SATURDAY, _SUNDAY):
                free += _ONE_DAY
            taken.add(free)
            substitutes[free] = f"대체공휴일({name})"
    result: dict[date, str] = {}
    for day in sorted(taken):
        if day in substitutes:
            result[day] = substitutes[day]
            continue
        names = list(statutory.get(day, ()))
        if day in named and named[day] not in names:
            names.append(named[day])
        result[day] = ", ".join(names)
    return result


def _statutory(year: int) -> Iterator[tuple[date, str]]:
    """The days that 제2조 제2호 to 제10호 name."""
    fixed = [
        (1, 1, "새해 첫날"),
        (3, 1, "삼일절"),
        (5, 5, _CHILDREN),
        (6, 6, "현충일"),
        (8, 15, "광복절"),
        (10, 3, "개천절"),
        (10, 9, "한글날"),
        (12, 25, _CHRISTMAS),
    ]
    if year >= 2026:
        fixed += [(5, 1, _LABOUR), (7, 17, _CONSTITUTION)]
    for month, day, name in fixed:
        yield date(year, month, day), name
    new_year, buddha, harvest = (date(year, *month_day) for month_day in _LUNAR[year])
    yield buddha, _BUDDHA
    for middle, name in ((new_year, _SEOLLAL), (harvest, _CHUSEOK)):
        yield middle - _ONE_DAY, f"{name} 연휴"
        yield middle, name
        yield middle + _ONE_DAY, f"{name} 연휴"


def _owed(day: date, names: list[str]) -> list[str]:
    """The holidays of one day that 제3조, as it stood on that day, gives back on another.

    On a Saturday or Sunday each entitled holiday is owed; on a weekday that two share, one less
    than there are, as the government announced for 2025-05-05 (one substitute, not two).
    """
    weekday = day.weekday()
    if weekday in (_SATURDAY, _SUNDAY):
        return [_bare(name) for name in names if _entitled(day, name, on_sunday=weekday == _SUNDAY)]
    entitled = [name for name in names if _entitled(day, name, on_sunday=True)]
    return [_bare(name) for name in entitled[: len(names) - 1]]


def _entitled(day: date, name: str, *, on_sunday: bool) -> bool:
    """Whether a holiday has a substitute; `on_sunday` is False for a Saturday."""
    if _bare(name) in _RUNS:
        return on_sunday
    if name == _CHILDREN:
        return True
    if name in _NATIONAL:
        return day >= date(2021, 8, 4)
    if name in (_BUDDHA, _CHRISTMAS):
        return day >= date(2023, 5, 4)
    return name == _LABOUR


def _bare(name: str) -> str:
    return name.removesuffix(" 연휴")
