"""Tables of budget figures and the source rows they stand in. Must not hold rules: ``budget.records`` writes.

Ids of the two tables that grow to millions are given by the writer, who alone adds to them: a batch is one
statement then, and its figures know their rows beforehand.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class FigureSource(Base):
    """One published table, as city/budget/ describes it."""

    __tablename__ = "figure_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The name of its file in city/budget/.
    key: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    publisher: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(300))
    licence: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class FigureImport(Base):
    """One file that was read, how far, and what became of its rows."""

    __tablename__ = "figure_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("figure_source.id"))
    file: Mapped[str] = mapped_column(String(200))
    # Of the file's bytes and of the column map: the same two go on where they stopped.
    content_hash: Mapped[str] = mapped_column(String(64))
    map_hash: Mapped[str] = mapped_column(String(64))
    # The file's column names; rows keep their cells in this order.
    columns: Mapped[list[Any]]
    actor: Mapped[str] = mapped_column(String(80))
    # When the source was fetched: the moment the reading began.
    fetched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    # The last line whose row is accounted for.
    reached: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    same: Mapped[int]
    refused: Mapped[int]
    figures: Mapped[int]


class FigureSeries(Base):
    """What is measured: one measure, of one item and part where the table has such, of one source."""

    __tablename__ = "figure_series"
    __table_args__ = (UniqueConstraint("source_id", "measure", "item_kind", "item", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("figure_source.id"))
    measure: Mapped[str] = mapped_column(String(60))
    # 원, %, 명.
    unit: Mapped[str] = mapped_column(String(10))
    # own: of the body's own government; whole: of all governments within its borders.
    scope: Mapped[str] = mapped_column(String(10))
    # 세목, 기금, 회계, 분야 …, and which; both empty: the whole of it.
    item_kind: Mapped[str] = mapped_column(String(20))
    item: Mapped[str] = mapped_column(String(200))
    # A second part within (계층), or empty.
    part: Mapped[str] = mapped_column(String(60))


class FigureRow(Base):
    """A row of a source as it stood from ``version`` on. Never changed but for its end."""

    __tablename__ = "figure_row"
    __table_args__ = (UniqueConstraint("source_id", "key", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(ForeignKey("figure_source.id"))
    import_id: Mapped[int] = mapped_column(ForeignKey("figure_import.id"))
    # What the row is about: year, body, item, part; #2 where a file says the same twice.
    key: Mapped[str] = mapped_column(String(300))
    version: Mapped[int]
    # Its line in the file; the head is line 1.
    line: Mapped[int]
    # The cells as they stood.
    raw: Mapped[list[Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    # When a later version took its place.
    superseded_at: Mapped[datetime | None] = mapped_column(default=None)


class Figure(Base):
    """One number of one row. Its value never changes; ``current`` ends when its row is superseded."""

    __tablename__ = "figure"
    __table_args__ = (
        Index("ix_figure_series_id_year_body", "series_id", "year", "body"),
        Index("ix_figure_row_id", "row_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_id: Mapped[int] = mapped_column(ForeignKey("figure_row.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("figure_series.id"))
    # The code of the local government (city/budget/bodies.yml).
    body: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    as_of: Mapped[date]
    # Whole won or persons; a ratio in millionths of a per cent, so that values order as numbers.
    value: Mapped[int] = mapped_column(BigInteger)
    # How many decimals the source gave.
    digits: Mapped[int]
    # The cell and its unit as they stood: "45532 백만원".
    original: Mapped[str] = mapped_column(String(60))
    current: Mapped[bool]


class FigureFinding(Base):
    """What an import found wrong: a row that was refused, or a number that does not follow from others."""

    __tablename__ = "figure_finding"
    __table_args__ = (Index("ix_figure_finding_import_id", "import_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("figure_import.id"))
    # refused, twice, sum, rate, growth, follows, share, total, disagrees.
    kind: Mapped[str] = mapped_column(String(20))
    line: Mapped[int]
    key: Mapped[str] = mapped_column(String(300))
    column: Mapped[str] = mapped_column(String(80))
    stated: Mapped[str] = mapped_column(String(80))
    computed: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(String(300))
