"""The one writer of the figure tables. Must not read files; never overwrites a figure.

A changed source row is a new version: its figures are added, those of the old one stay and are no longer
current. The same row again is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from budget.checks import Finding, Total
from budget.datasets import Dataset
from budget.rows import Refusal, SeriesKey, SourceRow
from core.audit import record_audit
from core.locking import Chain, lock_chain
from core.models.base import Base
from core.models.figure import (
    Figure,
    FigureFinding,
    FigureImport,
    FigureRow,
    FigureSeries,
    FigureSource,
)

MOST_FINDINGS = 100_000
# Bound values of one statement, below what either database takes.
_AT_ONCE = 2_000
_to_json = json.JSONEncoder(ensure_ascii=False).encode
SeriesIds = dict[SeriesKey, int]
# key → (id, hash, version)
Known = dict[str, tuple[int, str, int]]


_ROW_COLUMNS = (*("id", "source_id", "import_id", "key", "version", "line", "raw", "content_hash"),)
_FIGURE_COLUMNS = (
    *("id", "row_id", "series_id", "body", "year", "as_of", "value", "digits", "original"),
    "current",
)


@dataclass(frozen=True)
class Begun:
    """An import that is under way: what it is called, and after which line it goes on."""

    import_id: int
    source_id: int
    reached: int
    # Nothing of this source is there yet, so nothing need be compared as long as nobody else adds rows:
    # then this is the last row of the table. None: it must be compared.
    last_row: int | None


@dataclass(frozen=True)
class Saved:
    """What became of a batch's rows, and how many figures are new."""

    added: int
    changed: int
    same: int
    figures: int
    # As of ``Begun``, for the next batch.
    last_row: int | None


def begin_import(
    session: Session,
    dataset: Dataset,
    *,
    file: str,
    content_hash: str,
    columns: Sequence[str],
    actor: str,
    now: datetime,
) -> Begun:
    """A new import, or the one of the same file and map that was stopped before its end."""
    lock_chain(session, Chain.FIGURES)
    source = session.scalars(select(FigureSource).filter_by(key=dataset.key)).one_or_none()
    if source is None:
        source = FigureSource(key=dataset.key, created_at=now)
        session.add(source)
    source.title, source.publisher = dataset.title, dataset.publisher
    source.link, source.licence = dataset.link, dataset.licence
    session.flush()
    there = select(FigureRow.id).where(FigureRow.source_id == source.id).limit(1)
    last_row = None
    if session.scalar(there) is None:
        last_row = session.scalar(select(func.max(FigureRow.id))) or 0
    row = session.scalars(
        select(FigureImport)
        .filter_by(source_id=source.id, content_hash=content_hash, map_hash=dataset.map_hash)
        .where(FigureImport.finished_at.is_(None))
        .order_by(FigureImport.id.desc())
    ).first()
    if row is None:
        row = FigureImport(
            source_id=source.id,
            file=file[:200],
            content_hash=content_hash,
            map_hash=dataset.map_hash,
            columns=list(columns),
            actor=actor[:80],
            fetched_at=now,
            reached=0,
            **dict.fromkeys(("added", "changed", "same", "refused", "figures"), 0),
        )
        session.add(row)
        session.flush()
    return Begun(row.id, source.id, row.reached, last_row)


