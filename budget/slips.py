"""Reads a slip of the pen as the word that was meant; must not choose between two.

Letters that sound or lie alike cost half of others. A word of two syllables is too short for that: 청소 is
not 청송.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from budget.lexicon import Lexicon, Piece

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_ALIKE = (
    *(
        "ㄱㄲㅋ",
        "ㄷㄸㅌ",
        "ㅂㅃㅍ",
        "ㅅㅆ",
        "ㅈㅉㅊ",
        "ㅐㅔㅒㅖ",
        "ㅏㅑ",
        "ㅓㅕㅗ",
        "ㅗㅛ",
        "ㅜㅠㅡ",
    ),
    *("ㅢㅣㅡ", "ㅙㅞㅚ", "ㅓㅡ", "ㅝㅟ", "ㄴㄹ", "ㅘㅏ"),
)
_NEAR = frozenset((a, b) for group in _ALIKE for a in group for b in group if a != b)
_LIMITS = ((5, 1.5), (3, 1.0))
_MARGIN = 0.5
_KINDS = ("sense", "item", "body")
_MOST = 2


@dataclass(frozen=True)
class Repair:
    """The dense text with slips put right, and each of them: (as given, as read)."""

    text: str
    readings: tuple[tuple[str, str], ...]


def repair(lexicon: Lexicon, text: str, pieces: list[Piece]) -> Repair | None:
    """The text with every unknown word read as the one word that is near it; None where there is none."""
    readings: list[tuple[str, str]] = []
    for _ in range(_MOST + 1):
        bad = next((piece for piece in pieces if not piece.known), None)
        if bad is None:
            return Repair(text, tuple(readings))
        if len(readings) == _MOST:
            return None
        found = _nearest(lexicon, text, bad)
        if found is None:
            return None
        start, end, word = found
        readings.append((text[start:end], word))
        text = text[:start] + word + text[end:]
        pieces = lexicon.cut(text)
    return None


def _nearest(lexicon: Lexicon, text: str, bad: Piece) -> tuple[int, int, str] | None:
    first, last = bad.start, bad.start + len(bad.text)
    found: list[tuple[float, int, int, str]] = []
    for word in _candidates(lexicon.words):
        limit = next(most for least, most in _LIMITS if len(word) >= least)
        letters = _letters(word)
        best: tuple[float, int, int, str] | None = None
        for size in (len(word) - 1, len(word), len(word) + 1):
            for start in range(max(0, last - size), min(first, len(text) - size) + 1):
                cost = _distance(_letters(text[start : start + size]), letters, limit)
                if cost <= limit and (best is None or cost < best[0]):
                    best = (cost, start, start + size, word)
        if best is not None:
            found.append(best)
    if not found:
        return None
    found.sort(key=lambda each: (each[0], -len(each[3])))
    meanings = lexicon.words[found[0][3]]
    for cost, _start, _end, word in found[1:]:
        # Another word of the same meaning is no rival.
        if cost < found[0][0] + _MARGIN and lexicon.words[word] != meanings:
            return None
    return found[0][1:]


def _candidates(words: Mapping[str, object]) -> Iterable[str]:
    for word, meanings in words.items():
        if len(word) >= 3 and any(each.kind in _KINDS for each in meanings):  # type: ignore[attr-defined]
            yield word


def _letters(text: str) -> str:
    found = []
    for character in text:
        code = ord(character) - 0xAC00
        if 0 <= code < 11172:
            found.append(_LEADS[code // 588] + _VOWELS[code % 588 // 28] + _TAILS[code % 28])
        else:
            found.append(character)
    return "".join(found).replace(" ", "")


def _distance(one: str, other: str, limit: float) -> float:
    """Edit distance over letters; a letter more or less costs 0.8, one that is alike 0.5."""
    if abs(len(one) - len(other)) * 0.8 > limit:
        return limit + 1
    before = [at * 0.8 for at in range(len(other) + 1)]
    for row, a in enumerate(one, 1):
        line = [row * 0.8]
        for column, b in enumerate(other, 1):
            cost = 0.0 if a == b else 0.5 if (a, b) in _NEAR else 1.0
            line.append(min(before[column - 1] + cost, before[column] + 0.8, line[-1] + 0.8))
        if min(line) > limit:
            return limit + 1
        before = line
    return before[-1]
