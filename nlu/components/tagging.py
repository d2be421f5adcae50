"""Labels the words of a message with a trained CRF. Pure but for its own files; knows nothing of Rasa.

Words are those between spaces, as in the MASSIVE data. A word is described by its letters, its
morphemes, the groups its morphemes belong to, its neighbours and the end of the message, where a
Korean sentence says what is wanted.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycrfsuite

from nlu.components.clusters import Clusters
from nlu.components.vectors import Vectors
from nlu.language import ANALYSED, Morpheme, reader

MODEL = "tagger.crfsuite"
HEAD = "tagger.json"
ARRAYS = "tagger.npz"
OUTSIDE = "O"
# One entity in two hundred: below that, taking two neighbours for one costs less than it brings.
RARELY = 0.005
GROUPS = (60, 250, 800)
VECTOR_SIZE = 128
_WORD = re.compile(r"\S+")
_HANGUL, _LATIN, _DIGIT = re.compile(r"[가-힣]+"), re.compile(r"[A-Za-z]+"), re.compile(r"\d+")
_STEMS = ("N", "V", "M", "S")


@dataclass(frozen=True, order=True)
class Tagged:
    """A labelled stretch of the text."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class TaggerSettings:
    """How the CRF learns; `c1` and `c2` weigh its L1 and L2 penalties.

    With `intents` each word also knows what the whole message wants.
    """

    iterations: int = 60
    c1: float = 0.05
    c2: float = 0.2
    intents: bool = False


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    core: str
    tail: str
    own: tuple[str, ...]
    seen_by_others: tuple[str, ...]


