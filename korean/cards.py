"""Finds numbers of payment cards in digit chains; a number that fits Luhn's rule scores higher.

Left alone are numbers of parcels and the like, and bare figures that neither Luhn's rule nor a word
makes a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.digits import Chain
from korean.findings import CARD, Found, names_a_thing

_CUE = re.compile(r"카드|체크카드|신용|비자|마스터|아멕스|카번|결제")
_NO_MONEY = re.compile(
    r"(?:회원|포인트|도서|출입|동행)\s?카드(?!\s?(?:말고|아니고|가\s?아니라|아닌))[^0-9]{0,12}$|티머니[^0-9]{0,12}$"
)
_SAID = re.compile(r"카드(?!\s?(?:말고|아니고|가\s?아니라))[^\n.]{0,48}$")
_AFTER = re.compile(r"[^0-9\n]{0,6}(?:카드|비자|마스터|아멕스|아메리칸)")
# Length → after which digits it is parted.
_SHAPES = {16: frozenset({4, 8, 12}), 15: frozenset({4, 10})}
_PARTING = re.compile(r"[\n,;:()\[\]]")
_COPULA = re.compile(r"이(?:에요|예요|요|고|구|야|라|며|니|거든)")


def find_cards(text: str, chains: Iterable[Chain]) -> Iterator[Found]:
    """Cards in normal text; `chains` are those of `text`."""
    for chain in chains:
        index = 0
        while index + 15 <= len(chain):
            found = _at(text, chain, index) if chain.begins(index) else None
            if found is None:
                index += 1
                continue
            yield found
            index += len(found.value)


def _at(text: str, chain: Chain, index: int) -> Found | None:
    for length, groups in _SHAPES.items():
        last = index + length
        if last > len(chain) or not chain.may_end(last):
            continue
        kinds = chain.kinds[index:last]
        start, end = chain.starts[index], chain.ends[last - 1]
        if kinds[-2:] == "ns" and _COPULA.match(text, end - 1):
            continue
        number = chain.digits[index:last]
        parted = chain.breaks(index, last)
        before = text[max(0, start - 20) : start]
        cue = _CUE.search(before) is not None or _AFTER.match(text, end) is not None
        if _NO_MONEY.search(before) and not _AFTER.match(text, end):
            continue
        grouped = parted == groups
        valid = fits_luhn(number)
        loose = len(parted) >= length - 2 or "s" in kinds or parted < groups or cue
        if any(_PARTING.search(gap) for gap in chain.gaps[index + 1 : last]):
            continue
        if names_a_thing(text, start) or (number[0] in "01278" and not cue and not grouped):
            continue
        if grouped and (length == 16 or cue or valid):
            fours = length == 16 and number[0] in "34569" and _SAID.search(text, 0, start)
            score = 0.6 + 0.2 * cue + 0.2 * valid
            score = max(score, 0.9 + 0.05 * valid) if fours else score
            return Found(start, end, CARD, number, score)
        if loose and (cue or (valid and length == 16)):
            return Found(start, end, CARD, number, 0.5 + 0.2 * cue + 0.2 * valid)
    return None


def fits_luhn(number: str) -> bool:
    """Whether the last digit is Luhn's check digit (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0
