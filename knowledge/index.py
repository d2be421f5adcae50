"""The index of articles on disk: memory-mapped, and brought up to date in place when articles change.

One folder holds a large segment (b-…) and a small one of what changed since (d-…); ``current`` names the
two in use, so readers never see half of one. Kiwi reads only articles that changed. A small segment that
has grown is merged into the large one without reading any article. Must not know the database.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.dense import Dense, Encoder
from knowledge.parts import Part, found_of, load_part, part_of, save_part
from knowledge.scoring import Ranker
from knowledge.segment import FIRST_DAY, LAST_DAY
from knowledge.tokens import Tokens, morphemes, pairs, sounds

# Raised when tokens or files change their meaning: an index of another number is built anew.
FORMAT = 2
# How often a title or keyword counts as against a word of the text.
TITLE_WEIGHT = 3
KEYWORD_WEIGHT = 2
# The small segment is merged when it holds more than this, and more than a tenth of the large one.
MOST_BESIDE = 200
_NONE = np.empty(0, dtype=np.int64)


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
    ranker: Ranker
    parts: tuple[Part, ...]
    dead: Any
    dense: Dense | None = None

    def entry(self, place: int) -> Entry:
        """The article at a place of the ranker."""
        for part in self.parts:
            if place < part.segment.size:
                return Entry(
                    int(part.ids[place]),
                    part.keys[place].decode(),
                    _day(int(part.segment.first_days[place]), FIRST_DAY),
                    _day(int(part.segment.last_days[place]), LAST_DAY),
                )
            place -= part.segment.size
        raise IndexError(place)

    @property
    def marks(self) -> list[bytes]:
        """Marks of the words of every place."""
        return [mark for part in self.parts for mark in part.marks.tolist()]

    def allowed(self, today: date) -> Any:
        """Which places may answer on this day."""
        day = today.toordinal()
        found = np.concatenate(
            [
                (part.segment.first_days <= day) & (day <= part.segment.last_days)
                for part in self.parts
            ]
        )
        found[self.dead] = False
        return found

    def with_dense(self, encoder: Encoder, by_mark: dict[bytes, Any]) -> Index:
        """The same with meaning beside words."""
        if not by_mark:
            return self
        vectors = np.zeros((self.ranker.size, len(next(iter(by_mark.values())))), dtype=np.float32)
        for at, mark in enumerate(self.marks):
            if mark in by_mark:
                vectors[at] = by_mark[mark]
        return replace(self, dense=Dense(encoder, vectors))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every article that may be found."""
        gone = set(self.dead.tolist())
        return tuple(self.entry(at) for at in range(self.ranker.size) if at not in gone)


def tokens_of(text: IndexedText) -> Tokens:
    """Tokens of an article, its title and keywords weighted."""
    title, words = morphemes(text.title), [morphemes(each) for each in text.keywords]
    keywords, flat = " ".join(text.keywords), tuple(each for word in words for each in word)
    return Tokens(
        (*title * TITLE_WEIGHT, *flat * KEYWORD_WEIGHT, *morphemes(text.body)),
        (
            *pairs(text.title) * TITLE_WEIGHT,
            *pairs(keywords) * KEYWORD_WEIGHT,
            *pairs(text.body),
        ),
        (*title, *flat),
        (*sounds(text.title), *sounds(keywords)),
        tuple(each for each in (title, *words) if each) if title else (),
    )


