"""Finds resident and foreigner registration numbers in any writing; keeps and returns no number.

A number is six digits that are a date (YYMMDD) and seven more.  The check digit is not asked for:
numbers given since October 2020 have none.  Rather one number too many than one kept: the law
forbids storing them (개인정보 보호법 제24조의2).  Left alone are amounts, coordinates, barcodes,
mobile and case numbers, and long numbers inside a web address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from korean.digits import Chain
from korean.findings import FOREIGNER_NUMBER, RESIDENT_NUMBER, Found

_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Who was born in which century has which first digit in the second half.
_CENTURIES = {"18": "90", "19": "1256", "20": "3478"}
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_ALL_PARTED = frozenset(range(1, 13))
_COPULA = re.compile(r"이(?:에요|예요|요|고|구|야|라|죠|지|며|니|었|거든)")
_DASH = re.compile(r"[-~_/.·:=*ㅡー一]|다시|대시|대쉬|데시|데쉬|하이")
_AMOUNT_AFTER = re.compile(
    r"\s?[,.]?(?:원(?![가-힣])|원(?=[은을이의에도과]|으로|입니다|정|짜리|이나|인데|까지)|천원|만\s?원|억|달러|불|₩|%)"
)
_AMOUNT_BEFORE = re.compile(r"(?:[₩$￦€]|(?:액|금액|예산|총액|원가|금|합계)[은는이가]?:?)\s?$")
_MONEY_AFTER = re.compile(r"\s*원")
_BARCODE_BEFORE = re.compile(r"(?:바코드|ISBN|EAN|GTIN|상품\s?번호|상품\s?코드)[^0-9]{0,10}$", re.I)
_COMPANY_BEFORE = re.compile(r"법인\s?(?:등록)?\s?번호[^0-9]{0,6}$")
_BANK_BEFORE = re.compile(
    r"(?:은행|뱅크|금고|농협|신협|수협|축협|계좌|통장|우체국|카뱅|새마을|국민|신한|기업|토스|환급|환불|입금|송금|돈[은을])[^0-9]{0,12}$"
    r"|(?:^|\s)(?:우리|하나)\s?$"
)
_SENT_AFTER = re.compile(r"\s?(?:으로|로|에다?)?\s?(?:입금|송금|이체|부쳐|부치|돈)")
_LICENCE_BEFORE = re.compile(r"면허[^0-9]{0,16}$")
_LICENCE_GROUPS = frozenset({2, 4, 10})
_DEGREES_BEFORE = re.compile(r"(?<![0-9])(?:3[3-9]|12[4-9]|13[0-2]|0)\.$")
# Latitude and longitude of Korea.
_COORDINATES = re.compile(r"3[3-9]\.[0-9]{3,}\s*[,/ ]\s*1(?:2[4-9]|3[0-2])\.[0-9]+")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_WEB = re.compile(r"(?:https?://|www\.)[!-~]*", re.I)
# 4/17 10:30 -> 4/18 14:00
_TIMES = re.compile(r"[0-9]:[0-9]{2}\b.*[0-9]:[0-9]{2}\b")
_RESIDENT_KEY = re.compile(r"(?:rrn|jumin|resident|ssn|주민)[^0-9]{0,12}$", re.I)
_TO_SECOND_HALF = re.compile(r"뒤|뒷|나머지|끝\s?자리|다음")
_SECOND_HALF = re.compile(
    r"(?:뒷\s?자리|뒷\s?번호|뒷\s?부분|뒤\s?(?:7|일곱|칠)?\s?자리)[^0-9]{0,16}$"
)
_WRITTEN_DATE = re.compile(
    r"(?<![0-9])(?:1[89]|20)?[0-9]{2}\s{0,3}년\s{0,3}(?P<month>[0-9]{1,2})\s{0,3}월\s{0,3}"
    r"(?P<day>[0-9]{1,2})\s{0,3}일(?P<gap>[^0-9]{0,24})[0-9]{7}(?![0-9])"
)
# 팔십이년 삼월 사일 뒤는 일구이팔삼칠사: the date in words, the rest digit by digit.
_SPOKEN_DATE = re.compile(
    r"(?:천구백)?(?:[이삼사오육칠팔구]?십)?[일이삼사오육칠팔구공영]{0,2}년\s?(?:십[일이]|[일이삼사오유육칠팔구시십])월\s?"
    r"(?:[이삼]?십)?[일이삼사오육칠팔구]?일(?P<gap>[^0-9\n]{0,16}?)(?P<rest>[일이삼사오육칠팔](?:\s?[공영일이삼사오육칠팔구]){6}|[1-8][0-9]{6})"
    r"(?![0-9])"
)
# 82.3.4-1928374; and, after 주민번호, a half with a digit too many or too few.
_SHORT_DATE = re.compile(
    r"(?<![0-9.])[0-9]{2}[./-](?P<month>[0-9]{1,2})[./-](?P<day>[0-9]{1,2})\s?[-~]\s?(?P<rest>[1-8][0-9]{6})(?![0-9])"
)
_SLIP = re.compile(
    r"(?:주민(?:등록)?\s?번호|민번|외국인(?:등록)?\s?번호)[^0-9\n]{0,8}(?P<number>[0-9]{5,8}\s?[-~]\s?(?P<rest>[1-8][0-9]{5,7}))(?![0-9])"
)
_SPOKEN_ONES = dict(zip("일이삼사오육칠팔", "12345678", strict=True))
_NO_HALF = re.compile(r"\s?(?:원|번|건|명|개|매|장|호)")
_WRITTEN_GAP = re.compile(r"생|뒤|뒷|주민|^\s*[-~/.·]\s*$")


def find_resident_numbers(
    text: str, chains: Sequence[Chain], *, is_phone: Callable[[Chain, int, int, bool], bool]
) -> Iterator[Found]:
    """Where such numbers stand in normal text; they may overlap.

    Whose they are, the first digit of the second half says: 5 to 8 for foreigners.  `chains` are
    those of `text` with six digits and more.  `is_phone(chain, start, end, in_halves)` tells whether
    telephone numbers explain the digits [start, end) better; `in_halves` when they part after the
    sixth.
    """
    addresses = [(found.start(), found.end()) for found in _WEB.finditer(text)]
    for chain in chains:
        yield from _in_chain(text, chain, addresses=addresses, is_phone=is_phone)
    yield from _in_halves(text, chains)
    for found in _WRITTEN_DATE.finditer(text):
        month, day = int(found["month"]), int(found["day"])
        bare = found["gap"].isspace() and found.group()[-7] in "12345678"
        bare = bare and _NO_HALF.match(text, found.end()) is None
        if _is_day(month, day) and (bare or _WRITTEN_GAP.search(found["gap"])):
            yield _found(*found.span(), found.group()[-7], 0.9)
    for found in _SHORT_DATE.finditer(text):
        if _is_day(int(found["month"]), int(found["day"])):
            yield _found(*found.span(), found["rest"][0], 0.8)
    for found in _SLIP.finditer(text):
        yield _found(*found.span("number"), found["rest"][0], 0.7)
    if "년" in text:
        for found in _SPOKEN_DATE.finditer(text):
            if _WRITTEN_GAP.search(found["gap"]):
                first = found["rest"][0]
                yield _found(*found.span(), _SPOKEN_ONES.get(first, first), 0.8)


def _in_chain(
    text: str,
    chain: Chain,
    *,
    addresses: Sequence[tuple[int, int]],
    is_phone: Callable[[Chain, int, int, bool], bool],
) -> Iterator[Found]:
    index = 0
    while index + 13 <= len(chain):
        end = 0
        if _begins_anew(chain, index):
            index += 6
            continue
        if chain.begins(index):
            end = _end_of_number(text, chain, index, addresses=addresses, is_phone=is_phone)
        if end:
            half = index + (8 if end - index >= 15 and chain.breaks(index, end) >= {8} else 6)
            # The check digit raises the score; numbers since October 2020 have none.
            valid = end - index == 13 and _has_resident_check(chain.digits[index:end])
            start, stop = chain.starts[index], chain.ends[end - 1]
            if _TIMES.search(text, start, stop):
                index += 1
                continue
            yield _found(start, stop, chain.digits[half], 0.8 + 0.2 * valid)
            index = end
        else:
            index += 1


def _begins_anew(chain: Chain, index: int) -> bool:
    """900101에 900101 1234567: who reads a number out begins once more."""
    first, again = chain.digits[index : index + 6], chain.digits[index + 6 : index + 12]
    return first == again and chain.begins(index + 6) and _is_date(chain.digits, index)


def _end_of_number(
    text: str,
    chain: Chain,
    index: int,
    *,
    addresses: Sequence[tuple[int, int]],
    is_phone: Callable[[Chain, int, int, bool], bool],
) -> int:
    """The index after the number that begins at digit `index`, or 0."""
    digits = chain.digits
    if digits[index : index + 2] in _CENTURIES and index + 15 <= len(chain):
        parted = chain.breaks(index, index + 15)
        if (
            8 in parted
            and parted <= {4, 6, 8}
            and digits[index + 8] in _CENTURIES[digits[index : index + 2]]
            and _is_date(digits, index + 2)
            and chain.may_end(index + 15)
        ):
            return index + 15
    if not _is_date(digits, index):
        return 0
    end = index + 13
    if chain.kinds[index:end] == "n" * 12 + "s" and _COPULA.match(text, chain.ends[end - 2]):
        return 0  # twelve figures and 이에요
    parted = chain.breaks(index, end)
    if not chain.may_end(end):
        # One digit too many after a clear 900101-1234567 is a slip, not another kind of number.
        if parted == {6} and _DASH.search(chain.gaps[index + 6]):
            while not chain.may_end(end):
                end += 1
            return end
        return 0
    start_at, end_at = chain.starts[index], chain.ends[end - 1]
    before = text[max(0, start_at - 24) : start_at]
    # A company's registration number is no person's, and has as many digits: 법인등록번호 110111-….
    if _COMPANY_BEFORE.search(before) or (
        6 not in parted
        and parted
        and (_BANK_BEFORE.search(before) or _SENT_AFTER.match(text, end_at))
    ):
        return 0
    # 국민 팔이공사공일 공사 이이구삼칠육: the digits go on, touching, after a bank's name.
    goes_on = end < len(chain) and not chain.gaps[end] and parted != {6}
    if goes_on and _BANK_BEFORE.search(before) and not _RESIDENT_KEY.search(before):
        return 0
    if parted >= _LICENCE_GROUPS and 6 not in parted and _LICENCE_BEFORE.search(before):
        return 0  # 면허번호는 일일 공삼 이팔사칠일구 오공 이렇게
    if not parted:
        harmless = set(chain.kinds[index:end]) == {"n"} and _is_other_bare_number(
            text, start_at, end_at, addresses=addresses
        )
        return 0 if harmless else end
    if parted == {6} or len(parted) >= 11:
        return end
    if 6 not in parted and not chain.is_alone(index, end):
        return 0
    if is_phone(chain, index, end, 6 in parted) or _is_other_parted_number(
        text, chain, index, parted=parted
    ):
        return 0
    return end


def _is_other_bare_number(
    text: str, start: int, end: int, *, addresses: Sequence[tuple[int, int]]
) -> bool:
    """Whether thirteen figures in a row are an amount, a fraction, a barcode, a part of a link."""
    before = text[max(0, start - 24) : start]
    if _AMOUNT_AFTER.match(text, end):
        return text[end : end + 1] != " " or _AMOUNT_BEFORE.search(before) is not None
    if _AMOUNT_BEFORE.search(before) and _MONEY_AFTER.match(text, end):
        return True
    if _DEGREES_BEFORE.search(before):
        return True
    number = text[start:end]
    if number[6] in "09" and _RESIDENT_KEY.search(before) is None:
        return True  # born in the 1800s: a time in milliseconds, an account
    if _BARCODE_BEFORE.search(before) and _has_barcode_check(number):
        return True
    if any(a <= start < b for a, b in addresses):
        # A time in milliseconds or an article's number is as long; the check digit decides.
        return _RESIDENT_KEY.search(before) is None and not _has_resident_check(number)
    return False


def _is_other_parted_number(text: str, chain: Chain, index: int, *, parted: frozenset[int]) -> bool:
    """Whether thirteen digits in odd groups are coordinates, an amount, a date or a case number."""
    start, end = chain.starts[index], chain.ends[index + 12]
    if _COORDINATES.match(text, start) or _THOUSANDS.fullmatch(text, start, end):
        return True
    digits = chain.digits[index : index + 13]
    if digits[:2] not in ("19", "20") or 2 in parted or 4 not in parted:
        return False
    if {6, 8} <= parted and not {5, 7} & parted:
        return _is_day(int(digits[4:6]), int(digits[6:8]))  # 2010-12-25 and something after it
    return 10 in parted and 6 not in parted  # 2010-123456 and something after it


def _found(start: int, end: int, digit: str, score: float) -> Found:
    kind = FOREIGNER_NUMBER if digit in "5678" else RESIDENT_NUMBER
    return Found(start, end, kind, "", score)


def _in_halves(text: str, chains: Sequence[Chain]) -> Iterator[Found]:
    """Numbers whose halves words stand between: 앞자리는 900101이고 뒷자리는 1234567."""
    before: Chain | None = None
    for chain in chains:
        if len(chain) >= 7 and chain.may_end(7) and not chain.breaks(0, 7) - _ALL_PARTED:
            start = chain.starts[0]
            lead = text[max(0, start - 24) : start]
            if _SECOND_HALF.search(lead):
                yield _found(start, chain.ends[6], chain.digits[0], 0.8)
            if before is not None:
                first = _first_half(before)
                gap = text[before.ends[-1] : start]
                if first >= 0 and len(gap) <= 24 and _TO_SECOND_HALF.search(gap):
                    yield _found(before.starts[first], chain.ends[6], chain.digits[0], 0.9)
        before = chain


def _first_half(chain: Chain) -> int:
    """The index in a chain of a date of six digits at its end, or -1."""
    for extra in (0, 1, 2):
        first = len(chain) - 6 - extra
        if extra and chain.kinds[-extra:] != "s" * extra:
            break
        if first >= 0 and chain.begins(first) and _is_date(chain.digits, first):
            return first
    return -1


def _is_date(digits: str, index: int) -> bool:
    return _is_day(int(digits[index + 2 : index + 4]), int(digits[index + 4 : index + 6]))


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]


def _has_barcode_check(number: str) -> bool:
    weighted = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(number[:12]))
    return (10 - weighted % 10) % 10 == int(number[12])


def _has_resident_check(number: str) -> bool:
    weighted = sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False))
    # Numbers of foreigners add two to the check digit.
    return int(number[12]) in ((11 - weighted % 11) % 10, (13 - weighted % 11) % 10)
