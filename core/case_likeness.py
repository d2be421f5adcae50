"""Says whether two reports may be about one matter. Pure: must not read the database or decide what follows.

What it finds is shown to an officer and never acted upon: two lamps in one street are alike, too.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from core.geo import distance_km
from korean.normalise import fold

# The place of a report without one, and of one that was only shown on a map: it says nothing.
_NO_PLACE = frozenset({"", "정해진곳없음", "지도에표시한곳"})
# Longer texts are a whole story; what is alike shows in its beginning.
MOST_COMPARED = 500
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class FlagRule:
    """From how many on (``at``), within how many days, how near (metres), how alike (0 to 1)."""

    at: int
    within_days: int
    near_metres: int
    likeness: float


@dataclass(frozen=True)
class FlagRules:
    """A city's thresholds (city/flags.yml): the same citizen again (법 23조), many citizens (법 2조 6호)."""

    repeat: FlagRule = FlagRule(at=3, within_days=365, near_metres=100, likeness=0.7)
    joint: FlagRule = FlagRule(at=5, within_days=30, near_metres=200, likeness=0.7)


FLAG_RULES = FlagRules()


class Matter(Protocol):
    """What of a case is compared."""

    @property
    def service_code(self) -> str:
        """The kind of service."""

    @property
    def what(self) -> str:
        """The words."""

    @property
    def place_text(self) -> str:
        """The place in words."""

    @property
    def lat(self) -> float | None:
        """Degrees, or None."""

    @property
    def long(self) -> float | None:
        """Degrees, or None."""

    @property
    def gu(self) -> str | None:
        """The district, or None."""


def same_matter(one: Matter, other: Matter, *, rule: FlagRule, strangers: bool = False) -> bool:
    """Whether service and place agree; where a place is missing or worded otherwise, the words decide.

    Points on the map decide alone, and so does another gu: alike words at two places are two matters.
    Of ``strangers`` everybody has a "우리 집 앞": without points both must lie in one gu.
    """
    if one.service_code != other.service_code:
        return False
    if one.gu is not None and other.gu is not None and one.gu != other.gu:
        return False
    metres = metres_between(one, other)
    if metres is not None:
        return metres <= rule.near_metres
    if strangers and (one.gu is None or one.gu != other.gu):
        return False
    # First what costs least: a filing is compared with hundreds.
    if _other_numbers(one.place_text, other.place_text):
        return False
    here, there = _plain(one.place_text), _plain(other.place_text)
    if here not in _NO_PLACE and there not in _NO_PLACE:
        if here == there:
            return True
        # The words of the place weigh twice: the same trouble is told alike wherever it is.
        return (likeness(here, there) * 2 + likeness(one.what, other.what)) / 3 >= rule.likeness
    return likeness(one.what, other.what) >= rule.likeness


def metres_between(one: Matter, other: Matter) -> float | None:
    """How far apart the points lie; None where one has none."""
    if one.lat is None or one.long is None or other.lat is None or other.long is None:
        return None
    return 1000 * distance_km(lat1=one.lat, long1=one.long, lat2=other.lat, long2=other.long)


def likeness(one: str, other: str) -> float:
    """The share of pairs of letters that two texts have in common (Dice), 0 to 1; blanks do not count."""
    first, second = _pairs(one), _pairs(other)
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def _other_numbers(one: str, other: str) -> bool:
    """Whether house numbers or exits contradict each other: "세종대로 11" is not "세종대로 110"."""
    first, second = (set(_NUMBERS.findall(text)) for text in (one, other))
    return not (first <= second or second <= first)


def _pairs(text: str) -> Counter[str]:
    plain = _plain(text)
    if len(plain) == 1:
        return Counter([plain])
    return Counter(plain[at : at + 2] for at in range(len(plain) - 1))


def _plain(text: str) -> str:
    return fold(text[:MOST_COMPARED])
