"""Reads digits in any writing as chains; knows no kind of number and never decides what one is.

A chain is a run of digits (figures, spoken syllables, Hanja, letters that look like digits) with
nothing between them but punctuation, space, or a spoken separator such as 다시 or 하이픈.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_WORDS = {
    "하나": "1",
    "둘": "2",
    "셋": "3",
    "넷": "4",
    "다섯": "5",
    "여섯": "6",
    "일곱": "7",
    "여덟": "8",
    "아홉": "9",
}
_SYLLABLES = dict(zip("영공령빵〇零일이삼사오육륙칠팔구", "0000001234566789", strict=True))
_HANJA = dict(zip("一二三四五六七八九", "123456789", strict=True))
_LETTERS = {"O": "0", "o": "0", "ㅇ": "0", "l": "1", "I": "1"}
_SPOKEN = {**_WORDS, **_SYLLABLES, **_HANJA}

# What people say or type where a hyphen stands. Longer words first, so that the 이 of 하이픈 or
# 마이너스 is not read as a two.
_SEPARATORS = (
    r"하이픈|하이푼|하이폰|마이너스|슬래시|슬래쉬|슬러시|띄우고|띄어쓰고|띄어서|띄워서|한\s?칸|빈\s?칸|"
    r"다음은|에다가|그리고|그다음에?|"
    r"국번(?:이|은|에)?|국에?(?=[\s0-9공영일이삼사오육륙칠팔구])|작대기|짝대기|막대기|언더바|다시|대시|대쉬|데시|데쉬|대씨|줄표|콤마|쉼표|빼기|띄고|에다|하고|다음에?|"
    r"(?<=[0-9])이고요?|(?<=[0-9])이구요?(?!\s{0,2}(?:입니다|이에요|예요|이고|맞))|(?<=[0-9])이요|(?<=[0-9])[은는의]|ㅡ|ー|쩜|땡|닷|점|바|에"
)
_TOKEN = re.compile(
    f"(?P<separator>{_SEPARATORS})|(?P<figure>[0-9])|"
    f"(?P<spoken>{'|'.join(_WORDS)}|[{''.join(_SYLLABLES)}{''.join(_HANJA)}])|"
    "(?P<letter>(?<![ㄱ-ㅣ])ㅇ(?=[0-9]ㅇ)|(?<=ㅇ[0-9])ㅇ(?![ㄱ-ㅣ])|(?<=[0-9OolI])[OolI](?![A-HJ-NP-Za-km-np-z])|(?<![A-Za-z])[OolI](?=[OolI]?[0-9]))"
)
_GAP = re.compile(f"(?:[\\W_]|{_SEPARATORS})*")
_MASK = re.compile(r"[*•●xX]{3,}")
_PARTING = re.compile(r"[\n,;:)\]]")
_LONGEST_GAP = 24


@dataclass
class Chain:
    """Digits of one chain, each with its place in the text.

    `gaps[i]` is the text before digit `i` ("" where it touches the one before); `kinds[i]` is "n"
    for a figure, "l" for a letter that looks like one, and "s" for a spoken one.
    """

    digits: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    kinds: str = ""

    def __len__(self) -> int:
        return len(self.digits)

    def begins(self, index: int) -> bool:
        """Whether a number may begin at this digit: it does not touch the one before."""
        return index == 0 or bool(self.gaps[index]) or self.kinds[index] != self.kinds[index - 1]

    def may_end(self, index: int) -> bool:
        """Whether a number may end before this digit.

        A spoken syllable may follow at once: the 이 of 이에요 is no digit.
        """
        return index == len(self) or self.begins(index) or self.kinds[index] == "s"

    def breaks(self, start: int, end: int) -> frozenset[int]:
        """Where the digits [start, end) are parted, counted from `start`."""
        return frozenset(k - start for k in range(start + 1, end) if self.gaps[k])

    def is_alone(self, start: int, end: int) -> bool:
        """Whether line breaks, commas or brackets set [start, end) apart from all other digits.

        The syllables of a copula may follow.
        """
        after = end
        while after < len(self) and after < end + 2 and not self.begins(after):
            after += 1
        return (
            (start == 0 or _PARTING.search(self.gaps[start]) is not None)
            and (after == len(self) or _PARTING.search(self.gaps[after]) is not None)
            and not any(_PARTING.search(gap) for gap in self.gaps[start + 1 : end])
        )


def find_chains(text: str, *, shortest: int, hanja_one_is_dash: bool = False) -> Iterator[Chain]:
    """Chains of at least `shortest` digits in normal text, in order; linear in its length.

    The Hanja 一 is a one, or to some a dash: `hanja_one_is_dash` chooses.
    """
    digits: list[str] = []
    kinds: list[str] = []
    chain = Chain()
    end = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "separator":
            continue
        written = token.group()
        if hanja_one_is_dash and written == "一":
            continue
        start = token.start()
        gap = text[end:start]
        if digits and gap and not _joins(text, end, start, hanja_one_is_dash):
            if len(digits) >= shortest:
                chain.digits, chain.kinds = "".join(digits), "".join(kinds)
                yield chain
            digits, kinds, chain = [], [], Chain()
        chain.gaps.append(gap if digits else "")
        if token.lastgroup == "spoken":
            digits.append(_SPOKEN[written])
            kinds.append("s")
        else:
            digits.append(_LETTERS.get(written, written))
            kinds.append("l" if written in _LETTERS else "n")
        end = token.end()
        chain.starts.append(start)
        chain.ends.append(end)
    if digits and len(digits) >= shortest:
        chain.digits, chain.kinds = "".join(digits), "".join(kinds)
        yield chain


def _joins(text: str, start: int, end: int, hanja_one_is_dash: bool) -> bool:
    """Whether text[start:end], between two digits, leaves them in one chain."""
    gap = text[start:end]
    if gap.isspace():
        return True
    if _MASK.search(gap):
        return False
    if not any(character.isalnum() for character in gap):
        return True
    if len(gap) > _LONGEST_GAP:
        return False
    if hanja_one_is_dash and "一" in gap:
        return _GAP.fullmatch(gap.replace("一", "-")) is not None
    # Matched in place, because some separators ask what stands before them.
    return _GAP.fullmatch(text, start, end) is not None
