"""The statutory clock: when a matter is due and why; reads no clock and keeps nothing.

    >>> from datetime import date, datetime
    >>> from core.clock import KST, Period, WorkCalendar, due_at
    >>> from core.holidays import public_holidays
    >>> days = public_holidays(2026, decrees={date(2026, 6, 3): "지방선거일"})
    >>> calendar = WorkCalendar(holidays=days, years=range(2026, 2027))
    >>> received = datetime(2026, 5, 4, 10, tzinfo=KST)
    >>> due, trace = due_at(received, Period.parse("7d"), calendar=calendar)
    >>> due.astimezone(KST).isoformat()
    '2026-05-13T18:00:00+09:00'
    >>> [line.text for line in trace][:3]
    ['1일째 5/4(월)', '5/5(화) 어린이날 제외', '2일째 5/6(수)']

Law: 민원처리법 제19조, 같은 법 시행령 제19조, 민법 제157조, 제159조 to 제161조. What counts:

- hours, and days up to five: working hours, one day being eight of them; an instant matter
  (즉시) is three.  Receipt outside office hours begins with the next working minute.
- six days and more: working days, the first one included; the first one is the day of receipt,
  or the first working day after it.  The period ends when the office closes on the last day.
- weeks, months, years: by the calendar from the day of receipt, holidays inside included; a last
  day on a Saturday, Sunday or holiday moves to the next working day.

What the law leaves open is the city's to set (``WorkCalendar``): whether the lunch hour is working
time, whether a receipt in the evening makes its day the first one, and which days a pause takes out.
Around the count stand receipt, extension, progress, reminders and inspection (``core.statutory``).
"""

from __future__ import annotations

from core.counting import HOURS_PER_DAY, Extension, Pause, due_at
from core.periods import IMMEDIATE_HOURS, Period, Unit
from core.statutory import (
    Duties,
    check_extension,
    demand_times,
    inspection_end,
    progress_dates,
    receive_by,
    reminder_times,
)
from core.working_time import KST, Due, TraceLine, WorkCalendar, is_open, next_open

__all__ = [
    "HOURS_PER_DAY",
    "IMMEDIATE_HOURS",
    "KST",
    "Due",
    "Duties",
    "Extension",
    "Pause",
    "Period",
    "TraceLine",
    "Unit",
    "WorkCalendar",
    "check_extension",
    "demand_times",
    "due_at",
    "inspection_end",
    "is_open",
    "next_open",
    "progress_dates",
    "receive_by",
    "reminder_times",
]
