"""How well policy articles are found: BM25 on words, FTS5 trigrams, bm25s with Kiwi, and ours, in one run.

The measure is the 120 Dasan FAQ: a title is the question, only the texts are indexed. What is learned is
cross-validated over five folds; the samples of "found by anybody" are titles of the other folds only.
Called by `scripts/bench.py --only knowledge`; `python -m scripts.bench_knowledge --fit` prints weights.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.importing import DASAN, Row, decode, read_csv
from knowledge.index import IndexedText, build_index, load_index, tokens_of
from knowledge.scoring import Ranker, sample_size
from knowledge.tokens import read_question

FAQ = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "seoul120_faq" / "seoul-120-text.csv"
)
SHORTEST = 20  # characters of a text; shorter ones say nothing ("정비중")
FOLDS = 5
CANDIDATES = 40
OURS = "ours, re-ranked (cross-validated)"
LEAST_FIRST, LEAST_FIVE = 0.64, 0.80
MOST_QUERY, MOST_LOAD = 3.0, 1.0  # ms, s


def knowledge() -> dict[str, Any]:
    """Figures of every way, and of time; {} where the FAQ is not on this machine."""
    if not FAQ.exists():
        return {}
    rows = _rows()
    began = time.process_time()
    documents = [tokens_of(_text(number, row, title="")) for number, row in enumerate(rows)]
    questions = [read_question(row.article.title) for row in rows]
    read = time.process_time() - began
    ranker = Ranker.build(documents)
    fold = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    found: dict[str, Any] = {"articles": len(rows), "kiwi_seconds": read, "ways": {}}

    def add(name: str, scores: Any) -> None:
        found["ways"][name] = _measure(scores)
        print(f"  {name} {found['ways'][name]}", file=sys.stderr, flush=True)

    columns = [ranker.features(each)[0] for each in questions]
    _add_found(columns, fold)
    add("bm25s, Kiwi", (column[2] for column in columns))
    add("bm25s, Kiwi + pairs", (column[0] for column in columns))
    first = [column[0] - 0.4 * column[1] for column in columns]
    add("… less what is found by anybody", first)
    choice = np.stack([np.argsort(-each, kind="stable")[:CANDIDATES] for each in first])
    totals, found["weights"] = _cross_validated(columns, choice, fold)
    add(OURS, totals)
    add("bm25, words", _words(rows))
    add("FTS5 trigram", _trigrams(rows))
    found["time"] = _times(rows)
    return found


def judge_knowledge(found: dict[str, Any]) -> list[str]:
    """The goals that were missed."""
    if not found:
        return []
    ours, took = found["ways"][OURS], found["time"]
    missed = []
    for name, least in (("R@1", LEAST_FIRST), ("R@5", LEAST_FIVE)):
        if ours[name] < least:
            missed.append(f"knowledge: {name} {ours[name]:.3f} < {least}")
    if took["p50"] > MOST_QUERY:
        missed.append(f"knowledge: a question takes {took['p50']:.1f} > {MOST_QUERY} ms")
    if took["load"] > MOST_LOAD:
        missed.append(f"knowledge: the index loads in {took['load']:.2f} > {MOST_LOAD} s")
    return missed


def show_knowledge(found: dict[str, Any]) -> None:
    """Print the figures."""
    if not found:
        print(f"knowledge: not measured, there is no {FAQ.name} beside this folder")
        return
    print(f"knowledge: {found['articles']} articles, titles as questions, only texts indexed")
    for name, way in found["ways"].items():
        print(f"  {name:36} R@1 {way['R@1']:.4f}  R@5 {way['R@5']:.4f}  MRR@10 {way['MRR@10']:.4f}")
    took = found["time"]
    print(
        f"  a question p50 {took['p50']:.2f}, p95 {took['p95']:.2f} ms (Kiwi included);"
        f" index built in {took['build']:.1f} s, loaded in {took['load']:.3f} s,"
        f" brought up to date for one article in {took['update']:.1f} s"
    )


def _rows() -> list[Row]:
    text = decode(FAQ.read_bytes())
    read = read_csv(text, DASAN, origin="dasan120", source="120")
    by_words: dict[str, Row] = {}
    for row in read:
        if isinstance(row, Row) and len(" ".join(row.article.body.split())) >= SHORTEST:
            by_words.setdefault(row.article.content_hash, row)
    return list(by_words.values())


def _text(number: int, row: Row, *, title: str) -> IndexedText:
    return IndexedText(number, row.article.key, title, (), row.article.body)


def _measure(scores: Any) -> dict[str, float]:
    ranks = []
    for own, given in enumerate(scores):
        score = np.asarray(given)
        # Among equals the earlier one stands first, as a list would show them.
        better = int((score > score[own]).sum() + (score[:own] == score[own]).sum())
        ranks.append(better)
    at = np.array(ranks)
    return {
        "R@1": float((at == 0).mean()),
        "R@5": float((at < 5).mean()),
        "MRR@10": float(np.where(at < 10, 1 / (at + 1), 0).mean()),
    }


def _words(rows: Sequence[Row]) -> Any:
    import bm25s

    part = bm25s.BM25()
    part.index([row.article.body.split() for row in rows], show_progress=False)
    for row in rows:
        known = [word for word in row.article.title.split() if word in part.vocab_dict]
        yield part.get_scores(known) if known else np.zeros(len(rows))


def _trigrams(rows: Sequence[Row]) -> Any:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(body, tokenize='trigram')")
    database.executemany("INSERT INTO texts(body) VALUES (?)", [(r.article.body,) for r in rows])
    for row in rows:
        score = np.zeros(len(rows))
        title = "".join(c if c.isalnum() else " " for c in row.article.title)
        grams = {w[at : at + 3] for w in title.split() for at in range(len(w) - 2)}
        if grams:
            asked = " OR ".join(f'"{gram}"' for gram in sorted(grams))
            for number, rank in database.execute(
                "SELECT rowid, rank FROM texts WHERE texts MATCH ?", (asked,)
            ):
                score[number - 1] = -rank
        yield score
    database.close()


def _add_found(columns: list[Any], fold: Any) -> None:
    """Fill the column "found by anybody", with samples of the other folds only."""
    score = np.stack([column[0] for column in columns])
    np.fill_diagonal(score, 0.0)
    for number in range(FOLDS):
        many = sample_size(int((fold != number).sum()))
        best = np.partition(score[fold != number], -many, axis=0)[-many:].mean(axis=0)
        for own in np.flatnonzero(fold == number):
            columns[own][1] = best


def _cross_validated(columns: list[Any], choice: Any, fold: Any) -> tuple[list[Any], list[float]]:
    """Totals by weights that never saw the question's fold; and the weights of all folds."""
    x = np.stack([column[:, at].T for column, at in zip(columns, choice, strict=True)])
    right = choice == np.arange(len(choice))[:, None]
    totals: list[Any] = [None] * len(columns)
    for number in range(FOLDS):
        learned = _learn(x[fold != number], right[fold != number])
        for own in np.flatnonzero(fold == number):
            total = np.full(columns[own].shape[1], -np.inf)
            total[choice[own]] = x[own] @ learned
            totals[own] = total
    return totals, [round(float(each), 4) for each in _learn(x, right)]


