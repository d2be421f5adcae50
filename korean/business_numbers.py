"""Finds business registration numbers (사업자등록번호, 123-45-67890); decides nothing about them.

The check digit raises the score.  Without a word for it, only the written form with dashes counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.digits import Chain
from korean.findings import BUSINESS_NUMBER, Found, names_a_thing

_CUE = re.compile(
    r"(?:사업자[^0-9\n\[\]]{0,24}|사업[^0-9\n]{0,20}등록\s?번호[^0-9\n]{0,4}|등록증\s?번호[^0-9\n\[\]]{0,8})$"
)
_AFTER = re.compile(r"\s?(?:이게|가|이|은)?\s?(?:제|저희|우리)?\s?사업자")
_OTHER = re.compile(r"(?:계좌|은행|통장|농협|신협|수협|입금|금고)[^\n]{0,20}$")
# 치킨집 13109-48276: in two halves, beside a word for a shop.
_SHOP = re.compile(
    r"(?:집|가게|식당|카페|상점|미용실|세탁소|약국|학원|편의점|상호|매장|음식점|점포|자영업|소상공인|공방|분식|빵집|치킨|슈퍼|마트|법인|업체|폐업|개업)"
    r"[^0-9\n]{0,12}$"
)
# 착한가격업소 … 6620193473: ten digits whose check digit fits, with such a word a little farther away.
_NEAR = re.compile(
    r"(?:업소|업체|업자|영업|사업|창업|폐업|개업|휴업|가게|식당|카페|매장|상점|점포|점주|상호|상가|상인|소상공인|자영업|미용실|음식점|학원|공방|빵집|약국|편의점|법인|회사|대표|세금계산서|부가세|매출|가맹|입점|납품|등록증)"
)
_KIND_OF_SHOP = re.compile(
    r"(?:등록된|등록한)\s?(?:가게|업소|매장|식당|점포|회사|법인)|업태|업종|면허세|부가세|세금계산서"
)
_SHOP_SAID = re.compile(
    r"(?:집|가게|식당|카페|미용실|세탁소|약국|학원|편의점|매장|음식점|공방|분식|빵집|치킨)(?:인데|이고|입니다|이에요|예요|인데요)\s{1,2}$"
)
_FIRM = re.compile(
    r"(?:회사|업체|가게|법인|상호|사업장|저희\s?매장)\s?(?:등록)?\s?(?:번호)?(?:는|은|가|이)?\s?$"
)
_TRADES_AS = re.compile(r"(?:이고|인데|이며|이구|,)\s?(?:상호|회사|업체|법인|가게)")
_MONEY = re.compile(r"\s?(?:원|만|억|천원|건|명|개|㎡|%)")
_GROUPS = frozenset({3, 5})
_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def find_business_numbers(text: str, chains: Iterable[Chain]) -> Iterator[Found]:
    """Business numbers in normal text; `chains` are those of `text`."""
    for chain in chains:
        index = 0
        while index + 10 <= len(chain):
            score = _score(text, chain, index) if chain.begins(index) else 0.0
            if not score:
                index += 1
                continue
            start, end = chain.starts[index], chain.ends[index + 9]
            yield Found(start, end, BUSINESS_NUMBER, chain.digits[index : index + 10], score)
            index += 10


def _score(text: str, chain: Chain, index: int) -> float:
    last = index + 10
    if not chain.may_end(last) or chain.digits[index] == "0":
        return 0.0
    start = chain.starts[index]
    before = text[max(0, start - 32) : start]
    parted = chain.breaks(index, last)
    valid = has_business_check(chain.digits[index:last])
    if _CUE.search(before) or _AFTER.match(text, chain.ends[last - 1]):
        return 0.8 + 0.2 * valid
    dashed = parted == _GROUPS and all("-" in chain.gaps[index + k] for k in _GROUPS)
    if dashed and not _OTHER.search(before) and not names_a_thing(text, start):
        firm = 0.25 if _FIRM.search(before) else 0.0
        return 0.6 + max(0.3 * valid, firm)
    if parted == frozenset() and _TRADES_AS.match(text, chain.ends[last - 1]):
        return 0.6
    halves = parted == {5} and "-" in chain.gaps[index + 5]
    if halves and (_SHOP.search(before) or valid) and not _OTHER.search(before):
        return 0.0 if names_a_thing(text, start) else 0.6 + 0.3 * valid
    if (
        parted == frozenset()
        and _SHOP_SAID.search(before)
        and not _MONEY.match(text, chain.ends[last - 1])
    ):
        return 0.6
    shop = _KIND_OF_SHOP.search(text[chain.ends[last - 1] : chain.ends[last - 1] + 24])
    if parted == _GROUPS and shop and not _OTHER.search(before):
        return 0.6
    if valid and parted in (frozenset(), _GROUPS) and "s" not in chain.kinds[index:last]:
        near = before + " " + text[chain.ends[last - 1] : chain.ends[last - 1] + 24]
        money = _MONEY.match(text, chain.ends[last - 1]) is not None
        if (
            _NEAR.search(near)
            and not money
            and not _OTHER.search(before)
            and not names_a_thing(text, start)
        ):
            return 0.65
    return 0.0


def has_business_check(number: str) -> bool:
    """Whether the tenth digit fits the nine before it."""
    total = sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False))
    total += int(number[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(number[9])
