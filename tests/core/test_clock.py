from __future__ import annotations

import json
import time as stopwatch
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import KST, Period, WorkCalendar, due_at, is_open, next_open
from core.errors import Refused
from core.holidays import public_holidays

YEARS = frozenset(range(2024, 2029))
DAYS_OFF = {
    day: name
    for year in YEARS
    for day, name in public_holidays(year, decrees={date(2026, 6, 3): "지방선거일"}).items()
}
CALENDAR = WorkCalendar(holidays=DAYS_OFF, years=YEARS)
NO_LUNCH = WorkCalendar(lunch=None, holidays=DAYS_OFF, years=YEARS)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def due(received: str, period: str, *, calendar: WorkCalendar = CALENDAR) -> str:
    end = due_at(seoul(received), Period.parse(period), calendar=calendar).due
    return end.astimezone(KST).isoformat(timespec="minutes")[:16]


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-04T10:00", "7d", "2026-05-13T18:00"),
        ("2026-05-08T17:00", "즉시", "2026-05-11T11:00"),
        ("2026-04-24T15:00", "5d", "2026-05-04T15:00"),
    ],
)
def test_the_worked_examples_of_the_law_notes_hold(
    received: str, period: str, expected: str
) -> None:
    assert due(received, period) == expected


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-04T09:00", "3h", "2026-05-04T12:00"),  # ends when lunch begins, not after it
        ("2026-05-04T11:00", "3h", "2026-05-04T15:00"),
        ("2026-05-04T12:30", "1h", "2026-05-04T14:00"),
        ("2026-05-04T10:30", "8h", "2026-05-06T10:30"),
        ("2026-05-04T07:00", "1h", "2026-05-04T10:00"),
        ("2026-05-04T18:00", "1h", "2026-05-06T10:00"),
        ("2026-05-04T23:59", "1h", "2026-05-06T10:00"),
        ("2026-05-02T10:00", "1h", "2026-05-04T10:00"),
        ("2026-05-04T17:59", "1h", "2026-05-06T09:59"),
        (
            "2026-05-04T09:00",
            "1d",
            "2026-05-04T18:00",
        ),  # fills the day: its close, not next morning
        ("2026-05-04T13:00", "1d", "2026-05-06T12:00"),
        ("2026-09-23T16:00", "3h", "2026-09-28T10:00"),  # over 추석
    ],
)
def test_up_to_five_days_are_counted_in_working_hours(
    received: str, period: str, expected: str
) -> None:
    assert due(received, period) == expected


def test_the_lunch_hour_counts_where_the_city_says_so() -> None:
    assert due("2026-05-04T11:00", "3h", calendar=NO_LUNCH) == "2026-05-04T14:00"
    assert due("2026-05-04T09:00", "1d", calendar=NO_LUNCH) == "2026-05-04T17:00"


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-04T10:00", "6d", "2026-05-12T18:00"),
        ("2026-05-04T17:59", "6d", "2026-05-12T18:00"),  # the first day counts whole
        ("2026-05-04T22:00", "6d", "2026-05-12T18:00"),  # and late on it too
        ("2026-05-02T10:00", "6d", "2026-05-12T18:00"),  # Saturday: begins on Monday
        ("2026-05-05T10:00", "6d", "2026-05-13T18:00"),  # a holiday: begins on the 6th
        ("2026-05-04T10:00", "14d", "2026-05-22T18:00"),
        ("2026-05-29T10:00", "6d", "2026-06-08T18:00"),  # over the election of 6/3
    ],
)
def test_six_days_and_more_are_working_days_with_the_first_included(
    received: str, period: str, expected: str
) -> None:
    assert due(received, period) == expected


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-06T10:00", "1w", "2026-05-12T18:00"),
        ("2026-05-04T10:00", "1w", "2026-05-11T18:00"),  # Sunday 5/10 moves on
        (
            "2026-04-29T10:00",
            "1w",
            "2026-05-06T18:00",
        ),  # 어린이날 moves on, 노동절 inside does not count out
        ("2026-05-02T10:00", "1w", "2026-05-08T18:00"),  # a Saturday is a first day too
        ("2026-03-10T10:00", "1m", "2026-04-09T18:00"),
        ("2026-01-31T10:00", "1m", "2026-03-03T18:00"),  # 2/28 Sat, 3/1 Sun, 3/2 substitute
        ("2025-01-30T10:00", "1m", "2025-02-28T18:00"),  # no 30th: the end of the month
        ("2024-01-31T10:00", "1m", "2024-02-29T18:00"),
        ("2026-01-01T10:00", "1m", "2026-02-02T18:00"),
        ("2025-12-16T10:00", "2m", "2026-02-19T18:00"),  # 2/15 Sunday, then 설날
        ("2024-02-29T10:00", "1y", "2025-02-28T18:00"),
        ("2026-03-04T10:00", "1y", "2027-03-03T18:00"),
        ("2025-12-31T10:00", "2m", "2026-03-03T18:00"),
    ],
)
def test_weeks_months_and_years_go_by_the_calendar_and_roll_over_at_the_end(
    received: str, period: str, expected: str
) -> None:
    assert due(received, period) == expected


