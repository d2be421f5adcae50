"""Whatever is typed or imported: nothing raises, nothing foreign gets in, the cost is bounded."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli.main import run
from core.database import Database
from knowledge.index import Index, IndexedText, build_index, load_index
from knowledge.markdown import from_plain
from knowledge.passage import passage
from knowledge.queries import current_articles
from knowledge.search import search
from knowledge.tokens import LONGEST_QUESTION, read_question
from tests.builders import make_database

TODAY = date(2026, 5, 4)
BODIES = {
    "birth": ("출산 지원", "아기가 태어난 집은 200만 원을 받아요. 60일 안에 주민센터에 신청해요."),
    "parking": ("주차 과태료", "불법 주차 과태료는 4만 원이에요. 미리 내면 20퍼센트 깎아요."),
    "library": ("도서관", "책은 한 번에 10권까지 2주 동안 빌려요."),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    texts = [
        IndexedText(number, key, title, (), body)
        for number, (key, (title, body)) in enumerate(BODIES.items(), 1)
    ]
    build_index(folder, texts, state="1-1")
    made = load_index(folder)
    assert made is not None
    return made


# Hangul, letters, marks, tokens of personal data, tags, and whatever Unicode has.
PIECES = st.one_of(
    st.sampled_from(
        ["출산", "과태료", "책", "⟦전화1⟧", "⟦⟧", "<script>", "\0", "ㅋㅋ", "?", "👶", " "]
    ),
    st.text(max_size=6),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_question_gets_an_order_and_a_chance(index: Index, question: str):
    found = search(index, question, today=TODAY)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(math.isfinite(score) for score in scores)
    assert len({hit.key for hit in found.hits}) == len(found.hits)
    assert 0 <= found.confidence <= 1
    assert found.abstained or found.hits


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=20))
def test_a_passage_is_never_more_than_the_article_says(body: str, question: str):
    clean = from_plain(body)
    assert all(line in clean for line in passage(clean, question))


def test_of_20000_characters_only_the_first_are_read(index: Index):
    question = ("출산 지원 얼마예요 " * 3000)[:20_000]
    assert read_question(question) == read_question(question[:LONGEST_QUESTION])
    assert search(index, question, today=TODAY).hits[0].key == "birth"


def test_what_stands_for_personal_data_finds_nothing(index: Index):
    assert search(index, "⟦이름1⟧ ⟦전화1⟧ ⟦계좌1⟧", today=TODAY).hits == ()
    with_data = search(index, "⟦이름1⟧ 도서관 책", today=TODAY)
    assert with_data.hits[0].score == search(index, "도서관 책", today=TODAY).hits[0].score


def imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, *options: str
) -> tuple[int, Database]:
    database = make_database(tmp_path)
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    monkeypatch.setenv("SOTONG_LOG_LEVEL", "error")
    file = tmp_path / "faq.csv"
    file.write_bytes(data)
    command = ["knowledge", "import", str(file), "--origin", "faq", "--source", "시 누리집"]
    return run([*command, *options]), database


def test_cp949_with_scripts_comes_in_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    text = '질문,답변\n주차 <b>요금</b>,"<script>x()</script>한 시간에 천 원이에요.<img src=x onerror=y()>"\n'
    code, database = imported(
        monkeypatch, tmp_path, text.encode("cp949"), "--map", "title=질문", "--map", "content=답변"
    )
    assert code == 0
    with database.reading() as session:
        (stored,) = current_articles(session)
    assert stored.article.body == "한 시간에 천 원이에요."
    assert "<" not in stored.article.title
    database.dispose()


def test_a_wrong_column_is_named_with_those_that_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
):
    code, database = imported(
        monkeypatch,
        tmp_path,
        "질문,답변\nㄱ,ㄴ\n".encode(),
        "--map",
        "title=제목",
        "--map",
        "content=답변",
    )
    assert code == 1
    error = capsys.readouterr().err
    assert "'제목'" in error
    assert "질문, 답변" in error
    database.dispose()
