"""Puts points into the cells of a grid of about 250 m, as numbers a database can look up. Pure geometry.

Must not read the database. The grid is fixed for ever: its numbers are kept in rows (civil_case.cell).
"""

from __future__ import annotations

import math

# About 250 m to the north; to the east about 250 m at 37° north, more at the equator.
CELL_LAT = 0.00225
CELL_LONG = 0.0028
COLUMNS = math.ceil(360 / CELL_LONG)
# One degree of a great circle.
METRES_PER_DEGREE = 111_195
# A wider circle would ask for too many cells at once.
MOST_METRES = 1_000
# Beyond this a degree to the east is so short that circles wrap around the pole.
MOST_LAT = 85.0


def cell_of(*, lat: float, long: float) -> int:
    """The cell of a point in WGS 84 degrees. Raises ValueError for a point that is not on the globe."""
    if not (
        math.isfinite(lat) and math.isfinite(long) and -90 <= lat <= 90 and -180 <= long <= 180
    ):
        raise ValueError("a latitude lies in -90..90 and a longitude in -180..180")
    return _row(lat) * COLUMNS + _column(long)


def cells_around(*, lat: float, long: float, metres: float) -> tuple[int, ...]:
    """Every cell that a circle of so many ``metres`` around a point may touch, in ascending order.

    Raises ValueError for more than MOST_METRES, or too near a pole.
    """
    if not 0 <= metres <= MOST_METRES or abs(lat) > MOST_LAT:
        raise ValueError(f"a circle has at most {MOST_METRES} m and lies within ±{MOST_LAT}°")
    north = metres / METRES_PER_DEGREE
    # The circle is widest where it is nearest to the pole.
    east = north / math.cos(math.radians(abs(lat) + north))
    rows = range(_row(lat - north), _row(lat + north) + 1)
    first = math.floor((long - east + 180) / CELL_LONG)
    last = math.floor((long + east + 180) / CELL_LONG)
    # The last column is a part of a cell only: across 180° one more is looked at.
    columns = {_wrapped(column) for column in range(first, last + 1)}
    if first < 0 or last >= COLUMNS - 1:
        columns |= {0, COLUMNS - 1, COLUMNS - 2}
    return tuple(sorted(row * COLUMNS + column for row in rows for column in columns))


def _row(lat: float) -> int:
    return math.floor((lat + 90) / CELL_LAT)


def _column(long: float) -> int:
    return _wrapped(math.floor((long + 180) / CELL_LONG))


def _wrapped(column: int) -> int:
    return column % COLUMNS
