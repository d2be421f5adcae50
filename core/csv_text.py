"""Writes rows as CSV that a spreadsheet opens and does not run. Must not know what the rows mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# Spreadsheets take a file for UTF-8 only with this mark.
BYTE_ORDER_MARK = "\ufeff"
# What a cell begins with that a spreadsheet runs as a formula, also in full width.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_chunks(
    header: Sequence[str], batches: Iterable[Iterable[Sequence[object]]]
) -> Iterator[bytes]:
    """The file, one piece a batch: the mark and the header first, lines end with CRLF (RFC 4180)."""
    yield (BYTE_ORDER_MARK + _lines([header])).encode()
    for batch in batches:
        lines = _lines([[safe_cell(cell) for cell in row] for row in batch])
        if lines:
            yield lines.encode()


def safe_cell(value: object) -> object:
    """The cell; text that begins like a formula, also behind blanks, gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.replace("\0", "").splitlines())
    return (
        f"'{text}"
        if text.lstrip().startswith(_FORMULA) or (value[:1] in "\t\r\n" and value)
        else text
    )


def _lines(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
