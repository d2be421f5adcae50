"""Reads rows of cells out of CSV and XLSX files, one at a time; must not know what they mean.

A file is read twice as a stream: once for its hash and its encoding, once for its rows. Millions of rows
need no more memory than one.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.errors import Refused

MAX_BYTES = 2_000_000_000
# What a workbook may unpack to: a few kilobytes can become terabytes.
MAX_UNPACKED = 4_000_000_000
LONGEST_CELL = 100_000
# Published tables have a title and a unit above their head.
ROWS_BEFORE_HEAD = 10
_CHUNK = 1 << 20
ENCODINGS = ("utf-8-sig", "cp949")


@dataclass(frozen=True)
class Table:
    """The head and the rows below it, each with its line in the file (in a workbook: its row)."""

    head: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Scan:
    """What one look over a file tells: SHA-256, encoding of a text, about how many lines."""

    content_hash: str
    encoding: str
    lines: int


def is_workbook(path: Path) -> bool:
    """Whether it is read as XLSX."""
    return path.suffix.lower() in (".xlsx", ".xlsm")


def scan(path: Path) -> Scan:
    """Raises Refused ``import_encoding`` for what is neither UTF-8 nor CP949, OSError."""
    digest = hashlib.sha256()
    decoders: dict[str, Any] = {}
    if not is_workbook(path):
        decoders = {name: codecs.getincrementaldecoder(name)() for name in ENCODINGS}
    lines = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            _feed(decoders, chunk, final=False)
    if is_workbook(path):
        return Scan(digest.hexdigest(), "", 0)
    _feed(decoders, b"", final=True)
    if not decoders:
        raise Refused("import_encoding")
    return Scan(digest.hexdigest(), next(iter(decoders)), lines)


def _feed(decoders: dict[str, Any], chunk: bytes, *, final: bool) -> None:
    for name, decoder in list(decoders.items()):
        try:
            decoder.decode(chunk, final)
        except UnicodeDecodeError:
            del decoders[name]


@contextmanager
def open_table(path: Path, *, encoding: str, sheet: str | None = None) -> Iterator[Table]:
    """The table of a file, as long as the block lasts.

    Raises Refused ``budget_head`` (no head), ``budget_workbook`` (not to be read), ``budget_sheet``.
    """
    if is_workbook(path):
        yield from _workbook(path, sheet)
        return
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        yield _table(_csv_rows(file))


def _table(rows: Iterator[tuple[int, list[str]]]) -> Table:
    for _ in range(ROWS_BEFORE_HEAD):
        line, cells = next(rows, (0, []))
        if sum(1 for cell in cells if cell.strip()) > 1 or (line == 0 and not cells):
            break
    head = [" ".join(cell.split()) for cell in cells]
    while head and not head[-1]:
        head.pop()
    if len(head) < 2:
        raise Refused("budget_head")
    return Table(tuple(head), rows)


def _csv_rows(file: Any) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file)
    line = 1
    while True:
        try:
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
            return
        except csv.Error:
            # A broken row is the reader's to refuse; an empty one is skipped there.
            yield line, [f"\0{line}"]
            line = reader.line_num + 1


def _workbook(path: Path, sheet: str | None) -> Iterator[Table]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(each.file_size for each in archive.infolist()) > MAX_UNPACKED:
                raise Refused("budget_workbook", why="it unpacks to more than 4 GB")
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise Refused("budget_workbook", why=type(error).__name__) from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise Refused("budget_sheet", given=sheet, known=", ".join(book.sheetnames)[:300])
        page = book[sheet] if sheet is not None else book.worksheets[0]
        yield _table(_sheet_rows(page))
    finally:
        book.close()


def _sheet_rows(page: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(page.iter_rows(), 1):
        yield number, [_text(cell.value, cell) for cell in row]


def _text(value: Any, cell: Any) -> str:
    """A cell as a person would type it; what is shown as a per cent is a hundredth inside."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        if "%" in (cell.number_format or ""):
            number *= 100
        whole = number == number.to_integral_value()
        return format(number.to_integral_value() if whole else number.normalize(), "f")
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)
