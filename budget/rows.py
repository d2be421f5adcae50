"""Turns cells into a source row with its figures, by the column map; must not touch the database.

It runs for millions of rows: names are looked up once for a file, and what a row holds is plain tuples.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from budget.bodies import Bodies, Body
from budget.datasets import Dataset, year_ends
from budget.units import UNITS, NotANumber, canonical, read_number

FIRST_YEAR, LAST_YEAR = 1990, 2100
_YEAR = re.compile(r"((?:19|20|21)\d\d)(?:\.0)?(?:년도?|회계연도)?")
# 운 전 자 금: letters set apart to fill a column of a printed table.
_SPREAD = re.compile(r"(?:^|[\s(])[가-힣](?=\s)(?:\s[가-힣](?=[\s)]|$))+")
LONGEST_ITEM, LONGEST_ORIGINAL = 200, 60

# measure, unit, item kind, item, part
SeriesKey = tuple[str, str, str, str, str]


class SourceFigure(NamedTuple):
    """One number of a row."""

    series: SeriesKey
    value: int
    digits: int
    original: str


class SourceRow(NamedTuple):
    """A row that can be kept; ``numbers`` holds every column of numbers, None where the cell is blank."""

    line: int
    key: str
    body: str
    year: int
    as_of: date
    raw: list[str]
    content_hash: str
    figures: list[SourceFigure]
    numbers: dict[str, int | None]


class Refusal(NamedTuple):
    """A row that cannot be used, with a sentence for whoever made the file."""

    line: int
    why: str


class _Number(NamedTuple):
    """A column of numbers, ready to be read."""

    at: int
    column: str
    unit: str
    factor: int
    ratio: bool
    # None: only checked.
    measure: str | None
    item_kind: str
    item: str


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, dataset: Dataset, head: Sequence[str], bodies: Bodies) -> None:
        self.dataset = dataset
        self.width = len(head)
        self._salt = dataset.map_hash.encode()
        self._year = head.index(dataset.year)
        self._item = None if dataset.item is None else head.index(dataset.item)
        self._part = None if dataset.part is None else head.index(dataset.part)
        self._as_of = None if dataset.as_of.startswith("year_") else head.index(dataset.as_of)
        self._body = _body_reader(dataset, list(head), bodies)
        self._numbers = [
            _number(
                head,
                each.column,
                each.unit,
                measure=each.measure,
                item_kind=each.item_kind,
                item=each.item,
            )
            for each in dataset.measures
        ] + [_number(head, column, unit) for column, unit in dataset.only_checked]
        self._years: dict[str, int] = {}
        self._days: dict[int, date] = {}
        self._items: dict[str, str] = {}
        self._item_names = dict(dataset.item_names)
        self._seen: dict[str, int] = {}

    def read(self, line: int, cells: list[str]) -> SourceRow | Refusal | None:
        """The row, why it cannot be used, or None for an empty one. Rows must come in the file's order."""
        if len(cells) != self.width:
            if not any(cell.strip() for cell in cells):
                return None
            while len(cells) > self.width and not cells[-1].strip():
                cells.pop()
            if len(cells) != self.width:
                if len(cells) == 1 and cells[0].startswith("\0"):
                    return Refusal(line, "this is not CSV")
                return Refusal(line, f"it has {len(cells)} columns, expected {self.width}")
        year = self._years.get(cells[self._year])
        if year is None:
            if not any(cell.strip() for cell in cells):
                return None
            found = _YEAR.fullmatch(cells[self._year].strip())
            if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
                return Refusal(
                    line, f"'{cells[self._year][:20]}' in {self.dataset.year} is not a year"
                )
            year = self._years[cells[self._year]] = int(found[1])
        body = self._body(cells, year)
        if isinstance(body, str):
            return Refusal(line, body)
        return self._row(line, cells, year, body.code)

    def _named(self, given: str) -> str:
        name = _name(given)
        return self._item_names.get(name, name)

    def _row(self, line: int, cells: list[str], year: int, body: str) -> SourceRow | Refusal:
        dataset = self.dataset
        item = part = ""
        if self._item is not None:
            given = cells[self._item]
            item = self._items.get(given) or self._items.setdefault(given, self._named(given))
            if not item or len(item) > LONGEST_ITEM:
                return Refusal(line, f"{dataset.item} is empty or too long")
        if self._part is not None:
            part = cells[self._part].strip()
            if not part or len(part) > LONGEST_ORIGINAL:
                return Refusal(line, f"{dataset.part} is empty or too long")
        as_of = self._days.get(year)
        if self._as_of is not None:
            try:
                as_of = date.fromisoformat(cells[self._as_of].strip().replace(".", "-"))
            except ValueError:
                return Refusal(
                    line, f"'{cells[self._as_of][:20]}' in {dataset.as_of} is not a date"
                )
        elif as_of is None:
            as_of = self._days[year] = year_ends(dataset, year)
        figures: list[SourceFigure] = []
        numbers: dict[str, int | None] = {}
        for each in self._numbers:
            text = cells[each.at]
            try:
                read = read_number(text, each.factor, ratio=each.ratio)
            except NotANumber as error:
                return Refusal(line, f"'{text[:30]}' in {each.column} {error}")
            numbers[each.column] = None if read is None else read[0]
            if read is None or each.measure is None:
                continue
            series = (
                (each.measure, canonical(each.unit), each.item_kind, each.item, part)
                if each.item
                else (each.measure, canonical(each.unit), dataset.item_kind, item, part)
            )
            original = f"{text.strip()} {each.unit}"
            figures.append(SourceFigure(series, read[0], read[1], original[:LONGEST_ORIGINAL]))
        if not figures:
            return Refusal(line, "it has no number")
        key = f"{year}|{body}|{item}|{part}"
        if self._as_of is not None:
            key += f"|{as_of}"
        times = self._seen[key] = self._seen.get(key, 0) + 1
        if times > 1:
            key += f"#{times}"
        digest = hashlib.sha256(self._salt)
        digest.update("\x1f".join(cells).encode("utf-8", "replace"))
        return SourceRow(line, key, body, year, as_of, cells, digest.hexdigest(), figures, numbers)


