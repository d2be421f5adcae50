"""The kinds of personal data and what a finder says about one; finds nothing itself.

A score is how sure a finder is, from 0 to 1: a cue word or a check digit that fits raises it, and
neither is ever required by itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

RESIDENT_NUMBER = "resident_number"
FOREIGNER_NUMBER = "foreigner_number"
PASSPORT = "passport"
DRIVER_LICENSE = "driver_license"
BUSINESS_NUMBER = "business_number"
PHONE = "phone"
BANK_ACCOUNT = "bank_account"
CARD = "card"
VEHICLE_PLATE = "vehicle_plate"
ADDRESS_UNIT = "address_unit"
PERSON_NAME = "person_name"
EMAIL = "email"

# 고유식별정보 (개인정보 보호법 제24조): what stands in the place of each, since none is kept.
NOTICES = {
    RESIDENT_NUMBER: "[주민등록번호 삭제]",
    FOREIGNER_NUMBER: "[외국인등록번호 삭제]",
    PASSPORT: "[여권번호 삭제]",
    DRIVER_LICENSE: "[운전면허번호 삭제]",
}
# The words of the tokens that stand for what is kept.
NAMES = {
    PHONE: "전화",
    EMAIL: "메일",
    BANK_ACCOUNT: "계좌",
    CARD: "카드",
    VEHICLE_PLATE: "차량",
    ADDRESS_UNIT: "동호",
    PERSON_NAME: "이름",
    BUSINESS_NUMBER: "사업자",
}
KINDS = (*NOTICES, *NAMES)
# The letter that stands for what was found and put away; no finder of numbers knows it.
HOLE = "\ua640"

# A number that such a word stands right before is none of a person's: a pole's, a parcel's, a case's.
_THINGS = re.compile(
    r"(?:(?:운송장|송장|등기|택배|소포|바코드|전주|전봇대|전신주|가로등|가로수|보안등|맨홀|계량기|정류장|정류소|국가지점"
    r"|학번|사번|품번|ISBN|EAN|GTIN)\s?(?:번호판?|코드|넘버|No|NO|no|노)?"
    r"|(?:추천|수험|당첨|보증서?|증명서?|배정|계약|대출|주문|접수|민원|조회|관리|전산화|고유|모델|시리얼|일련|승인|거래|제품|상품|문서|고시|공고|사건|허가|신고|우편|예약|회원"
    r"|수용가|고객|납부|고지서|전자납부|인증|버스|노선|청구|참조|티켓)\s?(?:번호판?|코드|넘버|No|NO|no))"
    r"\.?\s?(?:표찰|표지판?|판)?\s?(?:은|는|이|가|에|:|=|#)?\s?[(\[]?$"
)
_NUMBER_WORD = re.compile(r"(?:번호|코드)[^0-9]{0,4}$")
_WINDOW = 24


@dataclass(frozen=True)
class Found:
    """One find at text[start:end] of normal text; `value` is its one form."""

    start: int
    end: int
    kind: str
    value: str
    score: float


def names_a_thing(text: str, start: int) -> bool:
    """Whether the words right before `start` say that a thing's number follows (운송장번호 …)."""
    return _THINGS.search(text[max(0, start - _WINDOW) : start]) is not None


def names_a_things_number(text: str, start: int) -> bool:
    """The same, only where the word 번호 or 코드 itself stands there."""
    before = text[max(0, start - _WINDOW) : start]
    return _NUMBER_WORD.search(before) is not None and _THINGS.search(before) is not None


def settle(found: Iterable[Found]) -> list[Found]:
    """The finds that stay, in order and without overlaps.

    What may not be kept goes before what may; then the higher score, the longer, the earlier one.
    """
    ranked = sorted(
        found, key=lambda one: (one.kind not in NOTICES, -one.score, one.start - one.end, one.start)
    )
    taken: list[tuple[int, int]] = []
    kept: list[Found] = []
    for one in ranked:
        index = bisect_right(taken, (one.start, one.end))
        if index > 0 and taken[index - 1][1] > one.start:
            continue
        if index < len(taken) and taken[index][0] < one.end:
            continue
        insort(taken, (one.start, one.end))
        kept.append(one)
    return sorted(kept, key=lambda one: one.start)
