"""Spoils Korean text as hurried people do, for measuring only; never used on a citizen's message.

The same seed spoils the same text in the same way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_FIRST, _LAST = 0xAC00, 0xD7A3
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = "_ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# Keys beside each other on the usual Korean keyboard (두벌식).
_KEY_ROWS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
_NEIGHBOURS: dict[str, str] = {}
for _row in _KEY_ROWS:
    for _index, _key in enumerate(_row):
        _NEIGHBOURS[_key] = _row[max(0, _index - 1) : _index] + _row[_index + 1 : _index + 2]


@dataclass(frozen=True)
class Spoilt:
    """Spoilt text; character `i` of the original begins at `offsets[i]` of `text`.

    `offsets` has one more entry than the original has characters: the length of `text`.
    """

    text: str
    offsets: tuple[int, ...]


def without_spaces(text: str) -> Spoilt:
    """The text as people write it who never touch the space bar."""
    written: list[str] = []
    offsets: list[int] = []
    for character in text:
        offsets.append(len(written))
        if not character.isspace():
            written.append(character)
    return Spoilt("".join(written), (*offsets, len(written)))


def with_typos(text: str, *, share: float, seed: int) -> Spoilt:
    """The text with one wrong letter (jamo) in `share` of its syllables.

    A wrong letter is a neighbour on the keyboard, or a final consonant that is left out. Letters that
    do not fit into the syllable leave it as it was, so slightly fewer than `share` are wrong.
    """
    chance = random.Random(f"{seed}:{text}")  # noqa: S311 (repeatable noise, not a secret)
    spoilt = "".join(
        _mistyped(letter, chance) if chance.random() < share else letter for letter in text
    )
    return Spoilt(spoilt, tuple(range(len(text) + 1)))


def _mistyped(syllable: str, chance: random.Random) -> str:
    code = ord(syllable)
    if not _FIRST <= code <= _LAST:
        return syllable
    number, tail = divmod(code - _FIRST, 28)
    lead, vowel = divmod(number, 21)
    where = chance.choice(("lead", "vowel", "tail") if tail else ("lead", "vowel"))
    if where == "tail" and chance.random() < 0.5:
        return chr(code - tail)
    letters = {"lead": _LEADS, "vowel": _VOWELS, "tail": _TAILS}[where]
    index = {"lead": lead, "vowel": vowel, "tail": tail}[where]
    fitting = [key for key in _NEIGHBOURS.get(letters[index], "") if key in letters]
    if not fitting:
        return syllable
    new = letters.index(chance.choice(fitting))
    if where == "lead":
        lead = new
    elif where == "vowel":
        vowel = new
    else:
        tail = new
    return chr(_FIRST + (lead * 21 + vowel) * 28 + tail)
