"""The page of the citizen's own data, by keyboard alone: get the copy, take a consent back, have all erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from core.consent_texts import CONTACT
from core.models import Consent, Conversation, Erasure
from tests.bots.test_web_my_data import file_case
from tests.bots.web_house import House
from tests.browser.webchat_pages import SIDEWAYS, NewPage, say

pytestmark = pytest.mark.require("chromium")
MOST_STOPS = 30


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus, and see that the focus is seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            assert target.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
            return
    raise AssertionError("no way by keyboard to " + target.evaluate("e => e.outerHTML"))


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_own_data_can_be_had_withdrawn_and_erased_by_keyboard(
    open_page: NewPage, house: House, width: str
) -> None:
    page = open_page(width=width)
    say(page, "가로등이 꺼졌어요 010-2345-6789")
    expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible()
    with house.database.reading() as session:
        talk = session.scalars(select(Conversation.id)).one()
    file_case(house, talk)

    page.goto(f"{house.url}/my-data")
    assert page.evaluate(SIDEWAYS) <= 0
    # The whole line of the tick can be pressed.
    line = page.locator("label.check").bounding_box()
    assert line is not None
    assert line["height"] >= 44
    tab_to(page, page.locator("button[name=format][value=json]"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    copy = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert "010-2345-6789" in json.dumps(copy) or "01023456789" in json.dumps(copy)

    page.goto(f"{house.url}/my-data")
    tab_to(page, page.locator("form[action='/my-data/withdraw'] button"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    with house.database.reading() as session:
        assert all(session.scalars(select(Consent.withdrawn_at).where(Consent.kind == CONTACT)))

    # Without the tick nothing is erased: the browser says what is missing and leads there.
    sure, erase = page.locator("#sure"), page.locator("form[action='/my-data/erase'] button")
    tab_to(page, erase)
    page.keyboard.press("Enter")
    expect(sure).to_be_focused()
    with house.database.reading() as session:
        assert session.scalars(select(Erasure)).all() == []
    page.keyboard.press("Space")
    expect(sure).to_be_checked()
    tab_to(page, erase)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    with house.database.reading() as session:
        assert session.scalars(select(Erasure.conversation_id)).all() == [talk]