def test_the_trace_tells_each_day_of_a_day_count() -> None:
    end, trace = due_at(seoul("2026-05-04T10:00"), Period.parse("6d"), calendar=CALENDAR)
    assert end == datetime(2026, 5, 12, 9, tzinfo=UTC)
    assert [line.text for line in trace] == [
        "1일째 5/4(월)",
        "5/5(화) 어린이날 제외",
        "2일째 5/6(수)",
        "3일째 5/7(목)",
        "4일째 5/8(금)",
        "5/9(토) 토요일 제외",
        "5/10(일) 일요일 제외",
        "5일째 5/11(월)",
        "6일째 5/12(화)",
    ]
    assert sum(line.counted for line in trace) == 6


def test_the_trace_tells_the_hours_of_each_day_and_their_sum() -> None:
    trace = due_at(seoul("2026-04-30T15:30"), Period.parse("1d"), calendar=CALENDAR).trace
    assert [line.text for line in trace] == [
        "4/30(목) 2시간 30분 (누적 2시간 30분)",
        "5/1(금) 노동절 제외",
        "5/2(토) 토요일 제외",
        "5/3(일) 일요일 제외",
        "5/4(월) 5시간 30분 (누적 8시간)",
    ]
    assert [line.minutes for line in trace] == [150, None, None, None, 330]


def test_the_trace_tells_first_and_last_day_of_a_calendar_count() -> None:
    trace = due_at(seoul("2026-05-04T10:00"), Period.parse("1w"), calendar=CALENDAR).trace
    assert [line.text for line in trace] == [
        "첫날 5/4(월)",
        "5/10(일) 일요일 다음 날로",
        "마지막 날 5/11(월) (1주)",
    ]


def test_a_due_time_is_json_data() -> None:
    data = due_at(seoul("2026-05-08T17:00"), Period.parse("즉시"), calendar=CALENDAR).to_data()
    assert json.loads(json.dumps(data)) == {
        "due": "2026-05-11T11:00:00+09:00",
        "trace": [
            {
                "date": "2026-05-08",
                "counted": True,
                "text": "5/8(금) 1시간 (누적 1시간)",
                "minutes": 60,
            },
            {"date": "2026-05-09", "counted": False, "text": "5/9(토) 토요일 제외"},
            {"date": "2026-05-10", "counted": False, "text": "5/10(일) 일요일 제외"},
            {
                "date": "2026-05-11",
                "counted": True,
                "text": "5/11(월) 2시간 (누적 3시간)",
                "minutes": 120,
            },
        ],
    }


def paused(received: str, period: str, *pauses: tuple[str, str]) -> str:
    spans = [(seoul(a), seoul(b)) for a, b in pauses]
    end = due_at(seoul(received), Period.parse(period), calendar=CALENDAR, pauses=spans).due
    return end.astimezone(KST).isoformat(timespec="minutes")[:16]


def test_working_time_of_a_pause_does_not_count_in_hours() -> None:
    assert paused("2026-05-06T09:00", "1d", ("2026-05-06T10:00", "2026-05-06T11:30")) == (
        "2026-05-07T10:30"
    )
    assert paused("2026-05-06T09:00", "3h", ("2026-05-06T00:00", "2026-05-08T00:00")) == (
        "2026-05-08T12:00"
    )
    # Only working time matters: a night costs nothing.
    assert paused("2026-05-06T09:00", "2d", ("2026-05-06T18:00", "2026-05-07T09:00")) == (
        "2026-05-07T18:00"
    )


def test_pauses_that_overlap_count_once() -> None:
    pauses = [("2026-05-06T10:00", "2026-05-06T12:00"), ("2026-05-06T11:00", "2026-05-06T14:00")]
    assert paused("2026-05-06T09:00", "3h", *pauses) == "2026-05-06T16:00"
    assert paused("2026-05-06T09:00", "3h", *reversed(pauses)) == "2026-05-06T16:00"


