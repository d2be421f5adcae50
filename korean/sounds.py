"""One spelling for syllables that sound alike, and the letters of a syllable. Pure; decides nothing."""

from __future__ import annotations

import functools

_FIRST, _LAST = 0xAC00, 0xD7A3
_MEDIALS, _FINALS = 21, 28
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = "_ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# Medial vowels that are typed for each other because they sound alike: ㅐ→ㅔ ㅒ→ㅖ ㅙ→ㅚ ㅞ→ㅚ.
_MEDIAL_FOLD = {1: 5, 3: 7, 10: 11, 15: 11}
# Final consonants likewise: ㄲ→ㄱ ㄶ→ㄴ ㅀ→ㄹ ㅄ→ㅂ ㅆ→ㅅ.
_FINAL_FOLD = {2: 1, 6: 4, 15: 8, 18: 17, 20: 19}
_YEO, _EO = 6, 4
_PALATALS = frozenset((12, 13, 14))  # ㅈ ㅉ ㅊ: 져 and 저 sound the same after them


@functools.lru_cache(maxsize=16384)
def fold_syllable(char: str) -> str:
    """났 and 낫, 새 and 세, 졌 and 젔 become one; what is no syllable stays."""
    code = ord(char)
    if not _FIRST <= code <= _LAST:
        return char
    initial, rest = divmod(code - _FIRST, _MEDIALS * _FINALS)
    medial, final = divmod(rest, _FINALS)
    medial = _MEDIAL_FOLD.get(medial, medial)
    if medial == _YEO and initial in _PALATALS:
        medial = _EO
    final = _FINAL_FOLD.get(final, final)
    return chr(_FIRST + (initial * _MEDIALS + medial) * _FINALS + final)


@functools.lru_cache(maxsize=16384)
def letters(char: str) -> str:
    """The two or three letters (jamo) of a syllable; what is no syllable stays."""
    code = ord(char)
    if not _FIRST <= code <= _LAST:
        return char
    initial, rest = divmod(code - _FIRST, _MEDIALS * _FINALS)
    medial, final = divmod(rest, _FINALS)
    return _LEADS[initial] + _VOWELS[medial] + (_TAILS[final] if final else "")
