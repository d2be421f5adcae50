"""Puts figures together into one value for a body and a year; must not add what is not whole.

A tax that several levels collect is the sum of its parts. Where two rows say something else about the same,
there is no value but a conflict, and both rows are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from budget.bodies import Bodies
from budget.figures import Series
from budget.queries import Value, values

Place = tuple[str, int]


@dataclass(frozen=True)
class Cell:
    """A value and the figures that it is made of; ``parts``: the names of those that were added."""

    value: int
    unit: str
    scope: str
    ids: tuple[int, ...]
    parts: tuple[str, ...] = ()
    # Not empty: these figures contradict each other, and ``value`` is the first one's.
    conflict: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sum:
    """A value over several bodies, and those of which there is none: then it is not whole."""

    cell: Cell | None
    missing: tuple[str, ...]
    count: int
    regions_only: bool


def series_for(series: Sequence[Series], measure: str, item: str) -> list[Series]:
    """What measures this of this item, whatever the table."""
    return [each for each in series if each.measure == measure and each.item == item]


def read_cells(
    session: Session,
    series: Sequence[Series],
    *,
    bodies: Collection[str] | None,
    years: Collection[int] | None,
) -> dict[Place, Cell]:
    """The value of each body and year; ``series`` are of one measure and item."""
    by_id = {each.id: each for each in series}
    found: dict[Place, dict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for each in values(session, by_id, bodies=bodies, years=years):
        found[(each.body, each.year)][by_id[each.series].source].append(each)
    return {place: _cell(by_id, sources) for place, sources in found.items()}


def sum_over(cells: dict[Place, Cell], bodies: Bodies, year: int) -> Sum:
    """The whole country's value: every body that existed in that year must be there."""
    there = {body: cell for (body, each), cell in cells.items() if each == year}
    regions_only = all(bodies.by_code[code].is_region for code in there)
    wanted = [
        each for each in bodies.every if each.existed(year) and (each.is_region or not regions_only)
    ]
    missing = tuple(bodies.full_name(each) for each in wanted if each.code not in there)
    cells_there = [there[each.code] for each in wanted if each.code in there]
    if missing or not cells_there or any(cell.conflict for cell in cells_there):
        return Sum(None, missing, len(wanted), regions_only)
    first = cells_there[0]
    ids = tuple(id_ for cell in cells_there for id_ in cell.ids)
    total = sum(cell.value for cell in cells_there)
    return Sum(Cell(total, first.unit, first.scope, ids), (), len(wanted), regions_only)


def _cell(series: dict[int, Series], sources: dict[str, list[Value]]) -> Cell:
    made = []
    for several in sources.values():
        seen: dict[int, Value] = {}
        twice: list[int] = []
        for each in several:
            if each.series in seen:
                twice += [seen[each.series].id, each.id]
            seen.setdefault(each.series, each)
        kept = list(seen.values())
        first = series[kept[0].series]
        parts = tuple(series[each.series].part for each in kept if series[each.series].part)
        made.append(
            Cell(
                sum(each.value for each in kept),
                first.unit,
                first.scope,
                tuple(each.id for each in kept),
                parts,
                tuple(dict.fromkeys(twice)),
            )
        )
    first_cell = made[0]
    other = next((cell for cell in made if cell.value != first_cell.value), None)
    if other is not None and not first_cell.conflict:
        return Cell(
            first_cell.value,
            first_cell.unit,
            first_cell.scope,
            first_cell.ids,
            first_cell.parts,
            (*first_cell.ids, *other.ids),
        )
    return first_cell
