"""Finds passport and driving-licence numbers; like resident numbers, they may not be kept.

Both are found by their form alone; a word (여권, 면허) lets odd writings count, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.digits import Chain
from korean.findings import DRIVER_LICENSE, PASSPORT, Found, names_a_thing

# M12345678, and since 2021 M123A4567 (여권법 시행규칙).
_FORM = r"[MSRODGmsrodg][ -]?(?:[0-9][ -]?){3}(?:(?:[0-9][ -]?){4}[0-9]|[A-Za-z][ -]?(?:[0-9][ -]?){3}[0-9])"
_PASSPORT = re.compile(rf"(?<![A-Za-z0-9]){_FORM}(?![A-Za-z0-9@]|-[0-9]|[._+]\w*@)")
_PASSPORT_CUE = re.compile(
    r"(?:여권|패스포트|passport)(?:\s?(?:번호|넘버|no\.?|number))?(?:\sis)?[^0-9A-Za-z\n\[\]]{0,12}$",
    re.I,
)
_CUED = re.compile(
    r"(?:여권|패스포트|passport)(?:\s?(?:번호|넘버|no\.?|number))?[^0-9A-Za-z\n\[\]]{0,24}?"
    r"(?P<number>(?!01[016789][ -]?[0-9]{3,4}[ -]?[0-9]{4}(?![0-9]))"
    r"(?:[A-Za-z]{1,2}[ -]?|(?:엠|에스|알|피엠|지|디)\s?)?"
    r"(?:[0-9영공빵일이삼사오육륙칠팔구][ -]?){3}(?:에\s?)?"
    r"(?:(?:에이|에프|제이|케이|[A-Za-z에비씨디이])?[ -]?)(?:에\s?)?"
    r"(?:[0-9영공빵일이삼사오육륙칠팔구][ -]?){3,4}[0-9영공빵일이삼사오육륙칠팔구])(?![0-9A-Za-z])",
    re.I,
)
# Old ones (PM1234567) and those of other countries, where the word stands beside them.
_OTHER = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Z0-9]*[A-Z])(?=(?:[A-Z]*[0-9]){5})[A-Z0-9]{7,9}(?![A-Za-z0-9]|-[0-9])"
)
# Other countries': nine digits (USA), two and seven (Russia), a letter or two and six to eight; any case.
_ABROAD = re.compile(
    r"(?:여권|패스포트|passport)(?:\s?(?:번호|넘버|no\.?|number))?"
    r"[^0-9A-Za-z\n\[\]]{0,20}?(?:\s?(?:is|no\.?|:))?\s?"
    r"(?P<number>(?!0|(?:19|20)[0-9]{2}[01][0-9][0-3][0-9](?![0-9]))"
    r"[0-9]{2}(?:[ -][0-9]{7}|\s?(?:№|N|No\.?)\s?[0-9]{7}|[0-9]{6,7})"
    r"|(?=[A-Za-z]{1,2}[A-Za-z0-9 -]*[0-9])[A-Za-z]{1,2}[ -]?(?=(?:[A-Za-z]?[0-9]){5})[A-Za-z0-9]{6,8})"
    r"(?![0-9A-Za-z]|[-.@,][0-9A-Za-z]|\s?(?:원|건|명|개|번째))",
    re.I,
)
_ABROAD_BEFORE = re.compile(
    r"(?<![0-9A-Za-z-])(?P<number>(?!0|(?:19|20)[0-9]{2}[01][0-9])"
    r"(?:[0-9]{2} [0-9]{7}|[0-9]{9}|[A-Za-z]{1,2}[0-9]{6,8}))"
    r"(?=[^0-9A-Za-z\n]{0,8}(?:여권|passport))",
    re.I,
)
_A_DAY = re.compile(r"(?:19|20)[0-9]{2}[-. ]?[01][0-9][-. ]?[0-3][0-9]")
_DAY_BEFORE = re.compile(r"(?:일|날짜|기간|만료|발급|생일|생년월일)(?:은|는|이|:)?\s?$")
_PASSPORT_AFTER = re.compile(r"[^0-9A-Za-z\n]{0,8}(?:여권|passport)", re.I)
_DIGITS_AT_LEAST = re.compile(
    r"(?:[^0-9영공빵일이삼사오육륙칠팔구]*[0-9영공빵일이삼사오육륙칠팔구]){7}"
)
_LICENCE_CUE = re.compile(r"면허[^0-9\n\[\]]{0,16}$")
_LICENCE_GROUPS = frozenset({2, 4, 10})
_REGIONS = (
    r"서울|부산|대구|인천|광주|대전|울산"
    r"|경기\s?남부|경기\s?북부|경기|강원|충북|충남|전북|전남|경북|경남|제주"
)
_REGION_LICENCE = re.compile(
    rf"(?:{_REGIONS})\s?[-.]?\s?[0-9]{{2}}\s?[-. ]\s?[0-9]{{6}}\s?[-. ]\s?[0-9]{{2}}(?![0-9])"
)
_LONGEST, _SHORTEST = 12, 10
# 십일에 이십이에 일이삼사오육에 공일: the short groups read as numbers.
_READ = re.compile(
    r"면허[^0-9\n\[\]]{0,20}?(?P<number>이?십[일이삼사오육칠팔구]?(?:에|다시|\s){1,3}[이삼사오육칠팔구]?십?[일이삼사오육칠팔구영공]{0,2}"
    r"(?:에|다시|\s){1,3}(?:[0-9영공일이삼사오육칠팔구]\s?){6}(?:에|다시|\s){0,3}[0-9영공일이삼사오육칠팔구]{2})"
)


def find_passports(text: str) -> Iterator[Found]:
    """Passport numbers in normal text."""
    for found in _PASSPORT.finditer(text):
        cue = _PASSPORT_CUE.search(text[max(0, found.start() - 24) : found.start()]) is not None
        if cue or not names_a_thing(text, found.start()):
            yield Found(found.start(), found.end(), PASSPORT, "", 0.7 + 0.3 * cue)
    for found in _OTHER.finditer(text):
        before = text[max(0, found.start() - 24) : found.start()]
        if _PASSPORT_CUE.search(before) or _PASSPORT_AFTER.match(text, found.end()):
            yield Found(found.start(), found.end(), PASSPORT, "", 0.8)
    for found in _CUED.finditer(text):
        dated = _A_DAY.fullmatch(found["number"]) is not None and _DAY_BEFORE.search(
            text[max(0, found.start("number") - 8) : found.start("number")]
        )
        if _DIGITS_AT_LEAST.match(found["number"]) and not dated:
            yield Found(found.start("number"), found.end("number"), PASSPORT, "", 0.9)
    for found in (*_ABROAD.finditer(text), *_ABROAD_BEFORE.finditer(text)):
        if not names_a_thing(text, found.start("number")):
            yield Found(*found.span("number"), PASSPORT, "", 0.85)


def find_licences(text: str, chains: Iterable[Chain]) -> Iterator[Found]:
    """Driving licences in normal text; `chains` are those of `text`."""
    for chain in chains:
        index = 0
        while index + _SHORTEST <= len(chain):
            last = _end_of_licence(text, chain, index) if chain.begins(index) else 0
            if not last:
                index += 1
                continue
            start = chain.starts[index]
            cue = _LICENCE_CUE.search(text[max(0, start - 24) : start]) is not None
            yield Found(start, chain.ends[last - 1], DRIVER_LICENSE, "", 0.7 + 0.3 * cue)
            index = last
    for found in _READ.finditer(text):
        yield Found(found.start("number"), found.end("number"), DRIVER_LICENSE, "", 1.0)
    for found in _REGION_LICENCE.finditer(text):
        yield Found(found.start(), found.end(), DRIVER_LICENSE, "", 1.0)


def _end_of_licence(text: str, chain: Chain, index: int) -> int:
    """The index after the licence that begins at digit `index`, or 0."""
    last = index + _LONGEST
    region = chain.digits[index : index + 2]
    if last <= len(chain) and chain.may_end(last) and "11" <= region <= "28":
        start = chain.starts[index]
        parted = chain.breaks(index, last)
        if parted == _LICENCE_GROUPS and not names_a_thing(text, start):
            return last
        if _LICENCE_CUE.search(text[max(0, start - 24) : start]) and "\n" not in "".join(
            chain.gaps[index + 1 : last]
        ):
            return last
    last = index + _SHORTEST
    if last <= len(chain) and chain.may_end(last):
        start = chain.starts[index]
        parted = chain.breaks(index, last)
        cue = _LICENCE_CUE.search(text[max(0, start - 24) : start])
        if cue and parted <= {2, 8}:  # what follows the name of a region: 서울 12-123456-12
            return last
    return 0
