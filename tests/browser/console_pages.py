"""The officers' pages behind a real server, and what holds for every one of them, for the browser tests."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Page

from tests.console.house import PASSWORD, House

WIDTHS = {"phone": (360, 740), "desk": (1280, 900)}
# Text against what lies behind it, by WCAG 2.1's formula; large text may have 3 to 1.
CONTRAST = """() => {
  const parts = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const [a, b] = [light(parts(style.color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${e.tagName} ${ratio.toFixed(2)} ${e.textContent.trim().slice(0, 30)}`);
  }
  return bad;
}"""
UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, textarea")]
  .filter(e => !e.labels.length && !e.getAttribute("aria-label")).map(e => e.outerHTML)"""
WITHOUT_ALT = "() => [...document.images].filter(i => !i.alt.trim()).map(i => i.src)"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


TOO_WIDE = """() => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => `${e.tagName}.${e.className}`)"""


@contextmanager
def served(house: House) -> Iterator[str]:
    """The console behind a real server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(house.app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def open_page(
    browser: Browser, url: str, *, width: str = "desk", scripts: bool = True
) -> Iterator[Page]:
    size = WIDTHS[width]
    context = browser.new_context(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        locale="ko-KR",
    )
    page = context.new_page()
    complaints: list[str] = []
    # A breach of the content security policy is told here too.
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    # The log-in's own refusals are answers with status 4xx, which Chromium writes to the console.
    assert [c for c in complaints if "Failed to load resource" not in c] == []


def sign_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("아이디").fill("hana")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    page.wait_for_url("**/")


def look(page: Page, name: str, width: str) -> None:
    """Check what holds for every page, and keep a picture where SCREENSHOTS_DIR says so."""
    assert page.evaluate(SIDEWAYS) <= 0, f"{name} scrolls sideways"
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(WITHOUT_ALT) == []
    assert page.evaluate(CONTRAST) == []
    folder = os.environ.get("SCREENSHOTS_DIR")
    if folder:
        page.screenshot(path=Path(folder) / f"console-{name}-{width}.png", full_page=True)
