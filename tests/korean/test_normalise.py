from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korean.normalise import normalise
from tests.effort import least_seconds

WRITINGS = [
    ("９０１", "901"),
    ("①②❸⓪➀", "12301"),
    ("⑩", "10"),
    ("x²", "x2"),
    ("٣", "3"),
    ("1️⃣2️⃣", "12"),
    ("9\u03360\u0336", "90"),
    ("각", "각"),
    ("\u1100\u1161\u11a8\u1102\u1161", "각나"),
    ("한글".encode().decode(), "한글"),
    ("ㅋㅋㅠㅠ", "ㅋㅋㅠㅠ"),
    ("\uffa1", "ㄱ"),
    ("가\u200b나\ufeff다\u202e", "가나다"),
    ("a\u00a0b\u3000c\u3164d", "a b c d"),
    ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    ("a\x00b\x1bc", "abc"),
    ("1–2—3−4﹣5", "1-2-3-4-5"),
    ("1〜2～3", "1~2~3"),
    ("㎞", "km"),
    ("e\u0301", "é"),
    ("x\ud800y", "x\ufffdy"),
]


@pytest.mark.parametrize(("raw", "text"), WRITINGS)
def test_every_writing_of_a_character_becomes_one(raw: str, text: str) -> None:
    assert normalise(raw).text == text


def test_a_place_in_the_normal_text_is_found_again_in_the_raw_text() -> None:
    raw = "전화\u200b０\u200b１０ 끝"
    normal = normalise(raw)
    start = normal.text.index("010")
    a, b = normal.raw_span(start, start + 3)
    assert raw[a:b] == "０\u200b１０"


def test_a_part_of_an_expanded_character_stands_for_the_whole() -> None:
    normal = normalise("5㎞길")
    start = normal.text.index("k")
    assert normal.raw_span(start, start + 1) == (1, 2)


def test_laughter_is_squeezed_only_on_demand() -> None:
    assert normalise("ㅋㅋㅋㅋㅋ!!!!").text == "ㅋㅋㅋㅋㅋ!!!!"
    squeezed = normalise("아ㅋㅋㅋㅋㅋ네!!!!", squeeze=True)
    assert squeezed.text == "아ㅋㅋ네!!"
    assert squeezed.raw_span(1, 3) == (1, 6)


@given(st.text(st.characters()))
def test_the_map_fits_any_text(raw: str) -> None:
    for squeeze in (False, True):
        normal = normalise(raw, squeeze=squeeze)
        assert len(normal.offsets) == len(normal.text) + 1
        assert len(normal.ends) == len(normal.text)
        assert list(normal.offsets) == sorted(normal.offsets)
        assert list(normal.ends) == sorted(normal.ends)
        assert all(
            0 <= a < b <= len(raw) for a, b in zip(normal.offsets, normal.ends, strict=False)
        )


@given(st.text())
def test_normal_text_is_normal(raw: str) -> None:
    once = normalise(raw).text
    assert normalise(once).text == once


@pytest.mark.parametrize("piece", ["가", "９", "\u0301", "\u1100\u1161", "ㅋ", "\ud800"])
def test_twenty_thousand_characters_take_no_long_time(piece: str) -> None:
    assert least_seconds(lambda: normalise(piece * 20_000, squeeze=True), enough=1) < 1
