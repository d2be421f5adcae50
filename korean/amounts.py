"""Finds sums of money, read as whole won; must not take years, counts or phone numbers for money.

Figures, number words and both mixed: 3만원, 1억 2천만 원, 삼만 오천원, 12조 3천억, 2억5천, 1,234원.
Without 원 a sum needs 억, or 조 or 만 beside a word for money. "3~4만원" and "몇만원" name no sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from korean.normalise import normalise
from korean.numerals import SINO_DIGITS, SMALL_UNITS

LONGEST_TEXT = 2_000
LARGEST = 10**16

_BIG_UNITS = {"만": 10**4, "억": 10**8, "조": 10**12}
_FIGURES = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d,])|\d{1,16}(?:\.\d{1,6})?(?![\d.]*\d)")
_START = re.compile("[0-9₩일이삼사오육륙칠팔구십백천만]")
# A number that goes on from something is another kind: 02-120, 2.5.1, No7, 3~4만원.
_BEFORE_FIGURE = re.compile(r"(?:[A-Za-z\d][-.:/]?|\d,|\d\s?~\s?)$")
_WON = re.compile(r"\s?(?:여\s?)?원(?!룸|형|통|칙|격|년|고|자력|심력)")
# After number words 원 must end: 만원이에요 but not 이천 원미동.
_WON_ENDS = re.compile(
    r"(?:$|[^가-힣]|이|인|은|을|의|에|도|만|과|까지|부터|으로|짜리|정도|씩|대|가량|권|어치|넘|밖|쯤|입|요|예|돈|내|"
    r"상당|이상|이하|미만|초과|하고|들|나|주|받|더|씨|보다|처럼|라|원)"
)
# A vehicle that is full is 만원, too.
_FULL = re.compile(
    r"\s?(?:버스|지하철|전철|열차|전동차|차량|관중|관객|사례|엘리베이터|엘베|승강기)"
)
_FULL_BEFORE = re.compile(
    r"(?:너무|이미|항상|맨날|매일|완전|벌써|늘|또|꽉|호선[이은도]?|버스[가는도]?|전철[이은도]?|지하철[이은도]?)\s*$"
)
_COUNTERS = re.compile(
    r"\s?(?:여\s?)?(?:명|개|대(?![로])|건|호|회|권|마리|세대|가구|평|킬로|km|㎞|m|인(?!데|가|지|줄|것)|표|년|번|그루|장(?!기)|톤|"
    r"제곱|㎡|시간|보(?![증조])|걸음|점|화소|볼트|시민|주민|분(?!기)|살|세(?![금입])|킬로|미터|리터|도시|인구|구독|뷰|"
    r"배|퍼센트|%|항|조(?!원)|곳|채|필지|달러|불|엔|위안|유로)"
)
_MONEY_BEFORE = re.compile(
    r"(?:월세|전세|보증금|벌금|과태료|범칙금|요금|비용|예산|금액|값|가격|임대료|지원금|보조금|수당|돈|월급|연봉|"
    r"세금|[가-힣](?:비|금|료|세|액))(?:[이가은는을를로에]|으로|만|도)?\s*(?:총|약|한|월|연|각|최대)?\s*$"
)
# What is paid: 30만 나왔어요. The end of a range says it for its begin: 10만~20만원.
_MONEY_AFTER = re.compile(
    r"\s?(?:이나|이|을|은|가|까지|정도|넘게|씩)?\s?(?:나왔|나온|나와|냈|내라|내야|내래|달래|달라|들었|들여|빠져나|결제|입금|환불|청구|부과)"
    r"|\s?[~\-]\s?\d[\d,.]*\s?[천백십만억조]+\s?원"
)
# Written so it is money unless a counter follows, which is asked before: 3만5천, 2조 3천.
_MIXED = re.compile("[만조]천")
_CUE_BEFORE = 14


@dataclass(frozen=True)
class AmountSpan:
    """A sum of money at text[start:end]: `won` in whole won."""

    start: int
    end: int
    text: str
    won: int


@dataclass(frozen=True)
class _Reading:
    """Number and units read up to `end`."""

    end: int
    value: Decimal
    units: str
    words_only: bool
    # What stands behind the last big unit has no unit of its own: 2억5천 is 2억 5천만.
    rest: Decimal
    last_big: int
    # A digit in words that has no unit may be a particle: the 이 of 9억이.
    open_word: bool


def find_amounts(raw: str) -> list[AmountSpan]:
    """The sums in the first 2,000 characters, in order; offsets refer to `raw`. Never raises."""
    whole = normalise(raw[:LONGEST_TEXT])
    text = whole.text
    found: list[AmountSpan] = []
    at = 0
    while (match := _START.search(text, at)) is not None:
        span = _amount(text, match.start())
        if span is None:
            at = _after_run(text, match.start())
            continue
        end, won = span
        start, stop = whole.raw_span(match.start(), end)
        found.append(AmountSpan(start, stop, raw[start:stop], won))
        at = end
    return found


def _after_run(text: str, start: int) -> int:
    """Where to look on: past a run of figures as a whole, past one word character by character."""
    figures = re.compile(r"[\d,.]+").match(text, start)
    return figures.end() if figures else start + 1


def _amount(text: str, start: int) -> tuple[int, int] | None:
    """End and won of the sum that begins here, if one does."""
    before = text[max(0, start - _CUE_BEFORE) : start]
    marked = text[start] == "₩"
    if marked:
        figures = _FIGURES.match(text, start + 1)
        return (figures.end(), _whole(figures.group())) if figures else None
    spelt = text[start] in SINO_DIGITS or text[start] in SMALL_UNITS or text[start] in _BIG_UNITS
    if spelt and re.search(r"[가-힣0-9A-Za-z]$", before) and not _MONEY_BEFORE.search(before):
        return None
    if not spelt and _BEFORE_FIGURE.search(before):
        return None
    for reading in reversed(list(_readings(text, start))):
        if (read := _as_money(text, start, before, reading)) is not None:
            return read
    return None


def _as_money(text: str, start: int, before: str, reading: _Reading) -> tuple[int, int] | None:
    won = _WON.match(text, reading.end)
    value = reading.value
    if won is not None:
        if not _said_with_won(text, start, before, reading, won.end()):
            return None
        end = won.end()
    else:
        if not _said_without_won(text, before, reading):
            return None
        end = reading.end
        # 2억5천: the rest counts in the unit below, ten thousand times smaller.
        if reading.rest and reading.last_big > 10**4:
            value += reading.rest * (reading.last_big // 10**4 - 1)
    if value != value.to_integral_value() or not 0 <= value < LARGEST:
        return None
    return end, int(value)


def _said_with_won(text: str, start: int, before: str, reading: _Reading, end: int) -> bool:
    if not reading.words_only:
        return True
    # 일원 is a town, 이원 a name.
    if not reading.units or not _WON_ENDS.match(text, end):
        return False
    if text[start : reading.end] == "만":
        return not _FULL.match(text, end) and not _FULL_BEFORE.search(before)
    return True


def _said_without_won(text: str, before: str, reading: _Reading) -> bool:
    if _COUNTERS.match(text, reading.end):
        return False
    bare = reading.units == "만" and reading.words_only and reading.value == 10**4
    if reading.open_word or bare:  # 전세 만기
        return False
    if "억" in reading.units:
        return True
    mixed = reading.rest and _MIXED.search(reading.units)
    if mixed or (reading.units and _MONEY_AFTER.match(text, reading.end)):
        return True
    big = "조" in reading.units or "만" in reading.units
    return big and _MONEY_BEFORE.search(before) is not None


def _readings(text: str, start: int) -> Iterator[_Reading]:
    """What the number that begins here may be, each time a unit or a figure ends; the last is the longest."""
    total, section, pending = Decimal(0), Decimal(0), None
    last_small, last_big, units, words_only = 10_000, 10**16, "", True
    at, spaced, open_word = start, False, False
    while at < len(text):
        character = text[at]
        if character == " " and at > start and not spaced:
            at, spaced = at + 1, True
            continue
        figures = _FIGURES.match(text, at)
        if figures is not None and pending is None:
            pending, at, words_only = _number(figures.group()), figures.end(), False
            open_word = False
        elif character in SINO_DIGITS and pending is None and not (spaced and not units):
            pending, at, open_word = Decimal(SINO_DIGITS[character]), at + 1, True
            if text[at : at + 1] == " ":
                yield _Reading(
                    at, total + section + pending, units, words_only, Decimal(0), 1, True
                )
                return
        elif character in SMALL_UNITS and SMALL_UNITS[character] < last_small:
            last_small = SMALL_UNITS[character]
            section += (Decimal(1) if pending is None else pending) * last_small
            pending, units, at, open_word = None, units + character, at + 1, False
        elif character in _BIG_UNITS and _BIG_UNITS[character] < last_big:
            last_big = _BIG_UNITS[character]
            number = section + (pending or 0)
            total += (number if section or pending is not None else Decimal(1)) * last_big
            section, pending, last_small = Decimal(0), None, 10_000
            units, at, open_word = units + character, at + 1, False
        else:
            return
        spaced = False
        rest = section + (pending or 0)
        big = last_big if total else 1
        yield _Reading(at, total + rest, units, words_only, rest, big, open_word)


def _number(figures: str) -> Decimal:
    return Decimal(figures.replace(",", ""))


def _whole(figures: str) -> int:
    return int(_number(figures))
