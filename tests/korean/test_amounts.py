"""A sum of money is read as whole won however it is written; years, counts and numbers of houses are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korean.amounts import LARGEST, find_amounts

READ = [
    ("3만원", "3만원", 30_000),
    ("과태료 1억 2천만 원이래요", "1억 2천만 원", 120_000_000),
    ("삼만 오천원만 주세요", "삼만 오천원", 35_000),
    ("12조 3천억이 예산이라는데", "12조 3천억", 12_300_000_000_000),
    ("보증금 2억5천인데요", "2억5천", 250_000_000),
    ("5,000원 냈어요", "5,000원", 5_000),
    ("100만 원까지", "100만 원", 1_000_000),
    ("천원만 내래요", "천원", 1_000),
    ("만원짜리 상품권", "만원", 10_000),
    ("과태료4만원", "4만원", 40_000),
    ("벌금오만원", "오만원", 50_000),
    ("월세 60만이에요", "60만", 600_000),
    ("3.5억 들었대요", "3.5억", 350_000_000),
    ("１０만원", "１０만원", 100_000),
    ("₩5,000 결제", "₩5,000", 5_000),
    ("천이백억 들었다며", "천이백억", 120_000_000_000),
    ("9억 8천이면", "9억 8천", 980_000_000),
    ("28만 4천원인데", "28만 4천원", 284_000),
    ("0원이라더니", "0원", 0),
    ("보증금 2억 30평", "2억", 200_000_000),
    ("10분에 500원", "500원", 500),
    ("327억 4천만원 산정", "327억 4천만원", 32_740_000_000),
    ("5십만원 충전", "5십만원", 500_000),
    ("십만원권 상품권", "십만원", 100_000),
    ("총 5억여원 들었대요", "5억여원", 500_000_000),
    ("택시가 4만7천 나왔어요", "4만7천", 47_000),
    ("이번에 30만 나왔어요", "30만", 300_000),
]

NONE = [
    "2024년 예산",
    "2012년생이에요",
    "02-120으로 전화",
    "010-1234-5678",
    "사람이 1만 명 왔어요",
    "가로등 3개",
    "인구 50만 도시",
    "회원 30만 명",
    "만원 버스라 힘들어요",
    "2호선이 너무 만원이라 숨을 못 쉬어요",
    "만원버스",
    "몇만원 나왔어요",
    "3~4만원쯤",
    "수억 원",
    "이천시 원미동",
    "부천 원미구",
    "조원이 많아요",
    "일원동 주민이에요",
    "민원 5건 넣었어요",
    "도로교통법 32조 1항",
    "1억 명",
    "천만에요",
    "만약에 안 되면",
    "이만 끊을게요",
    "100원룸",
    "병원 공원 지원 회원",
    "1만5천 세대가 살아요",
    "전세 만기예요",
    "천오백 명",
    "2026-000123",
    "",
]


@pytest.mark.parametrize(("said", "words", "won"), READ)
def test_a_sum_is_read_with_its_place(said: str, words: str, won: int) -> None:
    found = find_amounts(said)
    assert [(one.text, one.won) for one in found] == [(words, won)]
    assert said[found[0].start : found[0].end] == words


@pytest.mark.parametrize("said", NONE)
def test_what_is_no_money_is_not_read(said: str) -> None:
    assert find_amounts(said) == []


def test_two_sums_are_two() -> None:
    found = find_amounts("양육수당 10만원에서 20만원으로 오른 거 맞죠")
    assert [one.won for one in found] == [100_000, 200_000]


def test_the_begin_of_a_range_is_a_sum_where_it_has_its_unit() -> None:
    assert [one.won for one in find_amounts("10만~20만원")] == [100_000, 200_000]
    assert find_amounts("3~4만원") == []


_WORDS = "영일이삼사오육칠팔구"


def _spelt(number: int, *, figures: bool) -> str:
    """A number below 10,000 with 천, 백 and 십: 3천5백 or 삼천오백."""
    out = ""
    for scale, unit in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit = number // scale % 10
        if digit:
            bare = digit == 1 and unit
            out += ("" if bare and not figures else str(digit) if figures else _WORDS[digit]) + unit
    return out


def _render(won: int, form: str, gap: str) -> str:
    if form == "figures":
        return f"{won}원"
    if form == "commas":
        return f"{won:,}원"
    parts = []
    for scale, unit in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        group = won // scale % 10**4
        if group:
            plain = {"groups": str(group), "commas in groups": f"{group:,}"}
            parts.append(plain.get(form) or _spelt(group, figures=form == "mixed"))
            parts[-1] += unit
    return gap.join(parts) + "원"


@settings(deadline=None)
@given(
    won=st.one_of(
        st.integers(1, LARGEST - 1),
        st.builds(lambda n, e: n * 10**e, st.integers(1, 999), st.integers(0, 12)),
    ),
    form=st.sampled_from(("figures", "commas", "groups", "commas in groups", "mixed", "words")),
    gap=st.sampled_from(("", " ")),
    before=st.sampled_from(("", "과태료 ", "벌써 ", "총 ", "그게 ", "(")),
    after=st.sampled_from(("", "이에요", " 냈어요", "인데요", "까지", "짜리", ", 맞죠?")),
)
def test_a_sum_is_read_back_from_each_of_its_forms(
    won: int, form: str, gap: str, before: str, after: str
) -> None:
    written = _render(won, form, gap)
    if form == "words" and won < 10:
        return  # 일원 is a town
    if form == "words" and won == 10_000:
        written = "만원"
    found = find_amounts(before + written + after)
    assert [(one.text, one.won) for one in found] == [(written, won)]


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("0123456789,. 원만억조천백십일이삼사ㅋ~-₩가") | st.characters()
    )
)
def test_no_text_makes_it_fail_and_sums_are_pieces_of_it(text: str) -> None:
    at = 0
    for one in find_amounts(text):
        assert at <= one.start < one.end
        assert text[one.start : one.end] == one.text
        assert 0 <= one.won < LARGEST
        at = one.end


@pytest.mark.parametrize("piece", ["1", "1,", "만", "천 ", "1억 ", "일", "3만원", "1.1"])
def test_only_two_thousand_characters_are_read(piece: str) -> None:
    found = find_amounts(piece * 20_000)
    assert all(one.end <= 2_000 for one in found)
