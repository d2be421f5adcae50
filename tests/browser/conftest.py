"""The served web chat and pages on it, for the browser tests. The console's tests bring their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.bots.web_house import House, make_house
from tests.browser.webchat_pages import WIDTHS, NewPage
from tests.needs import CHROMIUM_ARGUMENTS, chromium

# What is waited for comes at once on a quiet machine; a busy one is no fault of the page.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with make_house(tmp_path) as made:
        yield made


@pytest.fixture
def open_page(browser: Browser, house: House) -> Iterator[NewPage]:
    """Opens pages; the test fails when one of them had a script error or broke its own policy."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(*, width: str = "desk", path: str = "/", script: str = "", **options: Any) -> Page:
        w, h = WIDTHS[width]
        settings = {
            "viewport": {"width": w, "height": h},
            "locale": "ko-KR",
            "timezone_id": "Asia/Seoul",
        }
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security" in said.text else None,
        )
        if script:
            page.add_init_script(script)
        page.goto(house.url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []
