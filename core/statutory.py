"""The duties around a due time: receipt, extension, progress, reminders, inspection; counts no period itself.

Law: 민원처리법 제19조, 시행령 제6조 (receipt within eight working hours), 제17조 (inspection of a
고충), 제21조 (extension), 제23조 (progress every 30 days), 제28조 (독촉).  What the law does not fix
stands in ``Duties``, whose values a city sets in city/periods.yml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.counting import (
    HOURS_PER_DAY,
    MOST_DAYS_IN_HOURS,
    Extension,
    Pause,
    due_at,
)
from core.errors import Refused
from core.periods import IMMEDIATE_HOURS, Period, Unit
from core.working_time import (
    DAY,
    HOUR,
    KST,
    Due,
    WorkCalendar,
    moment_of,
    next_open,
    stamp_of,
)

MOST_EXTENSIONS = 2
# Only a 고충 may wait for an inspection (시행령 제17조).
INSPECTED_KIND = "고충"


@dataclass(frozen=True)
class Duties:
    """What an agency owes beside the answer. Hours are working hours, days working days.

    The 14 and 7 days of an inspection are counted as the law counts periods of six days and more:
    working days, the first one included; whether calendar days were meant the text does not say.
    """

    receive_within_hours: int = 8
    progress_every_days: int = 30  # days of the calendar
    remind_hours_before: tuple[int, ...] = (8, 1)
    demand_every_days: int = 5
    inspection_days: int = 14
    inspection_more_days: int = 7
    supplement_days: int = 7
    supplement_again_days: int = 10


DUTIES = Duties()


def receive_by(arrived_at: datetime, *, calendar: WorkCalendar, duties: Duties = DUTIES) -> Due:
    """By when what arrived must be received: eight working hours (시행령 제6조), with the trace."""
    return due_at(arrived_at, Period(duties.receive_within_hours, Unit.HOURS), calendar=calendar)


def progress_dates(
    received_at: datetime, *, until: datetime, calendar: WorkCalendar, duties: Duties = DUTIES
) -> tuple[date, ...]:
    """The days before `until` on which the citizen is told how far it is (시행령 제23조).

    Every 30 days of the calendar after the day of receipt; where the office is closed on such a day,
    the next working day. Raises Refused("calendar_year_missing", year=…).
    """
    first, last = received_at.astimezone(KST).date(), until.astimezone(KST).date()
    found: list[date] = []
    number = 1
    while True:
        day = first + timedelta(days=number * duties.progress_every_days)
        if day >= last:
            return tuple(found)
        opens = next_open(calendar, datetime.combine(day, time(), KST)).astimezone(KST).date()
        if opens < last:
            found.append(opens)
        number += 1


def reminder_times(
    received_at: datetime, *, due: datetime, calendar: WorkCalendar, duties: Duties = DUTIES
) -> tuple[datetime, ...]:
    """When the officer is reminded before `due` (aware UTC, in order); never before the receipt."""
    times = (hours_before(due, hours, calendar=calendar) for hours in duties.remind_hours_before)
    return tuple(sorted(at for at in set(times) if at > received_at))


def demand_times(
    due: datetime, *, until: datetime, calendar: WorkCalendar, duties: Duties = DUTIES
) -> tuple[datetime, ...]:
    """When an overdue matter is demanded (독촉, 시행령 제28조) up to `until`.

    First when the office next works after `due`, then each `demand_every_days` working days; how
    often is the city's rule, not the law's.
    """
    found: list[datetime] = []
    at = next_open(calendar, due)
    while at <= until:
        found.append(at)
        step = duties.demand_every_days
        ordinal = stamp_of(at) // DAY
        while step:
            ordinal += 1
            step -= calendar.day(ordinal).skipped is None
        at = moment_of(ordinal * DAY + calendar.segments[0][0])
    return tuple(found)


def hours_before(at: datetime, hours: int, *, calendar: WorkCalendar) -> datetime:
    """The latest moment from which `hours` working hours remain until `at` (aware UTC)."""
    left = hours * HOUR
    ordinal, end = divmod(stamp_of(at), DAY)
    while True:
        if calendar.day(ordinal).skipped is None:
            for opens, closes in reversed(calendar.segments):
                worked = min(closes, end) - opens
                if worked <= 0:
                    continue
                if worked >= left:
                    return moment_of(ordinal * DAY + opens + worked - left)
                left -= worked
        ordinal, end = ordinal - 1, DAY


def check_extension(
    received_at: datetime,
    period: Period,
    extension: Period,
    *,
    calendar: WorkCalendar,
    pauses: Sequence[tuple[datetime, datetime] | Pause] = (),
    before: Sequence[Period | Extension] = (),
    consent: bool = False,
) -> None:
    """Raise Refused unless `period` may be extended by `extension` (시행령 제21조).

    Once up to the length of the original period; once more, again up to it, with the citizen's
    `consent`. `before` are the extensions that it had already. Codes: ``extension_third``,
    ``extension_consent``, ``extension_unit``, ``extension_too_long`` (with `most`, the period).
    """
    if len(before) >= MOST_EXTENSIONS:
        raise Refused("extension_third")
    if before and not consent:
        raise Refused("extension_consent")
    if not _fits(period, extension):
        raise Refused("extension_unit", period=str(period), extension=str(extension))
    if _is_longer(received_at, period, extension, calendar=calendar, pauses=pauses, before=before):
        raise Refused("extension_too_long", most=period.in_korean(), period=str(period))


def own_unit(period: Period) -> Unit:
    """The unit in which a plain number extends this period."""
    return Unit.HOURS if period.unit is Unit.IMMEDIATE else period.unit


def inspection_end(
    begins: datetime, *, days: int, more: int = 0, calendar: WorkCalendar, duties: Duties = DUTIES
) -> datetime:
    """When an inspection that begins then ends: `days` (≤ 14) and once `more` (≤ 7) working days.

    Raises Refused("inspection_too_long", most=…) and Refused("inspection_more_too_long", most=…).
    """
    if not 1 <= days <= duties.inspection_days:
        raise Refused("inspection_too_long", most=duties.inspection_days)
    if not 0 <= more <= duties.inspection_more_days:
        raise Refused("inspection_more_too_long", most=duties.inspection_more_days)
    left, ordinal = days + more, stamp_of(begins) // DAY
    while True:
        left -= calendar.day(ordinal).skipped is None
        if not left:
            return moment_of(ordinal * DAY + calendar.segments[-1][1])
        ordinal += 1


def working_day_after(at: datetime, days: int, *, calendar: WorkCalendar) -> datetime:
    """The close of the office on the n-th working day after the day of `at` (aware UTC).

    The day itself is not counted (민법 제157조): a citizen has the days that follow it.
    """
    ordinal = stamp_of(at) // DAY
    while days:
        ordinal += 1
        days -= calendar.day(ordinal).skipped is None
    return moment_of(ordinal * DAY + calendar.segments[-1][1])


def _hours_of(period: Period) -> int | None:
    """The working hours of what is counted in hours; None for what is counted in days."""
    if period.unit is Unit.IMMEDIATE:
        return IMMEDIATE_HOURS
    if period.unit is Unit.HOURS:
        return period.count
    if period.unit is Unit.DAYS and period.count <= MOST_DAYS_IN_HOURS:
        return period.count * HOURS_PER_DAY
    return None


def _fits(period: Period, extension: Period) -> bool:
    """Whether the extension is counted in a unit that can follow the period."""
    if _hours_of(period) is not None:
        return extension.unit in (Unit.IMMEDIATE, Unit.HOURS, Unit.DAYS)
    if period.unit is Unit.DAYS:
        return extension.unit is Unit.DAYS
    return extension.unit in (Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS)


def _is_longer(
    received_at: datetime,
    period: Period,
    extension: Period,
    *,
    calendar: WorkCalendar,
    pauses: Sequence[tuple[datetime, datetime] | Pause],
    before: Sequence[Period | Extension],
) -> bool:
    hours = _hours_of(period)
    if hours is not None:
        given = extension.count
        if extension.unit is Unit.DAYS:
            given *= HOURS_PER_DAY
        elif extension.unit is Unit.IMMEDIATE:
            given = IMMEDIATE_HOURS
        return given > hours
    if period.unit is extension.unit:
        return extension.count > period.count

    # Of different units: the one that ends later is the longer.
    def end(last: Period) -> datetime:
        more = [*before, last]
        return due_at(received_at, period, calendar=calendar, pauses=pauses, extensions=more).due

    return end(extension) > end(period)
