"""A date is read as the day, month or year it names, seen from a given today; spans of time are no dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korean.dates import find_dates

MONDAY = date(2026, 11, 30)

READ = [
    ("그저께부터", "그저께", "2026-11-28"),
    ("어저께 봤어요", "어저께", "2026-11-29"),
    ("어젯밤 바람에", "어젯밤", "2026-11-29"),
    ("내일모레 오세요", "내일모레", "2026-12-02"),
    ("지난주 금요일에 신고한", "지난주 금요일", "2026-11-27"),
    ("지지난주 금요일에", "지지난주 금요일", "2026-11-20"),
    ("이번 주 토요일에 집회하나요", "이번 주 토요일", "2026-12-05"),
    ("담주 화욜에 돼요?", "담주 화욜", "2026-12-08"),
    ("지난 목요일에 봤어요", "지난 목요일", "2026-11-26"),
    ("토요일에 가도 되나요", "토요일", "2026-12-05"),
    ("금요일에 신고했어요", "금요일", "2026-11-27"),
    ("다음 달 말까지", "다음 달 말", None),
    ("다음 달 1일에 열리나요", "다음 달 1일", "2026-12-01"),
    ("지난달에 냈어요", "지난달", "2026-10"),
    ("3월 5일에 접수했어요", "3월 5일", "2026-03-05"),
    ("삼월 오일에 접수했어요", "삼월 오일", "2026-03-05"),
    ("십이월 이십사일까지", "십이월 이십사일", "2026-12-24"),
    ("11월 28일 토요일에 찍었어요", "11월 28일 토요일", "2026-11-28"),
    ("12/24에 하나요", "12/24", "2026-12-24"),
    ("11/12부터 수리중", "11/12", "2026-11-12"),
    ("11.18일자 고지서", "11.18", "2026-11-18"),
    ("2026.1.3. 자로", "2026.1.3.", "2026-01-03"),
    ("2026-01-03에", "2026-01-03", "2026-01-03"),
    ("20261103 접수", "20261103", "2026-11-03"),
    ("26년 3월 5일에", "26년 3월 5일", "2026-03-05"),
    ("２０２６년 ３월 ５일에", "２０２６년 ３월 ５일", "2026-03-05"),
    ("2026년 3월에 심은", "2026년 3월", "2026-03"),
    ("2026년도 예산", "2026년도", "2026"),
    ("올해 예산", "올해", "2026"),
    ("작년 12월부터", "작년 12월", "2025-12"),
    ("작년 여름에", "작년 여름", None),
    ("올봄에 심은", "올봄", None),
    ("재작년부터", "재작년", "2024"),
    ("내년 3월 7일인데", "내년 3월 7일", "2027-03-07"),
    ("열흘 전에", "열흘 전", "2026-11-20"),
    ("사흘 뒤면", "사흘 뒤", "2026-12-03"),
    ("보름 전부터", "보름 전", "2026-11-15"),
    ("2주 전에", "2주 전", "2026-11-16"),
    ("두 달 전에", "두 달 전", "2026-09"),
    ("3년 전에", "3년 전", "2023"),
    ("엊그제 비 온 뒤로", "엊그제", None),
    ("지난주에 요청한", "지난주", None),
    ("설날에도 수거하나요", "설날", None),
    ("9월 추석 연휴때", "9월 추석 연휴", None),
    ("크리스마스에 쉬나요", "크리스마스", "2026-12-25"),
    ("비행기가 12월 9일이라서요", "12월 9일", "2026-12-09"),
    ("12월 9일에 신고했어요", "12월 9일", "2025-12-09"),
    ("12월에 결혼하는데", "12월", "2026-12"),
    ("5월에 신청한 보조금", "5월", "2026-05"),
    ("지난 12일에 냈어요", "지난 12일", "2026-11-12"),
    ("오는 15일에 하나요", "오는 15일", "2026-12-15"),
    ("25일까지 내래요", "25일", "2026-12-25"),
    ("11월 셋째 주 토요일에", "11월 셋째 주 토요일", None),
    ("26년도 예산", "26년도", "2026"),
    ("지난여름에 잠겼던", "지난여름", None),
    ("금주 금요일까지", "금주 금요일", "2026-12-04"),
    ("지난주 중반에", "지난주 중반", None),
    ("20일경에 냈어요", "20일", "2026-11-20"),
    ("낼까지요", "낼", "2026-12-01"),
    ("일요일에도 수거하나요 스티커는 냈어요", "일요일", "2026-12-06"),
]

NONE = [
    "3일 동안 기다렸어요",
    "3일째 계속",
    "매주 월요일",
    "월요일마다",
    "2012년생",
    "3개월 할부",
    "내일배움카드",
    "그제야 왔어요",
    "모래내시장",
    "예산의 1/3",
    "13/45",
    "3.5km",
    "4.19사거리",
    "2026-000123",
    "010-1234-5678",
    "2월 30일에",
    "2026년 13월 40일",
    "구월동 주민센터",
    "월세 30만원",
    "크리스마스 트리가",
    "30분 전에",
    "카드로 낼 수 있나요",
    "보름 동안",
    "매달 5일에 내요",
    "매년 3월에 해요",
    "격주 토요일에",
    "",
]


@pytest.mark.parametrize(("said", "words", "value"), READ)
def test_a_date_is_read_with_its_place(said: str, words: str, value: str | None) -> None:
    found = find_dates(said, today=MONDAY)
    assert [(one.text, one.value) for one in found] == [(words, value)]
    assert said[found[0].start : found[0].end] == words


@pytest.mark.parametrize("said", NONE)
def test_what_is_no_date_is_not_read(said: str) -> None:
    assert find_dates(said, today=MONDAY) == []


def test_a_day_alone_belongs_to_the_month_named_before() -> None:
    found = find_dates("12월 24일이랑 25일도 가져가요?", today=MONDAY)
    assert [one.value for one in found] == ["2026-12-24", "2026-12-25"]


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("3월부터 5월까지", ["2026-03", "2026-05"]),
        ("11월 26일부터 1월 5일까지", ["2026-11-26", "2027-01-05"]),
        ("12월 24,25일에 쉬나요", ["2026-12-24", "2026-12-25"]),
        ("3월 2~5일에 냈어요", ["2026-03-02", "2026-03-05"]),
    ],
)
def test_the_end_of_a_range_lies_behind_its_begin(said: str, values: list[str]) -> None:
    assert [one.value for one in find_dates(said, today=MONDAY)] == values


def test_a_feast_that_moves_has_a_value_when_a_calendar_knows_it() -> None:
    found = find_dates("설날에 쉬나요", today=MONDAY, feasts={"설날": date(2027, 2, 7)})
    assert [one.value for one in found] == ["2027-02-07"]


_FORMS = (
    "{y}년 {m}월 {d}일",
    "{y}년{m}월{d}일",
    "{y}.{m}.{d}.",
    "{y}-{m:02}-{d:02}",
    "{y}/{m}/{d}",
    "{y}. {m}. {d}.",
    "{y:04}{m:02}{d:02}",
)


@settings(deadline=None)
@given(
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    today=st.dates(date(2000, 1, 1), date(2090, 12, 31)),
    form=st.sampled_from(_FORMS),
    before=st.sampled_from(("", "어디서 ", "신고는 ")),
    after=st.sampled_from(("에 냈어요", "까지", " 접수", "")),
)
def test_a_whole_date_is_read_back_from_each_of_its_forms(
    day: date, today: date, form: str, before: str, after: str
) -> None:
    written = form.format(y=day.year, m=day.month, d=day.day)
    found = find_dates(before + written + after, today=today)
    assert [(one.text, one.value) for one in found] == [(written, day.isoformat())]


@settings(deadline=None)
@given(today=st.dates(date(2000, 1, 3), date(2090, 12, 31)), away=st.integers(1, 300))
def test_a_day_without_a_year_that_was_is_the_last_one(today: date, away: int) -> None:
    day = date.fromordinal(today.toordinal() - away)
    if (day.month, day.day) == (2, 29):
        return
    found = find_dates(f"{day.month}월 {day.day}일에 접수했어요", today=today)
    assert [one.value for one in found] == [day.isoformat()]


@settings(deadline=None)
@given(
    today=st.dates(date(2000, 1, 3), date(2090, 12, 31)), weekday=st.sampled_from("월화수목금토일")
)
def test_weeks_begin_on_monday(today: date, weekday: str) -> None:
    found = find_dates(f"지난주 {weekday}요일에", today=today)
    value = date.fromisoformat(found[0].value or "")
    assert value.weekday() == "월화수목금토일".index(weekday)
    assert 0 < (today - value).days - today.weekday() <= 7


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("0123456789년월일./- 전뒤지난주다음어제오늘") | st.characters()
    ),
    st.dates(),
)
def test_no_text_makes_it_fail_and_dates_are_pieces_of_it(text: str, today: date) -> None:
    at = 0
    for one in find_dates(text, today=today):
        assert at <= one.start < one.end
        assert text[one.start : one.end] == one.text
        at = one.end


@pytest.mark.parametrize("piece", ["1", "1/", "3월 ", "지난", "2026.", "월요일 ", "오는 "])
def test_only_two_thousand_characters_are_read(piece: str) -> None:
    assert all(one.end <= 2_000 for one in find_dates(piece * 10_000, today=MONDAY))
