"""What an officer writes: kept with tokens, read whole by its one citizen and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bots.telegram_parse import CHANNEL as TELEGRAM
from bots.web_feed import Cursor, read_after
from bots.web_input import CHANNEL as WEB
from core.case_links import link_case
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.deliveries import lease_next
from core.guardians import NEEDED
from core.models.case import CaseEvent
from core.models.conversation import Conversation, Delivery
from core.models.vault import AuditEntry, VaultItem
from core.ports import Sent
from core.put_away import Words, in_plain_words
from core.replies import Reply
from dialogue.opened import OpenedSender
from tests.builders import CODES, make_case, make_conversation, make_turn, sample_city
from tests.console.house import House
from tests.console.test_resident_numbers import kept, open_talk

PHONE, NAME = "010-7391-4826", "홍길동"
WORDS = f"담당 업체는 {PHONE} 입니다. 제 이름은 {NAME}입니다."


class Out:
    """Takes what leaves."""

    channel = TELEGRAM
    pace = None

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def may_repeat(self, outgoing: Any) -> bool:
        return True

    def send(self, outgoing: Any) -> Sent:
        self.replies.append(outgoing.reply)
        return Sent("1")


def send_all(house: House) -> list[Reply]:
    """Send what waits, as a dispatcher does."""
    out = Out()
    sender = OpenedSender(out, database=house.database, vault=house.vault, now=house.clock)
    while True:
        with house.database.transaction() as session:
            outgoing = lease_next(session, now=house.clock(), channels={WEB: None, TELEGRAM: None})
        if outgoing is None:
            return out.replies
        sender.send(outgoing)
        with house.database.transaction() as session:
            session.get_one(Delivery, outgoing.delivery_id).state = "sent"


def audit(house: House, action: str) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_an_answer_is_kept_with_tokens_and_sent_whole_with_a_line_each(house: House) -> None:
    browser = house.sign_in()
    page = open_talk(house, browser)
    assert browser.submit(page, f"{page}/answer", text=WORDS).status_code == 303
    with house.database.reading() as session:
        payload = session.scalars(select(Delivery.payload).where(Delivery.kind == "officer")).one()
    assert payload["text"] == "담당 업체는 ⟦전화1⟧ 입니다. 제 이름은 ⟦이름1⟧입니다."
    assert WORDS in [reply.text for reply in send_all(house)]
    assert len(audit(house, "vault.reveal")) == 2
    assert PHONE.encode() not in kept(house)
    assert NAME.encode() not in kept(house)


@pytest.mark.parametrize("field", ["reason", "note"])
def test_a_change_of_state_is_kept_with_tokens(house: House, field: str) -> None:
    browser = house.sign_in()
    open_talk(house, browser)
    values = {"to": "assigned", "reason": "확인", "note": ""} | {field: WORDS}
    assert browser.submit("/cases/1", "/cases/1/status", **values).status_code == 303
    assert PHONE.encode() not in kept(house)
    with house.database.reading() as session:
        event = session.scalars(select(CaseEvent).order_by(CaseEvent.id.desc())).first()
    assert event is not None
    assert "⟦전화1⟧" in getattr(event, field)


def test_the_web_page_shows_it_whole_and_reading_again_writes_no_line(house: House) -> None:
    with house.database.transaction() as session:
        talk = make_conversation(session, channel=WEB, address="c" * 32)
        text = Words(house.vault).put_away(
            session, WORDS, conversation_id=talk.id, now=house.clock()
        )
        session.add(delivery(talk, text, now=house.clock()))
    for _ in range(2):
        page = read_after(house.database, address="c" * 32, cursor=Cursor(), vault=house.vault)
        assert [line.text for line in page.lines] == [WORDS]
    assert audit(house, "vault.reveal") == []


def delivery(talk: Conversation, text: str, *, kind: str = "officer", now: Any) -> Delivery:
    return Delivery(
        conversation_id=talk.id,
        channel=talk.channel,
        address=talk.address,
        kind=kind,
        payload=Reply(text).to_data(),
        dedupe_key=f"{kind}:{text}",
        state="sent",
        created_at=now,
        next_attempt_at=now,
        sent_at=now,
    )


def test_the_bots_own_words_open_nothing(house: House) -> None:
    with house.database.transaction() as session:
        talk = make_conversation(session, channel=WEB, address="c" * 32)
        text = Words(house.vault).put_away(
            session, WORDS, conversation_id=talk.id, now=house.clock()
        )
        session.add(delivery(talk, text, kind="reply", now=house.clock()))
    page = read_after(house.database, address="c" * 32, cursor=Cursor(), vault=house.vault)
    assert [line.text for line in page.lines] == [text]


def test_who_follows_a_case_reads_no_value_and_not_their_own_in_its_place(house: House) -> None:
    """⟦전화1⟧ is another number in another conversation."""
    now = house.clock()
    with house.database.transaction() as session:
        opened = make_case(session, now=now)
        talk = make_conversation(session, channel=TELEGRAM, address="777")
        house.vault.keep(
            session, conversation_id=talk.id, kind="phone", value="01000000000", now=now
        )
        case = link_case(
            session,
            city=sample_city(),
            codes=CODES,
            conversation_id=talk.id,
            number=opened.case.number,
            code=opened.lookup_code,
            now=now,
        )
        assert case is not None
        note = Words(house.vault).put_away(
            session, WORDS, conversation_id=case.conversation_id, now=now
        )
        change_status(
            session,
            city=sample_city(),
            case_id=case.id,
            to=CaseStatus.IN_PROGRESS,
            actor=Actor("officer", "1", "담당관"),
            reason="확인",
            note=note,
            now=now,
        )
    told = {row.conversation_id: row for row in deliveries(house)}
    assert "(전화번호)" in told[talk.id].payload["text"]
    assert "⟦" not in told[talk.id].payload["text"]
    texts = [reply.text for reply in send_all(house)]
    assert any(PHONE in text for text in texts)
    assert not any("01000000000" in text for text in texts)


def deliveries(house: House) -> list[Delivery]:
    with house.database.reading() as session:
        return list(session.scalars(select(Delivery).where(Delivery.kind == "status")))


def test_the_citys_own_numbers_stay_readable(house: House) -> None:
    department = sample_city().departments[0]
    words = Words.of(sample_city(), house.vault)
    with house.database.transaction() as session:
        talk = make_conversation(session)
        text = f"{department.name} {department.phone} 로 전화 주세요"
        assert words.put_away(session, text, conversation_id=talk.id, now=house.clock()) == text


def test_nothing_goes_into_the_vault_while_a_guardian_is_needed(house: House) -> None:
    with house.database.transaction() as session:
        talk = make_turn(session).conversation_id
        session.get_one(Conversation, talk).guardian = NEEDED
        text = Words(house.vault).put_away(
            session, f"아이 번호 {PHONE}", conversation_id=talk, now=house.clock()
        )
        assert text == "아이 번호 (전화번호)"
        assert session.scalars(select(VaultItem)).all() == []


def test_a_purpose_goes_into_the_audit_log_without_the_person(house: House) -> None:
    browser = house.sign_in()
    page = open_talk(house, browser)
    with house.database.transaction() as session:
        talk = session.scalars(select(Conversation)).first()
        assert talk is not None
        token = house.vault.keep(
            session, conversation_id=talk.id, kind="phone", value="0", now=house.clock()
        )
    values = {"token": token, "purpose": "기타", "detail": f"{PHONE} 로 전화 옴"}
    browser.submit(f"{page}/reveal?token={token}", f"{page}/reveal", **values)
    assert PHONE.encode() not in kept(house)


def test_words_that_cannot_be_read_go_to_the_vault_as_they_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError(PHONE)

    monkeypatch.setattr("core.put_away.redact", fails)
    with house.database.transaction() as session:
        talk = make_conversation(session)
        text = Words(house.vault).put_away(
            session, WORDS, conversation_id=talk.id, now=house.clock()
        )
        assert text == "⟦원문1⟧"
    assert in_plain_words(WORDS) == ""
