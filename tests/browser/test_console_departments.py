"""The page of departments in a real browser, on a phone and on a desk, with everything that may stand on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.department_callbacks import Callback, end_callback, record_callback
from core.department_standby import note_failure
from core.models.department import DepartmentCallback
from tests.browser.console_pages import SIDEWAYS, TOO_WIDE, WIDTHS, look, open_page, served, sign_in
from tests.console.house import open_house
from tests.console.test_departments import filed, state_of, troubled
from tests.integrations.department_house import PARKS, ROAD

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_an_officer_sees_who_is_silent_and_settles_what_failed(
    browser, tmp_path: Path, width: str
) -> None:
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름", role="admin")
        message = troubled(house, "failed", "refused: 422")
        troubled(house, "unsure", "answer_lost: timeout")
        filed(house, PARKS, count=3)
        with house.database.transaction() as session:
            for _ in range(3):
                note_failure(
                    session,
                    department_id=PARKS,
                    failure="tls_certificate: certificate has expired",
                    now=house.clock(),
                )
            note = "현장에 나가 새 등으로 바꾸었습니다. 이틀 동안 지켜보겠습니다."
            record_callback(
                session,
                Callback(
                    ROAD,
                    "cb-1",
                    "0" * 64,
                    house.clock(),
                    None,
                    "2026-999999",
                    "answered",
                    note,
                    public=True,
                ),
                now=house.clock(),
            )
            row = session.scalars(select(DepartmentCallback)).one()
            end_callback(row, state="refused", failure="unknown_case", now=house.clock())
        with served(house) as url, open_page(browser, url, width=width) as page:
            sign_in(page)
            page.goto("/")
            expect(page.get_by_role("heading", name="부서 연계를 봐 주세요")).to_be_visible()
            look(page, "14-departments-banner", width)
            page.get_by_role("link", name="부서 연계 보기").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("부서 연계")
            look(page, "15-departments", width)
            page.get_by_text("정하기").first.click()
            look(page, "16-departments-open", width)
            page.get_by_role("button", name="다시 보내기").first.click()
            expect(page.get_by_role("status")).to_contain_text("정한 대로")
            assert state_of(house, message) == "pending"
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            if width == "phone":
                assert page.evaluate(SIDEWAYS) <= 0, page.evaluate(TOO_WIDE)
