"""What Telegram brings to the officers' pages: edits, groups, closed chats, messages that did not go out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bots.telegram_errors import CLOSED, PERMANENT
from console import words
from console.words import DELIVERY_FAILURES
from core.conversations import close_conversation
from core.erasure import erase_conversation, request_erasure
from core.handovers import open_handover
from core.inbound import Location, Photo, TurnKind
from core.models.conversation import Conversation, Delivery, Handover, Turn
from dialogue.reading import _PROBLEMS
from tests.builders import MONDAY_TEN, make_conversation, make_turn
from tests.console.house import House, picture
from tests.console.telegram_talk import CITIZEN, GROUP, change, say, tell


def page_of(house: House, number: int = 1) -> str:
    return house.sign_in().get(f"/conversations/{number}").text


def wait_for_person(house: House, number: int = 1, **given: Any) -> None:
    with house.database.transaction() as session:
        open_handover(
            session,
            conversation_id=number,
            now=MONDAY_TEN,
            **({"reason": "citizen_asked"} | given),
        )


def close(house: House, number: int = 1, reason: str = "blocked") -> None:
    with house.database.transaction() as session:
        close_conversation(session, conversation_id=number, reason=reason)


def write_in_group(house: House, text: str = "가로등이 꺼졌어요", *, author: str = CITIZEN) -> int:
    return say(house, address=GROUP, visibility="public", author=author, text=text)


def rows(house: House, table: type[Any]) -> list[Any]:
    with house.database.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_the_channel_stands_on_the_page_in_the_list_and_in_the_queue(house):
    say(house)
    wait_for_person(house)
    browser = house.sign_in()
    for path in ("/", "/waiting", "/conversations", "/conversations/1"):
        assert "텔레그램" in browser.get(path).text, path


def test_the_list_is_narrowed_to_one_channel_and_an_unknown_one_narrows_nothing(house):
    say(house)
    with house.database.transaction() as session:
        make_turn(session)
    browser = house.sign_in()

    def shown(query: str) -> list[bool]:
        page = browser.get(f"/conversations{query}").text
        return [f"/conversations/{number}#latest" in page for number in (1, 2)]

    assert shown("?channel=telegram") == [True, False]
    assert shown("?channel=web") == [False, True]
    assert shown("?channel=") == shown("?channel=fax") == shown("") == [True, True]
    assert (
        '<option value="telegram" selected>' in browser.get("/conversations?channel=telegram").text
    )


def test_the_next_page_of_the_list_keeps_what_it_was_narrowed_to(house):
    with house.database.transaction() as session:
        for number in range(51):
            make_conversation(session, channel="telegram", address=str(number))
    page = house.sign_in().get("/conversations?channel=telegram").text
    assert 'href="/conversations?channel=telegram&amp;page=2"' in page


def test_an_edited_message_shows_what_it_said_before_with_its_tokens_closed(house):
    house.add("vera", role="viewer")
    earlier = [
        {"text": "제 번호는 ⟦전화1⟧", "until": MONDAY_TEN.isoformat()},
        {"text": "<b>둘째</b>", "until": MONDAY_TEN.isoformat()},
        {"text": "", "until": MONDAY_TEN.isoformat()},
    ]
    say(house, text="마지막 글", columns={"earlier_texts": earlier})
    page = page_of(house)
    assert "고친 글" in page
    assert "고치기 전 글 (3)" in page
    assert "5월 4일(월) 10:00" in page
    assert "&lt;b&gt;둘째" in page
    assert "/conversations/1/reveal?token=" in page
    assert "/reveal" not in house.sign_in("vera").get("/conversations/1").text


def test_an_edit_reaches_the_open_page(house):
    number = say(house)
    browser = house.sign_in()
    before = browser.get("/conversations/1/lines")
    earlier = [{"text": "전", "until": MONDAY_TEN.isoformat()}]
    change(house, Turn, number, text="후", earlier_texts=earlier)
    after = browser.get("/conversations/1/lines", **{"If-None-Match": before.headers["etag"]})

    def mark(page: str) -> str:
        return (
            page.split(f'id="turn-{number}"')[1].split('data-state="')[1].split('"', maxsplit=1)[0]
        )

    assert after.status_code == 200
    # The script changes the lines whose mark has changed.
    assert mark(after.text) != mark(before.text)


def test_the_photos_of_an_album_stand_in_one_message(house):
    photos = []
    for colour in ("green", "red", "blue"):
        data = picture(colour)[1][1]
        photos.append(Photo(house.store.put(data), "image/jpeg", len(data), 320, 240))
    say(house, kind=TurnKind.PHOTO, text="세 장", photos=tuple(photos))
    page = page_of(house)
    assert page.count('class="line citizen"') == 1
    album = page.split('<div class="files">')[1].split("</div>")[0]
    assert album.count("<img ") == 3
    assert 'alt="시민이 보낸 사진 3"' in album


def test_files_that_could_not_be_taken_say_why_and_how_many(house):
    problems = ["file_too_large", "file_kind", "file_too_large", "something_new"]
    say(house, kind=TurnKind.PHOTO, text="", columns={"problems": problems})
    page = page_of(house)
    assert "받지 못한 파일: 20MB보다 큼 (2개), 받을 수 없는 형식, 보낸 곳에서 가져오지 못함" in page
    assert "글 없음" not in page


def test_files_that_are_still_to_come_are_counted(house):
    waiting = [{"reference": "a", "size": 1}, {"reference": "b", "size": None}]
    say(house, kind=TurnKind.PHOTO, text="", columns={"files": waiting})
    assert "파일 2개를 가져오는 중" in page_of(house)


def test_a_shared_contact_is_a_token_that_opens_with_a_purpose(house):
    say(house, kind=TurnKind.CONTACT, text="⟦전화1⟧")
    page = page_of(house)
    assert "공유한 연락처" in page
    assert '<a class="token" href="/conversations/1/reveal?token=' in page


def test_a_venue_stands_with_its_point(house):
    where = Location(lat=37.5665, long=126.978)
    say(house, kind=TurnKind.LOCATION, text="시청 앞 광장 세종대로 110", location=where)
    page = page_of(house)
    assert "보낸 곳" in page
    assert "시청 앞 광장 세종대로 110" in page
    assert page.count("37.56650, 126.97800") == 1


def test_a_message_that_came_too_fast_says_that_nobody_answered_it(house):
    say(house, flood=True)
    assert "너무 빨리 보내서 자동 답변을 하지 않은 글" in page_of(house)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (TurnKind.START, "대화를 시작했어요"),
        (TurnKind.UNSUPPORTED, "받을 수 없는 형식을 보냈어요"),
    ],
)
def test_a_message_without_words_says_what_it_was(house, kind, told):
    say(house, kind=kind, text="")
    assert told in page_of(house)


@pytest.mark.parametrize("code", ["blocked", "deactivated", "chat_not_found", "too_long", "empty"])
def test_a_message_that_did_not_go_out_says_why(house, code):
    say(house)
    tell(house, "답", state="failed", failure=code)
    assert f"보내지 못함: {DELIVERY_FAILURES[code]}" in page_of(house)


def test_every_refusal_of_telegram_has_its_words():
    ours = {*CLOSED.values(), *PERMANENT.values(), "forbidden", "bad_request", "unknown_method"}
    ours |= {"picture_gone", "cannot_edit", "channel_closed"}
    not_of_messages = {"press_too_old"}
    assert ours - not_of_messages <= DELIVERY_FAILURES.keys()
    assert {*CLOSED.values(), "forbidden"} == words.CLOSED.keys()


def test_every_problem_with_a_file_has_its_words():
    assert _PROBLEMS.keys() == words.PROBLEMS.keys()


def test_a_failure_without_words_shows_its_code(house):
    say(house)
    tell(house, "답", state="failed", failure="TypeError")
    assert "까닭을 알 수 없어요 (코드 TypeError)" in page_of(house)


def test_a_message_whose_arrival_nobody_knows_says_so(house):
    say(house)
    tell(house, "답", state="unsure", failure="lost while sending")
    assert "닿았는지 알 수 없어요" in page_of(house)


def test_a_message_that_waits_for_another_try_says_so(house):
    say(house)
    tell(house, "답", failure="telegram: not reached")
    assert "아직 보내지 못해 다시 해 보는 중" in page_of(house)


def test_a_blocked_conversation_says_so_and_takes_no_answer(house):
    say(house)
    close(house)
    page = page_of(house)
    assert "시민이 텔레그램에서 봇을 차단했어요. 보내도 닿지 않아요. 민원은 그대로 있어요." in page
    assert "시민이 다시 말을 걸면" in page
    for action in ("take", "answer", "hand-back"):
        assert f'action="/conversations/1/{action}"' not in page
    assert "지운 대화" not in page
    assert "보낼 수 없음" in house.sign_in().get("/conversations").text


def test_a_conversation_that_ended_in_another_way_does_not_say_that_it_was_blocked(house):
    say(house)
    tell(house, "답", state="failed", failure="deactivated")
    close(house, reason="deactivated")
    page = page_of(house)
    assert "시민이 텔레그램 계정을 없앴어요. 보내도 닿지 않아요." in page
    assert "차단했어요" not in page


def test_an_old_failure_does_not_explain_a_later_end(house):
    say(house)
    tell(house, "답", state="failed", failure="deactivated")
    house.clock.forward(minutes=1)
    say(house, text="다시 왔어요")
    close(house)
    assert "시민이 텔레그램에서 봇을 차단했어요. 보내도" in page_of(house)


def test_what_is_written_to_a_conversation_that_was_blocked_meanwhile_is_refused_and_kept(house):
    say(house)
    browser = house.sign_in()
    page = "/conversations/1"
    browser.submit(page, f"{page}/take")
    fields = browser.form(page, f"{page}/answer")
    close(house)
    answer = browser.send(f"{page}/answer", {**fields, "text": "곧 고칠게요"})
    assert answer.status_code == 400
    assert "더는 보낼 수 없는 대화예요" in answer.text
    assert "곧 고칠게요</textarea>" in answer.text
    assert all(row.kind != "officer" for row in rows(house, Delivery))


def test_a_blocked_conversation_leaves_the_queue_without_a_word_and_stays_closed(house):
    say(house)
    wait_for_person(house)
    close(house)
    browser = house.sign_in()
    assert "보낼 수 없음" in browser.get("/").text
    answer = browser.submit("/conversations/1", "/conversations/1/hand-back")
    assert answer.status_code == 303
    assert "지금 기다리는 시민이 없어요" in browser.get("/").text
    assert rows(house, Conversation)[0].mode == "closed"
    assert rows(house, Delivery) == []


def test_an_erased_conversation_says_that_it_was_erased(house):
    say(house)
    with house.database.transaction() as session:
        request_erasure(session, conversation_id=1, by="citizen", now=MONDAY_TEN)
        erase_conversation(session, conversation_id=1, now=MONDAY_TEN)
    page = page_of(house)
    assert "시민이 지워 달라고 해서 지운 대화예요" in page
    assert "차단했어요" not in page
    assert "/take" not in page
    assert "지운 대화" in house.sign_in().get("/conversations").text


def test_a_group_says_that_everybody_reads_along_and_cannot_be_taken_over(house):
    write_in_group(house)
    browser = house.sign_in()
    page = browser.get("/conversations/1").text
    assert "여럿이 보는 대화방" in page
    assert "대화방의 모두가 함께 읽어요" in page
    assert "아직 1:1 대화로 들어온 시민이 없어요" in page
    assert 'action="/conversations/1/take"' not in page
    assert "여럿이 보는 대화방" in browser.get("/conversations").text
    fields = {"csrf": browser.form("/account", "/account")["csrf"], "form_token": "a" * 32}
    answer = browser.send("/conversations/1/take", fields)
    assert answer.status_code == 400
    assert "모두가 읽어서 맡을 수 없어요" in answer.text
    assert rows(house, Conversation)[0].mode == "bot"
    assert rows(house, Delivery) == rows(house, Handover) == []


def test_a_group_tells_its_people_apart_and_leads_to_the_private_chat_of_who_came(house):
    write_in_group(house, "여기 위험해요")
    write_in_group(house, "저도 봤어요", author="7002")
    write_in_group(house, "또 저예요")
    say(house, text="1:1로 왔어요")
    page = page_of(house)
    found = [part.split(" <span")[0] for part in page.split('<p class="line-who">')[1:]]
    assert found == ["시민 1", "시민 2", "시민 1"]
    assert '<a href="/conversations/2#latest">시민 1 님과의 1:1 대화 2</a>' in page
    # Who they are on Telegram is nobody's business.
    for address in (CITIZEN, "7002", GROUP):
        assert address not in page
    assert "시민 1" not in page_of(house, 2)


def test_an_emergency_in_a_group_stays_on_the_first_page_until_somebody_has_seen_to_it(house):
    write_in_group(house)
    wait_for_person(house, reason="emergency:fire", emergency=True)
    browser = house.sign_in()
    queue = browser.get("/").text
    assert "긴급" in queue
    assert "여럿이 보는 대화방" in queue
    answer = browser.submit("/conversations/1", "/conversations/1/hand-back")
    assert answer.status_code == 303
    assert "지금 기다리는 시민이 없어요" in browser.get("/").text
    assert rows(house, Delivery) == []


def test_an_officer_who_has_a_group_from_before_can_only_give_it_back(house):
    write_in_group(house)
    with house.database.transaction() as session:
        talk = session.get_one(Conversation, 1)
        talk.mode, talk.officer_id = "officer", 1
    page = page_of(house)
    assert 'action="/conversations/1/answer"' not in page
    assert 'action="/conversations/1/hand-back"' in page


def test_a_message_that_changes_an_earlier_one_says_so(house):
    say(house)
    tell(house, "고친 알림", action="edit", targets=["5"], state="sent")
    assert "이미 보낸 글을 고침" in page_of(house)