def save_rows(
    session: Session,
    begun: Begun,
    dataset: Dataset,
    *,
    rows: Sequence[SourceRow],
    refused: Sequence[Refusal],
    findings: Sequence[Finding],
    reached: int,
    series: SeriesIds,
    now: datetime,
) -> Saved:
    """Keep a batch and how far the file is read, in the caller's transaction.

    ``series`` remembers ids between batches; what a batch that was undone had added must be forgotten.
    """
    lock_chain(session, Chain.FIGURES)
    _add_series(session, begun, dataset, rows=rows, known=series)
    row_id = (session.scalar(select(func.max(FigureRow.id))) or 0) + 1
    current: Known = {}
    alone = begun.last_row == row_id - 1
    if not alone:
        current = current_rows(session, begun.source_id, [row.key for row in rows])
    figure_id = (session.scalar(select(func.max(Figure.id))) or 0) + 1
    new_rows: list[tuple[Any, ...]] = []
    new_figures: list[tuple[Any, ...]] = []
    over: list[int] = []
    same = changed = 0
    source_id, import_id = begun.source_id, begun.import_id
    for row in rows:
        before = current.get(row.key)
        if before is not None:
            if before[1] == row.content_hash:
                same += 1
                continue
            over.append(before[0])
            changed += 1
        version = 1 if before is None else before[2] + 1
        raw = _to_json(row.raw)
        new_rows.append(
            (row_id, source_id, import_id, row.key, version, row.line, raw, row.content_hash)
        )
        body, year, as_of = row.body, row.year, row.as_of.isoformat()
        for key, value, digits, original in row.figures:
            new_figures.append(
                (figure_id, row_id, series[key], body, year, as_of, value, digits, original, True)
            )
            figure_id += 1
        row_id += 1
    for ids in _parts(over):
        session.execute(update(FigureRow).where(FigureRow.id.in_(ids)).values(superseded_at=now))
        session.execute(update(Figure).where(Figure.row_id.in_(ids)).values(current=False))
    _insert(session, FigureRow, _ROW_COLUMNS, new_rows)
    _insert(session, Figure, _FIGURE_COLUMNS, new_figures)
    told = [Finding("refused", each.line, "", "", "", "", each.why) for each in refused]
    record_findings(session, begun, [*told, *findings])
    saved = Saved(
        len(new_rows) - changed, changed, same, len(new_figures), row_id - 1 if alone else None
    )
    session.execute(
        update(FigureImport)
        .where(FigureImport.id == begun.import_id)
        .values(
            reached=reached,
            added=FigureImport.added + saved.added,
            changed=FigureImport.changed + saved.changed,
            same=FigureImport.same + saved.same,
            refused=FigureImport.refused + len(refused),
            figures=FigureImport.figures + saved.figures,
        )
    )
    return saved


def finish_import(
    session: Session, begun: Begun, *, key: str, actor: str, now: datetime
) -> FigureImport:
    """The file is read to its end: one audit line. Returns the import with its counts."""
    lock_chain(session, Chain.FIGURES)
    row = session.get_one(FigureImport, begun.import_id, populate_existing=True)
    row.finished_at = now
    names = ("added", "changed", "same", "refused", "figures")
    record_audit(
        session,
        actor=actor,
        action="budget.import",
        subject=f"figures:{key}",
        purpose=" ".join(f"{name}={getattr(row, name)}" for name in names),
        now=now,
    )
    session.flush()
    return row


def record_findings(session: Session, begun: Begun, findings: Iterable[Finding]) -> None:
    """Keep what an import found, cut to the columns' lengths."""
    rows = [
        {
            "import_id": begun.import_id,
            "kind": each.kind,
            "line": each.line,
            "key": each.key[:300],
            "column": each.column[:80],
            "stated": each.stated[:80],
            "computed": each.computed[:80],
            "note": each.note[:300],
        }
        for each in findings
    ]
    if rows:
        session.execute(insert(FigureFinding.__table__), rows)  # type: ignore[arg-type]


def compare_totals(
    session: Session, totals: dict[tuple[str, str, int], Total]
) -> tuple[int, int, list[Finding]]:
    """What the items make against the published whole: equal, within rounding, and what is not."""
    equal = rounding = 0
    found: list[Finding] = []
    for (measure, body, year), total in totals.items():
        whole = session.execute(
            select(Figure.value, Figure.original)
            .join(FigureSeries, FigureSeries.id == Figure.series_id)
            .where(FigureSeries.measure == measure, FigureSeries.item == "")
            .where(Figure.body == body, Figure.year == year, Figure.current)
        ).first()
        if whole is None:
            continue
        away = abs(whole.value - total.value)
        # The whole is exact or rounded no worse than its parts.
        if away == 0:
            equal += 1
        elif away <= total.slack:
            rounding += 1
        else:
            note = f"{total.items} items make another sum than the published whole"
            found.append(
                Finding(
                    "total", total.line, f"{year}|{body}", measure,
                    str(whole.value), str(total.value), note,
                )
            )  # fmt: skip
    return equal, rounding, found


