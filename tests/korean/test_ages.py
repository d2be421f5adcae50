"""Who says to be under 14: only the speaker counts, whatever else is twelve years old."""

from __future__ import annotations

import time

import pytest

from korean.ages import UNDER_14, find_under_14, rest_besides_age, without_age

YES = """
저 12살인데요
저는 열두 살이에요
저 초등학생인데요
초등학교 5학년인데
초등학교 5학년인데 신고해도 돼요?
저 초5인데요
안녕하세요 저는 초등학교 3학년이에요
나 11살이야
제가 만 13세인데요
저는 올해 13살이에요
전 열한살입니다
12살이에요
초등학생이에요
저 중학교 1학년인데요
학교 앞 가로등이 꺼졌어요. 저는 12살이에요
가로등이 꺼졌는데 저 12살이라서 전화를 못 해요
제 나이는 10살입니다
저 아직 열 살이에요
내가 9살인데 그네가 부서졌어
저 유치원생이에요
저는 초등학생이고 놀이터가 위험해요
저 13살밖에 안 됐어요
저는 14세 미만이에요
저 초딩인데요
""".strip().splitlines()
NO = """
아이가 12살인데
12살 된 건물
제 아들이 초등학생
제 아들이 초등학생인데요
우리 아이가 12살인데 다쳤어요
저희 딸이 초등학교 5학년인데 통학로가 위험해요
저 초등학교 앞인데요
저는 12살 아들이 있는데요
저 12살 아이 엄마인데요
초등학생 때부터 살았어요
저는 14살인데요
저는 42살인데요
저 102세예요
12세대가 사는 빌라예요
저는 13세대 빌라에 살아요
저 초등학교 5학년 담임인데요
초등학생이 다니는 길이에요
초등학생들이 다쳐요
동생이 10살이에요
손자가 초등학교 1학년인데
나무가 10살이에요
12살짜리 애가 넘어졌어요
저 12살 때 이 동네로 왔어요
저는 초등학생 학부모예요
5학년 2반 교실 앞이에요
저는 대학교 1학년인데요
저 3층인데요
7세 미만 무료인가요
내 강아지가 12살인데
어린이집에 다니는 아이가 4살이에요
저는 14세 이상이에요
중학교 1학년 교실이 추워요
초등학교 5학년 학생이 알려 줬어요
이 다리는 13살인데 벌써 금이 갔어요
""".strip().splitlines()


@pytest.mark.parametrize("text", YES)
def test_a_speaker_under_14_is_heard_and_the_age_is_taken_out(text: str) -> None:
    told, said = without_age(text)
    assert said
    assert UNDER_14 in told
    for age in ("12살", "열두", "초등학", "5학년", "13", "11살", "10살", "9살", "초5", "유치원"):
        assert age not in told.replace(UNDER_14, "")


@pytest.mark.parametrize("text", NO)
def test_whatever_else_has_an_age_says_nothing_of_the_speaker(text: str) -> None:
    assert find_under_14(text) is None
    assert without_age(text) == (text, False)


def test_what_is_said_besides_is_known() -> None:
    assert rest_besides_age(without_age("저 12살인데요")[0]) == ""
    assert rest_besides_age(without_age("안녕하세요 저는 초등학교 3학년이에요.")[0]) == ""
    assert "가로등" in rest_besides_age(without_age("저 12살인데요 가로등이 꺼졌어요")[0])


def test_a_long_text_takes_little_time() -> None:
    for text in ("저는 12" * 5000, "저 " * 10_000 + "12살", "12살 " * 5000, "초등학교 " * 4000):
        began = time.perf_counter()
        without_age(text)
        assert time.perf_counter() - began < 0.5
