"""Learns the ranking and how sure an answer must be: prints the lines of knowledge/weights.py.

    python -m scripts.calibrate_knowledge [QUESTIONS.jsonl …]

Lines {"question", "article"} on the articles of city/policy, without "article" where none answers; without
a file those of tests/knowledge. Ranking is learned on them and on the titles of the 120 Dasan FAQ together.
Everything is judged on questions whose articles the weights did not see (five folds of articles, three
times). The threshold is the lowest at which at most 2.5 % of the questions get a wrong answer and at least
96.5 % of those outside get none: stricter than the goals (3 and 95 %), because another stranger asks
differently.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import weights
from knowledge.search import signs
from scripts.knowledge_data import (
    FOLDS,
    QUESTIONS,
    SampleQuestion,
    faq_scores,
    read_faq,
    sample_asked,
)
from scripts.learn_knowledge import (
    Choices,
    chances,
    choices,
    learn_ranking,
    learn_sureness,
)

MOST_WRONG, LEAST_SILENT = 0.025, 0.965
TIMES = 3
# What is for sureness only.
LEARNT = np.array([name != "content" for name in weights.FEATURES])


def main() -> None:
    """Read, learn, print."""
    files = [Path(name) for name in sys.argv[1:]] or [QUESTIONS]
    asked = sample_asked(files)
    general = faq_choices()
    fold = [_folds(asked, seed) for seed in range(TIMES)]
    given = [_judged(asked, general, each) for each in fold]
    inside = np.array([each.right is not None for each in asked])
    print(f"{inside.sum()} questions with an article, {(~inside).sum()} without")
    thresholds = [_report(chance, right, close, inside) for chance, right, close in given]
    ranking = _rank_weights(asked, general)
    x = np.array([signs(_again(each, ranking)) for each in asked])
    right = np.array([_is_right(each, ranking) for each in asked], dtype=float)
    print("RANKING =", tuple(round(float(each), 3) for each in ranking))
    print("CONFIDENCE =", tuple(round(float(each), 3) for each in learn_sureness(x, right)))
    print(f"ANSWER_FROM = {np.mean(thresholds):.3f}")


def faq_choices() -> Choices | None:
    """The FAQ's titles as choices, counting as much as all the other questions."""
    faq = read_faq()
    if faq is None:
        return None
    scores = faq_scores(faq)
    found = [(each.places, each.features) for each in scores]
    return choices(found, list(range(len(found))), counts=1.0)


def asked_choices(asked: list[SampleQuestion]) -> Choices:
    """Questions that have an article, as choices."""
    inside = [each for each in asked if each.right is not None]
    found = [(each.scores.places, each.scores.features) for each in inside]
    return choices(found, [each.right for each in inside if each.right is not None], counts=1.0)


def _rank_weights(asked: list[SampleQuestion], general: Choices | None) -> Any:
    own = asked_choices(asked)
    return learn_ranking(own if general is None else own.and_(general), LEARNT)


def _folds(asked: list[SampleQuestion], seed: int) -> Any:
    """All questions of an article are in one fold."""
    groups = [each.key or f"\0{number}" for number, each in enumerate(asked)]
    names = sorted(set(groups))
    fold = dict(
        zip(names, np.random.default_rng(seed).permutation(len(names)) % FOLDS, strict=True)
    )
    return np.array([fold[each] for each in groups])


def _judged(
    asked: list[SampleQuestion], general: Choices | None, fold: Any
) -> tuple[Any, Any, Any]:
    """Chance, whether the first is right, and distance to the next, by weights of other folds."""
    chance, right, apart = np.zeros(len(asked)), np.zeros(len(asked), bool), np.zeros(len(asked))
    for number in range(FOLDS):
        seen = [each for each, own in zip(asked, fold, strict=True) if own != number]
        ranking = _rank_weights(seen, general)
        x = np.array([signs(_again(each, ranking)) for each in asked])
        is_right = np.array([_is_right(each, ranking) for each in asked])
        learnt = learn_sureness(x[fold != number], is_right[fold != number].astype(float))
        own = fold == number
        chance[own] = chances(x[own], learnt)
        right[own], apart[own] = is_right[own], x[own][:, -3]
    return chance, right, apart


def _report(chance: Any, right: Any, apart: Any, inside: Any) -> float:
    for threshold in np.unique(chance):
        given, asks = chance >= threshold, apart < weights.CLOSE
        answered = given & ~asks
        wrong = float((answered & ~right)[inside].mean())
        silent = float((~given)[~inside].mean())
        if wrong <= MOST_WRONG and silent >= LEAST_SILENT:
            break
    print(
        f"  R@1 {right[inside].mean():.4f}; at {threshold:.3f}:"
        f" right {(answered & right)[inside].mean():.4f},"
        f" wrong {wrong:.4f}, asked back {(given & asks)[inside].mean():.4f},"
        f" unanswered {(~given)[inside].mean():.4f}; silent outside {silent:.4f}"
    )
    return float(threshold)


def _again(each: SampleQuestion, ranking: Any) -> Any:
    """The scores of a question as other weights rank them."""
    total = each.scores.features @ ranking
    order = np.argsort(-total, kind="stable")
    return replace(
        each.scores,
        places=each.scores.places[order],
        total=total[order],
        features=each.scores.features[order],
    )


def _is_right(each: SampleQuestion, ranking: Any) -> bool:
    scores = _again(each, ranking)
    return each.right is not None and len(scores.places) > 0 and scores.places[0] == each.right


if __name__ == "__main__":
    main()
