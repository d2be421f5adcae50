"""Search: the right article, its sentences, silence where nothing answers; an index that keeps up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.city_files import load_city
from app.cli.main import run
from app.knowledge_index import fresh_index
from app.policy_seed import seed_articles
from app.settings import project_root
from app.wiring import build_parts
from core.database import Database
from knowledge.index import Index
from knowledge.passage import passage
from knowledge.records import save_article
from knowledge.search import Found, search
from knowledge.tokens import morphemes
from tests import builders
from tests.builders import MONDAY_TEN
from tests.knowledge.articles import make_article

TODAY = date(2026, 11, 15)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path]]:
    """The sample articles in a database with their index; the folder is that of the database."""
    folder = tmp_path_factory.mktemp("knowledge")
    database = builders.make_database(folder)
    city = load_city(project_root() / "city")
    seed_articles(database, city=city, city_dir=project_root() / "city", now=MONDAY_TEN)
    fresh_index(database, folder / "var" / "knowledge")
    yield database, folder
    database.dispose()


@pytest.fixture(scope="module")
def index(house: tuple[Database, Path]) -> Index:
    return fresh_index(house[0], house[1] / "var" / "knowledge")


def ask(index: Index, question: str, *, today: date = TODAY) -> Found:
    return search(index, question, today=today)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("전기차 보조금 언제까지 신청해요?", "ev-subsidy"),
        ("첫만남이용권 둘째는 얼마예요", "birth-support"),
        ("출산지원금신청언제까지해야돼요", "birth-support"),
        ("대형 폐기물 버리려면 어떻게 해요", "large-waste"),
    ],
)
def test_a_question_in_a_citizen_s_words_finds_its_article(index: Index, question: str, key: str):
    assert ask(index, question).hits[0].key == key


@pytest.mark.parametrize(
    "question", ["", " ?!", "ㅋㅋㅋ", "asdf qwer", "김치찌개 맛있게 끓이는 법", "⟦전화1⟧ ⟦이름1⟧"]
)
def test_what_no_article_answers_is_left_unanswered(index: Index, question: str):
    assert ask(index, question).abstained


def test_a_very_long_question_is_read_in_part(index: Index):
    assert ask(index, "전기차 보조금 " * 3000).hits[0].key == "ev-subsidy"


def test_an_article_that_has_ended_never_comes_back(index: Index):
    question = "벚꽃축제 언제 해요 봄꽃 축제"
    assert ask(index, question, today=date(2026, 4, 1)).hits[0].key == "festival-spring"
    keys = {hit.key for hit in ask(index, question).hits}
    assert "festival-spring" not in keys


def test_a_passage_is_whole_sentences_of_the_article_in_order():
    body = (
        "아이를 낳은 집에 드려요.\n\n## 얼마나 받나요\n\n첫째는 200만 원이에요. 둘째는 300만 원이에요.\n\n"
        "## 언제 신청하나요\n\n60일 안에 신청해요."
    )
    assert passage(body, "둘째는 얼마 받아요?")[-1] == "둘째는 300만 원이에요."
    assert "60일 안에 신청해요." in passage(body, "언제까지 신청해요?")
    assert passage("", "얼마예요?") == ()
    lines = passage(body, "돈")
    assert lines
    assert [body.index(line) for line in lines] == sorted(body.index(line) for line in lines)


def test_only_an_article_that_changed_is_read_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    database, folder = builders.make_database(tmp_path), tmp_path / "knowledge"
    for number in range(3):
        add(database, make_article(f"a{number}", title=f"주차 요금 {number}호"), str(number))
    before = fresh_index(database, folder)
    read: list[str] = []

    def reads(text: str) -> Any:
        read.append(text)
        return morphemes(text)

    monkeypatch.setattr("knowledge.index.morphemes", reads)
    assert fresh_index(database, folder).state == before.state
    assert read == []
    add(database, make_article("a1", title="여권 발급"), "1")
    after = fresh_index(database, folder)
    assert sum("첫만남이용권" in text for text in read) == 1
    assert search(after, "여권 발급", today=TODAY).hits[0].key == "a1"
    # The words that it no longer has do not find it.
    assert {hit.key for hit in search(after, "주차 요금", today=TODAY).hits[:2]} == {"a0", "a2"}
    assert sorted(entry.key for entry in after.entries) == ["a0", "a1", "a2"]
    # Who still holds the one before goes on with it.
    assert search(before, "주차 요금", today=TODAY).hits
    assert len(list(folder.glob("[bd]-*"))) == 2
    database.dispose()


@pytest.mark.parametrize("damage", ["current", "means.npy"])
def test_an_index_that_is_damaged_or_gone_is_built_again(tmp_path: Path, damage: str):
    database, folder = builders.make_database(tmp_path), tmp_path / "knowledge"
    add(database, make_article(), "1")
    fresh_index(database, folder)
    for path in folder.rglob(damage):
        path.unlink() if path.suffix else path.write_text("{")
    assert search(fresh_index(database, folder), "출산 지원", today=TODAY).hits
    database.dispose()


def test_a_city_without_articles_is_silent(tmp_path: Path):
    database = builders.make_database(tmp_path)
    assert ask(fresh_index(database, tmp_path / "knowledge"), "출산 지원").abstained
    database.dispose()


def test_the_command_line_cites_what_it_answers(
    house: tuple[Database, Path], monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    command(house, monkeypatch)
    assert run(["knowledge", "ask", "여권 재발급 수수료 얼마예요? 010-1234-5678", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "010-1234-5678" not in answer["question"]
    assert answer["articles"][0]["key"] == "passport"
    assert not answer["abstained"]
    assert answer["source"].startswith("https://")
    assert answer["department"]
    assert answer["phone"]
    assert answer["verified_on"]
    assert answer["passage"]
    assert run(["knowledge", "ask", "김치찌개 맛있게 끓이는 법", "--json"]) == 0
    silent = json.loads(capsys.readouterr().out)
    assert (silent["abstained"], silent["passage"], silent["source"]) == (True, [], None)


def test_a_file_of_questions_is_measured(
    house: tuple[Database, Path], monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
):
    command(house, monkeypatch)
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"question": "여권 재발급 수수료", "article": "passport"}\n'
        '{"question": "김치찌개 맛있게 끓이는 법"}\n',
        encoding="utf-8",
    )
    assert run(["knowledge", "evaluate", str(file), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["questions"], figures["outside"], figures["first"]) == (1, 1, 1.0)
    assert figures["silent_outside"] == 1.0
    shares = ("right", "wrong", "asked_back", "silent_inside")
    assert sum(figures[name] for name in shares) == 1
    file.write_text('{"question": "여권", "article": "nothing"}\n')
    assert run(["knowledge", "evaluate", str(file)]) == 2


def add(database: Database, article: Any, number: str) -> None:
    with database.transaction() as session:
        save_article(
            session,
            article,
            origin="city",
            external_id=number,
            author="cli:test",
            now=MONDAY_TEN,
        )


def command(house: tuple[Database, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    database, folder = house
    # An article that ends must not decide about the test.
    noon = datetime(2026, 11, 15, 3, tzinfo=UTC)
    monkeypatch.setattr("app.wiring.build_parts", partial(build_parts, now=lambda: noon))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(folder / "var"))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    monkeypatch.setenv("SOTONG_LOG_LEVEL", "error")