def _learn(x: Any, right: Any, *, rounds: int = 150, keep: float = 0.005) -> Any:
    """Weights of a softmax over the candidates (Adam, whole batch)."""
    has = right.any(axis=1)
    x, y = x[has], right[has].astype(np.float32)
    middle, spread = x.mean(axis=(0, 1)), x.std(axis=(0, 1)) + 1e-6
    x = (x - middle) / spread
    weight = np.zeros(x.shape[2])
    first, second = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, rounds + 1):
        score = x @ weight
        chance = np.exp(score - score.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        slope = np.einsum("qc,qcf->f", chance - y, x) / len(x) + keep * weight
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        weight -= 0.05 * move
    return weight / spread


def _times(rows: Sequence[Row]) -> dict[str, float]:
    texts = [_text(number, row, title=row.article.title) for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory(prefix="sotong-index-") as place:
        folder = Path(place)
        build = _seconds(lambda: build_index(folder, texts, state="1"))
        changed = [IndexedText(0, "changed", "새 글", (), "아주 새로운 글이에요."), *texts[1:]]
        update = _seconds(lambda: build_index(folder, changed, state="2"))
        load = _seconds(lambda: load_index(folder))
        index = load_index(folder)
        assert index is not None
        took = []
        for row in rows[:300]:
            began = time.perf_counter()
            index.ranker.score(read_question(row.article.title))
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "build": build,
        "update": update,
        "load": load,
        "p50": statistics.median(took),
        "p95": took[int(len(took) * 0.95)],
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    result = knowledge()
    if "--json" in sys.argv:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        show_knowledge(result)
    if "--fit" in sys.argv:
        print("RANKING =", tuple(result["weights"]))
