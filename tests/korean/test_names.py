"""Whose name is found by the words around it, and what looks like a name and is none."""

from __future__ import annotations

import pytest

from korean.name_shapes import likeness
from korean.redact import redact

NAMED = [
    ("저는 홍길동이고 가로등이 꺼졌어요", "홍길동"),
    ("나 홍길동이여 쓰레기차가 안 와", "홍길동"),
    ("보호자 성춘향입니다", "성춘향"),
    ("옆집 이몽룡 씨네 개가 짖어요", "이몽룡"),
    ("성춘향 할머니가 혼자 사세요", "성춘향"),
    ("김철수한테 전화해 주세요", "김철수"),
    ("김영희 앞으로 고지서가 왔어요", "김영희"),
    ("우리 딸 김영희 학교 앞이에요", "김영희"),
    ("제이름은홍길동입니다전화주세요", "홍길동"),
    ("성함 이훈", "이훈"),
    ("남궁억입니다", "남궁억"),
    ("2026년 5월 3일 홍길동", "홍길동"),
    ("위 신청인 홍 길 동 (인)", "홍 길 동"),
    ("아들 이름은 도윤이에요", "도윤"),
    ("우리 딸 서연이가 다쳤어요", "서연"),
    ("최길동한테 전화해 주세요", "최길동"),
    ("저는 필리핀에서 온 마리벨이에요", "마리벨"),
    ("제 이름은 마리아 산토스예요", "마리아 산토스"),
    ("저는 사토 유미라고 해요", "사토 유미"),
    ("My name is John Smith", "John Smith"),
    ("신청자 Tran Van Duc", "Tran Van Duc"),
]
UNNAMED = [
    "이순신 축제 언제 하나요",
    "정약용 도서관 열람실",
    "김유정역 가는 버스",
    "홍길동 주무관님이 친절했어요",
    "가게 이름이 행복식당이에요",
    "강아지 이름은 초코예요",
    "제 이름은 밝히고 싶지 않아요",
    "저는 주민이라고 했어요",
    "나는 이 영화를 봤어요",
    "수급자 선정 기준",
    "어머니 모시고 가요",
    "서두르라고 했어요",
    "걱정하는 엄마 올림",
    "문의 드림",
    "저는 이동권을 원합니다",
    "신사동 주민이에요",
    "아들 군대가 문제예요",
    "미국에서 온 교포입니다",
    "저는 유튜버라고 해요",
]


@pytest.mark.parametrize(("said", "name"), NAMED)
def test_a_name_is_found_whoever_is_named_and_however(said: str, name: str) -> None:
    assert [said[one.start : one.end] for one in redact(said).spans] == [name]


@pytest.mark.parametrize("said", UNNAMED)
def test_officials_places_things_and_common_words_are_no_names(said: str) -> None:
    assert redact(said).spans == ()


def test_the_less_the_words_say_the_more_it_must_look_like_a_name() -> None:
    assert likeness("김영희") > likeness("방정식")
    assert [one.value for one in redact("성함은 방정식").spans] == ["방정식"]
    assert redact("방정식을 풀어요").spans == ()


def test_a_word_with_a_surname_s_syllable_is_less_like_a_name_than_a_name() -> None:
    words = ["신고하", "이후이", "조성하", "정문앞", "양재역", "성수동"]
    names = ["김영희", "이철수", "박순자", "최민수", "남궁억"]
    assert max(map(likeness, words)) < min(map(likeness, names))
