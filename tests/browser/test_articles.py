"""The public pages of articles in a real browser: on an old phone without scripts, on a desk, by keyboard, printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from starlette.responses import Response

from app.policy_seed import seed_articles
from bots.web_pages import Pages
from knowledge.markdown import sanitise
from knowledge.records import save_article
from tests.bots.web_house import serve
from tests.browser.console_pages import CONTRAST, UNLABELLED, open_page
from tests.browser.webchat_pages import check
from tests.builders import ROOT, Clock, make_database, sample_city
from tests.knowledge.articles import make_article
from website.articles import make_router
from website.ports import TEMPLATES, WebsiteDeps

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over the city's own articles, behind a real server."""
    database, city, clock = make_database(tmp_path_factory.mktemp("pages")), sample_city(), Clock()
    seed_articles(database, city=city, city_dir=ROOT / "city", now=clock())
    with database.transaction() as session:
        save_article(
            session,
            make_article(
                "long",
                title="아주긴제목" * 12,
                body=sanitise("- 하나\n- https://a.example/" + "x" * 200 + "\n\n전화 02-123-4567"),
                valid_to=date(2026, 12, 31),
            ),
            origin="test",
            external_id="1",
            author="cli:test",
            now=clock(),
        )
    pages, app = Pages(city, beside=TEMPLATES), FastAPI()
    app.include_router(make_router(WebsiteDeps(database, city, pages, clock)))

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        return pages.files[name].response()

    with serve(app) as (address, _):
        yield address
    database.dispose()


PAGES = {
    "/articles": "정책 안내",
    "/articles?q=우주선": "정책 안내",
    "/articles/birth-support": "출산하면 받을 수 있는 지원",
    "/articles/festival-spring": "2026 봄꽃 축제",
    "/articles/long": "아주긴제목",
    "/articles/nothing": "찾으시는 안내 글이 없어요",
}
SMALL = """() => [...document.querySelectorAll("main *")].filter(e => e.checkVisibility()
  && e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.outerHTML)"""


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_every_page_can_be_read_by_everybody(browser: Browser, url: str, width: str) -> None:
    with open_page(browser, url, width=width) as page:
        for path, heading in PAGES.items():
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
            check(page, "articles-" + path.strip("/").replace("/", "-").replace("?q=", "-"))
            assert page.evaluate(CONTRAST) == []
            assert page.evaluate(UNLABELLED) == []
            assert page.evaluate(SMALL) == []
            assert page.evaluate("() => document.documentElement.lang") == "ko"


def test_an_article_is_found_by_keyboard_alone(browser: Browser, url: str) -> None:
    with open_page(browser, url, width="phone", scripts=False) as page:
        page.goto("/articles")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="본문으로 바로 가기")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("찾는 말")).to_be_focused()
        page.keyboard.type("출산하면")
        page.keyboard.press("Enter")
        link = page.get_by_role("link", name="출산하면 받을 수 있는 지원")
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("출산하면 받을 수 있는 지원")
        expect(page.get_by_role("link", name="챗봇에게 물어보기")).to_have_attribute("href", "/")


def test_paper_shows_the_words_and_no_buttons(browser: Browser, url: str) -> None:
    with open_page(browser, url) as page:
        page.goto("/articles/birth-support")
        page.emulate_media(media="print")
        expect(page.get_by_role("link", name="챗봇에게 물어보기")).to_be_hidden()
        expect(page.get_by_role("navigation")).to_be_hidden()
        expect(page.get_by_text("200만 원").first).to_be_visible()
        expect(page.get_by_text("마지막 확인")).to_be_visible()
