"""What ranking and sureness are learned and measured on: the 120 Dasan FAQ and questions on the samples.

A title of the FAQ is a question and only the texts are indexed; "found by anybody" counts titles of the
other folds only. Must not learn.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from app.city_files import load_city
from app.city_policy import load_policy
from app.knowledge_index import indexed
from app.settings import project_root
from knowledge import weights
from knowledge.asked import ask_about
from knowledge.importing import DASAN, Row, decode, read_csv
from knowledge.index import Index, IndexedText, build_index, load_index, tokens_of
from knowledge.queries import Stored
from knowledge.scoring import Ranker, Scores, found_by
from knowledge.search import scored
from knowledge.segment import Phrases, Segment, count
from knowledge.synonyms import synonyms
from knowledge.tokens import Tokens, read_question

FAQ = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "seoul120_faq" / "seoul-120-text.csv"
)
QUESTIONS = project_root() / "tests" / "knowledge" / "questions_stranger.jsonl"
SHORTEST = 20  # characters of a text; shorter ones say nothing ("정비중")
FOLDS = 5
DAY = date(2026, 11, 15)


@dataclass(frozen=True)
class Faq:
    """The FAQ read: articles and questions by place, the fold of each."""

    rows: list[Row]
    documents: list[Tokens]
    questions: list[Tokens]
    fold: Any


@dataclass(frozen=True)
class SampleQuestion:
    """A question with what the sample articles give for it; ``key`` None: none answers it."""

    text: str
    key: str | None
    right: int | None
    scores: Scores


def read_faq() -> Faq | None:
    """None where the file is not beside this folder."""
    if not FAQ.exists():
        return None
    read = read_csv(decode(FAQ.read_bytes()), DASAN, origin="dasan120", source="120")
    by_words: dict[str, Row] = {}
    for row in read:
        if isinstance(row, Row) and len(" ".join(row.article.body.split())) >= SHORTEST:
            by_words.setdefault(row.article.content_hash, row)
    rows = list(by_words.values())
    return Faq(
        rows,
        [tokens_of(text_of(number, row, title="")) for number, row in enumerate(rows)],
        [read_question(row.article.title) for row in rows],
        np.random.default_rng(0).permutation(len(rows)) % FOLDS,
    )


def text_of(number: int, row: Row, *, title: str) -> IndexedText:
    """What is indexed of a row."""
    return IndexedText(number, row.article.key, title, (), row.article.body)


def faq_scores(faq: Faq) -> list[Scores]:
    """What the ranker gives for each title."""
    segment = Segment.build(count(faq.documents), Phrases.build(faq.documents))
    nowhere = np.empty(0, dtype=np.int64)
    plain = Ranker([segment], [np.zeros(segment.size, dtype=np.float32)], [nowhere])
    found: list[Any] = [None] * len(faq.rows)
    for number in range(FOLDS):
        samples = [
            (ask_about(faq.questions[own]), int(own)) for own in np.flatnonzero(faq.fold != number)
        ]
        ranker = Ranker([segment], [found_by(plain, samples)], [nowhere])
        for own in np.flatnonzero(faq.fold == number):
            found[own] = ranker.rank(ask_about(faq.questions[own], synonyms()))
    return found


def sample_index(folder: Path) -> Index:
    """An index of city/policy alone."""
    city = project_root() / "city"
    articles = load_policy(city, departments={each.id for each in load_city(city).departments})
    texts = [indexed(Stored(number, number, each)) for number, each in enumerate(articles, 1)]
    build_index(folder, texts, state="sample")
    index = load_index(folder)
    assert index is not None
    return index


def sample_questions(index: Index, files: Sequence[Path] = (QUESTIONS,)) -> list[SampleQuestion]:
    """Lines {"question", "article"}; silence is right for what only an ended article answers."""
    places = {entry.key: at for at, entry in enumerate(index.entries)}
    ended = {each.key for each in index.entries if each.valid_to and each.valid_to < DAY}
    found = []
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            key = data.get("article")
            key = None if key in ended else key
            found.append(
                SampleQuestion(
                    data["question"],
                    key,
                    None if key is None else places[key],
                    scored(index, data["question"], today=DAY),
                )
            )
    return found


def sample_asked(files: Sequence[Path] = (QUESTIONS,)) -> list[SampleQuestion]:
    """The same with an index that is made for it and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sotong-index-") as folder:
        asked = sample_questions(sample_index(Path(folder)), files)
        # The arrays of an index vanish with its folder.
        return [replace(each, scores=_copied(each.scores)) for each in asked]


def _copied(scores: Scores) -> Scores:
    if not len(scores.places):
        # Nothing in common with any article: everything is 0.
        empty = np.zeros((1, len(weights.FEATURES)), dtype=np.float32)
        return replace(scores, places=np.array([-1]), total=np.zeros(1), features=empty)
    return replace(scores, places=np.array(scores.places), features=np.array(scores.features))
