"""Finds the words that tell a repair crew where, by rules alone; knows no map and asks nobody.

A place phrase is a row of parts (district, road and number, station and exit, building, kind of
place, 앞 or 옆) as long as it goes, without the particle at its end.  Common words such as 도로 or
가로등 are no place by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from korean.place_heads import BUS_STOP
from korean.place_joins import joined
from korean.place_reader import Reader

_WORD = re.compile(
    r"⟦동호[0-9]+⟧[가-힣]*|4\.19[가-힣]+|[가-힣A-Za-z0-9㎡&·]+(?:[-~.'][0-9A-Za-z가-힣]+)*|⟦[^⟦⟧]*⟧|\S"
)


@dataclass(frozen=True)
class PlaceSpan:
    """A place phrase at text[start:end], without particles."""

    start: int
    end: int
    text: str


def find_places(text: str, *, gazetteer: Collection[str] = frozenset()) -> list[PlaceSpan]:
    """The place phrases of a text (normal form, see `korean.normalise`), in order.

    `gazetteer` holds names of the city at hand (districts, neighbourhoods, stations, roads) that
    are places whatever they look like.  Offsets refer to `text` as given.  Never raises.
    """
    tokens = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    stops = {found.start(): found.end() for found in BUS_STOP.finditer(text)}
    reader = Reader(text, tokens, frozenset(gazetteer))
    phrases: list[tuple[int, int, str]] = []
    index = 0
    while index < len(tokens):
        start = tokens[index][0]
        if start in stops:
            phrases.append((start, stops[start], ""))
            while index < len(tokens) and tokens[index][0] < stops[start]:
                index += 1
            continue
        phrase, index = reader.phrase(index)
        if phrase is not None:
            phrases.append(phrase)
    return [PlaceSpan(start, end, text[start:end]) for start, end in joined(text, phrases)]
