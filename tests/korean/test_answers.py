from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.answers import is_cancel, is_restart, is_skip, yes_no


@pytest.mark.parametrize(
    "said",
    [
        "네",
        "네.",
        "예!",
        "넵",
        "맞아요",
        "네 맞아요",
        "동의합니다",
        "ㅇㅇ",
        "응",
        "네 접수해 주세요",
        "좋아요",
    ],
)
def test_a_yes_is_a_yes(said: str) -> None:
    assert yes_no(said) is True


@pytest.mark.parametrize("said", ["아니요", "아뇨", "아니오.", "ㄴㄴ", "동의 안 해요", "싫어요"])
def test_a_no_is_a_no(said: str) -> None:
    assert yes_no(said) is False


@pytest.mark.parametrize(
    "said",
    [
        "네거리",
        "네거리요",
        "네이버",
        "예산",
        "아니 거기 말고 시청역이요",
        "어제",
        "시청역",
        "",
        "응급실",
        "?",
    ],
)
def test_a_word_that_begins_like_a_yes_or_no_is_neither(said: str) -> None:
    assert yes_no(said) is None


@pytest.mark.parametrize(
    "said",
    ["건너뛰기", "없어요", "패스", "됐어요", "사진 없음", "건너뛸게요", "사진은 없어요.", "skip"],
)
def test_a_question_can_be_skipped(said: str) -> None:
    assert is_skip(said)


@pytest.mark.parametrize(
    "said", ["없어졌어요", "가로등이 없어요", "네", "다음 주", "", "됐어요?라고 하네요"]
)
def test_a_report_that_something_is_missing_skips_nothing(said: str) -> None:
    assert not is_skip(said)


@pytest.mark.parametrize("said", ["취소", "취소할게요", "그만할래요", "신고 취소해 주세요", "그만"])
def test_a_report_can_be_called_off(said: str) -> None:
    assert is_cancel(said)


@pytest.mark.parametrize(
    "said", ["공사 취소해 주세요", "그만 좀 버리게 해 주세요", "네", "", "주차 단속 취소"]
)
def test_calling_off_something_else_cancels_nothing(said: str) -> None:
    assert not is_cancel(said)


@pytest.mark.parametrize(
    "said", ["처음부터 다시", "다시 시작", "처음부터 다시 할게요", "처음으로", "새로 시작할게요"]
)
def test_a_report_can_begin_again(said: str) -> None:
    assert is_restart(said)


@pytest.mark.parametrize(
    "said", ["다시 고장났어요", "처음부터 안 켜졌어요", "네", "", "다시", "처음"]
)
def test_a_thing_that_broke_again_begins_nothing_again(said: str) -> None:
    assert not is_restart(said)


@given(st.text())
def test_no_text_makes_them_fail(text: str) -> None:
    for read in (yes_no, is_skip, is_cancel, is_restart):
        assert read(text) in (True, False, None)


def test_sighs_and_thanks_around_an_answer_change_nothing() -> None:
    assert is_skip("감사합니다 사진은 없어요")
    assert is_skip("아 그럼 됐어요")
    assert yes_no("네 접수해 주세요 수고하세요") is True
    assert yes_no("아니요 감사합니다") is False
    assert is_cancel("에이 그만할래요")
    assert yes_no("예 맞아요 접수해 주세요 수고하세요") is True
    assert yes_no("네거리 맞아요") is None
    assert yes_no("감사합니다") is None
