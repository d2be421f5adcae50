"""Puts the particle that fits behind a word: 채무비율은, 재산세는; must not change the word."""

from __future__ import annotations

# As they are read aloud: 11.95% is 퍼센트, 3 is 삼.
_DIGITS_WITH_TAIL = frozenset("013678")
_LIKE_RIEUL = frozenset("178")
PAIRS = {
    "은": ("은", "는"),
    "이": ("이", "가"),
    "을": ("을", "를"),
    "과": ("과", "와"),
    "으로": ("으로", "로"),
    "이에요": ("이에요", "예요"),
    "이라": ("이라", "라"),
}
_FIRST, _LAST, _TAILS, _RIEUL = 0xAC00, 0xD7A3, 28, 8


def with_particle(word: str, particle: str) -> str:
    """``particle`` is named by its form after a final consonant: 은, 이, 을, 과, 으로, 이에요, 이라.

    A closing bracket or quotation mark is looked through; what is no Korean counts as having none.
    """
    with_tail, without = PAIRS[particle]
    last = word.rstrip(")]」』'\"’” ")[-1:]
    tail, rieul = _tail(last)
    if particle == "으로" and rieul:
        return word + without
    return word + (with_tail if tail else without)


def _tail(character: str) -> tuple[bool, bool]:
    """Whether it ends in a consonant, and whether that is ㄹ."""
    code = ord(character) if character else 0
    if _FIRST <= code <= _LAST:
        tail = (code - _FIRST) % _TAILS
        return tail != 0, tail == _RIEUL
    return character in _DIGITS_WITH_TAIL, character in _LIKE_RIEUL
