"""A segment with the names of its articles and their titles as sample questions; on disk one folder.

Parts are cut and joined without reading an article again. Must not choose which part is in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from knowledge.asked import Question, sample_of
from knowledge.postings import Counted
from knowledge.scoring import Ranker, chosen, found_beside, found_by
from knowledge.segment import FIRST_DAY, LAST_DAY, Phrases, Segment, count
from knowledge.tokens import Tokens

_TITLES = {"morphemes": "title", "pairs": "title_pairs"}
_NONE = np.empty(0, dtype=np.int64)


class Named(Protocol):
    """What is kept of an article beside its words."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def key(self) -> str:
        """Its short name."""

    @property
    def mark(self) -> str:
        """Changes when its words do."""

    @property
    def valid_from(self) -> date | None:
        """The first day on which it may answer."""

    @property
    def valid_to(self) -> date | None:
        """The last one."""


@dataclass(frozen=True)
class Part:
    """Articles by place. ``titles``: by family; ``best``: of each sample title the highest strength."""

    segment: Segment
    titles: dict[str, Counted]
    ids: Any
    keys: Any
    marks: Any
    best: Any

    @property
    def size(self) -> int:
        """How many articles."""
        return self.segment.size

    def named(self, texts: Sequence[Named]) -> Part:
        """The same with these names and days (in order)."""
        days = [(text.valid_from, text.valid_to) for text in texts]
        first = [each.toordinal() if each else FIRST_DAY for each, _ in days]
        last = [each.toordinal() if each else LAST_DAY for _, each in days]
        part = replace(
            self,
            segment=replace(
                self.segment,
                first_days=np.array(first, dtype=np.int32),
                last_days=np.array(last, dtype=np.int32),
            ),
        )
        return part.labelled(
            ids=np.array([text.id for text in texts], dtype=np.int64),
            keys=np.array([text.key.encode() for text in texts], dtype=bytes),
            marks=np.array([text.mark.encode() for text in texts], dtype=bytes),
        )

    def labelled(self, *, ids: Any, keys: Any, marks: Any) -> Part:
        """The same with these names only."""
        return replace(self, ids=ids, keys=keys, marks=marks)

    def only(self, places: Any) -> Part:
        """These articles, in this order; to be built before it is searched."""
        own = self.segment
        return replace(
            self,
            segment=replace(
                own,
                counted={name: each.only(places) for name, each in own.counted.items()},
                phrases=own.phrases.only(places),
                lengths=own.lengths[places],
                first_days=own.first_days[places],
                last_days=own.last_days[places],
            ),
            titles={name: each.only(places) for name, each in self.titles.items()},
            ids=self.ids[places],
            keys=self.keys[places],
            marks=self.marks[places],
        )

    def and_(self, other: Part) -> Part:
        """These and, after them, those; to be built before it is searched."""
        mine, theirs = self.segment, other.segment
        return replace(
            self,
            segment=replace(
                mine,
                counted={
                    name: each.and_(theirs.counted[name]) for name, each in mine.counted.items()
                },
                phrases=mine.phrases.and_(theirs.phrases),
                lengths=np.concatenate([mine.lengths, theirs.lengths]),
                first_days=np.concatenate([mine.first_days, theirs.first_days]),
                last_days=np.concatenate([mine.last_days, theirs.last_days]),
            ),
            titles={name: each.and_(other.titles[name]) for name, each in self.titles.items()},
            ids=np.concatenate([self.ids, other.ids]),
            keys=np.concatenate([self.keys, other.keys]),
            marks=np.concatenate([self.marks, other.marks]),
        )

    def built(self) -> Part:
        """With the inverted lists of its own words."""
        return self._built(None)

    def beside(self, base: Part) -> Part:
        """With inverted lists that share the figures of the large part."""
        return self._built(base.segment)

    def samples(self) -> list[tuple[Question, int]]:
        """Titles as questions, each with the place of its own article."""
        found = []
        for at in chosen(self.size):
            counted = {family: _row(self.titles[name], at) for family, name in _TITLES.items()}
            if len(counted["morphemes"][0]) or len(counted["pairs"][0]):
                found.append((sample_of(counted), at))
        return found

    def _built(self, beside: Segment | None) -> Part:
        own = self.segment
        segment = Segment.build(own.counted, own.phrases, beside=beside)
        return replace(
            self,
            segment=replace(segment, first_days=own.first_days, last_days=own.last_days),
        )


def part_of(
    documents: Sequence[Tokens], titles: Sequence[tuple[Sequence[str], Sequence[str]]]
) -> Part:
    """A part without names; ``titles``: morphemes and pairs of each."""
    return Part(
        Segment.build(count(documents), Phrases.build(documents)),
        {
            "title": Counted.of(morphemes for morphemes, _ in titles),
            "title_pairs": Counted.of(pairs for _, pairs in titles),
        },
        _NONE,
        np.empty(0, dtype=bytes),
        np.empty(0, dtype=bytes),
        np.empty(0, dtype=np.float32),
    )


def found_of(base: Part, beside: Part | None = None, *, dead: Any = _NONE) -> tuple[Any, Any]:
    """How easily each article of a part is found by anybody (of ``beside`` where there is one), and the
    highest strengths of the samples.
    """
    nothing = np.zeros(base.size, dtype=np.float32)
    samples = base.samples()
    if beside is None:
        best: list[float] = []
        found = found_by(Ranker([base.segment], [nothing], [_NONE]), samples, best=best)
        return found, np.array(best, dtype=np.float32)
    small = np.zeros(beside.size, dtype=np.float32)
    ranker = Ranker([base.segment, beside.segment], [nothing, small], [dead, _NONE])
    return found_beside(ranker, samples, base.best), np.empty(0, dtype=np.float32)


def save_part(part: Part, found: tuple[Any, Any], folder: Path) -> None:
    """Write everything below an existing folder."""
    part.segment.save(folder)
    for name, each in part.titles.items():
        each.save(folder, name)
    for name, array in (("ids", part.ids), ("keys", part.keys), ("marks", part.marks)):
        np.save(folder / f"{name}.npy", array)
    np.save(folder / "found.npy", found[0])
    np.save(folder / "best.npy", found[1])


def load_part(folder: Path) -> tuple[Part, Any]:
    """Map what ``save_part`` wrote: the part, and how easily each article is found."""
    ids, keys, marks, best, found = (
        np.load(folder / f"{name}.npy", mmap_mode="r")
        for name in ("ids", "keys", "marks", "best", "found")
    )
    titles = {name: Counted.load(folder, name) for name in _TITLES.values()}
    return Part(Segment.load(folder), titles, ids, keys, marks, best), found


def _row(counted: Counted, at: int) -> tuple[Any, Any]:
    own = slice(counted.starts[at], counted.starts[at + 1])
    return counted.words[own], counted.counts[own]
