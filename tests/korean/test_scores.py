"""A score is read from a whole message only; a word that holds a number is none."""

from __future__ import annotations

import pytest

from korean.scores import read_score


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("5", 5),
        ("５", 5),
        ("④", 4),
        (" 3. ", 3),
        ("5점이요", 5),
        ("5점", 5),
        ("4점 드릴게요!", 4),
        ("2번", 2),
        ("별 다섯 개요", 5),
        ("별점 두 개", 2),
        ("저는 3점이에요", 3),
        ("오점 드려요", 5),
        ("만족도 1점입니다", 1),
    ],
)
def test_a_score_is_read_however_it_is_written(said: str, score: int) -> None:
    assert read_score(said) == score


@pytest.mark.parametrize(
    "said",
    [
        "",
        "네",
        "6",
        "0",
        "55",
        "8점",
        "10점 만점에 8점",
        "1점도 아까워요",
        "5시요",
        "사거리",
        "5번 출구",
    ],
)
def test_anything_else_is_no_score(said: str) -> None:
    assert read_score(said) is None
