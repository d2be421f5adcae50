"""What Telegram brings to the officers' pages, in a real browser: an album, an edit, a film, closed chats, groups."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.conversations import close_conversation
from core.handovers import open_handover
from core.inbound import Location, Photo, TurnKind
from core.models.conversation import Turn
from dialogue.photos import accept_photo
from tests.bots.web_house import until
from tests.browser.console_pages import WIDTHS, look, open_page, served, sign_in
from tests.builders import make_case
from tests.console.house import House, open_house, picture
from tests.console.telegram_talk import CITIZEN, GROUP, PDF, change, say, stored, tell

pytestmark = pytest.mark.require("chromium", "korean-font")

# A second of a moving square, as the browser itself records it.
FILM = """async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 180;
  const draw = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: "video/webm" });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let step = 0; step < 15; step += 1) {
    draw.fillStyle = "#204060"; draw.fillRect(0, 0, 320, 180);
    draw.fillStyle = "#ffd24d"; draw.fillRect(step * 16, 60, 60, 60);
    await new Promise((resolve) => setTimeout(resolve, 66));
  }
  recorder.stop();
  await ended;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""
PLAYS = """(video) => video.play().then(() => video.videoWidth, (error) => String(error))"""
# No promise and no event reaches a script in a sandbox: what has become of the film can only be read.
LOADED = "(video) => video.error ? video.error.message : video.readyState && video.videoWidth"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름", role="admin")
        yield house


@pytest.fixture(scope="module")
def film(browser: Browser) -> bytes:
    page = browser.new_page()
    data = base64.b64decode(page.evaluate(FILM))
    page.close()
    return data


def photo(house: House, colour: str) -> Photo:
    return accept_photo(picture(colour)[1][1], name="a.jpg", store=house.store)


def long_talk(house: House, film: bytes) -> None:
    """A conversation on Telegram with all that a messenger can bring."""
    now = house.clock()
    earlier = [
        {"text": "우리 동네 가로등이 껌뻑여요", "until": (now + timedelta(minutes=4)).isoformat()},
        {"text": "동네 가로등이 깜빡여요.", "until": (now + timedelta(minutes=5)).isoformat()},
    ]
    say(house, kind=TurnKind.START, text="")
    tell(house, "안녕하세요. 무엇을 도와드릴까요?", state="sent")
    house.clock.forward(minutes=3)
    say(house, text="우리 동네 가로등이 자꾸 깜빡여요.", columns={"earlier_texts": earlier})
    album = tuple(photo(house, colour) for colour in ("darkblue", "teal", "olive"))
    say(house, kind=TurnKind.PHOTO, text="낮과 밤에 찍었어요", photos=album)
    say(house, kind=TurnKind.PHOTO, text="", photos=(stored(house, film),))
    say(
        house,
        kind=TurnKind.PHOTO,
        text="안내문이에요",
        photos=(stored(house, PDF),),
        columns={"problems": ["file_too_large", "file_kind"]},
    )
    where = Location(lat=37.5663, long=126.9779)
    say(house, kind=TurnKind.LOCATION, text="서울광장 세종대로 110", location=where)
    say(house, kind=TurnKind.CONTACT, text="⟦전화1⟧")
    say(house, text="빨리요", flood=True)
    house.clock.forward(minutes=2)
    tell(house, "민원을 접수했어요.", state="unsure", failure="lost while sending")
    tell(house, "이 답은 길이 때문에 나가지 못했어요.", state="failed", failure="too_long")
    with house.database.transaction() as session:
        turn = session.get_one(Turn, 4)
        make_case(session, turn=turn, attachment_ids=[1, 2, 3, 4, 5])


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_talk_with_an_album_an_edit_and_a_film(house, browser, film, width):
    long_talk(house, film)
    with served(house) as url, open_page(browser, url, width=width) as page:
        sign_in(page)
        page.goto("/conversations/1")
        page.get_by_text("고치기 전 글 (2)").click()
        expect(page.get_by_text("우리 동네 가로등이 껌뻑여요")).to_be_visible()
        look(page, "20-telegram", width)
        page.locator("#talk").evaluate("(talk) => { talk.scrollTop = talk.scrollHeight; }")
        look(page, "20-telegram-end", width)
        album = page.locator(".files").first.get_by_role("img")
        tops = {each.evaluate("(e) => e.getBoundingClientRect().y") for each in album.all()}
        # Side by side, on a phone two in a row.
        assert len(tops) == (1 if width == "desk" else 2)
        assert page.locator("video").evaluate(PLAYS) == 320
        assert page.locator("video").evaluate("(video) => video.duration") > 0
        page.goto("/cases/1")
        look(page, "21-telegram-case", width)
        with page.expect_download() as download:
            page.get_by_text("PDF 내려받기").click()
        assert download.value.suggested_filename == "sotong-5.pdf"


def test_a_film_that_is_opened_by_itself_plays_in_its_sandbox(house, browser, film):
    long_talk(house, film)
    with served(house) as url, open_page(browser, url) as page:
        sign_in(page)
        page.goto(f"/attachments/4?{house.file_query(4, officer_id=1)}")
        seen = page.locator("video")
        until(lambda: seen.evaluate(LOADED) != 0)
        assert seen.evaluate(LOADED) == 320


def test_an_edit_appears_on_the_open_page_and_what_was_opened_stays_open(house, browser):
    at = house.clock().isoformat()
    number = say(house, text="둘", columns={"earlier_texts": [{"text": "하나", "until": at}]})
    with served(house) as url, open_page(browser, url) as page:
        sign_in(page)
        page.goto("/conversations/1")
        page.get_by_text("고치기 전 글 (1)").press("Enter")
        earlier = [{"text": text, "until": at} for text in ("하나", "둘")]
        change(house, Turn, number, text="셋", earlier_texts=earlier)
        expect(page.get_by_text("고치기 전 글 (2)")).to_be_visible(timeout=10_000)
        expect(page.locator(".earlier li").nth(1)).to_be_visible()
        expect(page.locator(".bubble")).to_have_text("셋")


@pytest.mark.parametrize("width", list(WIDTHS))
def test_a_blocked_talk_and_a_group(house, browser, width):
    say(house, text="가로등이 꺼졌어요")
    tell(house, "고쳤어요. 확인해 주세요.", state="failed", failure="blocked")
    say(house, address=GROUP, visibility="public", author=CITIZEN, text="골목에 불이 났어요")
    say(house, address=GROUP, visibility="public", author="7002", text="저도 봤어요")
    tell(house, "위험하면 119에 바로 전화해 주세요.", conversation_id=2, state="sent")
    with house.database.transaction() as session:
        for number, emergency in ((1, False), (2, True)):
            open_handover(
                session,
                conversation_id=number,
                reason="emergency:fire" if emergency else "citizen_asked",
                emergency=emergency,
                now=house.clock(),
            )
        make_case(session, turn=session.get_one(Turn, 1))
        close_conversation(session, conversation_id=1, reason="blocked")
    with served(house) as url, open_page(browser, url, width=width) as page:
        sign_in(page)
        look(page, "22-telegram-dashboard", width)
        page.goto("/conversations?channel=telegram")
        look(page, "23-telegram-list", width)
        page.goto("/conversations/1")
        expect(page.get_by_text("봇을 차단했어요. 보내도 닿지 않아요.")).to_be_visible()
        look(page, "24-telegram-blocked", width)
        page.goto("/conversations/2")
        look(page, "25-telegram-group", width)
        page.get_by_role("button", name="기다리는 대화에서 빼기").click()
        expect(page.get_by_role("status")).to_contain_text("기다리는 대화에서 뺐어요")