def test_the_days_that_a_pause_touches_do_not_count_in_days() -> None:
    # From Wednesday noon to Friday noon: the days of sending and of arrival do not count either.
    assert paused("2026-05-04T10:00", "7d", ("2026-05-06T12:00", "2026-05-08T12:00")) == (
        "2026-05-18T18:00"
    )
    assert paused("2026-03-10T10:00", "1m", ("2026-03-16T00:00", "2026-03-18T00:00")) == (
        "2026-04-13T18:00"
    )


def test_a_city_may_have_only_whole_days_of_a_pause_not_count() -> None:
    whole = replace(CALENDAR, paused_day="whole")
    pause = (seoul("2026-05-06T12:00"), seoul("2026-05-08T12:00"))
    end = due_at(seoul("2026-05-04T10:00"), Period.parse("7d"), calendar=whole, pauses=[pause]).due
    assert end == seoul("2026-05-14T18:00")


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-05-04T17:59", "6d", "2026-05-12T18:00"),
        ("2026-05-04T18:00", "6d", "2026-05-13T18:00"),
        ("2026-05-05T22:00", "6d", "2026-05-13T18:00"),
        ("2026-05-04T22:00", "1w", "2026-05-11T18:00"),
        ("2026-05-04T22:00", "3h", "2026-05-06T12:00"),
    ],
)
def test_a_city_may_begin_an_evening_receipt_on_the_next_day(
    received: str, period: str, expected: str
) -> None:
    strict = replace(CALENDAR, late_receipt_counts=False)
    assert due(received, period, calendar=strict) == expected


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Refused, match="pause_backwards"):
        paused("2026-05-04T10:00", "7d", ("2026-05-07T00:00", "2026-05-06T00:00"))


def extended(received: str, period: str, *more: str) -> str:
    extensions = [Period.parse(one) for one in more]
    end = due_at(seoul(received), Period.parse(period), calendar=CALENDAR, extensions=extensions)
    return end.due.astimezone(KST).isoformat(timespec="minutes")[:16]


def test_an_extension_goes_on_where_the_period_ends() -> None:
    assert extended("2026-05-04T10:00", "7d", "7d") == due("2026-05-04T10:00", "14d")
    assert extended("2026-05-04T10:00", "7d", "3d") == due("2026-05-04T10:00", "10d")
    assert extended("2026-05-04T10:00", "2d", "1d") == due("2026-05-04T10:00", "3d")
    assert extended("2026-05-04T10:00", "5d", "5d") == due("2026-05-04T10:00", "80h")
    assert extended("2026-05-04T10:00", "7d", "7d", "7d") == due("2026-05-04T10:00", "21d")
    assert extended("2026-03-10T10:00", "1m", "1m") == "2026-05-11T18:00"  # 4/10 to 5/9, a Saturday


def test_a_year_without_data_is_refused_by_name() -> None:
    for received, period, year in [
        ("2028-12-27T10:00", "7d", 2029),
        ("2028-12-29T17:00", "3h", 2029),
        ("2028-12-20T10:00", "1m", 2029),
        ("2030-01-02T10:00", "3h", 2030),
        ("2026-01-02T10:00", "9999y", 12025),
    ]:
        with pytest.raises(Refused) as refused:
            due(received, period)
        assert refused.value.code == "calendar_year_missing"
        assert refused.value.values == {"year": year}


@pytest.mark.parametrize(
    "text", ["", "0d", "d", "5", "5x", "-1d", "1.5h", "５d", "99999d", "3 h h"]
)
def test_a_period_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Period.parse(text)
    assert (refused.value.code, refused.value.values) == ("period_unreadable", {"period": text})


@pytest.mark.parametrize(
    ("text", "korean"),
    [("3h", "3시간"), ("7d", "7일"), ("2w", "2주"), ("1m", "1개월"), ("1y", "1년")],
)
def test_a_period_reads_back_and_in_korean(text: str, korean: str) -> None:
    assert str(Period.parse(f" {text.upper()} ")) == text
    assert Period.parse(text).in_korean() == korean
    assert str(Period.parse("즉시")) == "즉시"


def test_a_time_without_a_zone_is_an_error() -> None:
    naive = datetime(2026, 5, 4, 10)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        due_at(naive, Period.parse("7d"), calendar=CALENDAR)


