"""The officers' pages in a real browser: the day's work, on a phone and on a desk, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.handovers import open_handover
from core.inbound import TurnKind
from core.models.case import Case
from core.models.conversation import Delivery
from dialogue.photos import accept_photo
from tests.browser.console_pages import SIDEWAYS, TOO_WIDE, WIDTHS, look, open_page, served, sign_in
from tests.builders import make_case, make_conversation, make_turn, sample_city
from tests.console.house import House, open_house, picture

pytestmark = pytest.mark.require("chromium", "korean-font")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as house:
        house.add("hana", name="한아름", role="admin")
        yield house


def busy_city(house: House) -> None:
    """Three citizens, one of them in need, and cases new, late and done."""
    now, city = house.clock(), sample_city()
    house.add("dul", name="두루미", department_id=city.departments[1].id)
    house.add("vera", name="김보라", role="viewer", must_change_password=True)
    long = (
        "지난주부터 집 앞 골목의 가로등이 자꾸 깜빡이다가 어제는 아예 꺼졌어요. 아이들이 학원에서 "
        "돌아올 때 너무 어두워요. 빨리 봐 주세요."
    )
    stories = (
        (long, 42, False),
        ("지금 연기가 나요! 살려 주세요", 3, True),
        ("담당자 바꿔 주세요", 9, False),
    )
    photo = accept_photo(picture("darkblue")[1][1], name="a.jpg", store=house.store)
    with house.database.transaction() as session:
        for index, (text, minutes, emergency) in enumerate(stories):
            address = str(index) * 64
            since = now - timedelta(minutes=minutes)
            talk = make_conversation(session, address=address)
            contact = house.vault.keep(
                session, conversation_id=talk.id, kind="phone", value="010-1234-5678", now=now
            )
            values: dict[str, Any] = {"conversation": talk, "now": since, "address": address}
            make_turn(session, text=text, **values)
            turn = make_turn(session, text=f"연락처는 {contact}예요", **values)
            if index == 0:
                make_turn(session, text="", kind=TurnKind.PHOTO, photos=(photo,), **values)
            open_handover(
                session,
                conversation_id=talk.id,
                reason="emergency" if emergency else "citizen_asked",
                emergency=emergency,
                now=since,
            )
            make_case(
                session,
                turn=turn,
                what=text,
                service_code=city.services[index * 3].code,
                place_text="시청역 2번 출구 앞 편의점 옆 골목",
                lat=37.5658,
                long=126.977,
                gu="중구",
                attachment_ids=[1] if index == 0 else [],
            )
        late = session.get_one(Case, 2)
        late.due_at, late.status = now - timedelta(days=1, hours=4), "in_progress"
        session.get_one(Case, 3).status = "closed"


@pytest.mark.parametrize("width", list(WIDTHS))
def test_an_officers_day(house, browser, tmp_path, width):
    busy_city(house)
    photo = tmp_path / "fixed.jpg"
    photo.write_bytes(picture("goldenrod")[1][1])
    with served(house) as url, open_page(browser, url, width=width) as page:
        page.goto("/")
        look(page, "1-login", width)
        page.get_by_label("아이디").fill("hana")
        page.get_by_label("비밀번호").fill("wrong-password")
        page.get_by_role("button", name="로그인").click()
        expect(page.get_by_role("alert")).to_contain_text("로그인하지 못했어요")
        look(page, "2-login-refused", width)
        sign_in(page)
        expect(page.locator(".queue li").first).to_contain_text("긴급")
        look(page, "3-dashboard", width)
        page.goto("/conversations")
        look(page, "4-conversations", width)

        page.goto("/conversations/1")
        page.get_by_role("button", name="대화 맡기").click()
        expect(page.get_by_role("status")).to_contain_text("대화를 맡았어요")
        page.get_by_label("시민에게 보낼 답").fill("오늘 저녁까지 새 전구로 바꿀게요.")
        page.get_by_text("사진 붙이기").click()
        page.get_by_label("사진 파일").first.set_input_files(photo)
        look(page, "5-conversation-writing", width)
        page.get_by_role("button", name="답 보내기").click()
        # The browser itself asks for the photo's words before anything is sent.
        assert page.evaluate("() => document.activeElement.id") == "alt-1"
        page.get_by_label("사진 설명").first.fill("새로 단 전구")
        page.get_by_role("button", name="답 보내기").click()
        expect(page.locator(".line.officer .bubble").first).to_have_text(
            "오늘 저녁까지 새 전구로 바꿀게요."
        )
        expect(page.get_by_role("img", name="새로 단 전구")).to_be_visible()

        with house.database.transaction() as session:
            talk = make_conversation(session, address="0" * 64)
            make_turn(session, text="정말 고맙습니다!", now=house.clock(), conversation=talk)
        # It comes by itself, without a new page.
        expect(page.get_by_text("정말 고맙습니다!")).to_be_in_viewport(timeout=10_000)
        look(page, "6-conversation-live", width)

        page.locator("a.token").first.click()
        look(page, "7-reveal", width)
        page.get_by_label("보는 까닭").select_option("현장 위치 확인")
        page.get_by_role("button", name="보기").click()
        expect(page.locator(".revealed")).to_have_text("010-1234-5678")

        page.goto("/cases/1")
        page.get_by_text("기한을 이렇게 셌어요").click()
        look(page, "8-case", width)
        page.get_by_label("새 상태").select_option("answered")
        page.get_by_label("바꾸는 까닭").fill("전구 교체 확인")
        page.get_by_label("시민에게 알릴 말").fill("새 전구로 바꿨어요. 불편을 드려 죄송해요.")
        page.get_by_text("사진 붙이기").click()
        page.get_by_label("사진 파일").first.set_input_files(photo)
        page.get_by_label("사진 설명").first.fill("환하게 켜진 가로등")
        page.get_by_role("button", name="바꾸고 시민에게 알리기").click()
        expect(page.get_by_role("status")).to_contain_text("상태를 바꾸고")
        look(page, "9-case-changed", width)
        with house.database.reading() as session:
            told = session.query(Delivery).filter(Delivery.kind == "status").count()
        assert told == 2

        page.goto("/officers")
        look(page, "10-officers", width)
        page.goto("/account")
        look(page, "11-account", width)
        page.goto("/cases/99")
        look(page, "12-not-found", width)


def test_a_change_from_an_old_page_is_shown_beside_ones_own_words(house, browser):
    busy_city(house)
    with served(house) as url, open_page(browser, url) as page:
        sign_in(page)
        page.goto("/cases/1")
        page.get_by_label("새 상태").select_option("answered")
        page.get_by_label("바꾸는 까닭").fill("내 까닭")
        page.get_by_label("시민에게 알릴 말").fill("내가 쓰던 말")
        other = house.sign_in("dul")
        changed = {"to": "in_progress", "reason": "동료의 까닭", "note": "동료의 말"}
        assert other.submit("/cases/1", "/cases/1/status", **changed).status_code == 303
        page.get_by_role("button", name="바꾸고 시민에게 알리기").click()
        expect(page.get_by_role("alert")).to_contain_text("그 사이 다른 사람이")
        expect(page.locator(".newer")).to_contain_text("동료의 말")
        expect(page.get_by_label("시민에게 알릴 말")).to_have_value("내가 쓰던 말")
        look(page, "13-stale", "desk")


def test_the_keyboard_reaches_everything_from_the_skip_link_on(house, browser):
    busy_city(house)
    with served(house) as url, open_page(browser, url) as page:
        sign_in(page)
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_text("본문으로 바로 가기")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        # What comes first depends on the hour: a case that is due, or a talk that waits.
        focused = page.locator("main a").first
        expect(focused).to_be_focused()
        name = focused.inner_text().strip()
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_the_work_is_done_without_scripts_too(house, browser):
    busy_city(house)
    with served(house) as url, open_page(browser, url, scripts=False) as page:
        sign_in(page)
        page.goto("/conversations/1")
        page.get_by_role("button", name="대화 맡기").click()
        page.get_by_label("시민에게 보낼 답").fill("스크립트 없이도 가요.")
        page.get_by_role("button", name="답 보내기").click()
        expect(page.locator(".line.officer")).to_contain_text("스크립트 없이도 가요.")
        page.locator("[data-live] a").click()
        page.get_by_role("button", name="봇에게 돌려주기").click()
        expect(page.get_by_role("button", name="대화 맡기")).to_be_visible()


def test_at_twice_the_letter_size_nothing_runs_out_of_a_phones_page(house, browser):
    busy_city(house)
    with served(house) as url, open_page(browser, url, width="phone") as page:
        sign_in(page)
        for path in ("/", "/conversations/1", "/cases/1", "/officers"):
            page.goto(path)
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            assert page.evaluate(SIDEWAYS) <= 0, (path, page.evaluate(TOO_WIDE))
