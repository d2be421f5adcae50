"""How well policy articles are found: BM25 on words, FTS5 trigrams, bm25s with Kiwi, and ours, in one run.

The measure is the 120 Dasan FAQ: a title is the question, only the texts are indexed. What is learned is
cross-validated over five folds. Growth is measured in scripts/bench_knowledge_growth.py. Called by
`scripts/bench.py --only knowledge`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from knowledge import weights
from knowledge.importing import Row
from scripts.bench_knowledge_growth import growth, judge_growth, show_growth
from scripts.calibrate_knowledge import LEARNT, asked_choices
from scripts.knowledge_data import FAQ, FOLDS, Faq, faq_scores, read_faq, sample_asked
from scripts.learn_knowledge import CANDIDATES, Choices, choices, learn_ranking

OURS = "ours, re-ranked (cross-validated)"
LEAST_FIRST, LEAST_FIVE = 0.64, 0.80


def knowledge() -> dict[str, Any]:
    """Figures of every way, and of time; {} where the FAQ is not on this machine."""
    faq = read_faq()
    if faq is None:
        return {}
    found: dict[str, Any] = {"articles": len(faq.rows), "ways": {}}

    def add(name: str, ranks: Iterable[int]) -> None:
        found["ways"][name] = _measure(ranks)
        print(f"  {name} {found['ways'][name]}", file=sys.stderr, flush=True)

    add("bm25s, words", _bm25(faq, [row.article.body.split() for row in faq.rows], words=True))
    add("FTS5 trigram", _trigrams(faq.rows))
    add("bm25s, Kiwi", _bm25(faq, [list(each.morphemes) for each in faq.documents], words=False))
    scores = faq_scores(faq)
    own = choices([(each.places, each.features) for each in scores], _own(faq), counts=1.0)
    add("Kiwi + pairs", _ranks(own, _only(strength=1.0)))
    add("… less what is found by anybody", _ranks(own, _only(strength=1.0, found=-0.4)))
    add(OURS, _cross_validated(own, faq.fold))
    found["growth"] = growth(faq)
    return found


def judge_knowledge(found: dict[str, Any]) -> list[str]:
    """The goals that were missed."""
    if not found:
        return []
    ours = found["ways"][OURS]
    missed = [
        f"knowledge: {name} {ours[name]:.3f} < {least}"
        for name, least in (("R@1", LEAST_FIRST), ("R@5", LEAST_FIVE))
        if ours[name] < least
    ]
    return missed + judge_growth(found["growth"])


def show_knowledge(found: dict[str, Any]) -> None:
    """Print the figures."""
    if not found:
        print(f"knowledge: not measured, there is no {FAQ.name} beside this folder")
        return
    print(f"knowledge: {found['articles']} articles, titles as questions, only texts indexed")
    for name, way in found["ways"].items():
        print(f"  {name:36} R@1 {way['R@1']:.4f}  R@5 {way['R@5']:.4f}  MRR@10 {way['MRR@10']:.4f}")
    show_growth(found["growth"])


def _own(faq: Faq) -> list[int]:
    return list(range(len(faq.rows)))


def _measure(ranks: Iterable[int]) -> dict[str, float]:
    at = np.fromiter(ranks, dtype=np.int64)
    return {
        "R@1": float((at == 0).mean()),
        "R@5": float((at < 5).mean()),
        "MRR@10": float(np.where(at < 10, 1 / (at + 1), 0).mean()),
    }


def _rank(score: Any, own: int) -> int:
    # Among equals the earlier one stands first, as a list would show them.
    return int((score > score[own]).sum() + (score[:own] == score[own]).sum())


def _ranks(data: Choices, learnt: Any) -> Iterable[int]:
    """Ranks among the candidates; behind all of them where the right one is none of them."""
    score = np.where(data.open, data.x @ learnt, -np.inf)
    for own, right in zip(score, data.right, strict=True):
        at = np.flatnonzero(right)
        yield _rank(own, int(at[0])) if len(at) else CANDIDATES


def _only(**given: float) -> Any:
    return np.array([given.get(name, 0.0) for name in weights.FEATURES])


def _cross_validated(own: Choices, fold: Any) -> Iterable[int]:
    """Ranks by weights that never saw the question's fold, learned together with those of the samples."""
    samples = asked_choices(sample_asked())
    ranks = np.zeros(len(fold), dtype=np.int64)
    for number in range(FOLDS):
        learnt = learn_ranking(own.only(fold != number).and_(samples), LEARNT)
        ranks[fold == number] = list(_ranks(own.only(fold == number), learnt))
    return [int(each) for each in ranks]


def _bm25(faq: Faq, documents: list[list[str]], *, words: bool) -> Iterable[int]:
    import bm25s

    part = bm25s.BM25() if words else bm25s.BM25(k1=1.2, b=0.9)
    part.index([each or ["\0"] for each in documents], show_progress=False)
    for own, (row, question) in enumerate(zip(faq.rows, faq.questions, strict=True)):
        asked = row.article.title.split() if words else question.morphemes
        known = [word for word in asked if word in part.vocab_dict]
        yield _rank(part.get_scores(known) if known else np.zeros(len(documents)), own)


def _trigrams(rows: Sequence[Row]) -> Iterable[int]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(body, tokenize='trigram')")
    database.executemany("INSERT INTO texts(body) VALUES (?)", [(r.article.body,) for r in rows])
    for own, row in enumerate(rows):
        score = np.zeros(len(rows))
        title = "".join(c if c.isalnum() else " " for c in row.article.title)
        grams = {w[at : at + 3] for w in title.split() for at in range(len(w) - 2)}
        if grams:
            asked = " OR ".join(f'"{gram}"' for gram in sorted(grams))
            for number, rank in database.execute(
                "SELECT rowid, rank FROM texts WHERE texts MATCH ?", (asked,)
            ):
                score[number - 1] = -rank
        yield _rank(score, own)
    database.close()


if __name__ == "__main__":
    result = knowledge()
    if "--json" in sys.argv:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        show_knowledge(result)
