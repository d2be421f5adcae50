"""The index of articles on disk: built once, memory-mapped, brought up to date when articles change.

One folder holds generations; ``current`` names the one in use, so readers never see half of one. Kiwi
reads only articles that changed: the morphemes of the others are kept. Must not know the database.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.scoring import Ranker
from knowledge.tokens import Tokens, morphemes, pairs

# Raised when tokens or scores change their meaning: an index of another number is built anew.
FORMAT = 1
# Morphemes of articles by the mark of their words: "head" and "all".
Kept = dict[str, dict[str, list[str]]]
# How often a title or keyword counts as against a word of the text.
TITLE_WEIGHT = 3
KEYWORD_WEIGHT = 2


@dataclass(frozen=True)
class IndexedText:
    """What the index reads of one article. ``title`` may be empty (a measurement without titles)."""

    id: int
    key: str
    title: str
    keywords: tuple[str, ...]
    body: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def mark(self) -> str:
        """Changes when the words do."""
        words = "\0".join((self.title, *self.keywords, "\0", self.body))
        return hashlib.sha256(words.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Entry:
    """One article of an index, by its place in it."""

    id: int
    key: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Index:
    """An index that is loaded. ``state`` is what it was built from."""

    state: str
    entries: tuple[Entry, ...]
    ranker: Ranker


def tokens_of(text: IndexedText, kept: Kept | None = None) -> Tokens:
    """Tokens of an article, its title and keywords weighted; ``kept`` holds morphemes by mark."""
    found = None if kept is None else kept.get(text.mark)
    if found is None:
        title, words = morphemes(text.title), morphemes(" , ".join(text.keywords))
        found = {
            "head": [*title, *words],
            "all": [*title * TITLE_WEIGHT, *words * KEYWORD_WEIGHT, *morphemes(text.body)],
        }
        if kept is not None:
            kept[text.mark] = found
    syllables = (
        *pairs(text.title) * TITLE_WEIGHT,
        *pairs(" ".join(text.keywords)) * KEYWORD_WEIGHT,
        *pairs(text.body),
    )
    return Tokens(tuple(found["all"]), syllables, tuple(found["head"]))


def build_index(
    folder: Path,
    texts: Sequence[IndexedText],
    *,
    state: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Write a new generation and make it the current one. Kiwi reads what the last one had not."""
    folder.mkdir(parents=True, exist_ok=True)
    before = _current(folder)
    kept = _read_kept(before)
    tokens = []
    for done, text in enumerate(texts, 1):
        tokens.append(tokens_of(text, kept))
        progress(done)
    samples = [
        (Tokens(morphemes(text.title), pairs(text.title)), place)
        for place, text in enumerate(texts)
        if text.title
    ]
    ranker = Ranker.build(tokens, samples=samples)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=folder))
    ranker.save(part)
    _write_json(part / "articles.json", [_entry(text) for text in texts])
    marks = {text.mark for text in texts}
    _write_json(part / "kept.json", {mark: kept[mark] for mark in marks})
    _write_json(part / "index.json", {"format": FORMAT, "state": state})
    name = f"g-{part.name.removeprefix('part-')}"
    part.chmod(0o755)
    part.rename(folder / name)
    pointer = folder / f"current.{os.getpid()}"
    pointer.write_text(name)
    pointer.replace(folder / "current")
    # Whoever has the old one mapped keeps it until he lets go.
    for old in folder.glob("g-*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def state_of_index(folder: Path) -> str | None:
    """What the current index was built from; None: there is none that this version can read."""
    current = _current(folder)
    if current is None:
        return None
    try:
        head = json.loads((current / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(head["state"]) if head.get("format") == FORMAT else None


def load_index(folder: Path) -> Index | None:
    """The current index, memory-mapped; None where there is none that this version can read."""
    state, current = state_of_index(folder), _current(folder)
    if state is None or current is None:
        return None
    entries = tuple(
        Entry(each["id"], each["key"], _day(each["valid_from"]), _day(each["valid_to"]))
        for each in json.loads((current / "articles.json").read_text(encoding="utf-8"))
    )
    return Index(state, entries, Ranker.load(current))


def _current(folder: Path) -> Path | None:
    try:
        found = folder / (folder / "current").read_text().strip()
    except OSError:
        return None
    return found if found.is_dir() else None


def _read_kept(generation: Path | None) -> Kept:
    try:
        if (
            generation is None
            or json.loads((generation / "index.json").read_text())["format"] != FORMAT
        ):
            return {}
        found: Kept = json.loads((generation / "kept.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError):
        return {}
    return found


def _entry(text: IndexedText) -> dict[str, Any]:
    return {
        "id": text.id,
        "key": text.key,
        "valid_from": text.valid_from.isoformat() if text.valid_from else None,
        "valid_to": text.valid_to.isoformat() if text.valid_to else None,
    }


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
