"""Measures the intent classifier on our own data by cross-validation. Changes nothing, prints nothing.

Lines of one template stay in one fold (nlu.evaluation.families), else a fold would be asked what the
model has learnt by heart. Reports accuracy, how far confidence can be trusted (calibration), what the
fallback threshold of config.yml would refuse, how well what is none of our business is told apart, what
missing spaces and typos cost, and the intents most often confused.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.model_selection import StratifiedGroupKFold

from nlu.components.combined import Classifier, default_config, make_classifier
from nlu.evaluation.data import Example, spoil
from nlu.evaluation.families import families
from nlu.evaluation.scores import OUT_OF_SCOPE, rejection

BINS = 10
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
AMBIGUITIES = (0.0, 0.05, 0.1, 0.15, 0.2)
WRONG_COST = 2.0


@dataclass(frozen=True)
class Bin:
    """Messages whose confidence lies in one tenth of the scale."""

    low: float
    high: float
    messages: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Report:
    """The result of one cross-validation; all shares lie between 0 and 1.

    Attributes:
        calibration_error: expected calibration error: the mean distance between confidence and
            accuracy over ten bins, weighted by their messages.
        refused: share of messages below the threshold or too close to the second intent.
        accuracy_of_kept: accuracy of the messages that are not refused.
        families: how many templates and single lines there are.
        accuracy_by_family: the mean over families, so that a line on its own counts as much as a template.
        out_of_scope_auroc, out_of_scope_accepted: see `nlu.evaluation.scores.IntentScores`.
        noise: accuracy of the same lines, spoilt.
        costs: threshold, ambiguity threshold and what they cost per message, the cheapest first:
            a refusal costs one (the citizen is asked again), a wrong intent two.
    """

    examples: int
    intents: int
    folds: int
    families: int
    accuracy: float
    accuracy_by_family: float
    macro_recall: float
    calibration_error: float
    refused: float
    accuracy_of_kept: float
    out_of_scope_auroc: float | None
    out_of_scope_accepted: float | None
    noise: dict[str, float]
    bins: tuple[Bin, ...]
    weakest: tuple[tuple[str, float, int], ...]
    confused: tuple[tuple[str, str, int], ...]
    costs: tuple[tuple[float, float, float], ...]


def load_examples(data: Path) -> tuple[list[str], list[str]]:
    """Texts and intents of all files below `data`, without entity annotations.

    Rasa's own reader is not used: it takes seconds to load.
    """
    texts: list[str] = []
    intents: list[str] = []
    for path in sorted(data.rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []:
            for line in (block.get("examples") or "").splitlines():
                if "intent" in block and line.startswith("- "):
                    texts.append(line[2:].strip())
                    intents.append(block["intent"])
    return texts, intents


def cross_validate(
    texts: Sequence[str],
    intents: Sequence[str],
    *,
    folds: int = 5,
    seed: int = 17,
    config: Mapping[str, Any] | None = None,
    threshold: float = 0.4,
    ambiguity: float = 0.1,
    noises: Sequence[str] = (),
) -> Report:
    """Predict every example by a model that saw neither it nor another line of its family.

    `config` are the settings of IntentClassifier. Intents with fewer examples or families than folds are
    left out.

    Raises:
        Unusable: a noise is of no known kind.
    """
    kin = families(texts, intents)
    counts = Counter(intents)
    groups_of = Counter(intent for intent, _ in {*zip(intents, kin, strict=True)})
    kept = [n for n, i in enumerate(intents) if min(counts[i], groups_of[i]) >= folds]
    x = np.array([texts[index] for index in kept], dtype=object)
    y = np.array([intents[index] for index in kept], dtype=object)
    family = np.array([kin[index] for index in kept])
    guesses = np.empty(len(y), dtype=object)
    first, second, inside, outside = np.zeros((4, len(y)))
    spoilt = dict.fromkeys(noises, 0.0)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    for train, test in splitter.split(x, y, family):
        model = make_classifier(config or default_config())
        model.fit(list(x[train]), list(y[train]))
        rows = model.probabilities(list(x[test]))
        order = np.sort(rows, axis=1)
        guesses[test] = _best(model, rows)
        first[test], second[test] = order[:, -1], order[:, -2]
        others = np.array([label != OUT_OF_SCOPE for label in model.labels])
        inside[test] = rows[:, others].max(axis=1)
        outside[test] = rows[:, ~others].sum(axis=1)
        for noise in spoilt:
            bad = spoil([Example(text, None, None) for text in x[test]], noise)
            said = _best(model, model.probabilities([example.text for example in bad]))
            spoilt[noise] += float((said == y[test]).sum()) / len(y)
    right = guesses == y
    sure = (first >= threshold) & (first - second >= ambiguity)
    recalls = {intent: float(right[y == intent].mean()) for intent in sorted(set(y))}
    bins = _bins(first, right)
    confusions = Counter(zip(y[~right], guesses[~right], strict=True))
    auroc, accepted = rejection(inside, outside, y == OUT_OF_SCOPE)
    return Report(
        examples=len(y),
        intents=len(recalls),
        folds=folds,
        families=len(set(family)),
        accuracy=float(right.mean()),
        accuracy_by_family=float(np.mean([right[family == one].mean() for one in set(family)])),
        macro_recall=float(np.mean(list(recalls.values()))),
        calibration_error=sum(b.messages * abs(b.confidence - b.accuracy) for b in bins) / len(y),
        refused=float(1 - sure.mean()),
        accuracy_of_kept=float(right[sure].mean()) if sure.any() else 0.0,
        out_of_scope_auroc=auroc,
        out_of_scope_accepted=accepted,
        noise=spoilt,
        bins=bins,
        weakest=tuple(
            (intent, recall, counts[intent])
            for intent, recall in sorted(recalls.items(), key=lambda item: item[1])[:8]
        ),
        confused=tuple((a, b, number) for (a, b), number in confusions.most_common(10)),
        costs=_costs(first, second, right),
    )


def _best(model: Classifier, rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.array(model.labels, dtype=object)[rows.argmax(axis=1)])


def _costs(
    first: np.ndarray, second: np.ndarray, right: np.ndarray
) -> tuple[tuple[float, float, float], ...]:
    table = []
    for threshold, ambiguity in itertools.product(THRESHOLDS, AMBIGUITIES):
        sure = (first >= threshold) & (first - second >= ambiguity)
        cost = float((~sure).mean() + WRONG_COST * (sure & ~right).mean())
        table.append((threshold, ambiguity, cost))
    return tuple(sorted(table, key=lambda row: row[2]))


def _bins(confidence: np.ndarray, right: np.ndarray) -> tuple[Bin, ...]:
    numbers = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            messages=int((numbers == number).sum()),
            confidence=float(confidence[numbers == number].mean()),
            accuracy=float(right[numbers == number].mean()),
        )
        for number in range(BINS)
        if (numbers == number).any()
    )


def as_text(report: Report) -> str:
    """The report as a person reads it."""
    lines = [
        f"{report.examples} examples of {report.families} families, {report.intents} intents, "
        f"{report.folds} folds by family",
        f"accuracy            {report.accuracy:.3f}   "
        f"(mean over intents {report.macro_recall:.3f}, over families "
        f"{report.accuracy_by_family:.3f})",
        f"calibration error   {report.calibration_error:.3f}",
        f"refused by fallback {report.refused:.3f}   (accuracy of the rest "
        f"{report.accuracy_of_kept:.3f})",
        *(f"with {noise:15s}{value:.3f}" for noise, value in report.noise.items()),
        *_outside_as_text(report),
        "",
        "confidence   messages  mean  accuracy",
    ]
    for row in report.bins:
        lines.append(
            f"{row.low:.1f}–{row.high:.1f}      {row.messages:8d}  {row.confidence:.2f}"
            f"  {row.accuracy:.2f}"
        )
    lines += ["", "weakest intents"]
    lines += [f"{recall:.2f}  {name} ({number})" for name, recall, number in report.weakest]
    lines += ["", "most often confused"]
    lines += [f"{number:3d}  {real} → {guess}" for real, guess, number in report.confused]
    lines += ["", "fallback thresholds by cost (asked again 1, wrong intent 2)"]
    lines += [f"{t:.2f} / {a:.2f}  {cost:.4f}" for t, a, cost in report.costs[:10]]
    return "\n".join(lines)


def _outside_as_text(report: Report) -> list[str]:
    if report.out_of_scope_auroc is None:
        return []
    return [
        f"out of scope        {report.out_of_scope_accepted:.3f} accepted at 95 % in-scope recall   "
        f"(AUROC {report.out_of_scope_auroc:.3f})"
    ]
