"""Decides in which area a point lies. Pure geometry: must not read files or know any file format.

Coordinates are WGS 84 degrees. A position inside the module is always (long, lat), the order of
GeoJSON (RFC 7946 §3.1.1); the public functions take `lat` and `long` by keyword so that nobody can
swap them by accident.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.city import Jurisdiction, Neighbour

Position = tuple[float, float]
Ring = tuple[Position, ...]

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Polygon:
    """One outer ring and its holes (RFC 7946 §3.1.6). Rings may be open or closed."""

    outer: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True)
class Box:
    """A bounding box in degrees, borders included."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, position: Position) -> bool:
        """Whether the position lies in the box or on its border."""
        long, lat = position
        return self.west <= long <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True)
class Shape:
    """A Polygon or MultiPolygon with its bounding box. Make one with `make_shape`."""

    polygons: tuple[Polygon, ...]
    box: Box

    def contains(self, position: Position) -> bool:
        """Whether the position lies in one of the polygons and in none of that one's holes."""
        if not self.box.contains(position):
            return False
        return any(_in_polygon(position, polygon) for polygon in self.polygons)


@dataclass(frozen=True)
class Area:
    """A named area, such as a gu or a dong. `gu` is the gu a dong belongs to, where it is known."""

    name: str
    shape: Shape
    gu: str | None = None


@dataclass(frozen=True)
class Located:
    """Where a point lies. None means "not known", never "no"."""

    inside: bool | None
    gu: str | None = None
    dong: str | None = None


def make_shape(polygons: Sequence[Polygon]) -> Shape:
    """Make a Shape and its bounding box. Raises ValueError when there is no position at all."""
    positions = [position for polygon in polygons for position in polygon.outer]
    if not positions:
        raise ValueError("a shape needs at least one position")
    longs = [position[0] for position in positions]
    lats = [position[1] for position in positions]
    return Shape(tuple(polygons), Box(min(longs), min(lats), max(longs), max(lats)))


def locate(jurisdiction: Jurisdiction, *, lat: float, long: float) -> Located:
    """Say whether a point lies in the city, and in which gu and dong.

    With gu boundaries these decide; near a border the simplified lines leave slivers, so a point
    that no gu contains but the outline does is inside with an unknown gu. Without boundaries the
    coarse outline alone decides. Without either, `inside` is None. Raises ValueError for a
    position that is not on the globe.
    """
    if not (
        math.isfinite(lat) and math.isfinite(long) and -90 <= lat <= 90 and -180 <= long <= 180
    ):
        raise ValueError("a latitude lies in -90..90 and a longitude in -180..180")
    position = (long, lat)
    gu = _first_area(position, jurisdiction.gu_areas)
    dong = _first_area(position, jurisdiction.dong_areas)
    gu_name = gu.name if gu is not None else None
    if gu_name is None and dong is not None:
        gu_name = dong.gu
    if gu is not None or dong is not None:
        return Located(True, gu_name, dong.name if dong is not None else None)
    if jurisdiction.outline is not None:
        return Located(jurisdiction.outline.contains(position))
    if jurisdiction.gu_areas:
        return Located(False)
    return Located(None)


def distance_km(*, lat1: float, long1: float, lat2: float, long2: float) -> float:
    """Great-circle distance in kilometres (haversine)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi = (phi2 - phi1) / 2
    half_lambda = math.radians(long2 - long1) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


def nearest_neighbour(
    neighbours: Sequence[Neighbour], *, lat: float, long: float, within_km: float = 20.0
) -> Neighbour | None:
    """The neighbouring city whose centre is closest to the point, or None beyond `within_km`.

    A centre is a coarse stand-in for a border: use the answer as "probably", never as a fact.
    """
    best: Neighbour | None = None
    best_km = within_km
    for neighbour in neighbours:
        if neighbour.lat is None or neighbour.long is None:
            continue
        km = distance_km(lat1=lat, long1=long, lat2=neighbour.lat, long2=neighbour.long)
        if km <= best_km:
            best, best_km = neighbour, km
    return best


def _first_area(position: Position, areas: Sequence[Area]) -> Area | None:
    for area in areas:
        if area.shape.contains(position):
            return area
    return None


def _in_polygon(position: Position, polygon: Polygon) -> bool:
    if not _in_ring(position, polygon.outer):
        return False
    return not any(_in_ring(position, hole) for hole in polygon.holes)


def _in_ring(position: Position, ring: Ring) -> bool:
    """Even-odd rule: cast a ray to the east and count the edges it crosses.

    The half-open test (one end above, the other not) counts a vertex once, so that a ray through
    a corner is not counted twice and two areas that share an edge never both claim a point on it.
    """
    long, lat = position
    inside = False
    previous_long, previous_lat = ring[-1]
    for current_long, current_lat in ring:
        if (current_lat > lat) != (previous_lat > lat):
            share = (lat - previous_lat) / (current_lat - previous_lat)
            if long < previous_long + share * (current_long - previous_long):
                inside = not inside
        previous_long, previous_lat = current_long, current_lat
    return inside
