"""The pages of posts in a real browser: write, preview, approve as a second person, stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.console_pages import WIDTHS, look, open_page, served, sign_in
from tests.console.house import open_house

pytestmark = pytest.mark.require("chromium", "korean-font")
WORDS = "올해 4월까지 복지 예산 1조 2,345억 원 가운데 38.2%를 썼어요.\n\n지난해 같은 때보다 3.1%p 늘었어요."


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_post_is_written_approved_by_another_and_all_is_stopped(
    browser, tmp_path: Path, width: str
) -> None:
    with open_house(tmp_path) as house, served(house) as url:
        house.add("hana", name="한아름", role="admin")
        writer = house.add("duri", name="두리")
        assert writer
        other = house.sign_in("duri")
        made = other.submit("/posts/new", "/posts/new", kind="policy_notice", text=WORDS)
        assert made.status_code == 303
        with open_page(browser, url, width=width) as page:
            sign_in(page)
            page.goto("/posts/new")
            look(page, "post-form", width)
            page.goto("/posts/1")
            look(page, "post", width)
            page.get_by_role("button", name="보이는 그대로 승인하기").click()
            expect(page.get_by_role("heading", name="1번 글 승인됨")).to_be_visible()
            page.goto("/posts")
            page.get_by_label("까닭").fill("숫자를 다시 확인해요")
            page.get_by_role("button", name="게시 모두 멈추기").click()
            expect(page.get_by_role("heading", name="게시를 모두 멈췄어요")).to_be_visible()
            look(page, "posts", width)
