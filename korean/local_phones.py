"""Finds what find_phones cannot know for a number by its digits alone: 333-1234 after 전화 or 연락처."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.findings import PHONE, Found

_CUE = re.compile(
    r"(?:국번\s?없이|전화|연락처|연락|핸드폰|휴대폰|휴대전화|핸폰|폰|집전화|tel|TEL|Tel|☎|☏|번호)\s?(?:번호)?\s?(?:는|은|:|\.|로는|가)?\s{0,2}"
    r"(?P<number>(?P<first>[2-9][0-9]{2,3})\s?(?:[-.)~ ]|에|국에?|다시|대시)\s?"
    r"(?P<last>[0-9]{4}))(?![0-9]|\s?[-.]\s?[0-9])"
)
# 우리집은 3482-1920이에요: four digits first, since three may be a block of flats.
_HOME = re.compile(
    r"(?:우리\s?집|저희\s?집|울집|집|삼실|사무실|가게|매장|식당)\s?(?:번호)?(?:은|는)?\s?:?\s{0,2}"
    r"(?P<number>(?P<first>[2-9][0-9]{3})\s?[-.)]\s?(?P<last>[0-9]{4}))(?![0-9]|\s?[-.]\s?[0-9])"
)
# 010만 빼고 8821-4079, 8821 4079 앞에 010 붙여서: the code is said apart.
_CODE = r"(?:010|공일공|영일영|공일영)"
_WITHOUT = r"(?:빼|뺀|떼|생략|제외|없이|붙|넣|똑같|같고|동일|아시죠|이고|이구|하고)"
_CODE_APART = re.compile(
    rf"(?:{_CODE}(?:만|은|을|는|를)?\s?{_WITHOUT}[^0-9\n]{{0,16}}?"
    rf"|(?:앞\s?(?:자리|번호|에|은|는)?(?:는|은|에)?\s?){_CODE}[^0-9\n]{{0,12}}?)"
    r"(?P<number>(?!20[0-9]{2}[-. ])[2-9][0-9]{3}[-. ]?[0-9]{4}"
    r"|[이삼사오육칠팔구][영공일이삼사오육칠팔구]{3}[ ,에]{0,2}[영공일이삼사오육칠팔구]{4})"
    r"(?![0-9]|[-.][0-9]|\s?원)"
    r"|(?<![0-9-])(?P<before>(?!20[0-9]{2}[-. ])[2-9][0-9]{3}[-. ]?[0-9]{4})(?![0-9]|[-.][0-9])"
    rf"[^0-9\n]{{0,10}}?앞(?:에|에다|자리|번호)?(?:는|은|만)?\s?{_CODE}"
)
# 1588-0000 and its like are offices'.
_OFFICE = re.compile(r"1[0-9]{3}")
_OURS = re.compile(
    r"(?:접수|조회|관리|민원|사건|문서|차량|버스|운송장|송장|고유|주문|등록|우편|전주)\s?$"
)
_CALL = re.compile(
    r"\s?(?:번|번호)?\s?(?:으?로|에|이고|이구|고요|구요|이에요|예요|이예요|에요|입니다|인데|이라|라고|이요|요|임|여기|이거|꼭|좀|부탁|,|\.|/|$|\n)"
)


# 010에 천이백삼십사에 오천육백칠십팔: each group read as a number.
_ONE = "[일이삼사오육칠팔구]"
_GROUP = rf"{_ONE}?천(?:{_ONE}?백)?(?:{_ONE}?십)?{_ONE}?"
_SPOKEN = "[0-9영공빵일이삼사오육륙칠팔구]"
_BETWEEN = r"[\s,.-]{0,2}(?:에|다시|대시|하이픈|국번에?|국에|국)?[\s,.-]{0,2}"
_READ = re.compile(
    r"(?<![0-9])(?P<code>010|공일공|영일영|공일영|영일공|02|[공영]이|0[3-6][1-5]|[공영](?:삼[일이삼]|사[일이삼사]|오[일이삼사오]|육[일이삼사]))"
    rf"{_BETWEEN}(?P<first>{_GROUP}|{_SPOKEN}{{3,4}}){_BETWEEN}(?P<last>{_GROUP}|{_SPOKEN}{{4}})(?![0-9])"
)
# 10-1234-5678: the zero was taken for granted.
_SHORT_MOBILE = re.compile(
    r"(?:폰|전화|연락처|번호|☎)[^0-9\n]{0,8}(?P<number>10[-. ][0-9]{4}[-. ][0-9]{4})(?![0-9]|-[0-9])"
)
_DIGITS = dict(zip("영공빵일이삼사오육륙칠팔구", "0001234566789", strict=True))
_POWERS = {"십": 10, "백": 100, "천": 1000}


def _digits(written: str) -> str:
    return "0" + "".join(one for one in written if one.isdigit())


def _plain(group: str) -> str:
    """The digits of a group, read as a number or digit by digit."""
    if any(one in _POWERS for one in group):
        return str(_amount(group))
    return "".join(one if one.isdigit() else _DIGITS[one] for one in group)


def _amount(words: str) -> int:
    total, digit = 0, 0
    for one in words:
        if one in _POWERS:
            total += max(digit, 1) * _POWERS[one]
            digit = 0
        else:
            digit = "영일이삼사오육칠팔구".index(one)
    return total + digit


def find_local_phones(text: str, *, public: Iterable[str]) -> Iterator[Found]:
    """Numbers without an area code that a word announces."""
    known = frozenset(public)
    for found in _READ.finditer(text):
        groups = found.group("first", "last")
        if not any(one in _POWERS for group in groups for one in group):
            continue  # digit by digit: the chains know it
        value = _plain(found["code"]) + "".join(map(_plain, groups))
        if value not in known:
            yield Found(found.start(), found.end(), PHONE, value, 0.85)
    for found in _SHORT_MOBILE.finditer(text):
        yield Found(
            found.start("number"), found.end("number"), PHONE, _digits(found["number"]), 0.6
        )
    for found in _CODE_APART.finditer(text):
        group = "number" if found["number"] else "before"
        value = "010" + "".join(
            _DIGITS.get(one, one) for one in found[group] if one not in "-. ,에"
        )
        if value not in known:
            yield Found(*found.span(group), PHONE, value, 0.7)
    for found in (*_CUE.finditer(text), *_HOME.finditer(text)):
        number = found["first"] + found["last"]
        if _OFFICE.fullmatch(found["first"]) or any(one.endswith(number) for one in known):
            continue
        if _OURS.search(text[max(0, found.start() - 6) : found.start()]):
            continue
        if re.fullmatch(r"(?:19|20)[0-9]{2}", found["first"]):
            continue
        if _CALL.match(text, found.end()):
            yield Found(found.start("number"), found.end("number"), PHONE, number, 0.6)
