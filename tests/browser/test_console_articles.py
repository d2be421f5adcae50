"""Officers' articles in a real browser: find, preview, save, see what changed, read what nobody could answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.policy_port import PolicyFound
from tests.browser.console_pages import look, open_page, served, sign_in
from tests.console.house import House, open_house
from tests.console.test_article_gaps import FOUND, Search, ask
from tests.console.test_articles import save
from tests.knowledge.articles import make_article

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found: PolicyFound = FOUND
    with open_house(tmp_path, policy=Search(found)) as house:
        house.add("hana", name="한아름")
        save(house, make_article(sample=True))
        save(house, make_article("passport", title="여권 만들기", body="여권", verified_on=None))
        ask(house, "물놀이장 언제 열어요", talk="a", days_ago=3)
        ask(house, "물놀이장 개장일 알려주세요", talk="b", days_ago=1)
        yield house


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_an_officer_edits_an_article_and_sees_what_changed(
    browser: Browser, house: House, width: str
) -> None:
    with served(house) as url, open_page(browser, url, width=width) as page:
        sign_in(page)
        page.goto("/articles")
        look(page, "20-articles", width)
        page.get_by_role("link", name="출산하면 받을 수 있는 지원").click()
        look(page, "21-article", width)
        page.get_by_role("link", name="고치기").click()
        page.get_by_label("글 (제목 줄은").fill("첫째는 300만 원이에요.\n\n- 쌍둥이는 따로")
        page.get_by_role("button", name="미리 보기").click()
        expect(page.get_by_role("heading", name="시민에게 이렇게 보여요")).to_be_visible()
        look(page, "22-article-preview", width)
        page.get_by_role("button", name="저장하고 알리기").click()
        expect(page.get_by_role("status")).to_contain_text("글을 저장했어요")
        page.get_by_role("link", name="2번째 글").click()
        expect(page.locator("ins").first).to_have_text("첫째는 300만 원이에요.")
        look(page, "23-article-version", width)
        page.goto("/articles/gaps")
        look(page, "24-article-gaps", width)
        page.get_by_role("link", name="글 쓰기").click()
        expect(page.get_by_label("제목 (시민이")).to_have_value("물놀이장 개장일 알려주세요")
        page.goto("/articles/ask")
        page.get_by_label("질문").fill("애 낳으면 얼마 줘요?")
        page.get_by_role("button", name="물어보기").click()
        expect(page.get_by_text("첫째는 200만 원이에요.")).to_be_visible()
        look(page, "25-article-ask", width)
