"""The page of the audit log in a real browser, on a phone and on a desk, full and empty."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.acting import acting_from
from core.audit import record_audit
from tests.browser.console_pages import SIDEWAYS, TOO_WIDE, WIDTHS, look, open_page, served, sign_in
from tests.console.house import open_house

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_whoever_checks_the_log_narrows_it_and_reads_it(
    browser, tmp_path: Path, width: str
) -> None:
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름", role="admin")
        with house.database.transaction() as session, acting_from("192.0.2.7"):
            for action, subject, purpose in (
                ("case.read", "case:12", ""),
                ("vault.reveal", "conversation:12:phone:3", "현장 위치 확인: 가로등 앞"),
                ("audit.export", "audit:all", "감사 자료 제출"),
            ):
                record_audit(
                    session,
                    actor="officer:1",
                    action=action,
                    subject=subject,
                    purpose=purpose,
                    now=house.clock() - timedelta(hours=1),
                )
        with served(house) as url, open_page(browser, url, width=width) as page:
            sign_in(page)
            page.get_by_role("link", name="접속기록").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("접속기록")
            look(page, "17-audit", width)
            page.get_by_label("무엇을").select_option(label="개인정보 열람")
            page.get_by_role("button", name="찾기").click()
            expect(page.get_by_text("현장 위치 확인: 가로등 앞")).to_be_visible()
            expect(page.get_by_text("감사 자료 제출")).to_have_count(0)
            page.get_by_label("누구의 정보").fill("2026-999999")
            page.get_by_role("button", name="찾기").click()
            expect(page.get_by_text("고른 조건에 맞는 기록이 없어요")).to_be_visible()
            look(page, "18-audit-empty", width)
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            if width == "phone":
                assert page.evaluate(SIDEWAYS) <= 0, page.evaluate(TOO_WIDE)
