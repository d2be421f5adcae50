"""Orders bodies by a value and says who is first, or where one stands; must not read the database."""

from __future__ import annotations

from typing import Protocol

from budget.bodies import Bodies, Body
from budget.cells import Cell, Place
from budget.phrases import say_body, say_value
from budget.query import Query
from budget.question import Ground
from budget.units import PER_CENT
from core.texts import Texts
from korean.particles import with_particle

SHOWN = 5


class Speaks(Protocol):
    """What is needed of who speaks."""

    query: Query
    ground: Ground
    texts: Texts

    def what(self, measure: str, particle: str) -> str:
        """The measure and its item with a particle."""
        ...

    def is_(self, value: int, unit: str) -> str:
        """A value with 이에요."""
        ...


def group_of(query: Query, bodies: Bodies) -> list[Body]:
    """Those among whom is ranked."""
    if query.group == "regions":
        return [each for each in bodies.regions if each.name.endswith(query.suffix)]
    every = bodies.within(query.region) if query.group == "within" else bodies.every
    return [each for each in every if not each.is_region and each.name.endswith(query.suffix or "")]


def group_name(query: Query, bodies: Bodies, texts: Texts) -> str:
    """시도, 전국 시군구, 경기도 시군구, 서울특별시의 구."""
    if query.group == "regions" and query.suffix:
        return query.suffix
    if query.group == "regions":
        return texts.render("budget_group_regions")
    region = bodies.by_code[query.region].name if query.region else texts.render("budget_nation")
    if query.suffix:
        return texts.render("budget_group_suffix", where=region, suffix=query.suffix)
    if query.group == "locals":
        return texts.render("budget_group_locals")
    return texts.render("budget_group_within", region=region)


def say_rank(
    speaker: Speaks, measure: str, cells: dict[Place, Cell], year: int, name: str
) -> tuple[str, tuple[int, ...]]:
    """The first of them in a sentence, the first five in lines."""
    ordered = _ordered(speaker.query, cells)
    if not ordered:
        return speaker.texts.render(
            "budget_conflict", year=year, who=name, what=speaker.what(measure, "은"), values="-"
        ), ()
    code, cell = ordered[0]
    ratio = cell.unit == PER_CENT
    shown = ordered[:SHOWN]
    text = speaker.texts.render(
        "budget_rank",
        year=year,
        group=name,
        count=len(ordered),
        what=speaker.what(measure, "이"),
        order=_order(speaker, ratio=ratio),
        who=with_particle(say_body(code, speaker.ground.bodies, cell.scope), "으로"),
        value=speaker.is_(cell.value, cell.unit),
    )
    lines = [text]
    for code, cell in shown:
        lines.append(
            speaker.texts.render(
                "budget_rank_line",
                place=_place_of(cell, ordered),
                who=say_body(code, speaker.ground.bodies, cell.scope),
                value=say_value(cell.value, cell.unit, exact=speaker.query.exact),
            )
        )
    lines += _left_out(speaker, year, len(ordered))
    return "\n".join(lines), tuple(id_ for _, cell in shown for id_ in cell.ids)


def say_place(
    speaker: Speaks, measure: str, cells: dict[Place, Cell], year: int, name: str
) -> tuple[str, tuple[int, ...]]:
    """Where one body stands among the others."""
    ordered = _ordered(speaker.query, cells)
    code = speaker.query.bodies[0]
    cell = cells[(code, year)]
    text = speaker.texts.render(
        "budget_place",
        year=year,
        group=name,
        count=len(ordered),
        who=say_body(code, speaker.ground.bodies, cell.scope),
        what=speaker.what(measure, "은"),
        place=_place_of(cell, ordered),
        order=_order(speaker, ratio=cell.unit == PER_CENT),
        value=speaker.is_(cell.value, cell.unit),
    )
    return " ".join((text, *_left_out(speaker, year, len(ordered)))), cell.ids


def _left_out(speaker: Speaks, year: int, count: int) -> list[str]:
    """That some of those who might be first have no figure."""
    there = [each for each in group_of(speaker.query, speaker.ground.bodies) if each.existed(year)]
    missing = len(there) - count
    if missing <= 0:
        return []
    return [speaker.texts.render("budget_rank_some", missing=missing)]


def _ordered(query: Query, cells: dict[Place, Cell]) -> list[tuple[str, Cell]]:
    there = [(code, cell) for (code, _year), cell in cells.items() if not cell.conflict]
    there.sort(key=lambda each: (each[1].value if query.least else -each[1].value, each[0]))
    return there


def _place_of(cell: Cell, ordered: list[tuple[str, Cell]]) -> int:
    """Equal values share a place."""
    return next(at for at, (_, other) in enumerate(ordered, 1) if other.value == cell.value)


def _order(speaker: Speaks, *, ratio: bool) -> str:
    least = speaker.query.least
    key = ("low" if least else "high") if ratio else ("few" if least else "many")
    return speaker.texts.render(f"budget_{key}")
