"""Says values, bodies and sources in Korean; must not decide what is true."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from budget.bodies import Bodies
from budget.cells import Cell
from budget.figures import Figure
from budget.units import PER_CENT, PERSONS, ratio_of
from core.texts import Texts
from korean.particles import with_particle
from korean.won import render_won

_CENT = Decimal("0.01")
MOST_SOURCES = 4


def say_value(value: int, unit: str, *, exact: bool) -> str:
    """약 1조 2,346억 원, 11.95%, 13,565,450명."""
    if unit == PER_CENT:
        return _say_ratio(ratio_of(value), exact=exact) + "%"
    if unit == PERSONS:
        return f"{value:,}명"
    return render_won(value, exact=exact)


def say_difference(value: int, unit: str, *, exact: bool) -> str:
    """As a value, without its sign; between ratios percentage points."""
    if unit == PER_CENT:
        return _say_ratio(abs(ratio_of(value)), exact=exact) + "%p"
    return say_value(abs(value), unit, exact=exact)


def say_rate(before: int, after: int) -> str:
    """How much that is in per cent of what it was, to two decimals; empty where it was nothing."""
    if before <= 0:
        return ""
    rate = (Decimal(after - before) * 100 / before).quantize(_CENT, ROUND_HALF_UP)
    return f"{abs(rate)}%"


def say_body(code: str, bodies: Bodies, scope: str) -> str:
    """경기도 본청; 경기도 전체 where all governments within it are meant; 경기도 수원시."""
    body = bodies.by_code[code]
    if not body.is_region:
        return bodies.full_name(body)
    return f"{body.name} {'본청' if scope == 'own' else '전체'}"


def say_sources(figures: Sequence[Figure], texts: Texts) -> str:
    """Each table once, with the days and the lines of what was taken from it."""
    tables: dict[str, list[Figure]] = {}
    for each in figures:
        tables.setdefault(each.source.key, []).append(each)
    lines = []
    for several in list(tables.values())[:MOST_SOURCES]:
        source = several[0].source
        days = sorted({each.as_of for each in several})
        day = days[0].isoformat() if len(days) == 1 else f"{days[0]} ~ {days[-1]}"
        rows = sorted({each.line for each in several})
        where = (
            ", ".join(f"{each:,}행" for each in rows)
            if len(rows) <= MOST_SOURCES
            else f"{len(rows):,}개 행"
        )
        lines.append(
            texts.render(
                "budget_source",
                publisher=source.publisher,
                title=source.title,
                day=day,
                rows=where,
                link=source.link,
            )
        )
    return "\n".join(lines)


def say_parts(cell: Cell, texts: Texts) -> str:
    """Which parts were added; empty for one."""
    if len(cell.parts) < 2:
        return ""
    names = [texts.render("budget_level", name=each) for each in cell.parts]
    return texts.render("budget_parts", parts=with_particle("·".join(names), "을"))


def _say_ratio(ratio: Decimal, *, exact: bool) -> str:
    near = ratio if exact else ratio.quantize(_CENT, ROUND_HALF_UP)
    about = "" if near == ratio else "약 "
    text = f"{near.normalize():f}"
    return about + ("0" if text == "-0" else text)
