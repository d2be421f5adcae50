"""Finds open cases that may be about the same thing near a spot, as read-only queries. Must not word them.

A case with a point is found by the cells of the grid around it, one without a point only where its words name
the same spot exactly (korean.place_keys): words say no distance. Nothing that another citizen wrote leaves
here; their words only help to rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, select, text
from sqlalchemy.orm import Session

from core.case_status import CaseStatus
from core.city import City
from core.geo import distance_km
from core.geo_cells import METRES_PER_DEGREE, MOST_LAT, cells_around
from core.models.case import OPEN_CASES, Case
from korean.likeness import likeness
from korean.place_keys import place_key

SHOWN = 3
# However many people report one flood: the newest are enough to find the nearest among them.
MOST_LOOKED_AT = 200
# Only the words of the nearest are compared: that costs more than all the rest.
MOST_COMPARED = 30
# How much a near place counts beside like words. The same words without a distance count as half as near.
NEARNESS_WEIGHT = 0.6
WITHOUT_DISTANCE = 0.5
# A report of a related service is shown only where its words are this much alike.
LEAST_LIKENESS_OF_RELATED = 0.15


@dataclass(frozen=True)
class Spot:
    """What is reported where. ``what`` and ``place_text`` hold tokens, no personal data."""

    service_code: str
    what: str
    place_text: str = ""
    lat: float | None = None
    long: float | None = None
    gu: str | None = None

    @staticmethod
    def of(case: Case) -> Spot:
        """Where a case is."""
        return Spot(
            case.service_code, case.what, case.place_text, lat=case.lat, long=case.long, gu=case.gu
        )


@dataclass(frozen=True)
class Near:
    """An open case near by. ``metres``: None where only the same words tell. ``score``: 0 to 1."""

    case_id: int
    number: str
    conversation_id: int
    service_code: str
    status: CaseStatus
    arrived_at: datetime
    metres: float | None
    likeness: float
    score: float


def find_nearby(
    session: Session,
    *,
    city: City,
    spot: Spot,
    now: datetime,
    but: frozenset[int] = frozenset(),
    limit: int = SHOWN,
) -> list[Near]:
    """The open cases of the same or a related service near a spot, the best match first, but not ``but``.

    Empty where the service is of those that are shown to nobody else (``near: false``).
    """
    codes = city.akin(spot.service_code)
    nearness = city.service(spot.service_code).nearness if codes else None
    if nearness is None:
        return []
    since = now - timedelta(days=nearness.days)
    rows: dict[int, Row[tuple[object, ...]]] = {}
    for query in _queries(spot, codes=codes, metres=nearness.metres, since=since):
        rows |= {row.id: row for row in session.execute(query) if row.id not in but}
    within = [
        (1.0 if away is None else away / nearness.metres, row, away)
        for row in rows.values()
        if (away := _away(row, spot)) is None or away <= nearness.metres
    ]
    # Those without a distance (1.0) last; of equals the newer first.
    within.sort(key=lambda each: (each[0], -each[1].id))
    found = [
        _near(row, spot=spot, away=away, metres=nearness.metres)
        for _, row, away in within[:MOST_COMPARED]
        if not _elsewhere(row, spot)
    ]
    best = sorted(
        (each for each in found if each is not None), key=lambda each: (-each.score, -each.case_id)
    )
    return best[:limit]


def _queries(
    spot: Spot, *, codes: tuple[str, ...], metres: int, since: datetime
) -> list[Select[tuple[object, ...]]]:
    """One for the cells around the point, one for the place's exact words; each only where there is one."""
    columns = [
        getattr(Case, name)
        for name in (
            "id", "number", "conversation_id", "service_code", "status", "arrived_at", "what", "lat", "long",
            "gu",
        )
    ]  # fmt: skip
    base = (
        select(*columns)
        .where(text(OPEN_CASES), Case.service_code.in_(codes), Case.arrived_at > since)
        .order_by(Case.arrived_at.desc())
        .limit(MOST_LOOKED_AT)
    )
    queries: list[Select[tuple[object, ...]]] = []
    if spot.lat is not None and spot.long is not None and abs(spot.lat) <= MOST_LAT:
        cells = cells_around(lat=spot.lat, long=spot.long, metres=metres)
        north = metres / METRES_PER_DEGREE
        inside = and_(Case.lat >= spot.lat - north, Case.lat <= spot.lat + north)
        queries.append(base.where(Case.cell.in_(cells), inside))
    key = place_key(spot.place_text)
    if key is not None:
        queries.append(base.where(Case.place_key == key))
    return queries


def _away(row: Row[tuple[object, ...]], spot: Spot) -> float | None:
    """How far a case lies from the spot, in metres; None where one of the two has no point."""
    if spot.lat is None or spot.long is None or row.lat is None or row.long is None:
        return None
    return 1000 * distance_km(lat1=spot.lat, long1=spot.long, lat2=row.lat, long2=row.long)


def _elsewhere(row: Row[tuple[object, ...]], spot: Spot) -> bool:
    """Whether the same words mean another district's road of that name."""
    pointless = spot.lat is None or row.lat is None
    return bool(pointless and spot.gu and row.gu and spot.gu != row.gu)


def _near(
    row: Row[tuple[object, ...]], *, spot: Spot, away: float | None, metres: int
) -> Near | None:
    alike = likeness(spot.what, row.what)
    if row.service_code != spot.service_code and alike < LEAST_LIKENESS_OF_RELATED:
        return None
    closeness = WITHOUT_DISTANCE if away is None else 1 - away / metres
    return Near(
        case_id=row.id,
        number=row.number,
        conversation_id=row.conversation_id,
        service_code=row.service_code,
        status=CaseStatus(row.status),
        arrived_at=row.arrived_at,
        metres=away,
        likeness=alike,
        score=NEARNESS_WEIGHT * closeness + (1 - NEARNESS_WEIGHT) * alike,
    )
