"""The list of cases, its flags, the ledger and the monthly check in a real browser, on a phone and on a desk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.models.case import Case
from tests.browser.console_pages import SIDEWAYS, TOO_WIDE, WIDTHS, look, open_page, served, sign_in
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.console.house import House, open_house

pytestmark = pytest.mark.require("chromium", "korean-font")


def busy_month(house: House) -> None:
    """One citizen who writes again and again, and many who write once; some are late, some done."""
    with house.database.transaction() as session:
        talk = make_conversation(session, address="b" * 64)
        for _ in range(3):
            make_case(session, turn=make_turn(session, conversation=talk))
        services = [service.code for service in sample_city().services]
        for number in range(30):
            talk = make_conversation(session, address=f"{number:064d}")
            case = make_case(
                session,
                turn=make_turn(session, conversation=talk),
                service_code=services[number % 9],
                place_text=f"세종대로 {number + 1}길 {number}, 구청 별관 맞은편 골목 안쪽",
                gu="중구" if number % 2 else None,
            ).case
            case.due_at = house.clock() + timedelta(hours=5 * (number - 6))
        session.get_one(Case, 8).status = "answered"
        session.get_one(Case, 9).paused_at = house.clock()


@pytest.mark.parametrize("width", list(WIDTHS))
def test_an_officer_goes_through_the_cases_of_a_month(browser, tmp_path: Path, width: str) -> None:
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름")
        busy_month(house)
        house.clock.forward(hours=1)
        with served(house) as url, open_page(browser, url, width=width) as page:
            sign_in(page)
            look(page, "30-work", width)
            page.get_by_role("link", name="민원", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text("민원")
            look(page, "31-cases", width)
            page.get_by_role("link", name="다음").click()
            expect(page.get_by_role("link", name="이전")).to_be_visible()
            page.get_by_label("표시").select_option(label="같은 시민의 반복")
            page.get_by_role("button", name="보기").click()
            expect(page.get_by_role("row")).to_have_count(2)
            page.get_by_role("link", name="2026-000003").click()
            expect(page.get_by_role("heading", name="3번째")).to_be_visible()
            expect(page.get_by_text("결과를 알린 것은 0건")).to_be_visible()
            look(page, "32-flag", width)
            page.get_by_label("살펴본 것").fill("새 사실이 있어 처리해요")
            page.get_by_role("button", name="살펴봤어요").click()
            expect(page.get_by_role("status")).to_contain_text("살펴본 것을 적었어요")
            page.goto("/cases?due=paused&gu=강남구")
            expect(page.get_by_text("이 조건에 맞는 민원이 없어요")).to_be_visible()
            look(page, "33-cases-empty", width)
            page.goto("/checks?month=2026-05")
            look(page, "34-check", width)
            page.emulate_media(media="print")
            expect(page.get_by_text("점검한 사람", exact=True)).to_be_visible()
            expect(page.get_by_role("button", name="보기")).to_have_count(0)
            look(page, "35-check-print", width)
            page.emulate_media(media="screen")
            page.goto("/ledger")
            look(page, "36-ledger", width)
            page.get_by_label("접수한 달").fill("2026-05")
            page.get_by_label("내려받는 까닭").fill("5월 통계")
            with page.expect_download() as waiting:
                page.get_by_role("button", name="내려받기").click()
            assert waiting.value.suggested_filename == "민원처리부-2026-05.csv"
            assert waiting.value.path().read_bytes().count(b"\r\n") == 34
            if width == "phone":
                for path in ("/cases", "/checks?month=2026-05", "/ledger", "/cases/3"):
                    page.goto(path)
                    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
                    assert page.evaluate(SIDEWAYS) <= 0, (path, page.evaluate(TOO_WIDE))
