"""Counts periods in Korean working time and explains each day of the count; reads no clock.

Law: 민원처리법 제19조, 같은 법 시행령 제19조, 민법 제157조, 제159조 to 제161조. What counts:

- hours, and days up to five: working hours, one day being eight of them; an instant matter
  (즉시) is three.  Receipt outside office hours begins with the next working minute.
- six days and more: working days, the first one included; the first one is the day of receipt,
  or the first working day after it.  The period ends when the office closes on the last day.
- weeks, months, years: by the calendar from the day of receipt, holidays inside included; a last
  day on a Saturday, Sunday or holiday moves to the next working day.

Whether the lunch hour is working time is not settled in the sources, so it is configuration.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from core.errors import Refused
from core.periods import IMMEDIATE_HOURS, Period, Unit

__all__ = [
    "HOURS_PER_DAY",
    "IMMEDIATE_HOURS",
    "KST",
    "Due",
    "Period",
    "TraceLine",
    "Unit",
    "WorkCalendar",
    "due_at",
    "is_open",
    "next_open",
]

# Korea has had no daylight saving since 1988, so a fixed offset is exact for every year we accept.
KST = timezone(timedelta(hours=9), "KST")
HOURS_PER_DAY = 8
MOST_DAYS_IN_HOURS = 5
_WEEKDAYS = "월화수목금토일"
_HOUR = 3_600_000_000
_MINUTE = 60_000_000
_DAY = 24 * _HOUR


class TraceLine(NamedTuple):
    """One day of a count: whether it counted, and why, in Korean; `minutes` of working time."""

    date: date
    counted: bool
    text: str
    minutes: int | None = None

    def to_data(self) -> dict[str, object]:
        """The line as JSON data; `minutes` only where the count is in hours."""
        data: dict[str, object] = {
            "date": self.date.isoformat(),
            "counted": self.counted,
            "text": self.text,
        }
        if self.minutes is not None:
            data["minutes"] = self.minutes
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
    segments: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _days: dict[int, _Day] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        start, end = _of_day(self.office_start), _of_day(self.office_end)
        edges = [start, end]
        if self.lunch is not None:
            edges[1:1] = [_of_day(self.lunch[0]), _of_day(self.lunch[1])]
        if any(a >= b for a, b in pairwise(edges)):
            raise ValueError("office hours must be in order: start, lunch, end")
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
        label = f"{day.month}/{day.day}({_WEEKDAYS[weekday]})"
        reason = self.holidays.get(day)
        if reason is None and weekday >= 5:
            reason = "토요일" if weekday == 5 else "일요일"
        skipped = None if reason is None else TraceLine(day, False, f"{label} {reason} 제외")
        return _Day(day, label, skipped)


def due_at(
    received_at: datetime,
    period: Period,
    *,
    calendar: WorkCalendar,
    pauses: Sequence[tuple[datetime, datetime]] = (),
    extensions: Sequence[Period] = (),
) -> Due:
    """When `period`, received at `received_at` (aware), ends, with the reason for each day.

    `pauses` are (from, to) pairs of aware times that do not count (시행령 제20조): in an hour count
    their working time, in a day or calendar count the days whose office hours they cover whole.
    `extensions` (시행령 제21조) follow each other after the period, counted the way the period is.
    Raises Refused("calendar_year_missing", year=…), Refused("pause_backwards"), and ValueError for
    a time without a zone.
    """
    count = _Count(calendar, _merge(pauses), _stamp(received_at))
    count.add(period)
    for extension in extensions:
        count.add(extension)
    return Due(_moment(count.end), tuple(count.trace))


def is_open(calendar: WorkCalendar, at: datetime) -> bool:
    """Whether somebody works at this moment; the lunch break is closed unless it is working time.

    Raises Refused("calendar_year_missing", year=…).
    """
    ordinal, of_day = divmod(_stamp(at), _DAY)
    if calendar.day(ordinal).skipped is not None:
        return False
    return any(start <= of_day < end for start, end in calendar.segments)


def next_open(calendar: WorkCalendar, at: datetime) -> datetime:
    """The first working moment at or after `at`, aware UTC.

    Raises Refused("calendar_year_missing", year=…).
    """
    ordinal, of_day = divmod(_stamp(at), _DAY)
    while True:
        if calendar.day(ordinal).skipped is None:
            for start, end in calendar.segments:
                if of_day < end:
                    return _moment(ordinal * _DAY + max(start, of_day))
        ordinal, of_day = ordinal + 1, 0


class _Count:
    """Adds periods one after the other; times are microseconds of Seoul time (see `_stamp`)."""

    def __init__(
        self, calendar: WorkCalendar, pauses: Sequence[tuple[int, int]], received: int
    ) -> None:
        self.calendar = calendar
        self.pauses = pauses
        self.end = received
        self.trace: list[TraceLine] = []
        self._mode = ""
        self._counted = 0

    def add(self, period: Period) -> None:
        """Count one more period after what is counted already."""
        unit, count = period.unit, period.count
        first = not self._mode
        if not first:
            day = self.calendar.day((self.end - 1) // _DAY)
            self.trace.append(
                TraceLine(day.date, False, f"{day.label} 뒤로 {period.in_korean()} 연장")
            )
        if unit is Unit.IMMEDIATE:
            self._add_hours(IMMEDIATE_HOURS)
        elif unit is Unit.HOURS:
            self._add_hours(count)
        elif unit is Unit.DAYS:
            # An extension is counted like what it extends; a period by its own length.
            if self._mode == "hours" or (self._mode != "days" and count <= MOST_DAYS_IN_HOURS):
                self._add_hours(count * HOURS_PER_DAY)
            else:
                self._add_days(count, first=first)
        else:
            self._add_calendar(period, first=first)

    def _add_hours(self, hours: int) -> None:
        if self._mode != "hours":
            self._mode, self._counted = "hours", 0
        left, counted = hours * _HOUR, self._counted
        ordinal, begin = divmod(self.end, _DAY)
        segments = self.calendar.segments
        while True:
            day = self.calendar.day(ordinal)
            if day.skipped is not None:
                self.trace.append(day.skipped)
                ordinal, begin = ordinal + 1, 0
                continue
            worked, paused = 0, False
            for start, end in segments:
                for a, b, cut in self._free(ordinal * _DAY, max(start, begin), end):
                    paused = paused or cut
                    if a >= b or not left:
                        continue
                    taken = min(b - a, left)
                    left -= taken
                    worked += taken
                    self.end = ordinal * _DAY + a + taken
            if worked:
                counted += worked
                note = ", 멈춘 시간 제외" if paused else ""
                text = f"{day.label} {_length(worked)} (누적 {_length(counted)}{note})"
                self.trace.append(TraceLine(day.date, True, text, worked // _MINUTE))
            elif paused:
                self.trace.append(TraceLine(day.date, False, f"{day.label} 멈춘 기간 제외"))
            elif not self.trace:
                self.trace.append(TraceLine(day.date, False, f"{day.label} 근무시간 뒤 접수"))
            if not left:
                self._counted = counted
                return
            ordinal, begin = ordinal + 1, 0

    def _free(self, midnight: int, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Parts of [start, end) of one day outside all pauses; the flag tells that one was cut."""
        if not self.pauses or start >= end:
            yield start, end, False
            return
        index = max(bisect_right(self.pauses, (midnight + start, 0)) - 1, 0)
        for pause_start, pause_end in self.pauses[index:]:
            a, b = pause_start - midnight, pause_end - midnight
            if b <= start:
                continue
            if a >= end:
                break
            yield start, max(a, start), True
            start = b
            if start >= end:
                return
        yield start, end, False

    def _paused_day(self, ordinal: int) -> bool:
        """Whether one pause covers the whole office hours of this day."""
        if not self.pauses:
            return False
        start = ordinal * _DAY + self.calendar.segments[0][0]
        end = ordinal * _DAY + self.calendar.segments[-1][1]
        index = bisect_right(self.pauses, (start, 1 << 80)) - 1
        return index >= 0 and self.pauses[index][1] >= end

    def _add_days(self, days: int, *, first: bool) -> None:
        if self._mode != "days":
            self._mode, self._counted = "days", 0
        # After a first period the next day begins; `end` is then the close of its last day.
        ordinal = self.end // _DAY + (0 if first else 1)
        append, find = self.trace.append, self.calendar.day
        number, last = self._counted, self._counted + days
        while True:
            day = find(ordinal)
            if day.skipped is not None:
                append(day.skipped)
            elif self._paused_day(ordinal):
                append(TraceLine(day.date, False, f"{day.label} 멈춘 기간 제외"))
            else:
                number += 1
                append(TraceLine(day.date, True, f"{number}일째 {day.label}"))
                if number == last:
                    break
            ordinal += 1
        self._counted = number
        self.end = ordinal * _DAY + self.calendar.segments[-1][1]

    def _add_calendar(self, period: Period, *, first: bool) -> None:
        self._mode, self._counted = "calendar", 0
        start = self.end // _DAY + (0 if first else 1)
        # The law needs no data for the first day, but a year we do not know is never guessed at.
        begin = self.calendar.day(start)
        self.trace.append(TraceLine(begin.date, True, f"첫날 {begin.label}"))
        planned = _last_day(begin.date, period)
        ordinal, seen = planned, start - 1
        while seen < ordinal and self.pauses:  # a pause may reach into what it has added
            seen += 1
            if self._paused_day(seen):
                day = self.calendar.day(seen)
                self.trace.append(TraceLine(day.date, False, f"{day.label} 멈춘 기간 제외"))
                ordinal += 1
        while (day := self.calendar.day(ordinal)).skipped is not None:
            self.trace.append(
                TraceLine(day.date, False, day.skipped.text.removesuffix("제외") + "다음 날로")
            )
            ordinal += 1
        text = f"마지막 날 {day.label} ({period.in_korean()})"
        self.trace.append(TraceLine(day.date, True, text))
        self.end = ordinal * _DAY + self.calendar.segments[-1][1]


