"""Checks calendar.yml and makes the working calendar of it. Must not count any period."""

from __future__ import annotations

from datetime import date, time

from app import city_models as models
from app.city_yaml import Document, Problems
from core.clock import WorkCalendar
from core.elections import regular_elections
from core.errors import Refused
from core.holidays import public_holidays
from core.working_time import WEEKDAYS

LONGEST_SPAN = 100


def make_calendar(
    model: models.CalendarModel, document: Document, *, problems: Problems
) -> WorkCalendar | None:
    """The calendar; None, with every mistake noted, where it cannot be used."""
    _check_decrees(model, document, problems)
    first, last = model.years.from_, model.years.to
    if not first <= last <= first + LONGEST_SPAN:
        problems.add(document, ("years",), f"years {first} to {last}: expected from ≤ to")
        return None
    decrees = {decree.date: decree.name for decree in model.decrees}
    holidays: dict[date, str] = {}
    for year in range(first, last + 1):
        try:
            holidays.update(public_holidays(year, decrees=decrees))
            elections = regular_elections(year)
        except Refused:
            problems.add(
                document,
                ("years",),
                f"year {year}: its lunar holidays are not known to the program",
            )
            return None
        for day, name in elections.items():
            if day not in decrees:
                problems.add(
                    document,
                    ("decrees",),
                    f"the regular election of {day} ({name}) is missing in decrees: add "
                    f"{{date: {day}, weekday: {WEEKDAYS[day.weekday()]}, name: {name}}}",
                )
    lunch = model.lunch
    try:
        return WorkCalendar(
            office_start=time.fromisoformat(model.office.start),
            office_end=time.fromisoformat(model.office.end),
            lunch=(time.fromisoformat(lunch.start), time.fromisoformat(lunch.end))
            if lunch is not None
            else None,
            holidays=holidays,
            years=frozenset(range(first, last + 1)),
            late_receipt_counts=model.late_receipt_counts,
            paused_day=model.paused_day,
        )
    except ValueError as error:
        problems.add(document, ("office",), f"office hours cannot be used: {error}")
        return None


def _check_decrees(model: models.CalendarModel, document: Document, problems: Problems) -> None:
    """No date twice, the weekday right, the year covered, and no day that the law has off anyway."""
    first, last = model.years.from_, model.years.to
    seen: dict[date, int] = {}
    for index, decree in enumerate(model.decrees):
        where, day = ("decrees", index), decree.date
        if day in seen:
            line = document.line(("decrees", seen[day]))
            problems.add(
                document, where, f"{day} stands twice in decrees (a first time on line {line})"
            )
        seen.setdefault(day, index)
        right = WEEKDAYS[day.weekday()]
        if decree.weekday != right:
            problems.add(
                document,
                where,
                f"{day} is a {right}요일, not a {decree.weekday}요일: check the date",
            )
        if not first <= day.year <= last:
            problems.add(document, where, f"decree {day} lies outside {first}–{last}")
            continue
        try:
            known = public_holidays(day.year, decrees={})
        except Refused:
            continue  # The years are refused anyway.
        if day in known:
            problems.add(document, where, f"{day} is {known[day]} by law already: take it out")
