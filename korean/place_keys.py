"""Makes one writing of a place that is exact enough to be compared as it stands. Pure; must not guess.

Only what names one spot has a key: a station's exit, a road or a lot with its number. "우리 집 앞", "공원 옆"
and whatever holds a token of personal data have none.
"""

from __future__ import annotations

import re

from korean.normalise import normalise
from korean.place_parts import is_dong, is_road_name, is_station

LONGEST = 40
_BEGIN = r"(?<![가-힣0-9A-Za-z])"
# A building's number, and not a count, an hour, a floor or a bus.
_NUMBER = (
    r"(?P<number>\d{1,4}(?:-\d{1,4})?)(?:\s*번지)?"
    r"(?!\d|\s*(?:가|번|호|차|시|분|초|년|월|일|층|동|개|대|명|건|m|M|미터|킬로|길|주|째|번째))"
)
_EXIT = re.compile(
    rf"{_BEGIN}(?P<name>[가-힣0-9]{{1,15}}역)\s*(?P<number>\d{{1,2}}(?:-\d)?)\s*번?\s*출(?:입)?구"
)
_ROAD = re.compile(
    rf"{_BEGIN}(?P<name>[가-힣0-9]{{1,12}}(?:로|길))\s*(?P<side>\d{{1,4}}번?[가-힣]?길)?\s*{_NUMBER}"
)
_LOT = re.compile(rf"{_BEGIN}(?P<name>[가-힣0-9]{{1,8}}동)\s*{_NUMBER}")


def place_key(text: str) -> str | None:
    """The spot that words name, always written alike, or None: 시청역 2번 출구 앞 → 시청역2번출구."""
    words = normalise(text).text
    if "⟦" in words:
        return None
    found = _EXIT.search(words)
    if found is not None and is_station(found["name"]):
        return _short(f"{found['name']}{found['number']}번출구")
    found = _ROAD.search(words)
    if found is not None and is_road_name(found["name"]):
        return _short(f"{found['name']}{found['side'] or ''} {found['number']}")
    found = _LOT.search(words)
    if found is not None and is_dong(found["name"]):
        return _short(f"{found['name']} {found['number']}")
    return None


def _short(key: str) -> str | None:
    return key if len(key) <= LONGEST else None
