"""Ranks articles for a question: candidates by their strongest words, then learned features of those few.

The weights are learned (docs/benchmarks/knowledge.md). Must not know what an article says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from knowledge import weights
from knowledge.asked import FAMILIES, Question, Terms
from knowledge.postings import ranges
from knowledge.segment import Segment, rarity_of

# So many articles are looked at closely.
CANDIDATES = 64
# Of so many sample questions an article's "found by anybody" is the mean of the highest scores.
MOST_SAMPLES = 3000
# For a sample question so many articles are remembered.
MOST_FOUND = 3000
STRENGTH = {"morphemes": 1.0, "pairs": weights.PAIRS}


@dataclass(frozen=True)
class Scores:
    """The best articles for one question with what says how good each is.

    Attributes:
        places: over all segments, the best first.
        total: by which they are ranked.
        features: a row for each (``weights.FEATURES``).
        length: different words of the question.
    """

    places: Any
    total: Any
    features: Any
    length: int


class Ranker:
    """Segments and how easily each article is found. Reading is safe in several threads.

    The rarity of a word and the length of a usual article are those of the first segment.
    """

    def __init__(
        self, segments: Sequence[Segment], found: Sequence[Any], dead: Sequence[Any]
    ) -> None:
        """``dead``: by segment the places that must not be found any more."""
        self.segments = segments
        self._found = found
        self._dead = dead
        self._offsets = np.cumsum([0, *(each.size for each in segments)])
        self.size = int(self._offsets[-1])

    def without(self, place: int) -> Ranker:
        """The same, as if the article at this place were not there."""
        at = int(np.searchsorted(self._offsets, place, side="right")) - 1
        dead = list(self._dead)
        dead[at] = np.append(dead[at], place - self._offsets[at]).astype(np.int64)
        return Ranker(self.segments, self._found, dead)

    def rank(
        self,
        question: Question,
        *,
        today: date | None = None,
        also: Sequence[int] = (),
        most: int = CANDIDATES,
    ) -> Scores:
        """The best articles that may answer on this day (None: all); ``also``: these whatever they hold."""
        numbers_of = [_numbers(segment, question, FAMILIES) for segment in self.segments]
        rarity = {family: self._rarity(family, numbers_of) for family in FAMILIES}
        places, found, features = [], [], []
        for number, (segment, numbers) in enumerate(zip(self.segments, numbers_of, strict=True)):
            own = self._candidates(number, question, numbers, rarity, today=today, most=most)[0]
            if also:
                here = np.array(also, dtype=np.int64) - self._offsets[number]
                own = np.union1d(own, here[(here >= 0) & (here < segment.size)])
            places.append(own + self._offsets[number])
            found.append(self._found[number][own])
            features.append(_features(segment, question, numbers, rarity, own))
        row = np.concatenate(features)
        row[:, weights.FEATURES.index("found")] = np.concatenate(found)
        for name in ("strength", "morphemes", "pairs", "sounds"):
            at = weights.FEATURES.index(name)
            row[:, at] /= max(float(row[:, at].max(initial=0.0)), 1e-6)
        total = row @ np.asarray(weights.RANKING, dtype=np.float32)
        order = np.argsort(-total, kind="stable")[: most + len(also)]
        return Scores(
            np.concatenate(places)[order],
            total[order],
            row[order],
            question.length,
        )

    def strongest(self, question: Question, *, most: int, segment: int = 0) -> tuple[Any, Any]:
        """Places within a segment and plain strengths, before anything learned; the best first."""
        numbers_of = [_numbers(each, question, STRENGTH) for each in self.segments]
        rarity = {family: self._rarity(family, numbers_of) for family in STRENGTH}
        return self._candidates(
            segment, question, numbers_of[segment], rarity, today=None, most=most
        )

    def strengths(self, segment: int, question: Question, places: Any) -> Any:
        """Plain strengths of these places of a segment."""
        numbers_of = [_numbers(each, question, STRENGTH) for each in self.segments]
        found = np.zeros(len(places), dtype=np.float32)
        for family, share in STRENGTH.items():
            terms, postings = question.terms[family], self.segments[segment].postings[family]
            rarity = self._rarity(family, numbers_of)
            worth = terms.weights * rarity * terms.often[terms.concepts]
            found += share * (worth @ postings.impacts_at(numbers_of[segment][family], places))
        return found

    def _candidates(
        self,
        number: int,
        question: Question,
        numbers: dict[str, Any],
        rarity: dict[str, Any],
        *,
        today: date | None,
        most: int,
    ) -> tuple[Any, Any]:
        segment = self.segments[number]
        score = np.zeros(segment.size, dtype=np.float32)
        touched = []
        for family, share in STRENGTH.items():
            terms, postings = question.terms[family], segment.postings[family]
            worth = share * terms.weights * rarity[family] * terms.often[terms.concepts]
            for at in np.flatnonzero(numbers[family] >= 0):
                places, impacts = postings.strongest(numbers[family][at])
                score[places] += worth[at] * impacts
                touched.append(places)
        if not touched:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if len(self._dead[number]):
            score[self._dead[number]] = 0
        every = np.concatenate(touched)
        if today is not None:
            day = today.toordinal()
            open_ = (segment.first_days[every] <= day) & (day <= segment.last_days[every])
            every = every[open_]
        # An article stands there once for each of its words: so many are enough for `most` different ones.
        enough = most * len(touched)
        if len(every) > enough:
            every = every[np.argpartition(score[every], -enough)[-enough:]]
        every = np.unique(every)
        every = every[score[every] > 0]
        order = np.argsort(-score[every], kind="stable")[:most]
        return every[order].astype(np.int64), score[every[order]]

    def _rarity(self, family: str, numbers_of: Sequence[dict[str, Any]]) -> Any:
        """Weights of words by how many articles of the first segment have them; of the others where none."""
        having = np.zeros(len(numbers_of[0][family]), dtype=np.int64)
        for segment, numbers in zip(self.segments, numbers_of, strict=True):
            having = np.where(having > 0, having, segment.postings[family].spread(numbers[family]))
        return rarity_of(having, self.segments[0].size)


def _numbers(segment: Segment, question: Question, families: Iterable[str]) -> dict[str, Any]:
    return {
        family: segment.postings[family].numbers(question.terms[family].words)
        for family in families
    }


def found_by(
    ranker: Ranker, samples: Sequence[tuple[Question, int]], *, best: list[float] | None = None
) -> Any:
    """How high each article of the first segment stands for questions that are another one's (the place
    that comes with them): those found by anybody. ``best`` takes the highest strength of each sample.
    """
    many = sample_size(len(samples))
    size = ranker.segments[0].size
    top = np.zeros((many, size), dtype=np.float32)
    for question, own in samples:
        places, strengths = ranker.strongest(question, most=MOST_FOUND)
        if best is not None:
            best.append(float(strengths[0]) if len(places) else 0.0)
        if len(places):
            _keep(top, places, np.where(places == own, 0.0, strengths / strengths[0]))
    return _mean(top, len(samples))


def found_beside(
    ranker: Ranker, samples: Sequence[tuple[Question, int]], best: Sequence[float]
) -> Any:
    """The same of the articles of the second segment, by the samples of the first."""
    small = ranker.segments[1]
    top = np.zeros((sample_size(len(samples)), small.size), dtype=np.float32)
    every = np.arange(small.size)
    for (question, _), highest in zip(samples, best, strict=True):
        if highest > 0:
            _keep(top, every, ranker.strengths(1, question, every) / highest)
    return _mean(top, len(samples))


def _keep(top: Any, places: Any, score: Any) -> None:
    """Keep of each place the highest scores."""
    lowest = top[:, places].argmin(axis=0)
    higher = score > top[lowest, places]
    top[lowest[higher], places[higher]] = score[higher]


def _mean(top: Any, samples: int) -> Any:
    # With very few samples it says nothing.
    return top.mean(axis=0) if samples > len(top) else np.zeros(top.shape[1], dtype=np.float32)


def chosen(size: int) -> range:
    """Which of so many titles are samples."""
    return range(0, size, max(1, size // MOST_SAMPLES))


def sample_size(samples: int) -> int:
    """Of how many sample questions the mean is taken."""
    return min(20, max(3, samples // 120))


def _features(
    segment: Segment,
    question: Question,
    numbers: dict[str, Any],
    rarity: dict[str, Any],
    places: Any,
) -> Any:
    """A row for each place; ``found`` is left open, strengths are not yet relative."""
    column: dict[str, Any] = {"found": np.zeros(len(places), dtype=np.float32)}
    for family in FAMILIES:
        terms, rare = question.terms[family], rarity[family]
        impacts = segment.postings[family].impacts_at(numbers[family], places)
        column[family] = (terms.weights * rare * terms.often[terms.concepts]) @ impacts
        has = _has(terms, impacts)
        column[f"cover_{family}"] = _share(rare[_firsts(terms)], has)
        if family == "morphemes":
            said = rare[_firsts(terms)]
            column["content"] = _share(said * terms.content, has)
            column["names"] = _share(np.where(terms.names, said, 0), has)
    column["strength"] = sum(share * column[family] for family, share in STRENGTH.items())
    column["length"] = np.log1p(segment.lengths[places])
    column["title"], column["phrase"], column["phrase_weight"] = _phrases(
        segment, question.terms["head"], places
    )
    return np.stack([column[name] for name in weights.FEATURES], axis=1).astype(np.float32)


def _has(terms: Terms, impacts: Any) -> Any:
    """How much each article has of each concept: 1, less for a word that may be meant, 0."""
    if not terms.many:
        return np.zeros((0, impacts.shape[1]), dtype=np.float32)
    worth = (impacts > 0) * terms.weights[:, None]
    return np.maximum.reduceat(worth, _firsts(terms), axis=0)


def _share(weight: Any, has: Any) -> Any:
    return weight @ has / max(float(weight.sum()), 1e-6)


def _phrases(segment: Segment, terms: Terms, places: Any) -> tuple[Any, Any, Any]:
    """Share of the title that the question holds, of the best phrase, and the weight of that one."""
    nothing = np.zeros(len(places), dtype=np.float32)
    phrases = segment.phrases
    many = phrases.of[places + 1] - phrases.of[places] if len(places) else np.empty(0, np.int64)
    every = ranges(phrases.of[places], many) if len(places) else np.empty(0, np.int64)
    if not len(every) or not terms.many:
        return nothing, nothing, nothing
    lengths = phrases.starts[every + 1] - phrases.starts[every]
    inside = ranges(phrases.starts[every], lengths)
    words = phrases.words[inside]
    order = np.argsort(terms.words)
    sorted_ = terms.words[order]
    at = np.minimum(np.searchsorted(sorted_, words), len(sorted_) - 1)
    hit = sorted_[at] == words
    weight = phrases.rarity[inside]
    said = np.where(hit, weight * terms.weights[order][at], 0).astype(np.float32)
    starts = np.append(0, np.cumsum(lengths))[:-1]
    full = lengths > 0
    whole, own = np.zeros(len(every), np.float32), np.zeros(len(every), np.float32)
    whole[full] = np.add.reduceat(weight, starts[full])
    own[full] = np.add.reduceat(said, starts[full])
    share = own / np.maximum(whole, 1e-6)
    # A long phrase that is there as a whole says more than a short one.
    value = share**2 * np.minimum(own, 15.0)
    title, best, heavy = nothing.copy(), nothing.copy(), nothing.copy()
    first = np.append(0, np.cumsum(many))[:-1]
    has = many > 0
    title[has] = share[first[has]]
    heavy[has] = np.maximum.reduceat(value, first[has]) / 15
    best[has] = np.maximum.reduceat(share, first[has])
    return title, best, heavy


def _firsts(terms: Terms) -> Any:
    """Where each concept begins: the word of the question itself."""
    return np.searchsorted(terms.concepts, np.arange(terms.many))