def build_index(
    folder: Path,
    texts: Sequence[IndexedText],
    *,
    state: str,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Make an index of exactly these articles the current one. Kiwi reads what the last one had not."""
    folder.mkdir(parents=True, exist_ok=True)
    before = load_index(folder)
    known = {} if before is None else _places_by_mark(before.parts)
    kept: list[list[tuple[int, IndexedText]]] = [[] for _ in before.parts] if before else []
    fresh: list[IndexedText] = []
    for text in texts:
        at = known.get(text.mark.encode())
        if at is None:
            fresh.append(text)
        else:
            kept[at[0]].append((at[1], text))
    parts = [
        part.only(np.array([at for at, _ in own], dtype=np.int64)).named([text for _, text in own])
        for part, own in zip(before.parts if before else (), kept, strict=True)
        if own
    ]
    done = sum(len(own) for own in kept)
    parts.append(_read(fresh, lambda number: progress(done + number)))
    _publish(folder, state=state, base=_save_base(folder, parts), beside=None)


def update_index(folder: Path, changed: Sequence[IndexedText], *, state: str) -> bool:
    """Put articles that changed or are new into the current index, whatever its size.

    False: there is no index to change; it must be built.
    """
    index = load_index(folder)
    if index is None:
        return False
    base, *beside = index.parts
    ids = {text.id for text in changed}
    fresh = _read(changed, lambda _number: None)
    small = fresh
    if beside:
        stay = np.array([at for at, own in enumerate(beside[0].ids) if int(own) not in ids], int)
        small = beside[0].only(stay).and_(fresh)
    dead = np.flatnonzero(np.isin(base.ids, small.ids))
    name = _name_of(folder, "base")
    if small.size > max(MOST_BESIDE, base.size // 10):
        alive = np.setdiff1d(np.arange(base.size), dead)
        base_name = _save_base(folder, [base.only(alive), small])
        _publish(folder, state=state, base=base_name, beside=None)
        return True
    small = small.beside(base)
    found = found_of(base, small, dead=dead)
    part = _temporary(folder)
    save_part(small, found, part)
    np.save(part / "dead.npy", dead)
    _publish(folder, state=state, base=name, beside=_named(folder, part, "d"))
    return True


def state_of_index(folder: Path) -> str | None:
    """What the current index was built from; None: there is none that this version can read."""
    head = _head(folder)
    return None if head is None else str(head["state"])


def load_index(folder: Path) -> Index | None:
    """The current index, memory-mapped; None where there is none that this version can read."""
    # Between reading the names and opening the files a newer one may take their place.
    for _ in range(3):
        head = _head(folder)
        if head is None:
            return None
        try:
            return _load(folder, head)
        except (FileNotFoundError, ValueError):
            continue
    return None


def _load(folder: Path, head: dict[str, Any]) -> Index:
    names = [head["base"], *([head["beside"]] if head["beside"] else [])]
    loaded = [load_part(folder / name) for name in names]
    parts = tuple(part for part, _ in loaded)
    dead = np.load(folder / names[1] / "dead.npy") if len(names) > 1 else _NONE
    ranker = Ranker(
        [part.segment for part in parts],
        [found for _, found in loaded],
        [dead, *(_NONE for _ in parts[1:])],
    )
    return Index(str(head["state"]), ranker, parts, dead)


def _read(texts: Sequence[IndexedText], progress: Callable[[int], None]) -> Part:
    def documents() -> Iterable[Tokens]:
        for done, text in enumerate(texts, 1):
            yield tokens_of(text)
            progress(done)

    titles = [(morphemes(text.title), pairs(text.title)) for text in texts]
    return part_of(list(documents()), titles).named(texts)


def publish_part(folder: Path, part: Part, *, state: str) -> None:
    """Make an index of a part the current one (a measurement makes parts larger than any city's)."""
    folder.mkdir(parents=True, exist_ok=True)
    _publish(folder, state=state, base=_save_base(folder, [part]), beside=None)


def _save_base(folder: Path, parts: Sequence[Part]) -> str:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.and_(part)
    whole = whole.built()
    part_folder = _temporary(folder)
    save_part(whole, found_of(whole), part_folder)
    return _named(folder, part_folder, "b")


def _places_by_mark(parts: Sequence[Part]) -> dict[bytes, tuple[int, int]]:
    return {
        mark: (number, at)
        for number, part in enumerate(parts)
        for at, mark in enumerate(part.marks.tolist())
    }


def _publish(folder: Path, *, state: str, base: str, beside: str | None) -> None:
    head = {"format": FORMAT, "state": state, "base": base, "beside": beside}
    pointer = folder / f"current.{os.getpid()}"
    pointer.write_text(json.dumps(head))
    pointer.replace(folder / "current")
    # Whoever has the old ones mapped keeps them until he lets go.
    for old in (*folder.glob("[bd]-*"), *folder.glob("g-*")):
        if old.name not in (base, beside):
            shutil.rmtree(old, ignore_errors=True)


def _head(folder: Path) -> dict[str, Any] | None:
    try:
        head = json.loads((folder / "current").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        return None
    names = [head["base"], *([head["beside"]] if head["beside"] else [])]
    whole = all((folder / name / "means.npy").is_file() for name in names)
    return head if whole else None


def _name_of(folder: Path, kind: str) -> str:
    head = _head(folder)
    return "" if head is None else str(head[kind])


def _temporary(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="part-", dir=folder))


def _named(folder: Path, part: Path, letter: str) -> str:
    name = f"{letter}-{part.name.removeprefix('part-')}"
    part.chmod(0o755)
    part.rename(folder / name)
    return name


def _day(ordinal: int, none: int) -> date | None:
    return None if ordinal == none else date.fromordinal(ordinal)
