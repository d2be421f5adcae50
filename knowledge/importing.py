"""Reads articles out of CSV and JSON lines with a map of columns; must not write to the database.

A broken row is told with its line and the rest goes in. A column that is not there stops all of it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.errors import Refused
from knowledge.articles import Article, checked
from knowledge.markdown import from_plain, plain_line

MAX_BYTES = 500_000_000
LONGEST_FIELD = 1_000_000
LONGEST_ID = 80
# The 120 Dasan FAQ as it is published.
DASAN = {"title": "제목", "content": "내용", "id": "내용번호", "keywords": "분류"}
NEEDED = ("title", "content")
FIELDS = (
    *NEEDED,
    *("id", "department", "source", "keywords", "audience"),
    *("valid_from", "valid_to", "verified_on"),
)
_KEY_PART = re.compile(r"[^a-z0-9._-]+")
_SEVERAL = re.compile(r"[,;|]")


@dataclass(frozen=True)
class Row:
    """An article with the line on which it begins, and its number where it comes from."""

    line: int
    external_id: str
    article: Article


@dataclass(frozen=True)
class Broken:
    """A row that cannot be used, with a sentence for whoever made the file."""

    line: int
    why: str


def decode(data: bytes) -> str:
    """UTF-8 (with or without its mark) or CP949, as spreadsheets in Korea write it.

    Raises Refused ``import_encoding``.
    """
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("import_encoding")


def parse_map(pairs: Sequence[str]) -> dict[str, str]:
    """``title=제목`` … to a map of our fields to columns. Raises Refused ``import_map``."""
    found = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if field.strip() not in FIELDS or not equals or not column.strip():
            raise Refused("import_map", given=pair, fields=", ".join(FIELDS))
        found[field.strip()] = column.strip()
    return found


def count_rows(text: str) -> int:
    """About how many rows there are, for a progress bar."""
    return max(0, text.count("\n"))


def read_csv(
    text: str, columns: Mapping[str, str], *, origin: str, source: str, sample: bool = False
) -> Iterator[Row | Broken]:
    """Rows of a CSV text with a head line. Raises Refused ``import_column`` for a wrong column."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""))
    head = [name.strip() for name in next(reader, [])]
    _check_columns(columns, head)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Broken(line, f"this is not CSV ({error})")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            yield Broken(line, f"it has {len(cells)} columns, expected {len(head)}")
            continue
        values = {field: cells[head.index(column)] for field, column in columns.items()}
        yield _row(values, line=line, origin=origin, source=source, sample=sample)


def read_json_lines(
    text: str, columns: Mapping[str, str], *, origin: str, source: str, sample: bool = False
) -> Iterator[Row | Broken]:
    """Rows of JSON lines, one object each; a column is a key. Raises Refused ``import_column``."""
    known = False
    for line, words in enumerate(text.split("\n"), 1):
        if not words.strip():
            continue
        try:
            data = json.loads(words)
        except ValueError as error:
            yield Broken(line, f"this is not JSON ({error})")
            continue
        if not isinstance(data, dict):
            yield Broken(line, "it is no object ({…})")
            continue
        if not known:
            # A file without the column at all is a wrong map; later a row without it is a broken row.
            _check_columns(columns, list(data))
            known = True
        values = {field: _text(data.get(column)) for field, column in columns.items()}
        yield _row(values, line=line, origin=origin, source=source, sample=sample)


def _row(
    values: Mapping[str, str], *, line: int, origin: str, source: str, sample: bool
) -> Row | Broken:
    title = plain_line(values["title"])
    body = from_plain(values["content"])
    if not title or not body:
        return Broken(line, "the title is empty" if not title else "the text is empty")
    # Without a number of its own a row is known by its words.
    number = values.get("id", "").strip() or hashlib.sha256(f"{title}\0{body}".encode()).hexdigest()
    external_id = number[:LONGEST_ID]
    try:
        article = Article(
            key=_key(origin, external_id),
            title=title,
            body=body,
            source=plain_line(values.get("source", "")) or source,
            department=values.get("department", "").strip(),
            valid_from=_day(values, "valid_from"),
            valid_to=_day(values, "valid_to"),
            verified_on=_day(values, "verified_on"),
            keywords=_words(values.get("keywords", "")),
            audience=_words(values.get("audience", "")),
            sample=sample,
        )
        return Row(line, external_id, checked(article))
    except Refused as refused:
        return Broken(line, _WHY.get(refused.code, str(refused)).format(**refused.values))


_WHY = {
    "article_title": "the title is longer than {most} characters",
    "article_body": "the text is longer than {most} characters",
    "article_source": "the source is longer than {most} characters",
    "article_words": "more than {most} keywords, or one longer than {longest} characters",
    "article_dates": "it ends before it begins",
    "import_date": "'{given}' in {field} is not a date (expected e.g. 2026-05-04)",
}


def _key(origin: str, external_id: str) -> str:
    part = _KEY_PART.sub("-", external_id.lower()).strip("-.")
    if not part or part != external_id.lower():
        # Letters that a key cannot hold: its own hash keeps two of them apart.
        part = f"{part}-{hashlib.sha256(external_id.encode()).hexdigest()[:8]}".lstrip("-")
    return f"{origin}-{part}"[:120]


def _day(values: Mapping[str, str], field: str) -> date | None:
    given = values.get(field, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given.replace(".", "-").replace("/", "-"))
    except ValueError:
        raise Refused("import_date", given=given[:40], field=field) from None


def _words(given: str) -> tuple[str, ...]:
    parts = (plain_line(part) for part in _SEVERAL.split(given))
    return tuple(dict.fromkeys(part for part in parts if part))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)


def _check_columns(columns: Mapping[str, str], given: Sequence[str]) -> None:
    for field in NEEDED:
        if field not in columns:
            raise Refused("import_map", given=field, fields=", ".join(FIELDS))
    for column in columns.values():
        if column not in given:
            raise Refused("import_column", column=column, given=", ".join(given)[:300])
