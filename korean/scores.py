"""Reads a score from one to five; a message that says anything else beside it is none."""

from __future__ import annotations

import re

from korean.normalise import normalise

_TRIM = re.compile(r"[\s.,!~?^;:ㅋㅎㅠㅜ]+")
_NATIVE = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5}
_SINO = {"일": 1, "이": 2, "삼": 3, "사": 4, "오": 5}
# Number words need their counter: "네" alone is a yes.
_SCORE = re.compile(
    r"(?:저는|전|제)?(?:별점?|점수는?|만족도는?)?"
    r"(?:(?P<digit>[1-5])(?:점|번|개)?|(?P<native>한|두|세|네|다섯)(?:점|개)|(?P<sino>[일이삼사오])점)"
    r"(?:이?요|이에요|예요|입니다|이야|으?로요?|(?:줄|드릴|할)(?:게|래)요?|드려요|드립니다|줘요|주세요)?"
)


_SAID = re.compile(r"(?<![\d.])([1-5])\s?점(?!\s?만점)")


def find_score(text: str) -> int | None:
    """The one score that stands in a longer message ("그 가로등은 4점이요"); None for none or two of them."""
    found = set(_SAID.findall(normalise(text).text))
    return int(found.pop()) if len(found) == 1 and "만점" not in text else None


def read_score(text: str) -> int | None:
    """The score of a whole message (5, 5점이요, 별 네 개 드려요), or None (8점, 5점 만점에 4점)."""
    found = _SCORE.fullmatch(_TRIM.sub("", normalise(text).text))
    if found is None:
        return None
    if found["digit"]:
        return int(found["digit"])
    return _NATIVE[found["native"]] if found["native"] else _SINO[found["sino"]]
