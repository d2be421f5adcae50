"""Measures which kind of service is told from a description, by cross-validation by line. Prints nothing.

The keywords of city/services.yml, which the form weighs in too (actions/service_choice.py), are not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from sklearn.model_selection import StratifiedKFold

from nlu.components.kinds import KindClassifier
from nlu.model import Unusable

KEPT = 8


@dataclass(frozen=True)
class Services:
    """Shares of lines whose kind is the first, or one of the first three; and how often the first is sure.

    Attributes:
        sure: confidence, share of lines that reach it, share of these that are right.
        heard: of each line its text, its kind, and the likeliest kinds with their probabilities.
    """

    examples: int
    kinds: int
    top_1: float
    top_3: float
    sure: tuple[tuple[float, float, float], ...]
    confused: tuple[tuple[str, str, int], ...]
    heard: tuple[tuple[str, str, tuple[tuple[str, float], ...]], ...]


def load_services(data: Path) -> tuple[list[str], list[str]]:
    """Texts and kinds of all lines below `data` that carry `metadata: {service_code: …}`."""
    texts: list[str] = []
    codes: list[str] = []
    for path in sorted(data.rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []:
            code = (block.get("metadata") or {}).get("service_code")
            for line in (block.get("examples") or "").splitlines():
                if code is not None and line.startswith("- "):
                    texts.append(line[2:].strip())
                    codes.append(str(code))
    return texts, codes


def cross_validate_services(
    texts: Sequence[str], codes: Sequence[str], *, folds: int = 5, seed: int = 17
) -> Services:
    """Tell the kind of each line by a model that did not see it.

    Raises:
        Unusable: a kind has fewer lines than there are folds, or there is only one kind.
    """
    counts = Counter(codes)
    if len(counts) < 2 or min(counts.values()) < folds:
        raise Unusable(f"each of two or more kinds of service needs {folds} labelled lines.")
    x, y = np.array(texts, dtype=object), np.array(codes, dtype=object)
    heard: list[tuple[tuple[str, float], ...]] = [()] * len(y)
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    for train, test in splitter.split(x, y):
        model = KindClassifier.fit(list(x[train]), list(y[train]))
        for index, row in zip(test, model.probabilities(list(x[test])), strict=True):
            order = row.argsort()[::-1][:KEPT]
            heard[index] = tuple((model.codes[at], round(float(row[at]), 4)) for at in order)
    first = np.array([kinds[0][0] for kinds in heard], dtype=object)
    chance = np.array([kinds[0][1] for kinds in heard])
    right = first == y
    return Services(
        examples=len(y),
        kinds=len(counts),
        top_1=float(right.mean()),
        top_3=float(np.mean([code in dict(k[:3]) for code, k in zip(y, heard, strict=True)])),
        sure=tuple(
            (level, float(kept.mean()), float(right[kept].mean()) if kept.any() else 0.0)
            for level in (0.4, 0.5, 0.6, 0.7, 0.8)
            for kept in [chance >= level]
        ),
        confused=tuple(
            (a, b, number)
            for (a, b), number in Counter(zip(y[~right], first[~right], strict=True)).most_common(
                12
            )
        ),
        heard=tuple(zip(texts, codes, heard, strict=True)),
    )


def services_as_text(found: Services) -> str:
    """The figures as a person reads them."""
    lines = [
        f"{found.examples} descriptions of {found.kinds} kinds of service",
        f"first               {found.top_1:.3f}",
        f"among three         {found.top_3:.3f}",
        "",
        "confidence  reached  right",
        *(f"{level:.1f}         {share:.3f}    {right:.3f}" for level, share, right in found.sure),
        "",
        "most often confused",
        *(f"{number:3d}  {real} → {guess}" for real, guess, number in found.confused),
    ]
    return "\n".join(lines)
