"""The web chat in a real browser when something goes wrong, and on phones that can do little."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.bots.web_house import House, make_house, photo_bytes, until
from tests.browser.webchat_pages import NewPage, bubbles, check, keep_picture, say

pytestmark = pytest.mark.require("chromium", "korean-font")

# Everything that an old phone lacks; the page must do without.
OLD_PHONE = """
  delete window.EventSource; delete window.crypto; delete window.fetch; delete window.Promise;
  delete HTMLCanvasElement.prototype.toBlob; delete navigator.__proto__.clipboard;
  Object.defineProperty(window, "crypto", {value: undefined});
"""


def test_what_is_written_without_a_network_is_sent_when_it_is_back(
    open_page: NewPage, house: House
) -> None:
    page = open_page()
    expect(bubbles(page, "bot")).to_have_count(1)
    page.context.set_offline(True)
    say(page, "가로등")
    expect(page.get_by_text("연결되면 보낼게요")).to_be_visible()
    keep_picture(page, "offline")
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible()
    expect(page.get_by_text("연결되면 보낼게요")).to_have_count(0)
    assert len([t for t in house.rasa.heard if t.text == "가로등"]) == 1


def test_an_answer_that_was_lost_on_the_way_does_not_send_twice(
    open_page: NewPage, house: House
) -> None:
    page = open_page()
    expect(bubbles(page, "bot")).to_have_count(1)
    lost: list[int] = []

    def lose_first_answer(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort("connectionreset")

    page.route("**/api/messages", lose_first_answer)
    say(page, "가로등")
    expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible()
    until(lambda: page.locator(".state").count() == 0)
    assert lost == [202]
    expect(bubbles(page, "me")).to_have_count(1)
    assert len([t for t in house.rasa.heard if t.text == "가로등"]) == 1


def test_unsent_words_survive_a_reload(open_page: NewPage, house: House) -> None:
    page = open_page()
    expect(bubbles(page, "bot")).to_have_count(1)
    page.route("**/api/messages", lambda route: route.abort())
    say(page, "가로등")
    expect(page.get_by_role("button", name="다시 보내기")).to_be_visible()
    page.unroute("**/api/messages")
    page.reload()
    expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible()
    assert len([t for t in house.rasa.heard if t.text == "가로등"]) == 1


def test_the_page_comes_back_by_itself_when_the_service_does(
    browser: Browser, tmp_path: Path
) -> None:
    with make_house(tmp_path) as first:
        port = int(first.url.rsplit(":", 1)[1])
        page = browser.new_page()
        page.goto(first.url)
        expect(bubbles(page, "bot")).to_have_count(1)
    expect(page.get_by_text("연결이 끊겼어요")).to_be_visible(timeout=10_000)
    keep_picture(page, "lost")
    with make_house(tmp_path, port=port):
        expect(page.get_by_text("다시 연결됐어요")).to_be_visible(timeout=20_000)
        say(page, "가로등")
        expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible(timeout=15_000)
    page.close()


def test_a_refused_text_says_why_and_can_be_corrected(open_page: NewPage) -> None:
    page = open_page()
    say(page, "   ")
    expect(page.get_by_role("alert")).to_have_text("보낼 글을 적거나 사진을 골라 주세요.")
    page.get_by_label("메시지").fill("가" * 20_001)
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("글이 너무 길어요. 20,000자까지 보낼 수 있어요.")
    assert len(page.get_by_label("메시지").input_value()) == 20_001
    check(page, "refused")


def test_what_is_no_photo_or_too_large_is_said_before_it_is_sent(
    open_page: NewPage, house: House
) -> None:
    page = open_page()
    chooser = page.locator("#photo-input")
    chooser.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.get_by_role("alert")).to_contain_text("사진 파일이 아니에요")
    chooser.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes()})
    expect(page.get_by_alt_text("사진 1", exact=True)).to_be_visible()
    page.get_by_role("button", name="사진 1 사진 빼기").click()
    expect(page.locator("#photos")).to_be_hidden()
    say(page, "사진 없이 할게요")
    expect(page.get_by_text("9자를 읽었어요.")).to_be_visible()


def test_a_photo_that_the_server_refuses_can_be_taken_back(
    open_page: NewPage, house: House
) -> None:
    page = open_page(script="delete window.URL.createObjectURL; URL.createObjectURL = undefined;")
    page.locator("#photo-input").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
    )
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_role("log").get_by_text("사진으로 열리지 않는 파일이에요")).to_be_visible()
    check(page, "photo-refused")
    page.get_by_role("button", name="지우기", exact=True).click()
    expect(bubbles(page, "me")).to_have_count(0)


def test_a_refused_location_leaves_another_way(open_page: NewPage) -> None:
    page = open_page(permissions=[])
    page.get_by_role("button", name="내 위치 보내기").click()
    page.get_by_role("button", name="네, 위치를 보낼게요").click()
    expect(page.get_by_role("alert")).to_contain_text("주소나 건물 이름을 적어 주세요")
    expect(page.get_by_label("메시지")).to_be_focused()


def test_an_old_phone_can_talk_too(open_page: NewPage) -> None:
    page = open_page(width="phone", script=OLD_PHONE)
    expect(bubbles(page, "bot")).to_have_count(1)
    say(page, "가로등")
    page.get_by_role("button", name="네, 접수해 주세요").click()
    expect(page.get_by_text("K7QM-3XW9")).to_be_visible()
    page.locator("#photo-input").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes()}
    )
    expect(page.get_by_text("사진을 골랐어요")).to_be_visible()
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_text("사진을 잘 받았어요.")).to_be_visible()


def test_the_scripts_use_only_what_old_phones_know() -> None:
    folder = Path(__file__).resolve().parents[2] / "bots" / "web_static"
    newer = re.compile(
        r"=>|`|\?\.|\?\?|\b(?:let|const|class|async|await|import|export)\b|\.\.\.[a-z\[]"
    )
    for path in folder.glob("*.js"):
        code = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", "", path.read_text(), flags=re.DOTALL)
        assert newer.search(code) is None, (path.name, newer.search(code))
        assert "innerHTML" not in code


def test_without_scripts_the_page_says_whom_to_call(open_page: NewPage) -> None:
    page = open_page(width="phone", java_script_enabled=False)
    expect(page.get_by_text("120으로 전화하시면")).to_be_visible()
    expect(page.get_by_label("메시지")).to_be_hidden()
    page.get_by_role("link", name="접수 찾기").click()
    expect(page.get_by_label("접수번호")).to_be_visible()