@pytest.mark.parametrize(
    ("at", "opened", "opens"),
    [
        ("2026-05-04T09:00", True, "2026-05-04T09:00"),
        ("2026-05-04T08:59", False, "2026-05-04T09:00"),
        ("2026-05-04T11:59", True, "2026-05-04T11:59"),
        ("2026-05-04T12:00", False, "2026-05-04T13:00"),
        ("2026-05-04T18:00", False, "2026-05-06T09:00"),
        ("2026-05-09T10:00", False, "2026-05-11T09:00"),
        ("2026-02-15T10:00", False, "2026-02-19T09:00"),
    ],
)
def test_the_office_is_open_in_its_hours_and_says_when_it_opens(
    at: str, opened: bool, opens: str
) -> None:
    assert is_open(CALENDAR, seoul(at)) is opened
    assert next_open(CALENDAR, seoul(at)) == seoul(opens)
    assert next_open(CALENDAR, seoul(at)).tzinfo is UTC


def test_office_hours_out_of_order_are_an_error() -> None:
    with pytest.raises(ValueError, match="order"):
        WorkCalendar(office_start=time(18), office_end=time(9))
    with pytest.raises(ValueError, match="order"):
        WorkCalendar(lunch=(time(8), time(13)))


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=KST)
)
periods = st.one_of(
    st.integers(1, 100).map(lambda n: f"{n}h"),
    st.integers(1, 60).map(lambda n: f"{n}d"),
    st.integers(1, 20).map(lambda n: f"{n}w"),
    st.integers(1, 12).map(lambda n: f"{n}m"),
).map(Period.parse)


def hours_between(start: datetime, end: datetime) -> timedelta:
    """Working time counted the slow way: day by day from the definition."""
    total = timedelta()
    day = start.astimezone(KST).date()
    while day <= end.astimezone(KST).date():
        if day.weekday() < 5 and day not in DAYS_OFF:
            for opens, closes in ((9, 12), (13, 18)):
                a = max(start, datetime.combine(day, time(opens), KST))
                b = min(end, datetime.combine(day, time(closes), KST))
                total += max(b - a, timedelta())
        day += timedelta(days=1)
    return total


@given(moments, st.integers(1, 100))
def test_an_hour_count_holds_exactly_its_hours(received: datetime, hours: int) -> None:
    end, trace = due_at(received, Period.parse(f"{hours}h"), calendar=CALENDAR)
    assert hours_between(received, end) == timedelta(hours=hours)
    assert hours_between(received, end - timedelta(microseconds=1)) < timedelta(hours=hours)
    assert trace[-1].text.endswith(f"(누적 {hours}시간)")


@given(moments, st.integers(6, 60))
def test_a_day_count_holds_exactly_its_working_days(received: datetime, days: int) -> None:
    end, trace = due_at(received, Period.parse(f"{days}d"), calendar=CALENDAR)
    counted = [line.date for line in trace if line.counted]
    first, last = received.date(), end.astimezone(KST).date()
    span = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    assert counted == [d for d in span if d.weekday() < 5 and d not in DAYS_OFF]
    assert len(counted) == days
    assert [line.date for line in trace] == span


@given(moments, periods)
def test_every_due_time_is_on_a_working_day_within_office_hours(
    received: datetime, period: Period
) -> None:
    end = due_at(received, period, calendar=CALENDAR).due
    assert end.tzinfo is UTC
    assert is_open(CALENDAR, end - timedelta(microseconds=1))


@given(moments, moments, periods)
def test_what_comes_later_is_never_due_earlier(a: datetime, b: datetime, period: Period) -> None:
    first, second = sorted((a, b))
    assert (
        due_at(first, period, calendar=CALENDAR).due
        <= due_at(second, period, calendar=CALENDAR).due
    )


@given(moments, periods, moments, st.integers(1, 400))
def test_a_pause_never_makes_it_due_earlier(
    received: datetime, period: Period, start: datetime, hours: int
) -> None:
    pause = (start, start + timedelta(hours=hours))
    without = due_at(received, period, calendar=CALENDAR).due
    assert due_at(received, period, calendar=CALENDAR, pauses=[pause]).due >= without


def test_a_due_time_costs_little() -> None:
    received, period = seoul("2026-05-04T10:00"), Period.parse("7d")
    due_at(received, period, calendar=CALENDAR)
    began = stopwatch.perf_counter()
    for _ in range(2_000):
        due_at(received, period, calendar=CALENDAR)
    # 20,000 a second are the goal (docs/benchmarks.md); here the machine may be busy.
    assert stopwatch.perf_counter() - began < 0.5
