"""Every place where the service keeps or sends words, as (name, text), and the search of them all.

Must not know what is searched for. Tables are read from the database itself, files from the folders: a
new table or file is searched without a line here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.planted import Planted
from tests.stack import MODEL_VAR

Store = tuple[str, str | bytes]
# Where the reader may stand beside a half of a number: not inside a longer number or a hash.
_ALONE = r"(?<![0-9A-Za-z.])(?:{})(?![0-9A-Za-z])"


@dataclass(frozen=True)
class Find:
    """A value where it must not be."""

    store: str
    planted: Planted

    def __str__(self) -> str:
        return f"{self.planted} → {self.store}"


def tables(path: Path, *, only: Iterable[str] | None = None) -> Iterator[Store]:
    """Each cell of each table of an SQLite file, decoded: text, JSON without its escapes, bytes."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        names = [
            row[0].decode()
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for name in names if only is None else [each for each in names if each in set(only)]:
            cursor = connection.execute(f'SELECT * FROM "{name}"')
            columns = [each[0] for each in cursor.description]
            cells: dict[str, list[str]] = {column: [] for column in columns}
            for row in cursor:
                for column, value in zip(columns, row, strict=True):
                    if value is not None:
                        cells[column].append(_decoded(value))
            for column, values in cells.items():
                yield f"{path.name}:{name}.{column}", "\n".join(values)
    finally:
        connection.close()


def files(folder: Path, *, skip: Iterable[str] = (), since: float = 0.0) -> Iterator[Store]:
    """Each file below a folder as bytes; also its name."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not any(part in name for part in skip):
            yield f"name of {name}", name
            if path.stat().st_mtime >= since:
                yield name, path.read_bytes()


def model_files(since: float) -> Iterator[Store]:
    """What Rasa wrote beside the model that all runs share."""
    yield from files(MODEL_VAR, since=since)


def search(stores: Iterable[Store], planted: Iterable[Planted]) -> list[Find]:
    """Which values stand where. Bytes are read as they are and as JSON escapes."""
    whole = _Index((needle, each) for each in planted for needle in each.needles)
    alone = _Index((piece, each) for each in planted for piece in each.pieces)
    finds: dict[tuple[str, Planted], Find] = {}
    for name, content in stores:
        texts = [content] if isinstance(content, str) else _readings(content)
        for text in texts:
            for each in [*whole.find(text, "(?:{})"), *alone.find(text, _ALONE)]:
                finds.setdefault((name, each), Find(name, each))
    return list(finds.values())


def _readings(content: bytes) -> list[str]:
    """As UTF-8, which keeps digits in whatever stands around them; and with \\uXXXX put back."""
    text = content.decode("utf-8", "replace")
    return [text, _unescaped(text)] if "\\u" in text else [text]


def _decoded(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    text = value.decode("utf-8", "replace")
    return _unescaped(text) if "\\u" in text else text


def _unescaped(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


class _Index:
    """Many needles as one expression: a tree by their letters, so that a long text is read once."""

    def __init__(self, needles: Iterable[tuple[str, Planted]]) -> None:
        self._owners: dict[str, list[Planted]] = {}
        for needle, owner in needles:
            self._owners.setdefault(needle, []).append(owner)
        tree: dict[str, Any] = {}
        for needle in self._owners:
            node = tree
            for letter in needle:
                node = node.setdefault(letter, {})
            node[""] = {}
        self._pattern = _expression(tree)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def find(self, text: str, frame: str) -> Iterator[Planted]:
        if not self._owners:
            return
        if frame not in self._compiled:
            self._compiled[frame] = re.compile(frame.replace("{}", self._pattern, 1))
        for found in set(self._compiled[frame].findall(text)):
            yield from self._owners[found]


def _expression(node: dict[str, Any]) -> str:
    ways = [re.escape(letter) + _expression(child) for letter, child in node.items() if letter]
    if not ways:
        return ""
    body = ways[0] if len(ways) == 1 and "" not in node else f"(?:{'|'.join(ways)})"
    return f"{body}?" if "" in node else body
