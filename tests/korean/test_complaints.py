from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.complaints import split_complaints
from tests.effort import least_seconds

CODES = {
    "가로등": "streetlight",
    "쓰레기": "rubbish",
    "주차": "parking",
    "구멍": "pothole",
    "신호등": "signal",
    "소음": "noise",
    "냄새": "smell",
}


def guess(clause: str) -> str | None:
    found = sorted((clause.find(word), code) for word, code in CODES.items() if word in clause)
    return found[0][1] if found else None


COUNTS = [
    ("가로등이 나갔고 쓰레기도 안 치워가요", 2),
    ("가로등이 깜빡거려요. 밤에 너무 무서워요", 1),
    ("도로에 구멍이 나서 차가 빠졌어요", 1),
    ("가로등이 고장났어요. 그리고 불법주차도 많아요", 2),
    ("1. 가로등 고장\n2. 쓰레기 방치", 2),
    ("가로등이 나갔는데 신호등도 안 켜져요", 2),
    ("시청역 앞 가로등이 나갔어요", 1),
    ("쓰레기 냄새가 나요", 1),
    ("쓰레기가 쌓여서 냄새가 나요", 1),
    ("쓰레기가 쌓였고 냄새도 나요", 1),
    ("쓰레기도 안 치우고 가로등도 나갔어요", 2),
    ("가로등이 꺼져 있고 어두워요", 1),
    ("가로등도 고장났고 쓰레기도 있고 불법주차도 심해요", 3),
    ("", 1),
    ("가로등이 꺼졌어요 가로등이 또 꺼졌어요", 1),
    ("가로등 고장, 쓰레기 무단투기 신고합니다", 1),
    ("가로등이 꺼졌어요, 쓰레기도 많아요", 2),
    ("가로등이 두 개나 나가 가지고 구멍에 빠질 뻔했어요", 1),
]


@pytest.mark.parametrize(("said", "count"), COUNTS)
def test_complaints_are_counted_apart_only_when_they_are(said: str, count: int) -> None:
    assert len(split_complaints(said, guess=guess)) == count


def test_each_part_reads_by_itself() -> None:
    said = "가로등이 나갔고 쓰레기도 안 치워가요"
    assert split_complaints(said, guess=guess) == ["가로등이 나갔고", "쓰레기도 안 치워가요"]
    said = "가로등이 고장났어요. 밤에 무서워요. 그리고 불법주차도 많아요"
    assert split_complaints(said, guess=guess) == [
        "가로등이 고장났어요. 밤에 무서워요.",
        "불법주차도 많아요",
    ]


def test_without_knowledge_of_services_nothing_is_parted() -> None:
    said = "가로등이 나갔고 쓰레기도 안 치워가요"
    assert split_complaints(said, guess=lambda _: None) == [said]


@given(st.text())
def test_no_text_makes_it_fail_and_there_is_always_a_part(text: str) -> None:
    assert 1 <= len(split_complaints(text, guess=guess)) <= 5


@pytest.mark.parametrize("piece", ["요, ", "가고 ", "가로등 나갔고 쓰레기 있고 ", "\n"])
def test_twenty_thousand_characters_take_no_long_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert least_seconds(lambda: split_complaints(text, guess=guess), enough=2) < 2
