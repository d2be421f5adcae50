"""Counts a period in Korean working time and explains each day of the count; reads no clock.

The rules are told in ``core.clock``, where other modules import this from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from core.errors import Refused
from core.periods import IMMEDIATE_HOURS, Period, Unit
from core.working_time import (
    DAY,
    HOUR,
    MINUTE,
    WHOLE,
    Due,
    TraceLine,
    WorkCalendar,
    moment_of,
    stamp_of,
)

HOURS_PER_DAY = 8
MOST_DAYS_IN_HOURS = 5
PAUSE, EXTENSION = "pause", "extension"


class Pause(NamedTuple):
    """Time that does not count, from `start` until `end` (aware); `why` is a Korean noun for the trace."""

    start: datetime
    end: datetime
    why: str = ""


class Extension(NamedTuple):
    """A period that follows the first; `why` is told in the trace."""

    period: Period
    why: str = ""


def due_at(
    received_at: datetime,
    period: Period,
    *,
    calendar: WorkCalendar,
    pauses: Sequence[tuple[datetime, datetime] | Pause] = (),
    extensions: Sequence[Period | Extension] = (),
) -> Due:
    """When `period`, received at `received_at` (aware), ends, with the reason for each day.

    `pauses` are times that do not count (시행령 제20조): in an hour count their working time, in a
    day count the working days that they touch (or cover whole, see WorkCalendar.paused_day), in a
    calendar count all days that they touch.  `extensions` (시행령 제21조) follow each other after
    the period and are counted the way it is; whether they may be given is for ``core.statutory``.
    Raises Refused("calendar_year_missing", year=…), Refused("pause_backwards"),
    Refused("extension_unit", period=…, extension=…) for hours after a period in days, and
    ValueError for a time without a zone.
    """
    count = _Count(calendar, _Pauses(pauses), stamp_of(received_at))
    count.add(period)
    for extension in extensions:
        given = Extension(extension) if isinstance(extension, Period) else extension
        count.extend(given)
    return Due(moment_of(count.end), tuple(count.trace))


class _Pauses:
    """All pauses of one count as stamps: `merged` for counting, with their names for the trace."""

    __slots__ = ("_named", "merged")

    def __init__(self, pauses: Sequence[tuple[datetime, datetime] | Pause]) -> None:
        self._named: list[tuple[int, int, str]] = []
        self.merged: list[tuple[int, int]] = []
        for given in pauses:
            start, end = stamp_of(given[0]), stamp_of(given[1])
            if end < start:
                raise Refused("pause_backwards")
            self._named.append((start, end, given.why if isinstance(given, Pause) else ""))
        for start, end, _why in sorted(self._named):
            if self.merged and start <= self.merged[-1][1]:
                self.merged[-1] = (self.merged[-1][0], max(end, self.merged[-1][1]))
            elif end > start:
                self.merged.append((start, end))

    def name_at(self, start: int, end: int) -> str:
        """What the pauses within these stamps are called: `보완`, or nothing."""
        found = [why for a, b, why in self._named if why and a < end and b > start]
        return ", ".join(dict.fromkeys(found))


class _Count:
    """Adds periods one after the other; times are microseconds of Seoul time (see `stamp_of`)."""

    def __init__(self, calendar: WorkCalendar, pauses: _Pauses, received: int) -> None:
        self.calendar = calendar
        self.pauses = pauses.merged
        self._name_at = pauses.name_at
        self.end = received
        self.trace: list[TraceLine] = []
        self._mode = ""
        self._counted = 0

    def add(self, period: Period) -> None:
        """Count one period: the first one, or one more after what is counted already."""
        unit, count = period.unit, period.count
        first = not self._mode
        if unit is Unit.IMMEDIATE:
            self._add_hours(IMMEDIATE_HOURS)
        elif unit is Unit.HOURS:
            self._add_hours(count)
        elif unit is Unit.DAYS:
            # An extension is counted like what it extends; a period by its own length.
            if self._mode == "hours" or (first and count <= MOST_DAYS_IN_HOURS):
                self._add_hours(count * HOURS_PER_DAY)
            else:
                self._add_days(count, first=first)
        else:
            self._add_calendar(period, first=first)

    def extend(self, extension: Extension) -> None:
        """Count on from the end, and say so in the trace."""
        period, why = extension
        if self._mode != "hours" and period.unit in (Unit.HOURS, Unit.IMMEDIATE):
            raise Refused("extension_unit", extension=str(period))
        day = self.calendar.day((self.end - 1) // DAY)
        text = f"{day.label} 뒤로 {period.in_korean()} 연장" + (f" ({why})" if why else "")
        self.trace.append(TraceLine(day.date, False, text, kind=EXTENSION))
        self.add(period)

    def _add_hours(self, hours: int) -> None:
        if self._mode != "hours":
            self._mode, self._counted = "hours", 0
        left, counted = hours * HOUR, self._counted
        ordinal, begin = divmod(self.end, DAY)
        segments = self.calendar.segments
        while True:
            day = self.calendar.day(ordinal)
            if day.skipped is not None:
                self.trace.append(day.skipped)
                ordinal, begin = ordinal + 1, 0
                continue
            worked, paused = 0, False
            for start, end in segments:
                for a, b, cut in self._free(ordinal * DAY, max(start, begin), end):
                    paused = paused or cut
                    if a >= b or not left:
                        continue
                    taken = min(b - a, left)
                    left -= taken
                    worked += taken
                    self.end = ordinal * DAY + a + taken
            if worked:
                before, counted = counted, counted + worked
                # Of the running sum, so that the minutes of all days add up to the period.
                minutes = counted // MINUTE - before // MINUTE
                note, kind = "", ""
                if paused:
                    name = self._name_at(ordinal * DAY, (ordinal + 1) * DAY)
                    note, kind = f", {name or '멈춘'} 시간 제외", PAUSE
                text = f"{day.label} {_length(minutes)} (누적 {_length(counted // MINUTE)}{note})"
                self.trace.append(TraceLine(day.date, True, text, minutes, kind))
            elif paused:
                self.trace.append(self._paused_line(day.date, day.label, ordinal))
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
        """Whether the pauses take this day out of a count in days, as the calendar has it."""
        if not self.pauses:
            return False
        midnight, segments = ordinal * DAY, self.calendar.segments
        if self.calendar.paused_day == WHOLE:
            start, end = midnight + segments[0][0], midnight + segments[-1][1]
            index = bisect_right(self.pauses, (start, 1 << 80)) - 1
            return index >= 0 and self.pauses[index][1] >= end
        return any(
            cut for start, end in segments for _a, _b, cut in self._free(midnight, start, end)
        )

    def _paused_line(self, day: date, label: str, ordinal: int) -> TraceLine:
        name = self._name_at(ordinal * DAY, (ordinal + 1) * DAY)
        return TraceLine(day, False, f"{label} {name or '멈춘'} 기간 제외", kind=PAUSE)

    def _first_day(self, *, first: bool) -> int:
        """Ordinal of the day from which a count in days begins."""
        ordinal, of_day = divmod(self.end, DAY)
        if not first:
            return ordinal + 1
        day = self.calendar.day(ordinal)
        if self.calendar.late_receipt_counts or of_day < self.calendar.segments[-1][1]:
            return ordinal
        if day.skipped is None:
            self.trace.append(TraceLine(day.date, False, f"{day.label} 근무시간 뒤 접수"))
        else:
            self.trace.append(day.skipped)
        return ordinal + 1

    def _add_days(self, days: int, *, first: bool) -> None:
        if self._mode != "days":
            self._mode, self._counted = "days", 0
        # After a first period the next day begins; `end` is then the close of its last day.
        ordinal = self._first_day(first=first)
        append, find = self.trace.append, self.calendar.day
        number, last = self._counted, self._counted + days
        while True:
            day = find(ordinal)
            if day.skipped is not None:
                append(day.skipped)
            elif self._paused_day(ordinal):
                append(self._paused_line(day.date, day.label, ordinal))
            else:
                number += 1
                append(TraceLine(day.date, True, f"{number}일째 {day.label}"))
                if number == last:
                    break
            ordinal += 1
        self._counted = number
        self.end = ordinal * DAY + self.calendar.segments[-1][1]

    def _add_calendar(self, period: Period, *, first: bool) -> None:
        self._mode, self._counted = "calendar", 0
        start = self._first_day(first=first)
        # The law needs no data for the first day, but a year we do not know is never guessed at.
        begin = self.calendar.day(start)
        self.trace.append(TraceLine(begin.date, True, f"첫날 {begin.label}"))
        planned = _last_day(begin.date, period)
        ordinal, seen = planned, start - 1
        while seen < ordinal and self.pauses:  # a pause may reach into what it has added
            seen += 1
            if self._paused_day(seen):
                day = self.calendar.day(seen)
                self.trace.append(self._paused_line(day.date, day.label, seen))
                ordinal += 1
        while (day := self.calendar.day(ordinal)).skipped is not None:
            self.trace.append(
                TraceLine(day.date, False, day.skipped.text.removesuffix("제외") + "다음 날로")
            )
            ordinal += 1
        text = f"마지막 날 {day.label} ({period.in_korean()})"
        self.trace.append(TraceLine(day.date, True, text))
        self.end = ordinal * DAY + self.calendar.segments[-1][1]


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


def _length(minutes: int) -> str:
    """Working time in Korean: `3시간`, `30분`, `2시간 30분`; under a minute `1분 미만`."""
    hours, minutes = divmod(minutes, 60)
    if not hours and not minutes:
        return "1분 미만"
    parts = [f"{hours}시간"] if hours else []
    if minutes:
        parts.append(f"{minutes}분")
    return " ".join(parts)