class Tagger:
    """Learn with `fit`, ask with `tag`; `labels` are those it learnt."""

    def __init__(self, clusters: Clusters, model: bytes) -> None:
        self._clusters = clusters
        self._model = model
        self._crf = pycrfsuite.Tagger()
        self._crf.open_inmemory(model)
        self.labels = frozenset(name[2:] for name in self._crf.labels() if name != OUTSIDE)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        spans: Sequence[Sequence[Tagged]],
        *,
        folder: Path,
        settings: TaggerSettings,
        intents: Sequence[str] = (),
    ) -> Tagger:
        """Learn from labelled texts; CRFsuite writes its model into `folder`.

        `intents` is what each text wants, as it would be guessed of a text that was not seen; empty
        when that is not known.
        """
        vectors = Vectors.make(VECTOR_SIZE)
        read = [reader().morphemes(text) for text in texts]
        numbers = (morpheme.number for morphemes in read for morpheme in morphemes)
        clusters = Clusters.make(vectors, numbers, GROUPS)
        trainer = pycrfsuite.Trainer("lbfgs", verbose=False)
        trainer.set_params(
            {"max_iterations": settings.iterations, "c1": settings.c1, "c2": settings.c2}
        )
        found = [
            list(_words(text, morphemes, clusters))
            for text, morphemes in zip(texts, read, strict=True)
        ]
        labels = [_as_bio(words, labelled) for words, labelled in zip(found, spans, strict=True)]
        if not _touching(labels):
            labels = [[label.replace("B-", "I-", 1) for label in row] for row in labels]
        for words, row, intent in zip(found, labels, intents or [""] * len(texts), strict=True):
            if words:
                trainer.append(_features(words, intent), row)
        path = folder / MODEL
        trainer.train(str(path))
        return cls(clusters, path.read_bytes())

    def tag(self, text: str, intent: str = "") -> list[Tagged]:
        """The labelled stretches of the first 2,000 characters, whole words.

        `intent` is what the text is thought to want; used if the tagger was fitted with intents.
        """
        text = text[:ANALYSED]
        words = list(_words(text, reader().morphemes(text), self._clusters))
        if not words:
            return []
        return list(_as_spans(words, self._crf.tag(_features(words, intent))))

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder."""
        vectors = self._clusters.vectors
        (folder / MODEL).write_bytes(self._model)
        (folder / HEAD).write_text(json.dumps({"kiwipiepy": vectors.version}), encoding="utf-8")
        np.savez_compressed(
            folder / ARRAYS,
            projection=vectors.projection,
            shift=vectors.shift,
            **{f"groups{number}": centre for number, centre in enumerate(self._clusters.centres)},
        )

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """Read a model that `save` wrote.

        Raises:
            Unusable: it was made with another version of Kiwi, whose vectors differ.
        """
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            vectors = Vectors(arrays["projection"], arrays["shift"], head["kiwipiepy"])
            names = sorted(name for name in arrays.files if name.startswith("groups"))
            clusters = Clusters(vectors, [arrays[name] for name in names])
        return cls(clusters, (folder / MODEL).read_bytes())


def without_particles(text: str, tagged: Tagged) -> Tagged:
    """The stretch without the particles (조사) at its end: 시청역에서 becomes 시청역."""
    end = tagged.end
    for found in reversed(reader().morphemes(text)):
        if found.end == end and found.tag.startswith("J") and found.start > tagged.start:
            end = found.start
    return Tagged(tagged.start, end, tagged.label)


def _words(text: str, found: Sequence[Morpheme], clusters: Clusters) -> Iterator[_Word]:
    at = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        while at < len(found) and found[at].start < start:
            at += 1
        inside: list[Morpheme] = []
        while at < len(found) and found[at].start < end:
            inside.append(found[at])
            at += 1
        yield _word(match.group(), start, end, inside, clusters)


def _word(text: str, start: int, end: int, inside: Sequence[Morpheme], clusters: Clusters) -> _Word:
    stems = [m for m in inside if m.tag[0] in _STEMS or m.tag.startswith("XR")]
    core = "".join(m.form for m in stems)
    tail = "".join(m.form for m in inside if m.tag[0] in "JE")
    tags = "+".join(m.tag[:2] for m in inside)
    groups = [clusters.of(m.number) for m in stems[:3]]
    own = [
        "b", f"w={text}", f"sh={_shape(text)}", f"p1={text[:1]}", f"p2={text[:2]}", f"p3={text[:3]}",
        f"s1={text[-1:]}", f"s2={text[-2:]}", f"s3={text[-3:]}", f"n={min(len(text), 6)}",
        f"c={core}", f"t={tail}", f"g={tags}",
    ]  # fmt: skip
    own += [f"m={m.name}" for m in inside]
    own += [f"k{size}={group}" for found in groups for size, group in enumerate(found or ())]
    others = [f"w={text}", f"c={core}", f"t={tail}", f"g={tags}"]
    last = clusters.of(stems[-1].number) if stems else None
    if last:
        own.append(f"l={last[-1]}")
        others.append(f"l={last[min(1, len(last) - 1)]}")
    if groups and groups[0]:
        others.append(f"f={groups[0][0]}")
    return _Word(text, start, end, core, tail, tuple(own), tuple(others))


def _features(words: Sequence[_Word], intent: str = "") -> list[list[str]]:
    end = [f"V={words[-1].core}", f"E={words[-1].text}"]
    if intent:
        end.append(f"i={intent}")
    rows = []
    for here, word in enumerate(words):
        row = [*word.own, *end]
        for offset in (-2, -1, 1, 2):
            there = here + offset
            if 0 <= there < len(words):
                row += [f"{offset}{feature}" for feature in words[there].seen_by_others]
            else:
                row.append(f"{offset}^")
        before = words[here - 1].core if here else "^"
        after = words[here + 1].core if here + 1 < len(words) else "$"
        row += [f"<{before}|{word.core}", f">{word.core}|{after}", f"x{before}|{after}"]
        row += [f"B{other.core}" for there, other in enumerate(words) if abs(there - here) > 2]
        rows.append(row)
    return rows


def _shape(text: str) -> str:
    return _DIGIT.sub("0", _LATIN.sub("a", _HANGUL.sub("가", text)))


def _as_bio(words: Sequence[_Word], spans: Sequence[Tagged]) -> list[str]:
    labels = [OUTSIDE] * len(words)
    for span in sorted(spans):
        inside = [
            number
            for number, word in enumerate(words)
            if word.start < span.end and span.start < word.end and labels[number] == OUTSIDE
        ]
        for place, number in enumerate(inside):
            labels[number] = f"{'I' if place else 'B'}-{span.label}"
    return labels


def _touching(labels: Sequence[Sequence[str]]) -> bool:
    """Whether entities of one kind follow each other often enough to be worth telling apart.

    If not, one label a kind is enough: the CRF then learns in less than half the time, as well.
    """
    pairs = [pair for row in labels for pair in itertools.pairwise(row)]
    touching = sum(after.startswith("B-") and before[2:] == after[2:] for before, after in pairs)
    return touching > RARELY * sum(label.startswith("B-") for row in labels for label in row)


def _as_spans(words: Sequence[_Word], labels: Sequence[str]) -> Iterator[Tagged]:
    open_at, kind = 0, ""
    for number, label in enumerate([*labels, OUTSIDE]):
        if kind and label != f"I-{kind}":
            yield Tagged(words[open_at].start, words[number - 1].end, kind)
            kind = ""
        if label != OUTSIDE and not kind:
            open_at, kind = number, label[2:]
