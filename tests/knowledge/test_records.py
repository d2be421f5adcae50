"""Articles in the database: versions are kept, the same words are one article, expired ones are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import Refused
from core.models.article import ArticleVersion
from knowledge.articles import Article
from knowledge.queries import current_articles, due_articles, state_of_articles
from knowledge.records import Saved, save_article
from tests.builders import MONDAY_TEN, make_database
from tests.knowledge.articles import make_article

TODAY = date(2026, 5, 4)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_database(tmp_path)
    yield made
    made.dispose()


def save(database: Database, article: Article, number: str = "1") -> Saved:
    with database.transaction() as session:
        return save_article(
            session,
            article,
            origin="city",
            external_id=number,
            author="cli:test",
            now=MONDAY_TEN,
        )


def now_there(database: Database) -> list[Article]:
    with database.reading() as session:
        return [stored.article for stored in current_articles(session)]


def test_an_article_comes_back_as_it_was(database: Database):
    article = make_article(valid_to=date(2026, 12, 31), audience=("임산부",), sample=True)
    assert save(database, article).outcome == "new"
    assert now_there(database) == [article]


def test_the_same_again_adds_no_version(database: Database):
    save(database, make_article())
    assert save(database, make_article()).outcome == "same"
    with database.reading() as session:
        assert len(session.scalars(select(ArticleVersion)).all()) == 1


def test_a_change_is_a_new_version_and_the_old_one_stays(database: Database):
    save(database, make_article())
    before = state(database)
    changed = make_article(body="첫째는 300만 원이에요.")
    assert save(database, changed).outcome == "changed"
    assert now_there(database) == [changed]
    assert state(database) != before
    with database.reading() as session:
        versions = session.scalars(select(ArticleVersion).order_by(ArticleVersion.number)).all()
        assert [(each.number, "200" in each.body) for each in versions] == [(1, True), (2, False)]


def test_being_checked_again_is_a_version_although_no_word_changed(database: Database):
    save(database, make_article())
    assert save(database, make_article(verified_on=TODAY)).outcome == "changed"


def test_the_same_words_from_elsewhere_are_one_article(database: Database):
    first = save(database, make_article())
    spaced = make_article("other", title=" 출산하면  받을 수 있는 지원 ")
    assert save(database, spaced, "2") == Saved("duplicate", first.article_id, "birth-support")
    assert len(now_there(database)) == 1


def test_two_articles_cannot_have_one_key(database: Database):
    save(database, make_article())
    with pytest.raises(Refused, match="article_key_taken"):
        save(database, make_article(title="다른 글"), "2")
    assert len(now_there(database)) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "article_title"),
        ({"title": "가" * 301}, "article_title"),
        ({"body": ""}, "article_body"),
        ({"source": ""}, "article_source"),
        ({"keywords": ("가" * 121,)}, "article_words"),
        ({"valid_to": date(2025, 12, 31)}, "article_dates"),
    ],
)
def test_what_breaks_a_rule_does_not_go_in(database: Database, changes: dict, code: str):
    with pytest.raises(Refused, match=code):
        save(database, make_article(**changes))
    assert now_there(database) == []


def test_an_article_answers_from_its_first_to_its_last_day():
    article = make_article(valid_to=TODAY)
    assert article.answers_on(TODAY)
    assert article.answers_on(date(2026, 1, 1))
    assert not article.answers_on(TODAY + timedelta(days=1))
    assert not article.answers_on(date(2025, 12, 31))


def test_what_must_be_checked_is_told_with_the_reason(database: Database):
    for number, changes in enumerate(
        (
            {},
            {"verified_on": None},
            {"verified_on": TODAY - timedelta(days=180)},
            {"valid_to": TODAY},
            {"valid_to": TODAY - timedelta(days=1)},
        )
    ):
        save(database, make_article(f"a{number}", title=f"글 {number}", **changes), str(number))
    with database.reading() as session:
        found = due_articles(session, today=TODAY)
    assert [(each.stored.article.key, each.reasons) for each in found] == [
        ("a4", ("expired",)),
        ("a1", ("never_verified",)),
        ("a2", ("verified_long_ago",)),
        ("a3", ("ends_soon",)),
    ]


def state(database: Database) -> str:
    with database.reading() as session:
        return state_of_articles(session)


def by_officer(database: Database, article: Article) -> Saved:
    with database.transaction() as session:
        return save_article(
            session,
            article,
            origin="city",
            external_id="1",
            author="officer:3",
            now=MONDAY_TEN,
        )


def test_what_an_officer_edited_no_import_overwrites_and_a_changed_row_is_told(database: Database):
    save(database, make_article())
    assert by_officer(database, make_article(body="첫째는 300만 원이에요.")).outcome == "changed"
    assert save(database, make_article()).outcome == "same"
    assert save(database, make_article(body="첫째는 400만 원이에요.")).outcome == "kept"
    assert [each.body for each in now_there(database)] == ["첫째는 300만 원이에요."]
    assert by_officer(database, make_article(body="첫째는 500만 원이에요.")).outcome == "changed"
