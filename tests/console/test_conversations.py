"""Officers and conversations: the queue, taking over, answering, personal data, hostile text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from core.attachments import record_attachments
from core.handovers import open_handover
from core.inbound import Location, TurnKind
from core.models.conversation import Attachment, Conversation, Delivery, Handover, Turn
from core.models.vault import AuditEntry
from core.policy_questions import Outcome, handover_reason, record_question
from dialogue.photos import accept_photo
from tests.builders import MONDAY_TEN, make_case, make_conversation, make_turn
from tests.console.house import House, picture


def talk(house: House, text: str = "가로등이 나갔어요", *, address: str = "a" * 64) -> int:
    with house.database.transaction() as session:
        conversation = make_conversation(session, address=address)
        make_turn(session, conversation=conversation, text=text, address=address)
        return conversation.id


def wait_for_person(house: House, conversation_id: int, **given: Any) -> None:
    values: dict[str, Any] = {"reason": "citizen_asked", "now": MONDAY_TEN} | given
    with house.database.transaction() as session:
        open_handover(session, conversation_id=conversation_id, **values)


def deliveries(house: House) -> list[Delivery]:
    with house.database.reading() as session:
        rows = list(session.scalars(select(Delivery).order_by(Delivery.id)))
    return rows


def take(browser, number: int = 1):
    page = f"/conversations/{number}"
    return browser.submit(page, f"{page}/take")


def reply(browser, text: str, number: int = 1, **options):
    page = f"/conversations/{number}"
    return browser.submit(page, f"{page}/answer", text=text, **options)


def test_emergencies_stand_first_then_the_oldest(house):
    for index, (minutes, emergency) in enumerate([(10, False), (30, False), (5, True)]):
        number = talk(house, f"말 {index}", address=str(index) * 64)
        since = MONDAY_TEN - timedelta(minutes=minutes)
        wait_for_person(house, number, emergency=emergency, now=since)
    page = house.sign_in().get("/").text
    order = [page.index(f"/conversations/{number}#latest") for number in (3, 2, 1)]
    assert order == sorted(order)
    assert "긴급" in page
    assert "30분" in page


def test_a_question_that_found_no_answer_stands_beside_who_waits_for_it(house):
    number = talk(house, "상담원 연결해 주세요")
    with house.database.transaction() as session:
        row = record_question(
            session,
            turn_id=1,
            conversation_id=number,
            question="<b>애 낳으면</b> 뭐 받아요? ⟦전화1⟧",
            outcome=Outcome.UNANSWERED,
            sureness=0.1,
            now=MONDAY_TEN,
        )
        reason = handover_reason(row)
    wait_for_person(house, number, reason=reason)
    browser = house.sign_in()
    for path in ("/", f"/conversations/{number}"):
        page = browser.get(path).text
        assert "안내 글로 답하지 못한 질문" in page
        assert "&lt;b&gt;애 낳으면&lt;/b&gt; 뭐 받아요?" in page
    # What was asked may be gone; that somebody waits stays.
    wait_for_person(house, talk(house, address="b" * 64), reason="policy_question:99")
    assert "안내 글로 답하지 못한 질문" in browser.get("/conversations/2").text


def test_with_nobody_waiting_the_page_says_so(house):
    assert "지금 기다리는 시민이 없어요" in house.sign_in().get("/").text


def test_the_queue_is_sent_again_only_when_it_changed(house):
    browser = house.sign_in()
    first = browser.get("/waiting")
    again = browser.get("/waiting", **{"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    wait_for_person(house, talk(house))
    fresh = browser.get("/waiting", **{"If-None-Match": first.headers["etag"]})
    assert fresh.status_code == 200
    assert "시민이 담당자를 찾음" in fresh.text


def test_taking_over_silences_the_bot_and_tells_the_citizen_who_came(house):
    wait_for_person(house, talk(house))
    browser = house.sign_in()
    answer = take(browser)
    assert answer.headers["location"].startswith("/conversations/1?done=taken")
    with house.database.reading() as session:
        assert session.get_one(Conversation, 1).mode == "officer"
    notice = deliveries(house)[0]
    assert notice.kind == "notice"
    assert "한아름" in notice.payload["text"]
    assert house.kicked == [1]
    assert "대화를 맡았어요" in browser.get(answer.headers["location"]).text


def test_an_answer_goes_out_as_a_delivery_of_that_officer(house):
    talk(house)
    browser = house.sign_in()
    take(browser)
    answer = reply(browser, "오늘 안에 고칠게요.\r\n고맙습니다.")
    assert answer.status_code == 303
    sent = deliveries(house)[-1]
    assert (sent.kind, sent.state, sent.channel) == ("officer", "pending", "web")
    assert sent.payload["text"] == "오늘 안에 고칠게요.\n고맙습니다."
    assert sent.speaker == "officer:1"
    assert "담당자 한아름" in browser.get("/conversations/1").text


def test_a_photo_goes_out_with_its_words(house):
    talk(house)
    browser = house.sign_in()
    take(browser)
    answer = reply(browser, "", alt=["새로 단 전구", "", ""], files=[picture()])
    assert answer.status_code == 303
    sent = deliveries(house)[-1]
    assert sent.payload["images"] == [{"attachment_id": 1, "alt": "새로 단 전구"}]
    with house.database.reading() as session:
        kept = session.get_one(Attachment, 1)
    assert kept.source == "officer"
    picture_answer = browser.file(1, house=house)
    assert picture_answer.headers["content-type"] == "image/jpeg"
    assert picture_answer.headers["x-content-type-options"] == "nosniff"
    assert picture_answer.content.startswith(b"\xff\xd8")
    assert 'alt="새로 단 전구"' in browser.get("/conversations/1").text


@pytest.mark.parametrize(
    ("text", "alt", "files", "told"),
    [
        ("", "", [], "보낼 글이나 사진이 없어요"),
        ("답", "", [picture()], "사진마다 설명"),
        ("답", "설명", [("photo", ("a.jpg", b"not a picture", "image/jpeg"))], "읽을 수 없어요"),
        ("답", "설명", [("photo", ("", b"", "application/octet-stream"))], "사진이 없어요"),
        ("가" * 2001, "", [], "2000자까지"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_not_sent_and_not_lost(house, text, alt, files, told):
    talk(house)
    browser = house.sign_in()
    take(browser)
    answer = reply(browser, text, alt=alt, files=files or [("photo", ("", b"", "text/plain"))])
    assert answer.status_code == 400
    assert told in answer.text
    assert [row.kind for row in deliveries(house)] == ["notice"]
    if text:
        assert f">{text}</textarea>" in answer.text


def test_pressing_send_twice_sends_once(house):
    talk(house)
    browser = house.sign_in()
    take(browser)
    fields = browser.form("/conversations/1", "/conversations/1/answer")
    answers = [browser.send("/conversations/1/answer", {**fields, "text": "한 번"}) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "done=already" in answers[1].headers["location"]
    assert len([row for row in deliveries(house) if row.kind == "officer"]) == 1


def test_nobody_answers_in_a_conversation_that_another_has(house):
    house.add("dul", name="두리")
    talk(house)
    first, second = house.sign_in(), house.sign_in("dul")
    stale = second.form("/conversations/1", "/conversations/1/take")
    take(first)
    answer = second.send("/conversations/1/take", stale)
    assert answer.status_code == 400
    assert "다른 담당자가 이 대화를 맡고 있어요" in answer.text
    fields = {"csrf": stale["csrf"], "form_token": "e" * 32, "text": "끼어들기"}
    answer = second.send("/conversations/1/answer", fields)
    assert answer.status_code == 400
    assert "끼어들기</textarea>" in answer.text
    assert all(row.kind != "officer" for row in deliveries(house))


def test_an_administrator_takes_over_from_an_officer_who_is_away(house):
    house.add("chief", role="admin", name="최으뜸")
    talk(house)
    first, chief = house.sign_in(), house.sign_in("chief")
    take(first)
    assert "내가 넘겨받기" in chief.get("/conversations/1").text
    assert take(chief).status_code == 303
    assert "최으뜸" in deliveries(house)[-1].payload["text"]
    fields = {"csrf": first.form("/account", "/account")["csrf"], "form_token": "d" * 32}
    answer = first.send("/conversations/1/answer", {**fields, "text": "늦은 답"})
    assert answer.status_code == 400
    assert reply(chief, "제가 이어서 도와드릴게요.").status_code == 303
    assert deliveries(house)[-1].speaker == "officer:2"


def test_an_answer_without_taking_over_is_refused(house):
    talk(house)
    browser = house.sign_in()
    fields = browser.form("/conversations/1", "/conversations/1/take")
    answer = browser.send("/conversations/1/answer", {**fields, "text": "앞질러"})
    assert answer.status_code == 400
    assert "먼저 대화를 맡아 주세요" in answer.text
    assert deliveries(house) == []


def test_handing_back_wakes_the_bot_and_closes_the_wait(house):
    wait_for_person(house, talk(house))
    browser = house.sign_in()
    take(browser)
    answer = browser.submit("/conversations/1", "/conversations/1/hand-back")
    assert answer.status_code == 303
    with house.database.reading() as session:
        assert session.get_one(Conversation, 1).mode == "bot"
        assert session.get_one(Handover, 1).closed_at is not None
    assert "지금 기다리는 시민이 없어요" in browser.get("/").text
    assert house.kicked == [1, 1]


def test_a_citizens_script_is_shown_and_never_run(house):
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
    wait_for_person(house, talk(house, attack), reason=attack)
    browser = house.sign_in()
    for path in ("/", "/waiting", "/conversations", "/conversations/1", "/conversations/1/lines"):
        page = browser.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "&lt;script&gt;alert(1)" in page, path


def test_personal_data_opens_only_with_a_purpose_and_leaves_a_trace(house):
    with house.database.transaction() as session:
        conversation = make_conversation(session)
        token = house.vault.keep(
            session,
            conversation_id=conversation.id,
            kind="phone",
            value="010-1234-5678",
            now=MONDAY_TEN,
        )
        make_turn(session, conversation=conversation, text=f"제 번호는 {token}예요")
    browser = house.sign_in()
    page = browser.get("/conversations/1").text
    assert token in page
    assert "010-1234-5678" not in page
    address = f"/conversations/1/reveal?token={token}"
    action = "/conversations/1/reveal"
    for values in ({}, {"purpose": "기타"}, {"purpose": "그냥"}):
        answer = browser.submit(address, action, **values)
        assert answer.status_code == 400
        assert "010-1234-5678" not in answer.text
    answer = browser.submit(address, action, purpose="현장 위치 확인", detail="가로등 앞")
    assert "010-1234-5678" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    with house.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "vault.reveal"))
        found = [(entry.actor, entry.purpose) for entry in entries]
    assert found == [("officer:1", "현장 위치 확인: 가로등 앞")]


def test_a_plate_opens_like_a_phone_number(house):
    with house.database.transaction() as session:
        conversation = make_conversation(session)
        values = {"kind": "vehicle_plate", "value": "12가3456", "now": MONDAY_TEN}
        token = house.vault.keep(session, conversation_id=conversation.id, **values)
        make_turn(session, conversation=conversation, text=f"{token} 차가 소화전 앞에 있어요")
    assert token == "⟦차량1⟧"
    browser = house.sign_in()
    assert f"reveal?{urlencode({'token': token})}" in browser.get("/conversations/1").text
    answer = browser.submit(
        f"/conversations/1/reveal?token={token}",
        "/conversations/1/reveal",
        purpose="현장 위치 확인",
    )
    assert "12가3456" in answer.text


def test_a_token_of_another_conversation_opens_nothing(house):
    with house.database.transaction() as session:
        other = make_conversation(session, address="b" * 64)
        values = {"kind": "phone", "value": "010-1234-5678", "now": MONDAY_TEN}
        token = house.vault.keep(session, conversation_id=other.id, **values)
        make_conversation(session, address="c" * 64)
    answer = house.sign_in().submit(
        f"/conversations/2/reveal?token={token}",
        "/conversations/2/reveal",
        purpose="현장 위치 확인",
    )
    assert answer.status_code == 400
    assert "010-1234-5678" not in answer.text


def test_a_viewer_sees_the_token_but_no_way_to_open_it(house):
    house.add("vera", role="viewer")
    talk(house, "제 번호는 ⟦전화1⟧예요")
    page = house.sign_in("vera").get("/conversations/1").text
    assert "⟦전화1⟧" in page
    assert "/reveal" not in page


def test_opening_a_conversation_is_recorded_and_polling_that_shows_nothing_new_is_not(house):
    talk(house)
    browser = house.sign_in()
    browser.get("/conversations/1")
    tag = browser.get("/conversations/1/lines").headers["etag"]
    for _ in range(3):
        browser.get("/conversations/1/lines", **{"If-None-Match": tag})
    with house.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "conversation.read")
        ).all()
    assert {(entry.actor, entry.subject) for entry in entries} == {("officer:1", "conversation:1")}
    assert len(entries) == 2


def test_a_new_line_reaches_the_open_page(house):
    talk(house)
    browser = house.sign_in()
    first = browser.get("/conversations/1/lines")
    unchanged = browser.get("/conversations/1/lines", **{"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == 304
    talk(house, "아직도 어두워요")
    assert "아직도 어두워요" in browser.get("/conversations/1/lines").text


def test_photos_and_places_stand_in_the_transcript(house):
    photo = accept_photo(picture()[1][1], name="a.jpg", store=house.store)
    with house.database.transaction() as session:
        make_turn(session, kind=TurnKind.PHOTO, text="", photos=(photo,))
        where = Location(lat=37.5665, long=126.978)
        make_turn(session, kind=TurnKind.LOCATION, text="", location=where)
    browser = house.sign_in()
    page = browser.get("/conversations/1").text
    assert 'src="/attachments/1?until=' in page
    assert "37.56650, 126.97800" in page
    assert browser.file(1, house=house).status_code == 200
    assert browser.file(2, house=house).status_code == 404


def test_a_conversation_is_found_by_its_case_number(house):
    with house.database.transaction() as session:
        turn = make_turn(session, address="a" * 64)
        number = make_case(session, turn=turn).case.number
        make_conversation(session, address="b" * 64)
    browser = house.sign_in()
    assert number == "2026-000001"
    for search in ("2026-000001", "2026-1", " 2026 - 000001 "):
        page = browser.client.request("GET", "/conversations", params={"q": search}).text
        assert "대화 1" in page
        assert "대화 2" not in page
    for search in ("2026-000009", "가로등", "' OR 1=1 --"):
        page = browser.client.request("GET", "/conversations", params={"q": search}).text
        assert "그 번호로 접수된 대화가 없어요" in page


def test_whatever_shows_a_citizens_words_or_picture_leaves_an_audit_line(house):
    talk(house)
    with house.database.transaction() as session:
        photo = accept_photo(picture()[1][1], name="a.jpg", store=house.store)
        (number,) = record_attachments(
            session, photos=[photo], conversation_id=1, source="citizen", now=MONDAY_TEN
        )
    browser = house.sign_in()

    def lines() -> list[str]:
        with house.database.reading() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.action.endswith(".read")))
            return [row.subject for row in rows]

    shown = browser.get("/conversations/1/lines")
    assert lines() == ["conversation:1"]
    unchanged = browser.get("/conversations/1/lines", **{"If-None-Match": shown.headers["etag"]})
    assert unchanged.status_code == 304
    assert lines() == ["conversation:1"]
    assert browser.file(number, house=house).status_code == 200
    assert lines() == ["conversation:1", f"attachment:{number}"]


def test_abusive_words_are_a_small_mark_beside_the_message(house):
    number = talk(house, "쓰레기 좀 치워라 개새끼들아")
    assert "거친 말" not in house.sign_in().get(f"/conversations/{number}").text
    with house.database.transaction() as session:
        session.scalars(select(Turn)).one().abuse = "rude"
    page = house.sign_in().get(f"/conversations/{number}").text
    assert '<span class="tag">거친 말</span>' in page
    assert "쓰레기 좀 치워라" in page
