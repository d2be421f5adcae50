"""Scores what a pipeline said against what is right. Pure; knows neither Rasa nor files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.evaluation.data import Example, Span

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
BINS = 10
# What a probability of nothing counts as.
LEAST = 1e-9
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Said:
    """What a pipeline made of one message. `ranking` is Rasa's, the surest intent first."""

    ranking: tuple[tuple[str, float], ...]
    entities: tuple[Span, ...]

    @property
    def refused(self) -> bool:
        """Whether FallbackClassifier put its own intent first."""
        return bool(self.ranking) and self.ranking[0][0] == FALLBACK

    @property
    def best(self) -> tuple[str, float]:
        """The intent before fallback, and its confidence."""
        return next((pair for pair in self.ranking if pair[0] != FALLBACK), ("", 0.0))


@dataclass(frozen=True)
class IntentScores:
    """Shares between 0 and 1.

    Attributes:
        accuracy: of the best intent, whether or not fallback would refuse it.
        calibration_error: mean distance of confidence and accuracy over ten bins, weighted.
        confused: right intent, given intent, how often; the most frequent first.
        out_of_scope_auroc: how well the best other intent, compared with out_of_scope, tells in-scope
            messages from out-of-scope ones; None where the test set has none.
        out_of_scope_accepted: out-of-scope messages taken for something else when 95 % of the
            in-scope ones are accepted.
    """

    messages: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    refused: float
    accuracy_of_kept: float
    out_of_scope_auroc: float | None
    out_of_scope_accepted: float | None
    confused: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class EntityScores:
    """Entity-level precision, recall and F1; `overlap_recall` counts any touching span of the kind."""

    entities: int
    precision: float
    recall: float
    f1: float
    overlap_recall: float
    by_kind: dict[str, tuple[float, int]]


def score_intents(examples: Sequence[Example], said: Sequence[Said]) -> IntentScores | None:
    """Scores of the messages whose intent is known; None when there are none."""
    pairs = [(e.intent, s) for e, s in zip(examples, said, strict=True) if e.intent]
    if not pairs:
        return None
    wanted = [intent for intent, _ in pairs]
    given = [s.best[0] for _, s in pairs]
    confidence = np.array([s.best[1] for _, s in pairs])
    right = np.array([w == g for w, g in zip(wanted, given, strict=True)])
    kept = np.array([not s.refused for _, s in pairs])
    auroc, accepted = _out_of_scope(pairs)
    confusions = Counter((w, g) for w, g in zip(wanted, given, strict=True) if w != g)
    return IntentScores(
        messages=len(pairs),
        accuracy=float(right.mean()),
        macro_f1=_macro_f1(wanted, given),
        calibration_error=calibration_error(confidence, right),
        refused=float(1 - kept.mean()),
        accuracy_of_kept=float(right[kept].mean()) if kept.any() else 0.0,
        out_of_scope_auroc=auroc,
        out_of_scope_accepted=accepted,
        confused=tuple((a, b, number) for (a, b), number in confusions.most_common(15)),
    )


def score_entities(
    examples: Sequence[Example], said: Sequence[Said], *, kinds: Iterable[str], by_word: bool
) -> EntityScores | None:
    """Micro scores of `kinds` over the messages whose entities are known; None when there are none.

    With `by_word`, a span is the run of whitespace words that it touches, which is entity-level BIO
    as in the MASSIVE paper; otherwise both ends must be right to the character.
    """
    known = [(e, s) for e, s in zip(examples, said, strict=True) if e.entities is not None]
    wanted_kinds = set(kinds)
    if not known or not wanted_kinds:
        return None
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    touched = 0
    for example, answer in known:
        gold = set(_spans(example.text, example.entities or (), by_word))
        found = set(_spans(example.text, answer.entities, by_word))
        gold = {span for span in gold if span.entity in wanted_kinds}
        found = {span for span in found if span.entity in wanted_kinds}
        right.update(span.entity for span in gold & found)
        wanted.update(span.entity for span in gold)
        given.update(span.entity for span in found)
        touched += sum(any(_touch(one, other) for other in found) for one in gold)
    total = sum(wanted.values())
    hit, said_number = sum(right.values()), sum(given.values())
    return EntityScores(
        entities=total,
        precision=hit / said_number if said_number else 0.0,
        recall=hit / total if total else 0.0,
        f1=_f1(hit, total, said_number),
        overlap_recall=touched / total if total else 0.0,
        by_kind={
            kind: (_f1(right[kind], wanted[kind], given[kind]), wanted[kind])
            for kind in sorted(wanted | given)
        },
    )


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten bins of confidence."""
    numbers = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(confidence[numbers == number].sum() - right[numbers == number].sum())
            for number in range(BINS)
        )
        / len(right)
    )


def _out_of_scope(pairs: Sequence[tuple[str, Said]]) -> tuple[float | None, float | None]:
    inside, outside = [], []
    for _, answer in pairs:
        of = dict(answer.ranking)
        inside.append(
            max((c for n, c in of.items() if n not in (FALLBACK, OUT_OF_SCOPE)), default=0)
        )
        outside.append(of.get(OUT_OF_SCOPE, 0.0))
    wanted = np.array([intent == OUT_OF_SCOPE for intent, _ in pairs])
    return rejection(np.array(inside, dtype=float), np.array(outside, dtype=float), wanted)


def rejection(
    inside: np.ndarray, outside: np.ndarray, is_outside: np.ndarray
) -> tuple[float | None, float | None]:
    """AUROC, and the share of out-of-scope messages accepted where 95 % of the others are.

    What is compared is how many times likelier the best other intent is than out_of_scope; `inside` and
    `outside` are these two probabilities. None, None where one of the two sorts is missing.
    """
    score = np.log(inside + LEAST) - np.log(outside + LEAST)
    good, bad = score[~is_outside], score[is_outside]
    if not len(good) or not len(bad):
        return None, None
    both = np.concatenate([good, bad])
    # Equal scores share their ranks; else the order of the file would count.
    _values, place, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    auroc = (ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad))
    return float(auroc), float((bad >= np.quantile(good, 0.05)).mean())


def _macro_f1(wanted: Sequence[str], given: Sequence[str]) -> float:
    right = Counter(w for w, g in zip(wanted, given, strict=True) if w == g)
    total, said = Counter(wanted), Counter(given)
    # Over the intents of the test set, as scikit-learn does with labels=sorted(set(wanted)).
    return float(np.mean([_f1(right[name], total[name], said[name]) for name in total]))


def _f1(right: int, wanted: int, given: int) -> float:
    return 2 * right / (wanted + given) if wanted + given else 0.0


def _spans(text: str, spans: Iterable[Span], by_word: bool) -> list[Span]:
    if not by_word:
        return list(spans)
    words = [match.span() for match in _WORD.finditer(text)]
    counted = []
    for span in spans:
        inside = [
            number
            for number, (start, end) in enumerate(words)
            if start < span.end and span.start < end
        ]
        if inside:
            counted.append(Span(inside[0], inside[-1] + 1, span.entity))
    return counted


def _touch(one: Span, other: Span) -> bool:
    return one.entity == other.entity and one.start < other.end and other.start < one.end
