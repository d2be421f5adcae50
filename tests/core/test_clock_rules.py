"""Laws of counting that hold for every date, and the duties around a due time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.clock import (
    KST,
    Extension,
    Pause,
    Period,
    WorkCalendar,
    check_extension,
    demand_times,
    due_at,
    inspection_end,
    progress_dates,
    receive_by,
    reminder_times,
)
from core.errors import Refused
from core.statutory import hours_before
from tests.builders import sample_city

CALENDAR = sample_city().calendar
FIRST, LAST = datetime(2025, 1, 1, tzinfo=KST), datetime(2027, 6, 30, tzinfo=KST)

moments = st.integers(0, int((LAST - FIRST).total_seconds())).map(
    lambda seconds: FIRST + timedelta(seconds=seconds)
)
hour_periods = st.one_of(
    st.just("즉시"), st.integers(1, 60).map("{}h".format), st.integers(1, 5).map("{}d".format)
).map(Period.parse)
day_periods = st.integers(6, 60).map("{}d".format).map(Period.parse)
calendar_periods = st.one_of(
    st.integers(1, 20).map("{}w".format),
    st.integers(1, 12).map("{}m".format),
    st.just("1y"),
).map(Period.parse)
periods = st.one_of(hour_periods, day_periods, calendar_periods)
WORKING = [
    day
    for day in (date(2025, 1, 1) + timedelta(days=n) for n in range(2000))
    if day.year < 2030 and CALENDAR.is_working_day(day)
]


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def due(received: datetime, period: Period, **more: object) -> datetime:
    return due_at(received, period, calendar=CALENDAR, **more).due


def after(start: datetime, hours: int) -> datetime:
    """The end of so many working hours that begin then, found without the clock under test."""
    left, at = timedelta(hours=hours), start
    while True:
        if at.weekday() < 5 and at.date() not in CALENDAR.holidays:
            for opens, closes in ((9, 12), (13, 18)):
                a = max(at, datetime.combine(at.date(), time(opens), KST))
                b = datetime.combine(at.date(), time(closes), KST)
                if b > a and b - a >= left:
                    return a + left
                left -= max(b - a, timedelta())
        at = datetime.combine(at.date() + timedelta(days=1), time(), KST)


@given(moments, moments, periods)
def test_law_19_what_is_received_later_is_never_due_earlier(
    a: datetime, b: datetime, period: Period
) -> None:
    first, second = sorted((a, b))
    assert due(first, period) <= due(second, period)


@given(moments, periods, st.integers(0, 400))
def test_law_19_one_more_holiday_never_makes_anything_due_earlier(
    received: datetime, period: Period, days: int
) -> None:
    day = received.date() + timedelta(days=days)
    more = replace(CALENDAR, holidays={**CALENDAR.holidays, day: "임시공휴일"})
    assert due_at(received, period, calendar=more).due >= due(received, period)


@given(moments, hour_periods, st.integers(0, 59), st.integers(1, 40))
def test_decree_20_a_pause_of_n_working_hours_moves_an_hour_count_by_exactly_n(
    received: datetime, period: Period, minutes: int, hours: int
) -> None:
    before = due(received, period)
    begins = after(received, 0) + timedelta(minutes=minutes)
    assume(begins < before and _open(begins))
    pause = Pause(begins, after(begins, hours))
    assert due(received, period, pauses=[pause]) == after(before, hours)


def _open(at: datetime) -> bool:
    return (
        at.weekday() < 5
        and at.date() not in CALENDAR.holidays
        and (9 <= at.hour < 12 or 13 <= at.hour < 18)
    )


def _hours(period: Period) -> int:
    if str(period) == "즉시":
        return 3
    return period.count * (8 if period.unit.value == "d" else 1)


@given(moments, day_periods, st.data())
def test_decree_20_a_pause_of_n_working_days_moves_a_day_count_by_exactly_n(
    received: datetime, period: Period, data: st.DataObject
) -> None:
    found = due_at(received, period, calendar=CALENDAR)
    counted = [line.date for line in found.trace if line.counted]
    begin = WORKING.index(data.draw(st.sampled_from(counted)))
    days = data.draw(st.integers(1, 30))
    # Office hours of the first day to those of the last: n working days, whatever lies between.
    pause = Pause(
        datetime.combine(WORKING[begin], data.draw(st.sampled_from([time(), time(9)])), KST),
        datetime.combine(WORKING[begin + days - 1], time(18), KST),
    )
    moved = due(received, period, pauses=[pause]).astimezone(KST).date()
    assert WORKING.index(moved) == WORKING.index(counted[-1]) + days


@given(moments, hour_periods, st.lists(st.tuples(moments, st.integers(1, 200)), max_size=3))
def test_law_19_the_minutes_of_the_trace_add_up_to_the_hours_of_the_period(
    received: datetime, period: Period, pauses: list[tuple[datetime, int]]
) -> None:
    spans = [Pause(at, at + timedelta(hours=hours)) for at, hours in pauses]
    trace = due_at(received, period, calendar=CALENDAR, pauses=spans).trace
    assert sum(line.minutes or 0 for line in trace) == _hours(period) * 60


@given(
    moments,
    day_periods,
    st.integers(1, 10),
    st.lists(st.tuples(moments, st.integers(1, 400)), max_size=3),
)
def test_law_19_the_days_of_the_trace_add_up_to_the_days_of_the_period(
    received: datetime, period: Period, more: int, pauses: list[tuple[datetime, int]]
) -> None:
    spans = [Pause(at, at + timedelta(hours=hours)) for at, hours in pauses]
    trace = due_at(
        received,
        period,
        calendar=CALENDAR,
        pauses=spans,
        extensions=[Period.parse(f"{more}d")],
    ).trace
    assert sum(line.counted for line in trace) == period.count + more
    days = [line.date for line in trace if line.kind != "extension"]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


def test_decree_21_extending_is_told_in_the_trace_with_its_reason() -> None:
    trace = due_at(
        seoul("2026-05-04T10:00"),
        Period.parse("7d"),
        calendar=CALENDAR,
        pauses=[Pause(seoul("2026-05-06T00:00"), seoul("2026-05-07T00:00"), "보완")],
        extensions=[Extension(Period.parse("2d"), "현장 확인이 늦어짐")],
    ).trace
    assert [line.to_data() for line in trace if line.kind] == [
        {"date": "2026-05-06", "counted": False, "text": "5/6(수) 보완 기간 제외", "kind": "pause"},
        {
            "date": "2026-05-14",
            "counted": False,
            "text": "5/14(목) 뒤로 2일 연장 (현장 확인이 늦어짐)",
            "kind": "extension",
        },
    ]


def test_a_pause_within_a_day_is_named_in_an_hour_count() -> None:
    trace = due_at(
        seoul("2026-05-06T09:00"),
        Period.parse("3h"),
        calendar=CALENDAR,
        pauses=[Pause(seoul("2026-05-06T10:00"), seoul("2026-05-06T11:00"), "보완")],
    ).trace
    assert [line.text for line in trace] == ["5/6(수) 3시간 (누적 3시간, 보완 시간 제외)"]


@pytest.mark.parametrize(
    ("period", "extension", "before", "consent", "code"),
    [
        ("7d", "7d", [], False, None),
        ("7d", "8d", [], False, "extension_too_long"),
        ("7d", "7d", ["1d"], True, None),
        ("7d", "8d", ["1d"], True, "extension_too_long"),
        ("7d", "7d", ["1d"], False, "extension_consent"),
        ("7d", "1d", ["1d", "1d"], True, "extension_third"),
        ("7d", "8h", [], False, "extension_unit"),
        ("7d", "1w", [], False, "extension_unit"),
        ("3h", "3h", [], False, None),
        ("3h", "1d", [], False, "extension_too_long"),
        ("즉시", "3h", [], False, None),
        ("즉시", "4h", [], False, "extension_too_long"),
        ("5d", "5d", [], False, None),
        ("5d", "41h", [], False, "extension_too_long"),
        ("1m", "1m", [], False, None),
        ("1m", "2m", [], False, "extension_too_long"),
        ("1m", "10d", [], False, None),
        ("1m", "40d", [], False, "extension_too_long"),
        ("1y", "11m", [], False, None),
        ("1m", "3h", [], False, "extension_unit"),
    ],
)
def test_decree_21_a_period_is_extended_once_up_to_its_length_and_once_more_with_consent(
    period: str, extension: str, before: list[str], consent: bool, code: str | None
) -> None:
    def check() -> None:
        check_extension(
            seoul("2026-03-10T10:00"),
            Period.parse(period),
            Period.parse(extension),
            calendar=CALENDAR,
            before=[Period.parse(each) for each in before],
            consent=consent,
        )

    if code is None:
        check()
        return
    with pytest.raises(Refused) as refused:
        check()
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("arrived", "by"),
    [
        ("2026-05-04T10:00", "2026-05-06T10:00"),
        ("2026-05-04T22:00", "2026-05-06T18:00"),
        ("2026-05-06T09:00", "2026-05-06T18:00"),
        ("2026-02-14T03:00", "2026-02-19T18:00"),
    ],
)
def test_decree_6_what_arrives_is_received_within_eight_working_hours(
    arrived: str, by: str
) -> None:
    assert receive_by(seoul(arrived), calendar=CALENDAR).due == seoul(by)


def test_decree_23_progress_is_told_every_thirty_days_on_working_days() -> None:
    days = progress_dates(
        seoul("2026-05-04T10:00"), until=seoul("2026-08-20T18:00"), calendar=CALENDAR
    )
    # 6/3 is the election; 7/3 a Friday; 8/2 a Sunday.
    assert days == (date(2026, 6, 4), date(2026, 7, 3), date(2026, 8, 3))
    assert (
        progress_dates(
            seoul("2026-05-04T10:00"), until=seoul("2026-06-03T18:00"), calendar=CALENDAR
        )
        == ()
    )


def test_the_officer_is_reminded_a_working_day_and_an_hour_before() -> None:
    due = seoul("2026-05-06T10:00")
    assert reminder_times(seoul("2026-05-01T10:00"), due=due, calendar=CALENDAR) == (
        seoul("2026-05-04T10:00"),
        seoul("2026-05-06T09:00"),
    )
    assert reminder_times(seoul("2026-05-06T09:30"), due=due, calendar=CALENDAR) == ()


def test_decree_28_what_is_overdue_is_demanded_again_and_again() -> None:
    times = demand_times(
        seoul("2026-05-04T18:00"), until=seoul("2026-05-20T12:00"), calendar=CALENDAR
    )
    # 5/5 is a holiday; five working days after 5/6 is 5/13, then 5/20.
    assert times == tuple(seoul(f"2026-05-{day:02d}T09:00") for day in (6, 13, 20))


@given(moments, st.integers(1, 60))
def test_working_hours_backwards_are_working_hours_forwards(at: datetime, hours: int) -> None:
    end = due(at, Period.parse(f"{hours}h"))
    begins = hours_before(end, hours, calendar=CALENDAR)
    assert due(begins, Period.parse(f"{hours}h")) == end
    assert begins >= at


def test_decree_17_an_inspection_takes_fourteen_working_days_and_seven_once_more() -> None:
    begins = seoul("2026-06-10T09:00")
    assert inspection_end(begins, days=14, calendar=CALENDAR) == seoul("2026-06-29T18:00")
    assert inspection_end(begins, days=14, more=7, calendar=CALENDAR) == seoul("2026-07-08T18:00")
    with pytest.raises(Refused, match="inspection_too_long"):
        inspection_end(begins, days=15, calendar=CALENDAR)
    with pytest.raises(Refused, match="inspection_more_too_long"):
        inspection_end(begins, days=14, more=8, calendar=CALENDAR)


def test_a_calendar_knows_only_the_two_ways_of_a_paused_day() -> None:
    with pytest.raises(ValueError, match="paused_day"):
        WorkCalendar(paused_day="half")
