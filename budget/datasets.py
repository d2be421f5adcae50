"""What the column map of a published table says (city/budget/); must not read a file.

A map is data: which column is which measure in which unit, who the row is about, and which numbers of a row
follow from others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.errors import Refused

CHECKS = ("sum", "rate", "growth", "follows", "share", "total")


@dataclass(frozen=True)
class MeasureColumn:
    """A column of numbers; ``item`` where the column itself names one (일반회계)."""

    column: str
    measure: str
    unit: str
    item_kind: str = ""
    item: str = ""


@dataclass(frozen=True)
class Check:
    """A number that follows from others: ``stated`` is a column.

    sum: plus - minus. rate: of / to in per cent. growth: (of - to) / to. follows: ``of`` of the year before.
    share: of / its sum within the columns ``within``. total: over all items it makes the whole's figure.
    """

    kind: str
    stated: str
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    of: str = ""
    to: str = ""
    within: tuple[str, ...] = ()
    digits: int = 0


@dataclass(frozen=True)
class Dataset:
    """One published table. Where the body stands: a code, a label (서울종로구), a region, or always one."""

    key: str
    title: str
    publisher: str
    link: str
    licence: str
    year: str
    measures: tuple[MeasureColumn, ...]
    map_hash: str
    code: str | None = None
    label: str | None = None
    region: str | None = None
    fixed: str | None = None
    scope: str = "own"
    # year_start, year_end, or the name of a column of dates.
    as_of: str = "year_end"
    item_kind: str = ""
    item: str | None = None
    # The same item under another name: (as it stands in a file, as it is called here).
    item_names: tuple[tuple[str, str], ...] = ()
    part: str | None = None
    # A column that says in which unit the numbers were rounded before.
    precision: str | None = None
    only_checked: tuple[tuple[str, str], ...] = ()
    unused: frozenset[str] = frozenset()
    checks: tuple[Check, ...] = field(default=())

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which nothing can be read."""
        names = [self.code, self.label, self.region, self.year, self.item, self.part]
        names += [self.precision, None if self.as_of.startswith("year_") else self.as_of]
        names += [each.column for each in self.measures]
        names += [column for column, _unit in self.only_checked]
        return tuple(dict.fromkeys(name for name in names if name))

    def units(self) -> dict[str, str]:
        """Each column of numbers with its unit."""
        return {
            **{each.column: each.unit for each in self.measures},
            **dict(self.only_checked),
        }


def check_columns(dataset: Dataset, head: Sequence[str]) -> None:
    """Raises Refused ``budget_columns`` with what is missing and what nobody knows: the table has changed."""
    missing = [name for name in dataset.needed if name not in head]
    known = {*dataset.needed, *dataset.unused}
    unknown = [name or "(no name)" for name in head if name not in known]
    doubled = sorted({name for name in head if head.count(name) > 1})
    if missing or unknown or doubled:
        raise Refused(
            "budget_columns",
            dataset=dataset.key,
            missing=", ".join(missing) or "-",
            unknown=", ".join((*unknown, *doubled))[:300] or "-",
        )


def dataset_for(
    datasets: Iterable[Dataset], *, head: Sequence[str], stem: str, name: str | None
) -> Dataset:
    """The map named, else the one called like the file, else the only one that these columns fit.

    Raises Refused ``budget_dataset`` and ``budget_columns``.
    """
    every = {each.key: each for each in datasets}
    wanted = name or (stem if stem in every else None)
    if wanted is not None:
        if wanted not in every:
            raise Refused("budget_dataset", given=wanted, known=", ".join(sorted(every)))
        check_columns(every[wanted], head)
        return every[wanted]
    fitting = [each for each in every.values() if _fits(each, head)]
    if len(fitting) != 1:
        given = stem if not fitting else " / ".join(each.key for each in fitting)
        raise Refused("budget_dataset", given=given, known=", ".join(sorted(every)))
    return fitting[0]


def year_ends(dataset: Dataset, year: int) -> date:
    """The day as of which a yearly table speaks."""
    return date(year, 1, 1) if dataset.as_of == "year_start" else date(year, 12, 31)


def _fits(dataset: Dataset, head: Sequence[str]) -> bool:
    try:
        check_columns(dataset, head)
    except Refused:
        return False
    return True
