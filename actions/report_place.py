"""Says what the city knows about a place in a message. Must not change the report.

Words beat nothing: a gu is set only where a name decides it, never guessed from a street.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from actions.base import Say
from core.city import City, Gu, Neighbour, Place
from core.geo import locate, nearest_neighbour
from core.replies import Point
from core.routing import neighbour_in_text
from korean.place_words import HOMES, LANDMARKS, RELATIONS, SURFACES
from korean.places import find_places
from korean.redact import without_notices

# What follows a citizen's bare answer ("시청역 앞이요") and is no part of the place.
_ENDING = re.compile(
    r"(?:\s*(?:쪽)?(?:이요|이에요|예요|에요|입니다|이여|이유|인데요|이었어요|이야|요|이고요|거든요|에서요|에요))?[\s.!~?…]*$"
)
_LEAD = re.compile(r"^(?:음+|어+|네|예|저기|그게|여기|장소는|위치는|주소는)[\s,.…]+")
# One of a kind in its city, or known to everybody there.
_KNOWN_KINDS = frozenset({"시청", "도청", "한강공원", "어린이대공원", "대공원"})
# Words that every neighbourhood has: without a name beside them no crew finds the spot.
_COMMON_WORDS = (
    (LANDMARKS - _KNOWN_KINDS)
    | RELATIONS
    | SURFACES
    | HOMES
    | frozenset(
        "우리 저희 내 제 윗 아랫 여기 거기 저기 이 그 저 바로 어느 동네 마을 집 사무실 직장 언덕 "  # noqa: SIM905
        "큰길 시장 버스 하수구 의자 올라가는 내려가는 들어가는 가는 있는 의 에 요 그냥".split()
    )
)
_COMMON = re.compile(
    f"(?:{'|'.join(sorted(map(re.escape, _COMMON_WORDS), key=len, reverse=True))})+"
)
# A long answer that is mostly not the place phrase tells the crew how to find it: keep it whole.
_MUCH_MORE = 15
_LITTLE_MORE = 8
# A part of the place that has a name of its own: "여의도공원 문화의 마당 쪽".
_GOES_ON = re.compile(
    r"\s[가-힣0-9\s]{0,12}(?:쪽|앞|옆|뒤|안|근처|입구|사이|방향|건너편|맞은편|구역|지구|광장|마당)"
)
_ANCHOR = re.compile(
    r"[가-힣0-9]역|번\s?출구|[가-힣]동\s?\d|[로길]\s?\d|[가-힣]{2,}구(?:\s|$)|[가-힣]{2,}동(?:\s|$)"
)
# What stands before "장소는" is about something else, and so is what our door has taken out.
_BEFORE_PLACE = re.compile(r"^.*(?:장소|위치|주소)(?:는|은|가)\s+", re.DOTALL)


@dataclass(frozen=True)
class Outside:
    """The place is not in this city."""

    say: Say


@dataclass(frozen=True)
class Spot:
    """Where a point lies in this city."""

    gu: str | None
    dong: str | None


def gazetteer(city: City) -> frozenset[str]:
    """The names of this city that a place phrase may be made of."""
    return _gazetteer(city.gus, city.places)


@functools.lru_cache(maxsize=4)
def _gazetteer(gus: tuple[Gu, ...], places: tuple[Place, ...]) -> frozenset[str]:
    names = {name for gu in gus for name in (gu.name, *gu.aliases, *gu.dongs)}
    return frozenset(names | {name for place in places for name in (place.name, *place.aliases)})


def place_in(text: str, *, city: City) -> str | None:
    """The longest place phrase of a text, or None."""
    spans = find_places(text, gazetteer=gazetteer(city))
    return max((span.text for span in spans), key=len, default=None)


def place_answer(text: str, *, city: City) -> str | None:
    """The place in an answer to "where?"; the citizen's own words when no phrase is known."""
    text = without_notices(_BEFORE_PLACE.sub("", text.strip()), " ")
    words = _ENDING.sub("", _LEAD.sub("", text.strip())).strip()
    found = place_in(text, city=city)
    if found is not None and words.startswith(found) and _GOES_ON.fullmatch(words[len(found) :]):
        return words
    if found is not None and len(words) - len(found) <= _MUCH_MORE:
        return found
    letters = sum(char.isalnum() for char in words)
    return words if letters >= 2 else found


def is_vague(place: str) -> bool:
    """Whether a place is made of common words only ("우리 집 앞", "공원 옆")."""
    return _COMMON.fullmatch(place.replace(" ", "")) is not None


def is_firm(place: str, *, city: City) -> bool:
    """Whether a crew finds the place by itself: a station, an address, a name of the city."""
    if is_vague(place) or place_in(place, city=city) is None:
        return False
    return _ANCHOR.search(place) is not None or any(
        len(name) > 1 and name in place for name in gazetteer(city)
    )


def names_a_spot(text: str, *, city: City) -> bool:
    """Whether anything in the text says where, even where no phrase can be cut out of it."""
    if place_in(text, city=city) is not None or _ANCHOR.search(text) is not None:
        return True
    return any(len(name) > 1 and name in text for name in gazetteer(city) | _KNOWN_KINDS)


def bare_place(text: str, *, city: City) -> str | None:
    """The place when the text says hardly anything else ("역삼역 3번 출구 앞이요"), or None."""
    place = place_in(text, city=city)
    if place is None or is_vague(place):
        return None
    letters = [sum(c.isalnum() for c in part) for part in (text, place)]
    return place if letters[0] - letters[1] <= _LITTLE_MORE else None


def outside_by_words(text: str, *, city: City) -> Outside | None:
    """Whether the words name a neighbouring city and nothing of ours."""
    neighbour = neighbour_in_text(city, text)
    return Outside(_say_outside(city, neighbour)) if neighbour is not None else None


def spot_of(point: Point, *, city: City) -> Spot | Outside:
    """What gu and dong a point lies in, or that it is not in this city."""
    located = locate(city.jurisdiction, lat=point.lat, long=point.long)
    if located.inside is False:
        neighbour = nearest_neighbour(city.neighbours, lat=point.lat, long=point.long)
        return Outside(_say_outside(city, neighbour))
    return Spot(located.gu, located.dong)


def _say_outside(city: City, neighbour: Neighbour | None) -> Say:
    name = city.jurisdiction.name
    if neighbour is None:
        contact = city.jurisdiction.call_centre.number
        return Say(text=city.texts.render("outside_city_unknown", city=name, contact=contact))
    return Say(
        text=city.texts.render(
            "outside_city", city=name, neighbour=neighbour.name, contact=neighbour.phone
        )
    )
