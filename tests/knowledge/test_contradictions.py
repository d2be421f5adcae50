"""Articles that state different figures for the same thing are told with both sentences."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.wiring import build_parts
from knowledge.contradictions import contradictions
from knowledge.records import save_article
from tests.builders import MONDAY_TEN, make_database
from tests.knowledge.articles import make_article

HOW_MUCH = "## 얼마나 받나요\n\n첫째 아이를 낳으면 출산축하금 {}을 받아요."


def article(key: str, title: str, body: str, **changes: Any) -> Any:
    return make_article(key, title=title, body=body, **changes)


def birth(key: str, amount: str, *, title: str = "출산축하금 받기", **changes: Any) -> Any:
    return article(key, title, HOW_MUCH.format(amount), **changes)


def test_another_amount_for_the_same_thing_is_told_with_both_sentences():
    (found,) = contradictions([birth("a", "200만 원"), birth("b", "300만 원")])
    assert (found.first.key, found.second.key) == ("a", "b")
    assert found.sentences == (
        "첫째 아이를 낳으면 출산축하금 200만 원을 받아요.",
        "첫째 아이를 낳으면 출산축하금 300만 원을 받아요.",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("신청은 3월 2일부터 3월 31일까지 받아요.", "신청은 3월 2일부터 4월 30일까지 받아요."),
        ("아이가 태어난 날부터 60일 안에 신청해요.", "아이가 태어난 날부터 90일 안에 신청해요."),
        ("한 달 이용료는 5만 5천 원이에요.", "한 달 이용료는 5만 원이에요."),
        ("요금을 20퍼센트 깎아 드려요.", "요금을 30% 깎아 드려요."),
    ],
)
def test_dates_periods_and_shares_contradict_too(one: str, other: str):
    assert len(contradictions([article("a", "가", one), article("b", "가", other)])) == 1


@pytest.mark.parametrize("same", ["200만원", "2,000,000원", "200만 원"])
def test_the_same_amount_written_otherwise_is_no_contradiction(same: str):
    assert contradictions([birth("a", "200만 원"), birth("b", same)]) == []


def test_another_subject_another_heading_and_another_place_are_no_contradiction():
    assert (
        contradictions(
            [
                birth("a", "200만 원"),
                birth("b", "30만 원", title="교복 지원금", keywords=("교복", "입학", "학용품")),
            ]
        )
        == []
    )
    other = article("b", "출산축하금 받기", HOW_MUCH.format("30만 원").replace("얼마나", "언제"))
    assert contradictions([birth("a", "200만 원"), other]) == []
    assert (
        contradictions(
            [
                birth("a", "200만 원", title="강남구 출산축하금"),
                birth("b", "30만 원", title="서초구 출산축하금"),
            ]
        )
        == []
    )


def test_sentences_about_different_things_are_no_contradiction():
    one = article("a", "도서관 이용", "책은 한 번에 10권까지 빌려요. 첫째 주 월요일에 쉬어요.")
    other = article("b", "도서관 이용", "전자책은 5권이에요. 희망도서는 한 달에 3권 신청해요.")
    assert contradictions([one, other]) == []


def test_articles_that_share_most_keywords_are_compared():
    words = ("출산", "아기", "축하금")
    found = contradictions(
        [
            birth("a", "200만 원", title="출산축하금", keywords=words),
            birth("b", "100만 원", title="애 낳으면 받는 돈", keywords=(*words, "출생")),
        ]
    )
    assert len(found) == 1


def test_the_command_tells_only_articles_that_may_answer_today(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
):
    database = make_database(tmp_path)
    noon = datetime(2026, 5, 4, 3, tzinfo=UTC)
    monkeypatch.setattr("app.wiring.build_parts", partial(build_parts, now=lambda: noon))
    monkeypatch.setenv("SOTONG_ENVIRONMENT", "test")
    monkeypatch.setenv("SOTONG_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOTONG_DATABASE_URL", database.url)
    monkeypatch.setenv("SOTONG_LOG_LEVEL", "error")

    def save(made: Any) -> None:
        with database.transaction() as session:
            save_article(
                session,
                made,
                origin="city",
                external_id=made.key,
                author="cli:test",
                now=MONDAY_TEN,
            )

    save(birth("now", "200만 원"))
    save(birth("before", "300만 원", valid_to=date(2026, 5, 3)))
    assert run(["knowledge", "check"]) == 0
    assert "없어요" in capsys.readouterr().out
    save(birth("too", "300만 원", title="출산 축하금 받기"))
    assert run(["knowledge", "check", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["keys"] == ["now", "too"]
    assert run(["knowledge", "check"]) == 1
    assert "300만 원을 받아요" in capsys.readouterr().out
    database.dispose()
