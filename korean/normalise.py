"""Makes every writing of a character one, with a map back to the raw text; never adds meaning.

Full-width, circled, superscript and foreign digits become ASCII; conjoining jamo become syllables;
every kind of space, dash and line break becomes the plain one; what cannot be seen is removed.
Compatibility jamo (ㅋㅋ, ㅠㅠ) stay, although NFKC would turn them into something unreadable.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Text made only of these is its own normal form; most messages are, and cost one scan.
_PLAIN = re.compile("[\\t\\n\\x20-\\x7e가-힣ㄱ-ㅣ]*")
_LAUGHTER = re.compile(r"([ㅋㅎㅠㅜㅡㄷ!?~.^;♡ㅇㄱㅉ])\1{2,}")
_LEADS = range(0x1100, 0x1113)
_VOWELS = range(0x1161, 0x1176)
_TAILS = range(0x11A8, 0x11C3)
# Blank to the eye, though Unicode calls them letters or symbols.
_BLANKS = {"\u3164": " ", "\uffa0": " ", "\u2800": " ", "\u115f": "", "\u1160": ""}
_WAVES = "〜〰～∼"
_DASHES = "−˗⁃⁻₋╴─━﹣➖"


@dataclass(frozen=True)
class Normalised:
    """Normal text; character `i` came from `raw[offsets[i]:ends[i]]`.

    `offsets` has one more entry than `text`: the length of the raw text.
    """

    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Where the normal text [start, end) stands in the raw text; an empty span stays empty."""
        if end <= start:
            return self.offsets[start], self.offsets[start]
        return self.offsets[start], self.ends[end - 1]


def normalise(raw: str, *, squeeze: bool = False) -> Normalised:
    """The normal form of any text, lone surrogates included; linear in its length.

    With `squeeze`, three and more of ㅋ, ㅠ, `!` and their like in a row become two.
    """
    if _PLAIN.fullmatch(raw):
        positions = tuple(range(len(raw) + 1))
        done = Normalised(raw, positions, positions[1:])
    else:
        done = _rewrite(raw)
    return _squeezed(done) if squeeze else done


def _rewrite(raw: str) -> Normalised:
    characters: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    index, length = 0, len(raw)
    while index < length:
        start = index
        character = raw[index]
        index += 1
        code = ord(character)
        if code in _LEADS and index < length and ord(raw[index]) in _VOWELS:
            index += 1
            if index < length and ord(raw[index]) in _TAILS:
                index += 1
            plain = unicodedata.normalize("NFC", raw[start:index])
        elif character == "\r":
            if index < length and raw[index] == "\n":
                index += 1
            plain = "\n"
        elif characters and unicodedata.combining(character):
            # An accent joins its letter; a stroke through a digit must not hide the digit.
            joined = unicodedata.normalize("NFC", characters[-1] + character)
            if len(joined) == 1:
                characters[-1] = joined
            elif not _is_ornament(code):
                characters.append(character)
                offsets.append(start)
                ends.append(index)
                continue
            ends[-1] = index
            continue
        else:
            plain = _plain(character)
        if not plain and ends:
            ends[-1] = index  # what cannot be seen goes with the character before it
        for one in plain:
            characters.append(one)
            offsets.append(start)
            ends.append(index)
    offsets.append(length)
    return Normalised("".join(characters), tuple(offsets), tuple(ends))


def _is_ornament(code: int) -> bool:
    return 0x0300 <= code <= 0x036F or 0x1AB0 <= code <= 0x1AFF or 0x20D0 <= code <= 0x20FF


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """What one raw character becomes: nothing, itself, or its plain form."""
    code = ord(character)
    if character in "\t\n" or 0x20 <= code < 0x7F or 0xAC00 <= code <= 0xD7A3:
        return character
    if character in _BLANKS:
        return _BLANKS[character]
    if 0x3131 <= code <= 0x318E:
        return character
    if character in _WAVES:
        return "~"
    if character in _DASHES:
        return "-"
    category = unicodedata.category(character)
    if category in ("Cc", "Cf"):
        return "\n" if character in "\x0b\x0c\x85" else ""
    if category == "Cs":
        return "\ufffd"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Pd":
        return "-"
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or _is_ornament(code):
        return ""
    if category in ("Nd", "No"):
        digit = unicodedata.digit(character, None)
        if digit is not None:
            return str(digit)
        value = unicodedata.numeric(character)
        if value == int(value) and not unicodedata.decomposition(character):
            return str(int(value))
    if 0xFFA1 <= code <= 0xFFDC and unicodedata.decomposition(
        character
    ):  # half-width jamo: one step, or they end as conjoining jamo
        return chr(int(unicodedata.decomposition(character).split()[-1], 16))
    plain = unicodedata.normalize("NFKC", character)
    if plain != character:
        return "".join(_plain(one) if one != character else one for one in plain)
    return character


def _squeezed(whole: Normalised) -> Normalised:
    characters: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    at = 0
    for run in _LAUGHTER.finditer(whole.text):
        keep = run.start() + 2
        characters.append(whole.text[at:keep])
        offsets += whole.offsets[at:keep]
        ends += whole.ends[at:keep]
        ends[-1] = whole.ends[run.end() - 1]
        at = run.end()
    characters.append(whole.text[at:])
    offsets += whole.offsets[at:]
    ends += whole.ends[at:]
    return Normalised("".join(characters), tuple(offsets), tuple(ends))


def fold(text: str) -> str:
    """Letters and digits only, lower case: "네~ 맞아요!!" and "네맞아요" are the same answer.

    Laughter and tears typed as single jamo at the end carry no meaning and go too.
    """
    # NFC, not NFKC: the latter would turn a typed ㅇㅇ into other characters.
    kept = "".join(
        c for c in unicodedata.normalize("NFC", text).lower() if unicodedata.category(c)[0] in "LN"
    )
    return re.sub(r"[ㅋㅎㅠㅜ]+$", "", kept) or kept
