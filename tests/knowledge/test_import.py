"""Import: any CSV or JSON lines, broken rows told by line, twice is once, half is finished later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Database
from core.errors import Refused
from knowledge import import_run
from knowledge.import_run import ImportReport, run_import
from knowledge.importing import (
    DASAN,
    Broken,
    Row,
    decode,
    parse_map,
    read_csv,
    read_json_lines,
)
from knowledge.queries import current_articles
from tests.builders import MONDAY_TEN, make_database

HEAD = "번호,분류,제목,내용,내용번호\n"
ROWS = (
    '2,복지,아빠 육아휴직 장려금,"   업무개요  남성근로자의 육아휴직을 장려",23522464\n'
    "1,교통,주차 요금,한 시간에 천 원이에요,23032485\n"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_database(tmp_path)
    yield made
    made.dispose()


def rows(text: str = HEAD + ROWS) -> list[Row | Broken]:
    return list(read_csv(text, DASAN, origin="dasan120", source="120다산콜"))


def bring(database: Database, found: list[Row | Broken], **options) -> ImportReport:
    return run_import(
        database,
        found,
        origin="dasan120",
        actor="cli:test",
        now=lambda: MONDAY_TEN,
        **options,
    )


def titles(database: Database) -> list[str]:
    with database.reading() as session:
        return [stored.article.title for stored in current_articles(session)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_the_faq_as_it_is_published_is_read(encoding: str):
    found = rows(decode((HEAD + ROWS).encode(encoding)))
    assert [each.article.title for each in found if isinstance(each, Row)] == [
        "아빠 육아휴직 장려금",
        "주차 요금",
    ]
    first = found[0]
    assert isinstance(first, Row)
    assert (first.external_id, first.article.keywords) == ("23522464", ("복지",))
    assert first.article.body == "업무개요\n\n남성근로자의 육아휴직을 장려"


def test_what_is_no_text_is_refused():
    with pytest.raises(Refused, match="import_encoding"):
        decode(b"\xff\xfe\x00\x81\xff")


def test_a_broken_row_is_told_with_its_line_and_the_rest_goes_in(database: Database):
    text = (
        HEAD
        + '3,복지,"두\n줄 제목",내용이에요,7\n4,복지,,내용,8\n5,복지,제목\n6,복지,제목,  ,9\n'
        + ROWS
    )
    report = bring(database, rows(text))
    assert [(each.line, each.why) for each in report.broken] == [
        (4, "the title is empty"),
        (5, "it has 3 columns, expected 5"),
        (6, "the text is empty"),
    ]
    assert titles(database) == ["두 줄 제목", "아빠 육아휴직 장려금", "주차 요금"]


def test_a_wrong_column_is_named():
    with pytest.raises(Refused) as refused:
        list(read_csv("제목,글\nㄱ,ㄴ\n", DASAN, origin="x", source="y"))
    assert refused.value.code == "import_column"
    assert refused.value.values["column"] == "내용"


@pytest.mark.parametrize("pair", ["제목=title", "title", "title="])
def test_a_wrong_map_is_named(pair: str):
    with pytest.raises(Refused, match="import_map"):
        parse_map([pair])


def test_json_lines_with_a_map_are_read():
    line = {"q": "여권", "a": "4일 걸려요", "until": "2026.12.31", "tags": ["여권", "발급"]}
    columns = parse_map(["title=q", "content=a", "valid_to=until", "keywords=tags"])
    text = "\n".join(
        [json.dumps(line), "{", "[]", json.dumps({"q": "ㄱ", "a": "ㄴ", "until": "곧"})]
    )
    found = list(read_json_lines(text, columns, origin="faq", source="시 누리집"))
    assert isinstance(found[0], Row)
    assert found[0].article.keywords == ("여권", "발급")
    assert [each.line for each in found[1:] if isinstance(each, Broken)] == [2, 3, 4]
    assert "'곧' in valid_to is not a date" in found[3].why  # type: ignore[union-attr]


def test_twice_is_once(database: Database):
    assert bring(database, rows()).counts["new"] == 2
    again = bring(database, rows())
    assert (again.counts["new"], again.counts["same"]) == (0, 2)


def test_a_row_that_changed_becomes_a_new_version(database: Database):
    bring(database, rows())
    changed = bring(database, rows(HEAD + ROWS.replace("천 원", "이천 원")))
    assert (changed.counts["changed"], changed.counts["same"]) == (1, 1)


def test_the_same_words_under_another_number_are_one_article(database: Database):
    report = bring(database, rows(HEAD + ROWS + "9,교통,주차 요금,한 시간에 천 원이에요,99\n"))
    assert report.duplicates == [(4, "dasan120-23032485")]
    assert len(titles(database)) == 2


def test_a_dry_run_tells_and_changes_nothing(database: Database):
    report = bring(database, rows(), dry_run=True)
    assert report.counts["new"] == 2
    assert titles(database) == []


def test_a_run_that_was_stopped_goes_on(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_run, "BATCH", 1)

    def stop(_line: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(database, rows(), progress=stop)
    assert titles(database) == ["아빠 육아휴직 장려금"]
    rest = bring(database, rows())
    assert (rest.counts["same"], rest.counts["new"]) == (1, 1)
