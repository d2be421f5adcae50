"""Learns how sure a found article must be: prints CONFIDENCE and ANSWER_FROM for knowledge/weights.py.

    python -m scripts.calibrate_knowledge QUESTIONS.jsonl OUTSIDE.jsonl

Lines {"question", "article"} and {"question"}; the articles are those of city/policy. The threshold is the
lowest at which, over questions that the weights did not learn from (five folds), at most 2.5 % of the
questions get a wrong answer and at least 95.5 % of those outside get none: stricter than the goals (3 and
95 %), because a stranger asks differently.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from app.city_files import load_city
from app.city_policy import load_policy
from app.knowledge_index import indexed
from app.settings import project_root
from knowledge.index import Index, build_index, load_index
from knowledge.queries import Stored
from knowledge.search import ranked, signs
from knowledge.tokens import read_question

FOLDS = 5
DAY = date(2026, 11, 15)
MOST_WRONG, LEAST_SILENT = 0.025, 0.955


def main() -> None:
    """Read, learn, print."""
    inside, outside = (_lines(Path(name)) for name in sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="sotong-index-") as folder:
        index = sample_index(Path(folder))
        ended = {each.key for each in index.entries if each.valid_to and each.valid_to < DAY}
        # Silence is right for what only an ended article answers.
        outside += [each for each in inside if each["article"] in ended]
        inside = [each for each in inside if each["article"] not in ended]
        rows = [_signs(index, each) for each in (*inside, *outside)]
    x = np.array([found for found, _ in rows])
    right = np.array([is_right for _, is_right in rows], dtype=float)
    is_inside = np.arange(len(rows)) < len(inside)
    print(f"R@1 {right[is_inside].mean():.4f} of {len(inside)}; {len(outside)} outside")
    fold = np.random.default_rng(1).permutation(len(rows)) % FOLDS
    chance = np.zeros(len(rows))
    for number in range(FOLDS):
        chance[fold == number] = _chance(
            x[fold == number], _learn(x[fold != number], right[fold != number])
        )
    for threshold in np.arange(0.3, 0.99, 0.01):
        given = chance >= threshold
        wrong = (given & (right == 0))[is_inside].mean()
        silent = (~given)[~is_inside].mean()
        if wrong <= MOST_WRONG and silent >= LEAST_SILENT:
            break
    print(f"cross-validated at {threshold:.2f}: wrong {wrong:.4f}, silent outside {silent:.4f},")
    print(f"  silent inside {(~given)[is_inside].mean():.4f}")
    weights = _learn(x, right)
    print("CONFIDENCE =", tuple(round(float(each), 3) for each in weights))
    print(f"ANSWER_FROM = {threshold:.2f}")


def sample_index(folder: Path) -> Index:
    """An index of city/policy alone."""
    city = project_root() / "city"
    articles = load_policy(city, departments={each.id for each in load_city(city).departments})
    texts = [indexed(Stored(number, number, each)) for number, each in enumerate(articles, 1)]
    build_index(folder, texts, state="sample")
    index = load_index(folder)
    assert index is not None
    return index


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _signs(index: Index, line: dict[str, Any]) -> tuple[tuple[float, ...], bool]:
    tokens = read_question(line["question"])
    scores = index.ranker.score(tokens)
    order = ranked(index, scores, today=DAY, most=2)
    if not order:
        return (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0), False
    return signs(scores, order, tokens), index.entries[order[0]].key == line.get("article")


def _learn(x: Any, right: Any, keep: float = 1e-3) -> Any:
    """Logistic regression (Newton's method)."""
    weight = np.zeros(x.shape[1])
    for _ in range(30):
        chance = _chance(x, weight)
        slope = x.T @ (chance - right) + keep * len(x) * weight
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + keep * len(x) * np.eye(x.shape[1])
        weight = weight - np.linalg.solve(bend, slope)
    return weight


def _chance(x: Any, weight: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x @ weight, -30, 30)))


if __name__ == "__main__":
    main()
