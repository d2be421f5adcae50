"""Officers' articles: who may write, what is public when, two at once, personal data, versions, audit lines."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select

from core.models.article import ArticleVersion
from core.models.vault import AuditEntry
from knowledge.articles import Article
from knowledge.queries import current_articles
from knowledge.records import save_article
from tests.console.house import Browser, House
from tests.knowledge.articles import make_article

GOOD = {
    "title": "야간 약국 찾기",
    "body": "야간 약국은 매일 밤 10시까지 열어요.\n\n- 신분증은 필요 없어요",
    "source": "https://www.example.go.kr/night-pharmacy",
    "department": "health",
    "keywords": "약국, 밤, 약국",
}


def save(house: House, article: Article, *, author: str = "cli:test") -> int:
    with house.database.transaction() as session:
        return save_article(
            session,
            article,
            origin="city",
            external_id=article.key,
            author=author,
            now=house.clock(),
        ).article_id


def all_now(house: House) -> list[Article]:
    with house.database.reading() as session:
        return [each.article for each in current_articles(session)]


def acts(house: House) -> list[tuple[str, str, str]]:
    with house.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action.startswith("article."))
            .order_by(AuditEntry.id)
        )
        return [(line.actor, line.action, line.subject) for line in lines]


def edit(browser: Browser, article_id: int, **values: str):
    page = f"/articles/{article_id}/edit"
    return browser.submit(page, f"/articles/{article_id}", **(typed_on(browser, page) | values))


def typed_on(browser: Browser, page: str) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    html = browser.get(page).text
    found = {
        name: unescape(value)
        for name, value in re.findall(r'<input id="\w+" name="(\w+)"[^>]*? value="([^"]*)"', html)
    }
    for name, words in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', html, re.S):
        found[name] = unescape(words)
    chosen = re.search(r'<option value="([^"]*)" selected', html)
    return found | {"department": chosen[1] if chosen else ""}


def test_what_an_officer_saves_is_an_article_with_author_and_audit_line(house: House) -> None:
    browser = house.sign_in()
    answer = browser.submit("/articles/new", "/articles", **GOOD, verified="1")
    assert answer.headers["location"] == "/articles/1?done=article_saved"
    (article,) = all_now(house)
    assert article.title == GOOD["title"]
    assert article.body.endswith("- 신분증은 필요 없어요")
    assert article.keywords == ("약국", "밤")
    assert article.verified_on == date(2026, 5, 4)
    assert re.fullmatch(r"guide-[0-9a-f]{10}", article.key)
    assert not article.sample
    assert acts(house) == [("officer:1", "article.write", "article:1")]
    page = unescape(browser.get("/articles/1").text)
    assert "한아름" in page
    assert "답하는 글" in page


def test_a_preview_shows_the_words_and_keeps_nothing(house: House) -> None:
    browser = house.sign_in()
    page = browser.submit("/articles/new", "/articles", **GOOD, do="preview")
    assert page.status_code == 200
    assert "<li>신분증은 필요 없어요</li>" in page.text
    assert GOOD["source"] in page.text
    assert "야간 약국은 매일 밤 10시까지 열어요." in typed_words(page.text)
    assert all_now(house) == []
    assert acts(house) == []


def typed_words(html: str) -> str:
    found = re.search(r'<textarea id="body".*?>(.*?)</textarea>', html, re.S)
    assert found
    return unescape(found[1])


def test_a_form_sent_twice_is_one_article(house: House) -> None:
    browser = house.sign_in()
    form = browser.form("/articles/new", "/articles") | GOOD
    first, second = browser.send("/articles", form), browser.send("/articles", form)
    assert first.headers["location"] == "/articles/1?done=article_saved"
    assert second.headers["location"] == "/articles/1?done=already"
    assert len(all_now(house)) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": " "}, "제목을"),
        ({"body": "<script>x</script>"}, "글을 써 주세요"),
        ({"source": ""}, "출처"),
        ({"key": "한글"}, "주소 이름은"),
        ({"key": "01073914826"}, "주소 이름은"),
        ({"valid_from": "내일"}, "날짜를"),
        ({"valid_from": "2026-05-05", "valid_to": "2026-05-04"}, "시작하는 날보다 앞서요"),
        ({"related": "none"}, "‘none’라는 글이 없어요"),
        ({"department": "nobody"}, "부서를 다시"),
        ({"keywords": "가" * 121}, "낱말은"),
        ({"body": "가" * 20_001}, "20000자까지"),
        ({"body": "번호는 900101-1000001"}, "저장할 수 없어요"),
    ],
)
def test_what_breaks_a_rule_is_told_and_every_word_stays_in_the_form(
    house: House, changes: dict[str, str], told: str
) -> None:
    values = GOOD | changes
    page = house.sign_in().submit("/articles/new", "/articles", **values)
    assert page.status_code == 400
    assert told in unescape(page.text)
    assert typed_words(page.text) == values["body"]
    assert all_now(house) == []


def test_the_same_words_are_no_second_article(house: House) -> None:
    save(house, make_article())
    twin = {"title": "출산하면 받을 수 있는 지원", "body": make_article().body, "source": "x"}
    page = house.sign_in().submit("/articles/new", "/articles", **twin)
    assert "이미 있어요: ‘birth-support’" in unescape(page.text)
    assert len(all_now(house)) == 1


@pytest.mark.parametrize("words", ["010-7391-4826", "제 카드는 5105-1051-0510-5100"])
def test_a_persons_number_never_becomes_public(house: House, words: str) -> None:
    browser = house.sign_in()
    for more in ({}, {"open_to_all": "1"}):
        page = browser.submit(
            "/articles/new", "/articles", **(GOOD | {"body": f"전화 {words}"}), **more
        )
        assert page.status_code == 400
        assert "개인정보로 보이는 말" in page.text
        assert "open_to_all" not in page.text
    assert all_now(house) == []


def test_an_offices_number_and_a_word_like_a_name_pass_when_a_person_says_so(house: House) -> None:
    browser = house.sign_in()
    values = GOOD | {"body": "메일 health@example.go.kr로 물어보세요. 아이 한 명에 한 번이에요."}
    page = browser.submit("/articles/new", "/articles", **values)
    assert page.status_code == 400
    assert "메일: health@example.go.kr" in page.text
    assert all_now(house) == []
    answer = browser.submit("/articles/new", "/articles", **values, open_to_all="1")
    assert answer.status_code == 303
    with house.database.reading() as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "article.write")).one()
    assert line.purpose.startswith("open to all: email")
    assert "health" not in line.purpose


def test_the_number_of_a_department_of_the_city_needs_no_word(house: House) -> None:
    answer = house.sign_in().submit(
        "/articles/new", "/articles", **(GOOD | {"body": "02-120 전화"})
    )
    assert answer.status_code == 303


def test_tags_between_the_digits_of_a_number_hide_nothing(house: House) -> None:
    body = "전화 010-<b>7391</b>-4826 로"
    page = house.sign_in().submit("/articles/new", "/articles", **(GOOD | {"body": body}))
    assert page.status_code == 400
    assert all_now(house) == []


def test_an_edit_is_a_new_version_and_shows_what_it_changed(house: House) -> None:
    save(house, make_article())
    browser = house.sign_in()
    answer = edit(
        browser,
        1,
        body="아기가 태어난 집은 첫만남이용권을 받아요.\n\n## 얼마나\n\n첫째는 300만 원이에요.",
    )
    assert answer.status_code == 303
    (article,) = all_now(house)
    # All that was not touched stays, with the day on which it was checked.
    assert article == make_article(body=article.body)
    page = browser.get("/articles/1/versions/2").text
    assert "<del>첫째는 200만 원이에요.</del>" in page
    assert "<ins>첫째는 300만 원이에요.</ins>" in page
    assert "<del>아기가" not in page
    assert "200만" in browser.get("/articles/1/versions/1").text
    assert browser.get("/articles/1/versions/3").status_code == 404
    assert acts(house) == [("officer:1", "article.edit", "article:1")]


def test_saving_without_a_change_adds_no_version_and_no_line(house: House) -> None:
    save(house, make_article(audience=("임산부",), related=(), sample=True))
    assert edit(house.sign_in(), 1, sample="1").status_code == 303
    with house.database.reading() as session:
        assert len(session.scalars(select(ArticleVersion)).all()) == 1
    assert acts(house) == []


def test_the_later_of_two_officers_is_told_sees_both_texts_and_loses_nothing(house: House) -> None:
    save(house, make_article())
    house.add("duri")
    mine, theirs = house.sign_in(), house.sign_in("duri")
    form = mine.form("/articles/1/edit", "/articles/1")
    filled = typed_on(mine, "/articles/1/edit")
    assert edit(theirs, 1, body="첫째는 300만 원이에요.").status_code == 303
    form |= filled | {"body": "첫째는 400만 원이에요."}
    page = mine.send("/articles/1", form)
    assert page.status_code == 400
    text = unescape(page.text)
    assert "그 사이 다른 담당자가 이 글을 바꿨어요" in text
    assert "<ins>첫째는 300만 원이에요.</ins>" in text
    assert "<ins>첫째는 400만 원이에요.</ins>" in text
    assert typed_words(page.text) == "첫째는 400만 원이에요."
    assert [each.body for each in all_now(house)] == ["첫째는 300만 원이에요."]
    # Knowing it, the officer may save.
    again = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    answer = mine.send("/articles/1", form | dict(again))
    assert answer.status_code == 303
    assert [each.body for each in all_now(house)] == ["첫째는 400만 원이에요."]
    with house.database.reading() as session:
        assert len(session.scalars(select(ArticleVersion)).all()) == 3


def test_an_article_is_confirmed_on_the_day_in_seoul(house: House) -> None:
    save(house, make_article(verified_on=None))
    browser = house.sign_in()
    assert "확인한 적이 없어요" in browser.get("/articles/1").text
    house.clock.forward(hours=14)  # still Monday in London, Tuesday in Seoul
    browser = house.sign_in()
    answer = browser.submit("/articles/1", "/articles/1/confirm")
    assert answer.headers["location"].endswith("done=article_confirmed")
    assert all_now(house)[0].verified_on == date(2026, 5, 5)
    assert "확인한 적이 없어요" not in browser.get("/articles/1").text
    assert acts(house) == [("officer:1", "article.confirm", "article:1")]


def test_who_confirms_what_another_has_changed_meanwhile_is_told(house: House) -> None:
    save(house, make_article(verified_on=None))
    browser = house.sign_in()
    form = browser.form("/articles/1", "/articles/1/confirm")
    edit(browser, 1, body="다른 글이에요.")
    page = browser.send("/articles/1/confirm", form)
    assert page.status_code == 400
    assert all_now(house)[0].verified_on is None


def test_an_article_can_be_ended_and_stays_to_be_read(house: House) -> None:
    save(house, make_article())
    browser = house.sign_in()
    for wrong in ("", "어제", "2025-01-01"):
        page = browser.submit("/articles/1", "/articles/1/end", last_day=wrong)
        assert page.status_code == 400
    answer = browser.submit("/articles/1", "/articles/1/end", last_day="2026-05-03")
    assert answer.status_code == 303
    assert all_now(house)[0].valid_to == date(2026, 5, 3)
    shown = browser.get("/articles/1").text
    assert "끝난 글" in shown
    assert "첫째는 200만 원이에요." in shown
    assert acts(house) == [("officer:1", "article.end", "article:1")]


def test_the_list_is_narrowed_by_state_department_and_words(house: House) -> None:
    save(house, make_article())
    save(house, make_article("over", title="끝난 축제", body="끝", valid_to=date(2026, 5, 3)))
    save(
        house,
        make_article(
            "never", title="여권", body="여권", verified_on=None, department="parks", keywords=()
        ),
    )
    browser = house.sign_in()

    def titles(query: str) -> list[str]:
        return re.findall(r'<a href="/articles/\d+">([^<]+)', browser.get(f"/articles{query}").text)

    assert len(titles("")) == 3
    assert titles("?state=due") == ["끝난 축제", "여권"]
    assert titles("?state=ended") == ["끝난 축제"]
    assert titles("?department=parks") == ["여권"]
    assert titles("?q=출산하면") == ["출산하면 받을 수 있는 지원"]
    assert titles("?q=출산&department=parks") == []
    assert len(titles("?state=odd&department=nobody&page=x")) == 3


def test_who_may_only_read_reads_and_finds_no_button(house: House) -> None:
    save(house, make_article())
    house.add("vera", role="viewer")
    browser = house.sign_in("vera")
    for path in ("/articles", "/articles/1", "/articles/1/versions/1"):
        page = browser.get(path)
        assert page.status_code == 200
        assert 'method="post" action="/articles' not in page.text
        assert "/articles/new" not in page.text
    for path in ("/articles/new", "/articles/1/edit"):
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/articles/9", "/articles/x", "/articles/0", "/articles/9/edit"])
def test_an_article_that_does_not_exist_is_a_page_and_not_a_crash(house: House, path: str) -> None:
    assert house.sign_in().get(path).status_code == 404


def test_nothing_in_an_article_runs_on_an_officers_page(house: House) -> None:
    evil = '<img src=x onerror=alert(1)> "제목"'
    save(house, make_article(title=evil, keywords=("<b>",), source="javascript:alert(1)"))
    browser = house.sign_in()
    for path in ("/articles", "/articles/1", "/articles/1/edit", "/articles/1/versions/1"):
        page = browser.get(path).text
        assert "<img" not in page
        assert 'href="javascript' not in page


def test_an_article_that_was_being_written_when_the_session_ended_is_given_back(
    house: House,
) -> None:
    browser = house.sign_in()
    form = browser.form("/articles/new", "/articles")
    house.clock.forward(hours=9)
    body = "긴 글이에요. " * 1000
    answer = browser.send(
        "/articles", form | GOOD | {"body": body}, files=[("x", ("x", b"x", "text/plain"))]
    )
    assert answer.status_code == 401
    assert body.strip() in unescape(answer.text)
    assert all_now(house) == []
