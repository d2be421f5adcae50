"""Sums are written as they are said, and read back as what they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.amounts import LARGEST, find_amounts
from korean.particles import with_particle
from korean.won import render_won


@pytest.mark.parametrize(
    ("won", "natural", "exact"),
    [
        (1_234_500_000_000, "1조 2,345억 원", "1조 2,345억 원"),
        (1_234_567_890_123, "약 1조 2,346억 원", "1조 2,345억 6,789만 123원"),
        (999_999_999_999, "약 1조 원", "9,999억 9,999만 9,999원"),
        (1_200_000_000, "12억 원", "12억 원"),
        (1_234_567_000, "약 12억 3,457만 원", "12억 3,456만 7,000원"),
        (34_570_000, "3,457만 원", "3,457만 원"),
        (12_345, "1만 2,345원", "1만 2,345원"),
        (500, "500원", "500원"),
        (0, "0원", "0원"),
        (-148_000_000, "-1억 4,800만 원", "-1억 4,800만 원"),
        (33_716_587_484_000, "약 33조 7,166억 원", "33조 7,165억 8,748만 4,000원"),
    ],
)
def test_a_sum_is_written_as_it_is_said(won: int, natural: str, exact: str):
    assert render_won(won) == natural
    assert render_won(won, exact=True) == exact


@given(st.integers(1, LARGEST - 1))
def test_an_exact_sum_is_read_back_as_itself(won: int):
    assert [each.won for each in find_amounts(render_won(won, exact=True))] == [won]


@given(st.integers(1, LARGEST // 2))
def test_a_rounded_sum_is_near_and_says_that_it_is_rounded(won: int):
    text = render_won(won)
    (found,) = find_amounts(text)
    assert abs(found.won - won) <= (5 * 10**7 if won >= 10**12 else 5_000)
    assert text.startswith("약 ") == (found.won != won)


@pytest.mark.parametrize(
    ("word", "particle", "whole"),
    [
        ("채무비율", "은", "채무비율은"),
        ("재산세", "은", "재산세는"),
        ("서울특별시(본청)", "이", "서울특별시(본청)이"),
        ("경기도", "과", "경기도와"),
        ("예산", "으로", "예산으로"),
        ("채무비율", "으로", "채무비율로"),
        ("2024", "은", "2024는"),
        ("11.95%", "이에요", "11.95%예요"),
        ("3억 원", "이에요", "3억 원이에요"),
        ("", "을", "를"),
    ],
)
def test_the_particle_fits_the_word(word: str, particle: str, whole: str):
    assert with_particle(word, particle) == whole
