"""Reads figures out of the database: by series, bodies and years; must not phrase an answer.

Only current figures are read unless the versions of one are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from budget.figures import Figure, Series, Source
from core.models.figure import Figure as FigureTable
from core.models.figure import FigureImport, FigureRow, FigureSeries, FigureSource

# Values of one statement, below what either database takes.
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Value:
    """A figure without its provenance, for what compares many."""

    id: int
    series: int
    body: str
    year: int
    value: int


def list_series(session: Session) -> tuple[Series, ...]:
    """Everything that is measured, in the order in which it came in."""
    rows = session.execute(
        select(FigureSeries, FigureSource.key)
        .join(FigureSource, FigureSource.id == FigureSeries.source_id)
        .order_by(FigureSeries.id)
    )
    return tuple(
        Series(
            id=each.id,
            source=key,
            measure=each.measure,
            unit=each.unit,
            scope=each.scope,
            item_kind=each.item_kind,
            item=each.item,
            part=each.part,
        )
        for each, key in rows
    )


def values(
    session: Session,
    series: Collection[int],
    *,
    bodies: Collection[str] | None = None,
    years: Collection[int] | None = None,
) -> list[Value]:
    """Current figures of these series; without ``bodies`` or ``years`` of all of them."""
    table = FigureTable.__table__.c
    statement = (
        select(table.id, table.series_id, table.body, table.year, table.value)
        .where(table.series_id.in_(series), table.current)
        .order_by(table.id)
    )
    if years is not None:
        statement = statement.where(table.year.in_(years))
    if bodies is not None:
        statement = statement.where(table.body.in_(bodies))
    return [Value(*row) for row in session.execute(statement)]


def years_of(session: Session, series: Collection[int], *, bodies: Collection[str]) -> list[int]:
    """The years of which there are figures for one of these bodies, in order."""
    statement = (
        select(FigureTable.year)
        .where(FigureTable.series_id.in_(series), FigureTable.current)
        .distinct()
        .order_by(FigureTable.year)
    )
    if bodies:
        statement = statement.where(FigureTable.body.in_(bodies))
    return list(session.scalars(statement))


def figures_by_id(session: Session, ids: Iterable[int]) -> dict[int, Figure]:
    """Figures with all that they come from, current or not."""
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Figure] = {}
    for at in range(0, len(wanted), _AT_ONCE):
        rows = session.execute(
            select(FigureTable, FigureRow, FigureSeries, FigureImport, FigureSource)
            .join(FigureRow, FigureRow.id == FigureTable.row_id)
            .join(FigureSeries, FigureSeries.id == FigureTable.series_id)
            .join(FigureImport, FigureImport.id == FigureRow.import_id)
            .join(FigureSource, FigureSource.id == FigureRow.source_id)
            .where(FigureTable.id.in_(wanted[at : at + _AT_ONCE]))
        )
        for figure, row, series, brought, source in rows:
            found[figure.id] = _figure(figure, row, series, brought, source)
    return found


def versions_of(session: Session, figure: Figure) -> list[Figure]:
    """Every version of the same figure, the oldest first: what a source said before it was changed."""
    row = session.get_one(FigureRow, figure.row_id)
    ids = session.scalars(
        select(FigureTable.id)
        .join(FigureRow, FigureRow.id == FigureTable.row_id)
        .where(FigureRow.source_id == row.source_id, FigureRow.key == row.key)
        .where(FigureTable.series_id == figure.series.id)
        .order_by(FigureRow.version)
    ).all()
    found = figures_by_id(session, ids)
    return [found[each] for each in ids]


def _figure(
    figure: FigureTable,
    row: FigureRow,
    series: FigureSeries,
    brought: FigureImport,
    source: FigureSource,
) -> Figure:
    return Figure(
        id=figure.id,
        series=Series(
            id=series.id,
            source=source.key,
            measure=series.measure,
            unit=series.unit,
            scope=series.scope,
            item_kind=series.item_kind,
            item=series.item,
            part=series.part,
        ),
        body=figure.body,
        year=figure.year,
        as_of=figure.as_of,
        value=figure.value,
        digits=figure.digits,
        original=figure.original,
        current=figure.current,
        row_id=row.id,
        line=row.line,
        version=row.version,
        content_hash=row.content_hash,
        file=brought.file,
        fetched_at=brought.fetched_at,
        source=Source(source.key, source.title, source.publisher, source.link, source.licence),
        raw=dict(zip(map(str, brought.columns), map(str, row.raw), strict=False)),
    )