def _number(
    head: Sequence[str],
    column: str,
    unit: str,
    *,
    measure: str | None = None,
    item_kind: str = "",
    item: str = "",
) -> _Number:
    kind, factor = UNITS[unit]
    return _Number(head.index(column), column, unit, factor, kind == "%", measure, item_kind, item)


def _name(given: str) -> str:
    """One blank between words, none between letters that were only set apart."""
    name = " ".join(given.split())
    return name.replace(" ", "") if _SPREAD.search(name) else name


def _body_reader(
    dataset: Dataset, head: list[str], bodies: Bodies
) -> Callable[[list[str], int], Body | str]:
    """Who a row is about, or why nobody knows. Asked once for each name and year of a file."""
    known: dict[tuple[str, str, int], Body | str] = {}
    code_at = None if dataset.code is None else head.index(dataset.code)
    name = dataset.label or dataset.region
    name_at = None if name is None else head.index(name)

    def read(cells: list[str], year: int) -> Body | str:
        code = dataset.fixed or ("" if code_at is None else cells[code_at].strip())
        label = "" if name_at is None else cells[name_at].strip()
        asked = (code, label, year)
        found = known.get(asked)
        if found is None:
            found = known[asked] = _find(dataset, bodies, code=code, label=label, year=year)
        return found

    return read


def _find(dataset: Dataset, bodies: Bodies, *, code: str, label: str, year: int) -> Body | str:
    if code:
        body = bodies.by_code.get(code)
        if body is None:
            return f"there is no body with the code {code[:20]} in bodies.yml"
        if label and dataset.label and bodies.of_label(label, year) not in (None, body):
            return f"{label[:30]} has another code than {code[:20]} in bodies.yml"
        return body
    found = bodies.of_label(label, year)
    if found is None or (dataset.region and not found.is_region):
        return f"there is no body '{label[:30]}' in {year} in bodies.yml"
    return found
