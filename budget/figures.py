"""A figure as it is handed about: what it says and where it stands. Must not know the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from budget.units import PER_CENT, ratio_of


@dataclass(frozen=True)
class Source:
    """The published table."""

    key: str
    title: str
    publisher: str
    link: str
    licence: str


@dataclass(frozen=True)
class Series:
    """What is measured. ``item`` and ``part`` are empty for the whole."""

    id: int
    source: str
    measure: str
    unit: str
    scope: str
    item_kind: str
    item: str
    part: str


@dataclass(frozen=True)
class Figure:
    """One number with its provenance; ``body`` is a code. ``value``: won, persons, or 1e-6 per cent."""

    id: int
    series: Series
    body: str
    year: int
    as_of: date
    value: int
    digits: int
    original: str
    current: bool
    # Where it stands.
    row_id: int
    line: int
    version: int
    content_hash: str
    file: str
    fetched_at: datetime
    source: Source
    raw: Mapping[str, str]

    @property
    def unit(self) -> str:
        """원, % or 명."""
        return self.series.unit

    @property
    def amount(self) -> int:
        """Whole won or persons. Raises TypeError for a ratio."""
        if self.unit == PER_CENT:
            raise TypeError("a ratio is no amount")
        return self.value

    @property
    def ratio(self) -> Decimal:
        """Per cent. Raises TypeError for an amount."""
        if self.unit != PER_CENT:
            raise TypeError("an amount is no ratio")
        return ratio_of(self.value)
