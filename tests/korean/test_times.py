"""A time of day is read as HH:MM where it can be but one; hours that pass and offices are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korean.times import find_times

READ = [
    ("오전 9시에", "오전 9시", "09:00"),
    ("오후 3시 반에", "오후 3시 반", "15:30"),
    ("밤 9시 반", "밤 9시 반", "21:30"),
    ("밤 12시에", "밤 12시", "00:00"),
    ("밤 1시쯤", "밤 1시", "01:00"),
    ("새벽 두 시 반만 되면", "새벽 두 시 반", "02:30"),
    ("낮 12시부터", "낮 12시", "12:00"),
    ("낮 두 시에", "낮 두 시", "14:00"),
    ("점심 12시에도", "점심 12시", "12:00"),
    ("저녁 7시 40분", "저녁 7시 40분", "19:40"),
    ("아침 일곱시", "아침 일곱시", "07:00"),
    ("오후 3:30에", "오후 3:30", "15:30"),
    ("17:25에", "17:25", "17:25"),
    ("18시 10분에", "18시 10분", "18:10"),
    ("12시 35분에", "12시 35분", "12:35"),
    ("정오에", "정오", "12:00"),
    ("자정 넘어서", "자정", "00:00"),
    ("7시에 온다던", "7시", None),
    ("여섯시에", "여섯시", None),
    ("열두시 반에", "열두시 반", "12:30"),
    ("어젯밤 11시에", "밤 11시", "23:00"),
    ("저녁 여덟시 반이면", "저녁 여덟시 반", "20:30"),
    ("PM 3시에", "PM 3시", "15:00"),
]

NONE = [
    "두 시간 걸렸어요",
    "24시간 문을 열어요",
    "24시 편의점",
    "서울시 예산",
    "시청 앞",
    "3:1 비율",
    "한시도 못 쉬어요",
    "한시적으로",
    "10분 전에",
    "새벽에 시끄러워요",
    "자정작용",
    "혹시 되나요",
    "다시 해 주세요",
    "",
]


@pytest.mark.parametrize(("said", "words", "value"), READ)
def test_a_time_is_read_with_its_place(said: str, words: str, value: str | None) -> None:
    found = find_times(said)
    assert [(one.text, one.value) for one in found] == [(words, value)]
    assert said[found[0].start : found[0].end] == words


@pytest.mark.parametrize("said", NONE)
def test_what_is_no_time_is_not_read(said: str) -> None:
    assert find_times(said) == []


def test_the_half_of_the_day_holds_to_the_end_of_a_range() -> None:
    assert [one.value for one in find_times("오후 2시부터 4시까지")] == ["14:00", "16:00"]
    assert [one.value for one in find_times("오전 10시부터 2시까지")] == ["10:00", "14:00"]


@settings(deadline=None)
@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    form=st.sampled_from(
        ("{h:02}:{m:02}", "{half} {t}시 {m}분", "{half}{t}시{m}분", "{half} {t}:{m:02}")
    ),
    after=st.sampled_from(("에", "쯤", " 현재", "")),
)
def test_a_time_is_read_back_from_each_of_its_forms(
    hour: int, minute: int, form: str, after: str
) -> None:
    half = "오전" if hour < 12 else "오후"
    written = form.format(h=hour, m=minute, half=half, t=hour % 12 or 12)
    found = find_times("어제 " + written + after)
    assert [(one.text, one.value) for one in found] == [(written, f"{hour:02d}:{minute:02d}")]


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789시분:반오전후밤 한두") | st.characters()))
def test_no_text_makes_it_fail_and_times_are_pieces_of_it(text: str) -> None:
    at = 0
    for one in find_times(text):
        assert at <= one.start < one.end
        assert text[one.start : one.end] == one.text
        at = one.end
