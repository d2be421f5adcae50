"""An encoder beside the words: it finds what shares no word, and when it fails words alone answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.knowledge_index import fresh_index
from core.database import Database
from core.errors import TemporaryFailure
from knowledge.dense import REST_SECONDS, Dense, fuse
from knowledge.records import save_article
from knowledge.search import search
from tests.builders import MONDAY_TEN, make_database
from tests.knowledge.articles import make_article

TODAY = date(2026, 5, 4)


class TwoMeanings:
    """Everything is about children or about roads."""

    name = "two meanings"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    def encode(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        if self.fails:
            raise TemporaryFailure("away")
        return [[1.0, "꼬물이" in text or "아기" in text, "도로" in text] for text in texts]


@pytest.fixture
def database(tmp_path: Path) -> Any:
    made = make_database(tmp_path)
    add(
        made, "birth-support", "출산하면 받을 수 있는 지원", "아기가 태어난 집은 200만 원을 받아요."
    )
    add(made, "road-dig", "도로 파기", "도로를 파려면 허가를 받아요.")
    yield made
    made.dispose()


def add(database: Database, key: str, title: str, body: str, **changes: Any) -> None:
    with database.transaction() as session:
        save_article(
            session,
            make_article(key, title=title, body=body, keywords=(), **changes),
            origin="city",
            external_id=key,
            author="cli:test",
            now=MONDAY_TEN,
        )


def keys(index: Any, question: str) -> list[str]:
    return [hit.key for hit in search(index, question, today=TODAY).hits]


def test_ranks_of_two_orders_are_fused():
    assert fuse([[1, 2, 3], [2, 3, 1]]) == [2, 1, 3]
    assert fuse([[1, 2], []]) == [1, 2]
    assert fuse([[], [7]]) == [7]


def test_what_shares_no_word_is_found_by_meaning_but_is_not_sure(
    database: Database, tmp_path: Path
):
    encoder = TwoMeanings()
    index = fresh_index(database, tmp_path / "knowledge", encoder=encoder)
    assert keys(fresh_index(database, tmp_path / "knowledge"), "꼬물이 왔어염") == []
    found = search(index, "꼬물이 왔어염", today=TODAY)
    assert found.hits[0].key == "birth-support"
    # Meaning brings articles; only words that are explained make an answer sure.
    assert found.abstained


def test_an_article_that_ended_is_not_brought_back_by_meaning(database: Database, tmp_path: Path):
    add(database, "old", "옛 아기 지원", "아기 지원은 끝났어요.", valid_to=date(2026, 4, 1))
    index = fresh_index(database, tmp_path / "knowledge", encoder=TwoMeanings())
    assert "old" not in keys(index, "꼬물이")


def test_only_an_article_that_changed_gets_a_new_vector(database: Database, tmp_path: Path):
    encoder, folder = TwoMeanings(), tmp_path / "knowledge"
    fresh_index(database, folder, encoder=encoder)
    assert len(encoder.asked) == 2
    fresh_index(database, folder, encoder=encoder)
    assert len(encoder.asked) == 2
    add(database, "road-dig", "도로 파기", "도로를 파려면 먼저 허가를 받아야 해요.")
    index = fresh_index(database, folder, encoder=encoder)
    assert len(encoder.asked) == 3
    assert keys(index, "꼬물이")[0] == "birth-support"


def test_when_the_encoder_fails_words_alone_answer_and_the_log_says_so(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    encoder, folder = TwoMeanings(), tmp_path / "knowledge"
    index = fresh_index(database, folder, encoder=encoder)
    words = search(fresh_index(database, folder), "도로 허가", today=TODAY)
    encoder.fails = True
    asked = len(encoder.asked)
    with caplog.at_level(logging.WARNING):
        assert search(index, "도로 허가", today=TODAY) == words
        assert search(index, "도로 허가", today=TODAY) == words
    assert "words alone answer" in caplog.text
    assert "도로 허가" not in caplog.text
    # A dead endpoint is not asked for each question.
    assert len(encoder.asked) == asked + 1


def test_an_encoder_that_comes_back_is_used_again():
    encoder, now = TwoMeanings(), [0.0]
    dense = Dense(encoder, np.eye(3, dtype=np.float32), clock=lambda: now[0])
    everywhere = np.ones(3, dtype=bool)
    encoder.fails = True
    assert dense.nearest("도로", allowed=everywhere, most=1) == []
    encoder.fails = False
    assert dense.nearest("도로", allowed=everywhere, most=1) == []
    now[0] = REST_SECONDS
    assert dense.nearest("아기", allowed=everywhere, most=1) in ([0], [1])


def test_articles_without_a_vector_are_made_up_for_later(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    encoder, folder = TwoMeanings(), tmp_path / "knowledge"
    encoder.fails = True
    with caplog.at_level(logging.WARNING):
        index = fresh_index(database, folder, encoder=encoder)
    assert "2 articles have no vector yet" in caplog.text
    assert keys(index, "도로 허가")[0] == "road-dig"
    encoder.fails = False
    assert keys(fresh_index(database, folder, encoder=encoder), "꼬물이")[0] == "birth-support"


def test_a_model_whose_vectors_have_another_length_is_not_mixed_in(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    encoder, folder = TwoMeanings(), tmp_path / "knowledge"
    index = fresh_index(database, folder, encoder=encoder)
    encoder.encode = lambda texts: [[1.0]] * len(texts)  # type: ignore[method-assign]
    with caplog.at_level(logging.WARNING):
        assert keys(index, "도로 허가")[0] == "road-dig"
    assert "another length" in caplog.text
