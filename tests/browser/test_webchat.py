"""The web chat in a real browser: the talk, on a phone and on a desk, by hand and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from core.attachments import record_attachments
from core.deliveries import enqueue
from core.models.conversation import Attachment, Conversation, Turn
from core.models.vault import VaultItem
from core.replies import Image, Point, Reply
from dialogue.photos import accept_photo
from tests.bots.web_house import House, photo_bytes, until
from tests.browser.webchat_pages import WIDTHS, NewPage, bubbles, check, heads, say
from tests.builders import make_case, make_result
from tests.media_files import exif, make_heif, make_photo

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_citizen_reports_with_photo_and_place(
    open_page: NewPage, house: House, width: str
) -> None:
    page = open_page(
        width=width,
        geolocation={"latitude": 37.5663, "longitude": 126.9779},
        permissions=["geolocation"],
    )
    expect(page.get_by_role("button", name="신고하기")).to_be_visible()
    expect(page.get_by_text("공식 서비스가 아니에요").first).to_be_visible()
    check(page, "1-start")

    page.locator("#photo-input").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo_bytes(size=(3000, 2250))}
    )
    page.get_by_label("사진 설명").fill("꺼진 가로등")
    page.get_by_label("메시지").fill("우리 집 앞 가로등이 꺼졌어요")
    check(page, "2-photo")
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(bubbles(page, "bot")).to_have_count(3)
    assert page.locator(".message-me img").first.get_attribute("alt") == "꺼진 가로등"
    heard = until(lambda: [t for t in house.rasa.heard if t.metadata["kind"] == "photo"])
    assert heard[0].text == "꺼진 가로등"
    with house.database.reading() as session:
        turn_kinds = [
            row[0]
            for row in session.connection().exec_driver_sql("SELECT kind FROM turn ORDER BY id")
        ]
        size = session.connection().exec_driver_sql("SELECT width, height FROM attachment").one()
    assert turn_kinds == ["start", "text", "photo"]
    assert tuple(size) == (2048, 1536)  # made smaller before it was sent

    page.get_by_role("button", name="내 위치 보내기").click()
    expect(page.get_by_text("신고하신 곳을 찾는 데만 써요")).to_be_visible()
    check(page, "3-place")
    page.get_by_role("button", name="네, 위치를 보낼게요").click()
    expect(page.get_by_text("위치를 잘 받았어요.")).to_be_visible()

    say(page, "가로등")
    confirm = page.get_by_role("button", name="네, 접수해 주세요").last
    expect(confirm).to_be_enabled()
    confirm.dblclick()
    expect(page.get_by_text("K7QM-3XW9")).to_be_visible()
    expect(page.get_by_role("button", name="접수 내용 복사")).to_be_visible()
    assert (
        len(
            [
                t
                for t in house.rasa.heard
                if t.parse_data and t.parse_data["intent"]["name"] == "affirm"
            ]
        )
        == 1
    )
    check(page, "4-receipt")

    before = page.locator(".message").all_inner_texts()
    page.reload()
    expect(page.get_by_text("K7QM-3XW9")).to_be_visible()
    after = page.locator(".message").all_inner_texts()
    # The photo was drawn before the first answer came; the server saw it the other way round.
    assert sorted(heads(after)) == sorted(heads(before))


def test_the_whole_talk_works_by_keyboard(open_page: NewPage) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="신고하기")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="메시지 쓰는 곳으로 바로 가기")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("가로등이 꺼졌어요")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("두 번째 줄")
    page.keyboard.press("Enter")
    confirm = page.get_by_role("button", name="네, 접수해 주세요")
    expect(confirm).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if confirm.evaluate("e => e === document.activeElement"):
            break
    expect(confirm).to_be_focused()
    assert confirm.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("K7QM-3XW9")).to_be_visible()
    expect(confirm).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize(
    ("name", "kind", "data", "size"),
    [
        ("IMG_2.jpg", "image/jpeg", make_photo(size=(3000, 2250), exif=exif(place=(37.5665, 126.978), orientation=6)), (1536, 2048)),
        ("IMG_3.HEIC", "image/heic", make_heif(), (64, 48)),
    ],
)  # fmt: skip
def test_where_a_photo_was_taken_is_kept_for_the_question_also_when_the_browser_makes_it_smaller(
    open_page: NewPage, house: House, name: str, kind: str, data: bytes, size: tuple[int, int]
) -> None:
    page = open_page()
    page.locator("#photo-input").set_input_files({"name": name, "mimeType": kind, "buffer": data})
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(bubbles(page, "bot")).to_have_count(2)
    with house.database.reading() as session:
        kept = session.scalars(select(Attachment)).one()
        (place,) = session.scalars(select(VaultItem)).all()
    assert (kept.width, kept.height) == size
    assert (place.kind, kept.place_token) == ("place", place.token)


def test_old_questions_cannot_be_pressed_any_more(open_page: NewPage, house: House) -> None:
    page = open_page()
    say(page, "가로등")
    old = page.get_by_role("button", name="아니요, 고칠게요")
    expect(old).to_be_visible()
    say(page, "3")
    expect(page.get_by_text("그만둘게요: 알겠어요.")).to_be_visible()
    heard = len(house.rasa.heard)
    old.click(force=True)
    say(page, "끝")
    expect(page.get_by_text("1자를 읽었어요.")).to_be_visible()
    assert len(house.rasa.heard) == heard + 1


def test_a_message_from_the_office_appears_by_itself_and_is_announced(
    open_page: NewPage, house: House
) -> None:
    page = open_page()
    expect(bubbles(page, "bot")).to_have_count(1)
    with house.database.transaction() as session:
        enqueue(
            session,
            conversation=session.get_one(Conversation, 1),
            reply=Reply(
                "담당자예요. 내일 고칠게요.\nhttps://example.org/a?b=1 을 봐 주세요. <b>굵게</b>"
            ),
            kind="officer",
            speaker="officer:1",
            dedupe_key="officer:1",
            now=house.clock(),
        )
    line = page.get_by_role("log").locator(".message-officer")
    expect(line).to_contain_text("내일 고칠게요")
    expect(line).to_contain_text("<b>굵게</b>")  # words, never markup
    expect(line.get_by_role("link")).to_have_attribute("href", "https://example.org/a?b=1")
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"
    check(page, "officer")


def test_an_album_and_a_place_can_be_seen(open_page: NewPage, house: House) -> None:
    page = open_page()
    expect(bubbles(page, "bot")).to_have_count(1)
    photos = [accept_photo(photo_bytes(), name="fixed.jpg", store=house.store)] * 2
    with house.database.transaction() as session:
        ids = record_attachments(
            session, photos=photos, conversation_id=1, source="officer", now=house.clock()
        )
        enqueue(
            session,
            conversation=session.get_one(Conversation, 1),
            reply=Reply(
                "고치기 전\n고친 등",
                images=(Image(ids[0], "고치기 전"), Image(ids[1], "고친 등")),
                location=Point(37.5657, 126.9769),
            ),
            kind="status",
            dedupe_key="case:1:2:0",
            now=house.clock(),
        )
    expect(page.get_by_alt_text("고치기 전", exact=True)).to_be_visible()
    expect(page.get_by_alt_text("고친 등", exact=True)).to_be_visible()
    place = page.get_by_role("link", name="지도에서 보기")
    expect(place).to_have_attribute("href", "geo:37.5657,126.9769")
    expect(page.get_by_text("37.56570, 126.97690")).to_be_visible()
    check(page, "album")


def test_the_question_how_it_was_stands_beside_the_question_at_hand(
    open_page: NewPage, house: House
) -> None:
    page = open_page()
    say(page, "가로등")
    confirm = page.get_by_role("button", name="네, 접수해 주세요")
    expect(confirm).to_be_enabled()
    with house.database.transaction() as session:
        turn = session.get_one(Turn, 2)
        make_result(session, case=make_case(session, turn=turn).case, now=house.clock())
    house.dispatcher.dispatch_conversation(1)
    best = page.get_by_role("button", name="5점 아주 좋아요")
    expect(best).to_be_visible()
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    check(page, "survey")
    say(page, "잠깐만요")
    expect(page.get_by_text("4자를 읽었어요.")).to_be_visible()
    expect(best).not_to_have_attribute("aria-disabled", "true")
    best.click()
    expect(best).to_have_attribute("aria-disabled", "true")
    heard = until(lambda: [t for t in house.rasa.heard if t.parse_data is not None])
    assert heard[-1].parse_data is not None
    assert heard[-1].parse_data["intent"]["name"] == "rate_service"


def test_two_tabs_show_one_talk(open_page: NewPage) -> None:
    first = open_page()
    expect(bubbles(first, "bot")).to_have_count(1)
    second = first.context.new_page()
    second.goto(first.url)
    expect(bubbles(second, "bot")).to_have_count(1)
    say(first, "가로등")
    expect(second.get_by_text("가로등", exact=True)).to_be_visible()
    confirm = second.get_by_role("button", name="네, 접수해 주세요")
    confirm.click()
    expect(first.get_by_text("K7QM-3XW9")).to_be_visible()
    expect(bubbles(first, "me")).to_have_count(2)
    expect(bubbles(second, "me")).to_have_count(2)


def test_at_twice_the_size_nothing_is_cut_off(open_page: NewPage) -> None:
    """1280 pixels at 200 % are 640 by 400."""
    page = open_page(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    say(page, "가로등")
    page.get_by_role("button", name="네, 접수해 주세요").click()
    expect(page.get_by_text("K7QM-3XW9")).to_be_visible()
    assert page.locator("#composer").evaluate("e => getComputedStyle(e).position") != "sticky"
    check(page, "zoomed")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_case_is_found_again_by_its_receipt(open_page: NewPage, house: House, width: str) -> None:
    with house.database.transaction() as session:
        receipt = make_case(session)
    page = open_page(width=width, path="/lookup")
    check(page, "lookup")
    page.get_by_label("접수번호").fill(receipt.case.number)
    page.get_by_label("조회 코드").fill("AAAA-AAAA")
    page.get_by_role("button", name="찾기", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("맞는 접수가 없어요")
    check(page, "lookup-wrong")
    page.get_by_label("조회 코드").fill(receipt.lookup_code.lower())
    page.get_by_role("button", name="찾기", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"접수번호 {receipt.case.number}")
    check(page, "lookup-found")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_help_page_can_be_read(open_page: NewPage, width: str) -> None:
    check(open_page(width=width, path="/help"), "help")


def test_leaving_a_shared_computer_leaves_nothing_to_read(open_page: NewPage) -> None:
    page = open_page()
    say(page, "가로등")
    expect(page.get_by_role("button", name="네, 접수해 주세요")).to_be_visible()
    page.get_by_role("button", name="이 기기에서 대화 지우기").click()
    expect(page.get_by_role("button", name="신고하기")).to_be_visible()
    expect(bubbles(page, "me")).to_have_count(0)
