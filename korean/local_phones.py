"""Finds what find_phones cannot know for a number by its digits alone: 333-1234 after 전화 or 연락처."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from korean.findings import PHONE, Found

_CUE = re.compile(
    r"(?:전화|연락처|연락|핸드폰|휴대폰|휴대전화|핸폰|폰|집전화|tel|TEL|Tel|☎|☏|번호)\s?(?:번호)?\s?(?:는|은|:|\.|로는|가)?\s{0,2}"
    r"(?P<number>(?P<first>[2-9][0-9]{2,3})\s?[-.)~ ]\s?(?P<last>[0-9]{4}))(?![0-9]|\s?[-.]\s?[0-9])"
)
# 1588-0000 and its like are offices'.
_OFFICE = re.compile(r"1[0-9]{3}")
_OURS = re.compile(
    r"(?:접수|조회|관리|민원|사건|문서|차량|버스|운송장|송장|고유|주문|등록|우편|전주)\s?$"
)
_CALL = re.compile(r"\s?(?:번|번호)?\s?(?:으?로|에|이고|이에요|예요|입니다|이요|,|\.|$|\n)")


def find_local_phones(text: str, *, public: Iterable[str]) -> Iterator[Found]:
    """Numbers without an area code that a word announces."""
    known = frozenset(public)
    for found in _CUE.finditer(text):
        number = found["first"] + found["last"]
        if _OFFICE.fullmatch(found["first"]) or any(one.endswith(number) for one in known):
            continue
        if _OURS.search(text[max(0, found.start() - 6) : found.start()]):
            continue
        if re.fullmatch(r"(?:19|20)[0-9]{2}", found["first"]):
            continue
        if _CALL.match(text, found.end()):
            yield Found(found.start("number"), found.end("number"), PHONE, number, 0.6)
