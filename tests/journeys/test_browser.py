"""The main job in a real browser, with everything behind it real, on a phone and on a desk.

A citizen reports a broken streetlight with a photo, asks a question in the middle, reads the receipt;
an officer takes the case and answers with a photo; the citizen sees it in the chat. The screenshots lie
in var/test/screenshots.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.journeys.officers import PASSWORD, make_officer
from tests.needs import CHROMIUM_ARGUMENTS, chromium
from tests.stack import MODEL_VAR, Stack

pytestmark = pytest.mark.require("chromium", "korean-font")

WIDTHS = {"360": (360, 740), "1280": (1280, 900)}
SCREENSHOTS = MODEL_VAR / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


def picture(colour: str) -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, format="JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def shot(page: Page, width: str, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    sideways = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert sideways <= 0, f"{name} scrolls sideways at {width}"
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page="case" in name)


def say(page: Page, text: str) -> None:
    page.get_by_label("메시지").fill(text)
    page.get_by_role("button", name="보내기", exact=True).click()


def heard(page: Page, text: str) -> Locator:
    """The last message that holds ``text``, once it is there."""
    found = page.locator(".message", has_text=text).last
    expect(found).to_be_visible(timeout=20_000)
    return found


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name).last
    expect(button).to_be_enabled(timeout=20_000)
    button.click()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_streetlight_is_reported_and_its_repair_comes_back(
    stack: Stack, browser: Browser, width: str
) -> None:
    size = {"width": WIDTHS[width][0], "height": WIDTHS[width][1]}
    with browser.new_context(viewport=size, locale="ko-KR") as citizen_context:
        page = citizen_context.new_page()
        page.goto(stack.settings.public_url)
        expect(page.get_by_role("button", name="신고하기")).to_be_visible(timeout=20_000)
        shot(page, width, "1-start")

        say(page, "시청역 앞 가로등이 고장 났어요")
        press(page, "꺼져")
        heard(page, "번호")
        say(page, "건너뛰기")
        heard(page, "사진이 있으면")
        say(page, "여권 만들려면 수수료가 얼마예요?")
        heard(page, "120")
        page.locator("#photo-input").set_input_files(picture("orange"))
        page.get_by_label("사진 설명").fill("꺼진 가로등")
        page.get_by_role("button", name="보내기", exact=True).click()
        heard(page, "전화번호나 이메일")
        say(page, "010-1234-5678")
        press(page, "동의해요")
        heard(page, "이렇게 접수할게요")
        shot(page, width, "2-confirm")
        press(page, "접수하기")
        receipt = heard(page, "접수번호")
        number = re.search(r"20\d\d-\d{6}", receipt.inner_text())
        assert number is not None
        shot(page, width, "3-receipt")

        with browser.new_context(viewport=size, locale="ko-KR") as officer_context:
            desk = officer_context.new_page()
            desk.goto(f"{stack.settings.internal_url}/login")
            desk.get_by_label("아이디").fill(make_officer(stack))
            desk.get_by_label("비밀번호").fill(PASSWORD)
            desk.get_by_role("button", name="로그인").click()
            desk.get_by_role("link", name="민원 목록 보기").click()
            desk.get_by_role("link", name=re.compile(number.group())).first.click()
            shot(desk, width, "4-case")
            desk.get_by_label("새 상태").select_option("answered")
            desk.get_by_label("바꾸는 까닭").fill("현장에서 등을 갈았음")
            desk.get_by_label("시민에게 알릴 말").fill(
                "새 등으로 바꾸었어요. 알려 주셔서 고맙습니다."
            )
            desk.get_by_text("사진 붙이기").click()
            desk.locator("input[type=file]").first.set_input_files(picture("green"))
            desk.get_by_label("사진 설명").first.fill("다시 켜진 가로등")
            desk.get_by_role("button", name="바꾸고 시민에게 알리기").click()
            expect(desk.get_by_text("답변 완료").first).to_be_visible(timeout=20_000)
            shot(desk, width, "5-case-answered")

        heard(page, "새 등으로 바꾸었어요")
        repaired = page.get_by_role("img", name="다시 켜진 가로등")
        expect(repaired).to_be_visible(timeout=20_000)
        expect(repaired).to_have_js_property("naturalWidth", 800)
        shot(page, width, "6-result")