def _last_day(start: date, period: Period) -> int:
    """Ordinal of the last day by 민법 제160조, the first day included, before any roll-over.

    The period ends on the day before the one that corresponds to the first; where the last month
    has no such day, it ends with the month.
    """
    if period.unit is Unit.WEEKS:
        return start.toordinal() + 7 * period.count - 1
    months = period.count * (12 if period.unit is Unit.YEARS else 1)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > date.max.year:
        raise Refused("calendar_year_missing", year=year)
    try:
        return date(year, month + 1, start.day).toordinal() - 1
    except ValueError:
        # No such day: the month is shorter than 31 days, so it is not December.
        return date(year, month + 2, 1).toordinal() - 1


def _merge(pauses: Iterable[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """Pauses as sorted stamps, those that touch joined; Refused when one ends before it begins."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((_stamp(a), _stamp(b)) for a, b in pauses):
        if end < start:
            raise Refused("pause_backwards")
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


_EPOCH = datetime(1970, 1, 1, tzinfo=KST)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)


def _stamp(at: datetime) -> int:
    """Microseconds of Seoul time such that `stamp // _DAY` is the date's ordinal."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return (at - _EPOCH) // _MICROSECOND + _EPOCH_ORDINAL * _DAY


def _moment(stamp: int) -> datetime:
    """The aware UTC time of a stamp."""
    return (_EPOCH + timedelta(microseconds=stamp - _EPOCH_ORDINAL * _DAY)).astimezone(UTC)


def _of_day(at: time) -> int:
    return at.hour * _HOUR + at.minute * _MINUTE + at.second * 1_000_000 + at.microsecond


def _length(worked: int) -> str:
    """Working time in Korean: `3시간`, `30분`, `2시간 30분`; under a minute `1분 미만`."""
    hours, minutes = divmod(worked // _MINUTE, 60)
    if not hours and not minutes:
        return "1분 미만"
    parts = [f"{hours}시간"] if hours else []
    if minutes:
        parts.append(f"{minutes}분")
    return " ".join(parts)