def compare_sources(session: Session, source_id: int) -> tuple[int, list[Finding]]:
    """Figures of the same thing in another source: how many are equal, and those that are not."""
    own = select(FigureSeries).where(FigureSeries.source_id == source_id)
    equal = 0
    found: list[Finding] = []
    for series in session.scalars(own).all():
        twins = session.scalars(
            select(FigureSeries.id).where(
                FigureSeries.source_id != source_id,
                FigureSeries.measure == series.measure,
                FigureSeries.scope == series.scope,
                FigureSeries.item == series.item,
                FigureSeries.part == series.part,
            )
        ).all()
        for twin in twins:
            ours, theirs = Figure.__table__.alias("ours"), Figure.__table__.alias("theirs")
            pairs = session.execute(
                select(ours.c.value, theirs.c.value, ours.c.body, ours.c.year, FigureRow.line)
                .join_from(
                    ours,
                    theirs,
                    (theirs.c.series_id == twin)
                    & (theirs.c.year == ours.c.year)
                    & (theirs.c.body == ours.c.body),
                )
                .join(FigureRow, FigureRow.id == ours.c.row_id)
                .where(ours.c.series_id == series.id, ours.c.current, theirs.c.current)
            ).all()
            for value, other, body, year, line in pairs:
                if value == other:
                    equal += 1
                    continue
                note = "another source states another number for the same"
                found.append(
                    Finding(
                        "disagrees", line, f"{year}|{body}|{series.item}|{series.part}",
                        series.measure, str(value), str(other), note,
                    )
                )  # fmt: skip
    return equal, found


def _add_series(
    session: Session,
    begun: Begun,
    dataset: Dataset,
    *,
    rows: Sequence[SourceRow],
    known: SeriesIds,
) -> None:
    if not known:
        for row in session.scalars(select(FigureSeries).filter_by(source_id=begun.source_id)).all():
            known[(row.measure, row.unit, row.item_kind, row.item, row.part)] = row.id
    wanted = {figure.series for row in rows for figure in row.figures} - known.keys()
    for key in sorted(wanted):
        measure, unit, item_kind, item, part = key
        made = FigureSeries(
            source_id=begun.source_id,
            measure=measure,
            unit=unit,
            scope=dataset.scope,
            item_kind=item_kind,
            item=item,
            part=part,
        )
        session.add(made)
        session.flush()
        known[key] = made.id


def source_id_of(session: Session, key: str) -> int | None:
    """The id of a published table that was imported before."""
    return session.scalar(select(FigureSource.id).filter_by(key=key))


def current_rows(session: Session, source_id: int, keys: Sequence[str]) -> Known:
    """What is current of these keys."""
    found: Known = {}
    for part in _parts(keys):
        rows = session.execute(
            select(FigureRow.key, FigureRow.id, FigureRow.content_hash, FigureRow.version).where(
                FigureRow.source_id == source_id,
                FigureRow.key.in_(part),
                FigureRow.superseded_at.is_(None),
            )
        )
        for key, row_id, content_hash, version in rows:
            found[key] = (row_id, content_hash, version)
    return found


def _insert(
    session: Session, model: type[Base], columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Many rows at once, past the translation of each value, which costs more than the database does.

    Values must be what both drivers take as they are: numbers, texts (dates in ISO form), JSON as text.
    """
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    quote = connection.dialect.identifier_preparer.quote
    named = ", ".join(quote(name) for name in columns)
    marks = ", ".join([mark] * len(columns))
    # Names of our own tables and columns, no words of anybody.
    statement = f"INSERT INTO {quote(model.__tablename__)} ({named}) VALUES ({marks})"  # noqa: S608
    connection.exec_driver_sql(statement, rows)


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
