"""The index changes in place: a small part beside the large one, merged when it has grown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge import index as index_module
from knowledge import postings
from knowledge.index import IndexedText, build_index, load_index, update_index
from knowledge.search import search
from knowledge.synonyms import read_synonyms
from knowledge.tokens import morphemes

TODAY = date(2026, 5, 4)


def text(number: int, title: str, body: str = "시청에 신청해요.", **changes: Any) -> IndexedText:
    return IndexedText(number, f"a{number}", title, (), body, **changes)


def keys(folder: Path, question: str) -> list[str]:
    index = load_index(folder)
    assert index is not None
    return [hit.key for hit in search(index, question, today=TODAY).hits]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_index(
        tmp_path, [text(1, "여권 발급"), text(2, "주차 요금"), text(3, "출산 지원")], state="3-3"
    )
    return tmp_path


def test_a_change_a_new_article_and_an_end_are_seen_at_once(folder: Path):
    changed = [
        text(2, "수영장 강습"),
        text(4, "도서관 책"),
        text(3, "출산 지원", valid_to=date(2026, 5, 3)),
    ]
    assert update_index(folder, changed, state="6-6")
    assert keys(folder, "주차") == []
    assert keys(folder, "수영장") == ["a2"]
    assert keys(folder, "도서관") == ["a4"]
    assert keys(folder, "출산") == []
    assert keys(folder, "여권") == ["a1"]
    # Once more the same article: the newest words count, the others stay.
    assert update_index(folder, [text(2, "캠핑장 예약")], state="7-7")
    assert keys(folder, "수영장") == []
    assert keys(folder, "캠핑장") == ["a2"]
    assert keys(folder, "도서관") == ["a4"]


def test_a_small_part_that_has_grown_is_merged_without_reading_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(index_module, "MOST_BESIDE", 1)
    read: list[str] = []

    def reads(given: str) -> tuple[str, ...]:
        read.append(given)
        return morphemes(given)

    monkeypatch.setattr(index_module, "morphemes", reads)
    assert update_index(folder, [text(4, "도서관 책"), text(1, "여권 재발급")], state="5-5")
    assert not any("주차" in each or "출산" in each for each in read)
    assert len(list(folder.glob("[bd]-*"))) == 1
    index = load_index(folder)
    assert index is not None
    assert sorted(entry.key for entry in index.entries) == ["a1", "a2", "a3", "a4"]
    assert keys(folder, "재발급") == ["a1"]
    assert keys(folder, "주차") == ["a2"]
    # The same as if all had been built anew.
    other = folder / "other"
    texts = [
        text(2, "주차 요금"),
        text(3, "출산 지원"),
        text(4, "도서관 책"),
        text(1, "여권 재발급"),
    ]
    build_index(other, texts, state="5-5")
    for question in ("여권", "주차 요금", "신청", "도서관"):
        assert keys(other, question) == keys(folder, question)


def test_an_article_that_is_gone_is_gone_after_building(folder: Path):
    build_index(folder, [text(1, "여권 발급")], state="x")
    assert keys(folder, "주차") == []
    assert keys(folder, "여권") == ["a1"]


def test_without_an_index_there_is_nothing_to_change(tmp_path: Path):
    assert not update_index(tmp_path, [text(1, "여권")], state="1-1")


def test_a_word_that_everybody_has_costs_no_more_and_hides_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postings, "STRONGEST", 3)
    texts = [text(number, "시청 신청 안내") for number in range(1, 12)]
    build_index(tmp_path, [*texts, text(12, "수영장 신청 안내", "길게 " * 40)], state="s")
    assert keys(tmp_path, "수영장 신청 안내")[0] == "a12"
    assert 0 < len(keys(tmp_path, "신청 안내")) <= 7


def test_what_people_call_things_finds_what_articles_call_them(tmp_path: Path):
    build_index(
        tmp_path,
        [
            text(1, "주민센터", "주민센터는 아홉 시에 열어요."),
            text(2, "주차 과태료"),
            text(3, "도서관"),
        ],
        state="s",
    )
    assert keys(tmp_path, "동사무소 몇 시")[0] == "a1"
    assert keys(tmp_path, "딱지 뗐어요")[0] == "a2"


def test_a_group_of_synonyms_goes_both_ways_and_an_arrow_one_way():
    found = read_synonyms("# 말\n가, 나 다\n라 > 마\n", lambda given: tuple(given.split()))
    assert found.of(["나", "다"]) == [(1, ("가",))]
    assert found.of(["가"]) == [(0, ("나", "다"))]
    assert found.of(["라"]) == [(0, ("마",))]
    assert found.of(["마"]) == []
