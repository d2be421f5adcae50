"""Office hours and days off of one city, and the shape of a count's result; it counts no period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from core.errors import Refused

# Korea has had no daylight saving since 1988, so a fixed offset is exact for every year we accept.
KST = timezone(timedelta(hours=9), "KST")
WEEKDAYS = "월화수목금토일"
HOUR = 3_600_000_000
MINUTE = 60_000_000
DAY = 24 * HOUR
# Which working days a pause takes out of a count in days.
TOUCHED, WHOLE = "touched", "whole"


class TraceLine(NamedTuple):
    """One day of a count: whether it counted, and why, in Korean; `minutes` of working time.

    `kind` is set where more than the calendar decided: `pause` or `extension`.
    """

    date: date
    counted: bool
    text: str
    minutes: int | None = None
    kind: str = ""

    def to_data(self) -> dict[str, object]:
        """The line as JSON data; `minutes` only where the count is in hours."""
        data: dict[str, object] = {
            "date": self.date.isoformat(),
            "counted": self.counted,
            "text": self.text,
        }
        if self.minutes is not None:
            data["minutes"] = self.minutes
        if self.kind:
            data["kind"] = self.kind
        return data


class Due(NamedTuple):
    """When a period ends (aware UTC) and the days that led there; unpacks as (due, trace)."""

    due: datetime
    trace: tuple[TraceLine, ...]

    def to_data(self) -> dict[str, object]:
        """JSON data: `due` with the Seoul offset, and the trace."""
        return {
            "due": self.due.astimezone(KST).isoformat(),
            "trace": [line.to_data() for line in self.trace],
        }


class _Day(NamedTuple):
    """What the calendar knows of one date; `skipped` is set where nobody works."""

    date: date
    label: str
    skipped: TraceLine | None


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Office hours and days off of one city.

    `holidays` maps a date to the name shown to people (Saturdays and Sundays need no entry).
    `years` are those whose holidays are known; a count that needs another year is refused with
    Refused("calendar_year_missing", year=…).  `lunch` is a pair of times, or None when the lunch
    hour is working time.  Raises ValueError when the hours are out of order.
    """

    office_start: time = time(9)
    office_end: time = time(18)
    lunch: tuple[time, time] | None = (time(12), time(13))
    holidays: Mapping[date, str] = field(default_factory=dict, hash=False)
    years: frozenset[int] | range = frozenset()
    late_receipt_counts: bool = True
    paused_day: str = TOUCHED
    segments: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _days: dict[int, _Day] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        start, end = microseconds_of(self.office_start), microseconds_of(self.office_end)
        edges = [start, end]
        if self.lunch is not None:
            edges[1:1] = [microseconds_of(self.lunch[0]), microseconds_of(self.lunch[1])]
        if any(a >= b for a, b in pairwise(edges)):
            raise ValueError("office hours must be in order: start, lunch, end")
        if self.paused_day not in (TOUCHED, WHOLE):
            raise ValueError(f"paused_day is {TOUCHED} or {WHOLE}")
        pairs = tuple(zip(edges[::2], edges[1::2], strict=True))
        object.__setattr__(self, "segments", pairs)

    def day(self, ordinal: int) -> _Day:
        """The day with this proleptic ordinal; Refused when its year has no data."""
        known = self._days.get(ordinal)
        if known is None:
            known = self._days[ordinal] = self._make_day(ordinal)
        return known

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on this date; Refused when its year has no data."""
        return self.day(day.toordinal()).skipped is None

    def _make_day(self, ordinal: int) -> _Day:
        if not 1 <= ordinal <= date.max.toordinal():
            raise Refused("calendar_year_missing", year=date.max.year + 1 if ordinal > 1 else 0)
        day = date.fromordinal(ordinal)
        if day.year not in self.years:
            raise Refused("calendar_year_missing", year=day.year)
        weekday = day.weekday()
        label = f"{day.month}/{day.day}({WEEKDAYS[weekday]})"
        reason = self.holidays.get(day)
        if reason is None and weekday >= 5:
            reason = "토요일" if weekday == 5 else "일요일"
        skipped = None if reason is None else TraceLine(day, False, f"{label} {reason} 제외")
        return _Day(day, label, skipped)


def is_open(calendar: WorkCalendar, at: datetime) -> bool:
    """Whether somebody works at this moment; the lunch break is closed unless it is working time.

    Raises Refused("calendar_year_missing", year=…).
    """
    ordinal, of_day = divmod(stamp_of(at), DAY)
    if calendar.day(ordinal).skipped is not None:
        return False
    return any(start <= of_day < end for start, end in calendar.segments)


def next_open(calendar: WorkCalendar, at: datetime) -> datetime:
    """The first working moment at or after `at`, aware UTC.

    Raises Refused("calendar_year_missing", year=…).
    """
    ordinal, of_day = divmod(stamp_of(at), DAY)
    while True:
        if calendar.day(ordinal).skipped is None:
            for start, end in calendar.segments:
                if of_day < end:
                    return moment_of(ordinal * DAY + max(start, of_day))
        ordinal, of_day = ordinal + 1, 0


_EPOCH = datetime(1970, 1, 1, tzinfo=KST)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


def stamp_of(at: datetime) -> int:
    """Microseconds of Seoul time such that `stamp // DAY` is the date's ordinal."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return (at - _EPOCH) // _MICROSECOND + _EPOCH_ORDINAL * DAY


def moment_of(stamp: int) -> datetime:
    """The aware UTC time of a stamp."""
    return (_EPOCH + timedelta(microseconds=stamp - _EPOCH_ORDINAL * DAY)).astimezone(UTC)


def microseconds_of(at: time) -> int:
    """Microseconds since midnight."""
    return at.hour * HOUR + at.minute * MINUTE + at.second * 1_000_000 + at.microsecond
