"""Opens the web chat in a real browser and checks what holds for every page. Holds no test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("button, input:not([type=file]), textarea, nav a, .urgent a")]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
  .map(e => `${e.tagName} ${e.textContent.trim()} ${e.getBoundingClientRect().height}`)"""
NewPage = Callable[..., Page]


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of what is on the screen, where SCREENSHOTS_DIR says so."""
    folder = os.environ.get("SCREENSHOTS_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=Path(folder)
            / f"webchat-{name}-{page.viewport_size['width'] if page.viewport_size else 0}.png"
        )


def check(page: Page, name: str) -> None:
    """What holds for every state of every page."""
    keep_picture(page, name)
    assert page.evaluate(SIDEWAYS) <= 0, name
    assert page.evaluate(SMALL_TARGETS) == [], name
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], name


def say(page: Page, text: str) -> None:
    page.get_by_label("메시지").fill(text)
    page.get_by_role("button", name="보내기", exact=True).click()


def heads(messages: list[str]) -> list[str]:
    return [message.split("\n")[0] for message in messages]


def bubbles(page: Page, who: str) -> Any:
    return page.locator(f".message-{who}")
