"""Officers' acts on one article: two at once, twice the same, half of it failing; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import Refused
from core.models.article import ArticleVersion
from core.models.vault import AuditEntry
from knowledge.articles import Article
from knowledge.editing import By, confirm_article, edit_article, end_article, write_article
from knowledge.history import differences, versions_of
from knowledge.records import save_article
from tests.builders import MONDAY_TEN, make_database
from tests.knowledge.articles import make_article

HANA, DURI = By("officer:1", MONDAY_TEN), By("officer:2", MONDAY_TEN)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_database(tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def written(database: Database) -> Database:
    with database.transaction() as session:
        assert write_article(session, make_article(), by=HANA).outcome == "new"
    return database


def edit(database: Database, article: Article, by: By = HANA, seen: int = 1) -> str:
    with database.transaction() as session:
        return edit_article(session, article, article_id=1, seen_version=seen, by=by).outcome


def versions(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(ArticleVersion)).all())


def lines(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.actor, row.action) for row in rows]


def test_of_two_officers_at_the_same_moment_one_saves_and_the_other_is_told(
    written: Database,
) -> None:
    ready, told = threading.Barrier(2), list[str]()

    def work(by: By, amount: int) -> None:
        ready.wait(20)
        try:
            told.append(edit(written, make_article(body=f"첫째는 {amount}만 원이에요."), by))
        except Refused as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=work, args=each) for each in ((HANA, 300), (DURI, 400))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["article_stale", "changed"]
    assert versions(written) == 2


def test_the_same_words_of_two_officers_at_once_are_no_loss(written: Database) -> None:
    changed = make_article(body="첫째는 300만 원이에요.")
    assert edit(written, changed) == "changed"
    assert edit(written, changed, DURI, seen=2) == "same"
    assert versions(written) == 2
    assert lines(written) == [("officer:1", "article.write"), ("officer:1", "article.edit")]


def test_what_is_refused_leaves_no_version_and_no_line(written: Database) -> None:
    for article, code in (
        (make_article(related=("birth-support",)), "article_related"),
        (make_article(related=("none",)), "article_related"),
        (make_article(title=""), "article_title"),
    ):
        with pytest.raises(Refused, match=code):
            edit(written, article)
    with pytest.raises(Refused, match="article_unknown"), written.transaction() as session:
        confirm_article(session, article_id=9, seen_version=1, today=date(2026, 5, 4), by=HANA)
    with pytest.raises(Refused, match="article_key_taken"), written.transaction() as session:
        write_article(session, make_article(title="다른 글"), by=HANA)
    assert versions(written) == 1
    assert lines(written) == [("officer:1", "article.write")]


def test_the_name_in_the_address_never_changes(written: Database) -> None:
    assert edit(written, make_article("other", title="다른 제목")) == "changed"
    with written.reading() as session:
        assert {each.article.key for each in versions_of(session, article_id=1)} == {
            "birth-support"
        }


def test_an_article_that_points_to_a_lost_one_can_still_be_confirmed_and_ended(
    database: Database,
) -> None:
    with database.transaction() as session:
        lost = make_article(related=("none",))
        save_article(session, lost, origin="x", external_id="1", author="cli:test", now=MONDAY_TEN)
    with database.transaction() as session:
        day = date(2026, 5, 4)
        confirm_article(session, article_id=1, seen_version=1, today=day, by=HANA)
        end_article(session, article_id=1, seen_version=2, last_day=day, by=HANA)
    with database.reading() as session:
        newest = versions_of(session, article_id=1)[0].article
    assert (newest.verified_on, newest.valid_to) == (day, day)


def test_differences_name_fields_and_lines_and_nothing_else() -> None:
    before, after = make_article(), make_article(body="새 글", valid_to=date(2026, 5, 4))
    found = differences(before, after)
    assert found.fields == (("valid_to", None, date(2026, 5, 4)),)
    assert [line.text for line in found.lines if line.kind == "in"] == ["새 글"]
    assert not differences(before, before).any
    long = make_article(body="\n\n".join(f"줄 {n}" for n in range(3000)))
    assert differences(long, make_article(body="끝")).any
