"""Reads small Korean number words (삼십이, 열두, 사흘) as integers; must not decide what is counted.

Sino-Korean numbers below ten thousand, native ones up to 99, and the native names of spans of days.
"""

from __future__ import annotations

import re

SINO_DIGITS = {
    **dict(zip("일이삼사오육칠팔구", range(1, 10), strict=True)),
    "륙": 6,
    "영": 0,
    "공": 0,
}
SMALL_UNITS = {"십": 10, "백": 100, "천": 1_000}

_NATIVE_ONES = {
    **{"하나": 1, "둘": 2, "셋": 3, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9},
    **{"한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "여덜": 8},
}
_NATIVE_TENS = {
    **{"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50},
    **{"예순": 60, "일흔": 70, "여든": 80, "아흔": 90},
}
# Spans of days that have a word of their own; 보름 is half a month by the lunar calendar.
DAYS = {
    **{"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7},
    **{"여드레": 8, "아흐레": 9, "열흘": 10, "열하루": 11, "열이틀": 12, "보름": 15},
}


def _longest_first(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


# As parts of other patterns: without groups.
SINO = "[일이삼사오육륙칠팔구십백천]{1,7}"
_ONES = _longest_first(_NATIVE_ONES)
NATIVE = f"(?:(?:{_longest_first(_NATIVE_TENS)})(?:{_ONES})?|(?:{_ONES}))"
_NATIVE = re.compile(
    f"(?P<tens>{_longest_first(_NATIVE_TENS)})?(?P<ones>{_longest_first(_NATIVE_ONES)})?"
)


def sino(word: str) -> int | None:
    """A Sino-Korean number below 10,000, or None when the word is no well-formed one."""
    total, pending, last = 0, None, 10_000
    for character in word:
        if character in SMALL_UNITS:
            scale = SMALL_UNITS[character]
            if scale >= last or pending == 0:
                return None
            total += (pending or 1) * scale
            pending, last = None, scale
        elif character in SINO_DIGITS and pending is None:
            pending = SINO_DIGITS[character]
        else:
            return None
    return total + (pending or 0) if word else None


def native(word: str) -> int | None:
    """A native number from 1 to 99 as it stands before a counter or alone, or None."""
    found = _NATIVE.fullmatch(word)
    if found is None or not word:
        return None
    return _NATIVE_TENS.get(found["tens"] or "", 0) + _NATIVE_ONES.get(found["ones"] or "", 0)


def number(word: str) -> int | None:
    """A whole number in figures or in either kind of number words, or None."""
    if word.isascii() and word.isdigit():
        return int(word) if len(word) <= 15 else None
    value = sino(word)
    return native(word) if value is None else value
