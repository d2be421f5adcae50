"""Puts together what a message names: places, dates, times, sums, case numbers; knows no city and no clock.

Where two readings share characters, the longer span is kept: 4.19사거리 is a place, not a day.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from korean.amounts import find_amounts
from korean.dates import find_dates
from korean.normalise import normalise
from korean.places import find_places
from korean.times import find_times

LONGEST_TEXT = 2_000
CASE_NUMBER = re.compile(r"(?<![\d-])(20\d{2})\s?-\s?(\d{6})(?![\d-])")
# Of two spans of one length the earlier kind is kept.
_ORDER = ("case_number", "amount", "date", "time", "place")


@dataclass(frozen=True)
class Entity:
    """A named thing at text[start:end].

    `value`: an ISO date, month or year; HH:MM; won as an int; a case number in its one form; the words
    of a place; None where no exact value is named.
    """

    kind: str
    start: int
    end: int
    text: str
    value: str | int | None


def find_entities(
    raw: str,
    *,
    today: date,
    gazetteer: Collection[str] = frozenset(),
    feasts: Mapping[str, date] | None = None,
) -> list[Entity]:
    """What the first 2,000 characters name, in order, without overlaps; offsets refer to `raw`.

    `today` in Asia/Seoul.  Never raises.
    """
    raw = raw[:LONGEST_TEXT]
    whole = normalise(raw)
    found = [
        Entity(
            "case_number", *whole.raw_span(*match.span()), match.group(), f"{match[1]}-{match[2]}"
        )
        for match in CASE_NUMBER.finditer(whole.text)
    ]
    found += _values(raw, today=today, feasts=feasts)
    found += find_place_entities(raw, gazetteer=gazetteer)
    return _apart(found)


def find_values(raw: str, *, today: date, feasts: Mapping[str, date] | None = None) -> list[Entity]:
    """The sums, dates and times alone, as `find_entities` reads them."""
    return _apart(_values(raw[:LONGEST_TEXT], today=today, feasts=feasts))


def find_place_entities(raw: str, *, gazetteer: Collection[str] = frozenset()) -> list[Entity]:
    """The places alone, in order; the value is the phrase in its normal form."""
    raw = raw[:LONGEST_TEXT]
    whole = normalise(raw)
    found = []
    for place in find_places(whole.text, gazetteer=gazetteer):
        start, end = whole.raw_span(place.start, place.end)
        found.append(Entity("place", start, end, raw[start:end], place.text))
    return found


def _values(raw: str, *, today: date, feasts: Mapping[str, date] | None) -> list[Entity]:
    found = [Entity("amount", a.start, a.end, a.text, a.won) for a in find_amounts(raw)]
    dates = find_dates(raw, today=today, feasts=feasts)
    found += [Entity("date", d.start, d.end, d.text, d.value) for d in dates]
    found += [Entity("time", t.start, t.end, t.text, t.value) for t in find_times(raw)]
    return found


def _apart(found: list[Entity]) -> list[Entity]:
    """The longest of those that overlap, in the order of the text."""
    kept: list[Entity] = []
    for one in sorted(found, key=lambda e: (e.start - e.end, _ORDER.index(e.kind), e.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda e: e.start)
