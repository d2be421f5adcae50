from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.corrections import Correction, parse_correction

CORRECTIONS = [
    ("아니 거기 말고 시청역 앞이요", "place", "시청역 앞"),
    ("아니요 종로3가역이에요", "place", "종로3가역"),
    ("가로등이 아니라 신호등이요", "what", "신호등"),
    ("장소를 시청역 앞으로 바꿔 주세요", "place", "시청역 앞"),
    ("시청역 말고 강남역이요", "place", "강남역"),
    ("거기 아니고 서울역 광장이에요", "place", "서울역 광장"),
    ("아니요, 신호등이요", "unknown", "신호등"),
    ("주소를 잘못 말했어요", "place", ""),
    ("잘못 말했어요", "unknown", ""),
    ("쓰레기 말고 소음이요", "what", "소음"),
    ("내용을 소음으로 바꿔 주세요", "what", "소음"),
    ("위치는 역삼동 736-1로 수정해 주세요", "place", "역삼동 736-1"),
    ("시청역이 아니고 을지로입구역이에요", "place", "을지로입구역"),
    ("강남역으로 바꿔 주세요", "place", "강남역"),
    ("거기 말고 회사 옥상이요", "place", "회사 옥상"),
    ("아 아니 시청역 2번 출구요", "place", "시청역 2번 출구"),
    ("가로등이 꺼진 게 아니라 빗물받이가 막혔어요", "what", "빗물받이가 막혔어요"),
    ("내용 좀 바꿀게요", "what", ""),
]

NO_CORRECTIONS = [
    "아니요",
    "아니",
    "네",
    "시청역 앞이요",
    "가로등이 고장났어요",
    "아니요 괜찮아요",
    "가로등을 고쳐 주세요",
    "아니 이게 몇 번째예요",
    "아니요 없어요",
    "신호등이 안 바뀌어요",
    "쓰레기통을 바꿔 주세요",
    "보도블럭을 새 걸로 바꿔 주세요",
    "아니요 싫어요",
    "장난이 아니라 진짜 위험해요",
    "아니 왜 안 고쳐요",
    "가로등이 고장난 게 한두 번이 아니에요",
    "",
]


@pytest.mark.parametrize(("said", "kind", "value"), CORRECTIONS)
def test_a_correction_gives_what_is_corrected_and_the_new_value(
    said: str, kind: str, value: str
) -> None:
    assert parse_correction(said) == Correction(kind, value)


@pytest.mark.parametrize("said", NO_CORRECTIONS)
def test_an_answer_or_a_report_is_no_correction(said: str) -> None:
    assert parse_correction(said) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    parse_correction(text)
