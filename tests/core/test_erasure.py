"""Erasing a conversation: nothing that was said stays anywhere, the case does, and nobody else loses a word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, LargeBinary, String, Table, func, select, update
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.audit_chain import first_broken_entry
from core.case_queries import events_of, find_case, look_up
from core.case_status import CaseStatus
from core.cases import Actor, add_note, change_status
from core.conversations import (
    answer_turn,
    ensure_conversation,
    lease_conversation,
    next_turn,
    release_lease,
)
from core.database import Database
from core.deliveries import enqueue, lease_next, mark_sent
from core.drafts import open_draft, save_draft
from core.erasure import (
    due_erasures,
    erase_conversation,
    find_erasure,
    finish_erasure,
    list_erasures,
    request_erasure,
)
from core.errors import Refused, TemporaryFailure
from core.handovers import hand_back, open_handover, take, waiting
from core.inbound import Location, Photo, TurnKind
from core.models import (
    Attachment,
    AuditEntry,
    Base,
    Case,
    Conversation,
    Delivery,
    Draft,
    Handover,
    Turn,
    VaultItem,
)
from core.replies import Image, Reply
from core.transcript import transcript
from tests.builders import (
    CODES,
    MONDAY_TEN,
    make_case,
    make_conversation,
    make_database,
    make_turn,
    make_vault,
    sample_city,
)

ADDRESS = "d" * 64
PHONE = "010-1234-5678"
MARK = "남김없이"
# Columns that tell what happened and never what was said; a marker there would break the queues.
STATES = {
    "turn": {"channel", "kind", "state"},
    "delivery": {"action", "channel", "kind", "state", "speaker"},
    "draft": {"state"},
    "handover": set(),
    "vault_item": {"token", "kind"},
    "conversation": {"channel", "visibility"},
}


class Interrupted(Exception):
    """The power went."""


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.dispose()


def everything(database: Database) -> str:
    """Every value of every row of every table, in one text; the fencing numbers apart."""
    values: list[str] = []
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "lease_token"]
            for row in connection.execute(select(*columns)):
                values += [
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                ]
    return "\n".join(values)


def photo(content: str) -> Photo:
    return Photo(hashlib.sha256(content.encode()).hexdigest(), "image/jpeg", 10, 4, 3)


def say(session: Session, text: str, *, address: str = ADDRESS, **message: Any) -> Turn:
    talk = make_conversation(session, address=address)
    turn = make_turn(session, conversation=talk, text=text, address=address, **message)
    turn.state = "answered"
    return turn


def erase(database: Database, conversation_id: int, *, by: str = "citizen") -> tuple[str, ...]:
    with database.transaction() as session:
        request_erasure(session, conversation_id=conversation_id, by=by, now=MONDAY_TEN)
    with database.transaction() as session:
        return erase_conversation(session, conversation_id=conversation_id, now=MONDAY_TEN).sha256


def talk_without_a_case(database: Database, *, address: str = ADDRESS) -> int:
    """A conversation in which everything was used that a citizen can use; returns its id."""
    with database.transaction() as session:
        turn = say(session, "가로등이 꺼졌어요 ⟦전화1⟧", address=address, photos=[photo("골목")])
        say(
            session, "", address=address, kind=TurnKind.LOCATION, location=Location(37.5661, 126.97)
        )
        talk = session.get_one(Conversation, turn.conversation_id)
        make_vault().keep(
            session, conversation_id=talk.id, kind="phone", value=PHONE, now=MONDAY_TEN
        )
        save_draft(
            session,
            conversation_id=talk.id,
            slots={"what": "쓰다 만 신고"},
            requested_slot="where",
            now=MONDAY_TEN,
        )
        open_handover(session, conversation_id=talk.id, reason="울면서 찾음", now=MONDAY_TEN)
        image = record_attachments(
            session,
            photos=[photo("약도")],
            conversation_id=talk.id,
            source="officer",
            now=MONDAY_TEN,
        )[0]
        delivery = enqueue(
            session,
            conversation=talk,
            reply=Reply("약도를 보내요", images=(Image(image, "찾아오는 길"),)),
            kind="officer",
            dedupe_key=f"officer:{talk.id}:서식",
            now=MONDAY_TEN,
        )
        delivery.state, delivery.provider_id = "sent", "제공자 번호"
        return talk.id


def filed(database: Database, **report: Any) -> tuple[int, int, int]:
    """A case of the citizen with photo and phone: (conversation, case, photo)."""
    with database.transaction() as session:
        turn = say(session, "골목이 어두워요", photos=[photo("가로등")])
        make_vault().keep(
            session,
            conversation_id=turn.conversation_id,
            kind="phone",
            value=PHONE,
            now=MONDAY_TEN,
        )
        values: dict[str, Any] = {
            "what": "가로등이 꺼졌어요 ⟦전화1⟧로 주세요",
            "answers": {"pole": "12호 ⟦메일1⟧"},
            "attachment_ids": turn.attachment_ids,
        }
        case = make_case(session, turn=turn, **(values | report)).case
        return turn.conversation_id, case.id, turn.attachment_ids[0]


def test_erasing_without_a_wish_is_refused(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    before = everything(database)
    with pytest.raises(Refused, match="erasure_not_requested"), database.transaction() as session:
        erase_conversation(session, conversation_id=conversation_id, now=MONDAY_TEN)
    with pytest.raises(Refused, match="conversation_unknown"), database.transaction() as session:
        request_erasure(session, conversation_id=999, by="cli:hana", now=MONDAY_TEN)
    assert everything(database) == before


def test_a_failure_in_the_middle_erases_nothing(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    with database.transaction() as session:
        request_erasure(session, conversation_id=conversation_id, by="citizen", now=MONDAY_TEN)
    before = everything(database)
    with suppress(Interrupted), database.transaction() as session:
        erase_conversation(session, conversation_id=conversation_id, now=MONDAY_TEN)
        raise Interrupted
    assert everything(database) == before


def test_after_erasing_no_table_holds_what_was_said(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    said = [
        "가로등", "37.5661", "126.97", "쓰다 만", "울면서", "약도", "찾아오는", "서식", "제공자",
        ADDRESS, "message-",
    ]  # fmt: skip
    before = everything(database)
    assert all(words in before for words in said)
    files = erase(database, conversation_id)
    with database.transaction() as session:
        erasure = find_erasure(session, conversation_id=conversation_id)
        assert erasure is not None
        finish_erasure(session, erasure=erasure, now=MONDAY_TEN)
    after = everything(database)
    assert [words for words in said if words in after] == []
    assert set(files) == {photo("골목").sha256, photo("약도").sha256}
    assert [sha256 for sha256 in files if sha256 in after] == []
    with database.reading() as session:
        assert transcript(session, conversation_id=conversation_id)
        assert session.scalars(select(VaultItem.ciphertext)).all() == [b""]
        assert waiting(session) == []


def test_every_column_that_can_hold_words_is_emptied(database: Database) -> None:
    """A column that is added to these tables later is planted with a marker here by itself."""
    conversation_id = talk_without_a_case(database)
    planted = 0
    for model in (Turn, Delivery, Draft, Handover, VaultItem, Conversation):
        table = model.__table__
        assert isinstance(table, Table)
        with database.engine.begin() as connection:
            for row in connection.execute(select(table.c.id)).all():
                values = {
                    column.name: marker(column.type, row.id)
                    for column in table.columns
                    if column.name not in STATES[table.name]
                    and isinstance(column.type, String | JSON | LargeBinary)
                }
                planted += len(values)
                connection.execute(update(table).where(table.c.id == row.id).values(values))
    assert everything(database).count(MARK) >= planted
    erase(database, conversation_id)
    assert MARK not in everything(database)


def marker(kind: Any, row_id: int) -> Any:
    text = f"{MARK}{row_id}"
    if isinstance(kind, JSON):
        return {"text": text, MARK: [text]}
    return text.encode() if isinstance(kind, LargeBinary) else text


def test_the_case_stays_without_the_person(database: Database) -> None:
    conversation_id, case_id, photo_id = filed(database)
    with database.transaction() as session:
        add_note(
            session,
            case_id=case_id,
            actor=Actor("officer", "1"),
            reason="⟦전화1⟧로 전화함",
            note="⟦전화1⟧로 알려 드렸어요",
            now=MONDAY_TEN,
        )
    assert erase(database, conversation_id) == ()
    text = everything(database)
    assert "⟦전화1⟧로" not in text
    assert "⟦메일1⟧" not in text
    assert "골목이 어두워요" not in text
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert case.contact_token is None
        assert case.consented_at == MONDAY_TEN
        assert case.what == "가로등이 꺼졌어요 (지운 연락처)로 주세요"
        assert case.answers == {"pole": "12호 (지운 연락처)"}
        assert case.place_text == "시청역 2번 출구 앞"
        assert case.attachment_ids == [photo_id]
        assert session.get(Attachment, photo_id) is not None
        events = events_of(session, case_id=case_id)
        assert events[1].note == "(지운 연락처)로 알려 드렸어요"
        assert (events[-1].actor_kind, events[-1].public) == ("citizen", False)
        with pytest.raises(Refused, match="token_unknown"):
            make_vault().reveal(
                session,
                conversation_id=conversation_id,
                token="⟦전화1⟧",
                purpose="확인",
                actor="officer:1",
                now=MONDAY_TEN,
            )


def test_number_and_code_of_the_receipt_still_open_the_case(database: Database) -> None:
    with database.transaction() as session:
        opened = make_case(session, turn=say(session, "가로등이 꺼졌어요"))
        number, conversation_id = opened.case.number, opened.case.conversation_id
    erase(database, conversation_id)
    with database.transaction() as session:
        found = look_up(
            session, codes=CODES, number=number, code=opened.lookup_code, now=MONDAY_TEN
        )
        assert found is not None
        assert found.number == number


def test_the_case_goes_on_and_its_news_go_to_nobody(database: Database) -> None:
    conversation_id, case_id, _ = filed(database)
    erase(database, conversation_id)
    with database.transaction() as session:
        change_status(
            session,
            city=sample_city(),
            case_id=case_id,
            to=CaseStatus.ASSIGNED,
            actor=Actor("officer", "1"),
            reason="맡김",
            note="담당자를 정했어요",
            photos=[(photo("현장"), "고친 가로등")],
            now=MONDAY_TEN,
        )
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    # The photo of the repair belongs to the case, so a second pass leaves it.
    assert erase(database, conversation_id) == ()
    with database.reading() as session:
        hashes = session.scalars(select(Attachment.sha256)).all()
        assert set(hashes) == {photo("가로등").sha256, photo("현장").sha256}


def test_twice_is_once(database: Database) -> None:
    conversation_id, case_id, _ = filed(database)
    erase(database, conversation_id)
    first = everything(database)
    erase(database, conversation_id, by="cli:hana")
    assert everything(database) == first
    with database.reading() as session:
        assert [each.by for each in list_erasures(session)] == ["citizen"]
        assert len(events_of(session, case_id=case_id)) == 2
        actions = session.scalars(select(AuditEntry.action)).all()
        assert actions.count("conversation.erase_requested") == 1
        assert actions.count("conversation.erase") == 1


def test_the_audit_log_says_who_and_never_what(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    with database.transaction() as session:
        open_handover(session, conversation_id=conversation_id, reason="officer", now=MONDAY_TEN)
        request_erasure(
            session,
            conversation_id=conversation_id,
            by="officer:7",
            reason="시민이 전화로 부탁함",
            now=MONDAY_TEN,
        )
        erase_conversation(session, conversation_id=conversation_id, now=MONDAY_TEN)
    with database.reading() as session:
        lines = session.execute(
            select(AuditEntry.actor, AuditEntry.action, AuditEntry.subject, AuditEntry.purpose)
        ).all()
        subject = f"conversation:{conversation_id}"
        assert [tuple(line) for line in lines] == [
            ("officer:7", "conversation.erase_requested", subject, "시민이 전화로 부탁함"),
            ("officer:7", "conversation.erase", subject, ""),
        ]
        assert first_broken_entry(session) is None


def test_a_new_message_of_the_same_citizen_begins_a_new_conversation(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    erase(database, conversation_id)
    with database.transaction() as session:
        again = ensure_conversation(session, channel="web", address=ADDRESS, now=MONDAY_TEN)
        assert again.id != conversation_id
        assert again.mode == "bot"
        assert open_draft(session, conversation_id=again.id) is None
        assert session.get_one(Conversation, conversation_id).mode == "closed"
    # The second conversation of the same address can be erased as well.
    talk_without_a_case(database)
    erase(database, again.id)
    assert ADDRESS not in everything(database)


def test_another_conversation_keeps_every_word(database: Database) -> None:
    mine = talk_without_a_case(database)
    other = talk_without_a_case(database, address="e" * 64)
    with database.reading() as session:
        before = rows_of(session, other)
    erase(database, mine)
    with database.reading() as session:
        assert rows_of(session, other) == before
        assert len(waiting(session)) == 1


def rows_of(session: Session, conversation_id: int) -> list[Any]:
    found: list[Any] = []
    for table in Base.metadata.sorted_tables:
        key = table.c.get("conversation_id" if table.name != "conversation" else "id")
        if key is not None:
            found += session.execute(select(table).where(key == conversation_id)).all()
    return found


def test_a_file_that_another_conversation_uses_stays(database: Database) -> None:
    mine = talk_without_a_case(database)
    with database.transaction() as session:
        say(session, "같은 사진", address="e" * 64, photos=[photo("골목")])
    assert erase(database, mine) == (photo("약도").sha256,)
    with database.reading() as session:
        assert session.scalars(select(Attachment.sha256)).all() == [photo("골목").sha256]


def test_the_wish_closes_the_open_report(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    with database.transaction() as session:
        request_erasure(session, conversation_id=conversation_id, by="citizen", now=MONDAY_TEN)
        assert open_draft(session, conversation_id=conversation_id) is None


def test_who_works_the_conversation_meanwhile_can_write_nothing_back(database: Database) -> None:
    with database.transaction() as session:
        turn = make_turn(session, conversation=make_conversation(session, address=ADDRESS))
        conversation = session.get_one(Conversation, turn.conversation_id)
        enqueue(
            session,
            conversation=conversation,
            reply=Reply("답"),
            kind="notice",
            dedupe_key="n",
            now=MONDAY_TEN,
        )
    with database.transaction() as session:
        lease = lease_conversation(session, conversation_id=conversation.id, now=MONDAY_TEN)
        assert lease is not None
        next_turn(session, lease=lease, now=MONDAY_TEN)
        outgoing = lease_next(session, now=MONDAY_TEN)
        assert outgoing is not None
    erase(database, conversation.id)
    with pytest.raises(TemporaryFailure), database.transaction() as session:
        answer_turn(
            session, lease=lease, turn_id=turn.id, replies=[Reply("늦은 답")], now=MONDAY_TEN
        )
    with database.transaction() as session:
        release_lease(session, lease=lease)
        assert not mark_sent(session, outgoing=outgoing, provider_id="늦은 번호", now=MONDAY_TEN)
        later = MONDAY_TEN + timedelta(days=2)
        assert lease_next(session, now=later) is None
    assert "늦은" not in everything(database)


def test_nobody_takes_or_gives_back_an_erased_conversation(database: Database) -> None:
    conversation_id = talk_without_a_case(database)
    erase(database, conversation_id)
    with pytest.raises(Refused, match="conversation_closed"), database.transaction() as session:
        take(
            session,
            conversation_id=conversation_id,
            officer_id=1,
            notice=Reply("왔어요"),
            now=MONDAY_TEN,
        )
    with database.transaction() as session:
        hand_back(
            session,
            conversation_id=conversation_id,
            officer_id=1,
            notice=Reply("갔어요"),
            now=MONDAY_TEN,
        )
        assert session.get_one(Conversation, conversation_id).mode == "closed"


def test_a_conversation_at_rest_is_due_and_one_in_work_is_due_after_a_day(
    database: Database,
) -> None:
    resting = talk_without_a_case(database)
    with database.transaction() as session:
        busy = make_turn(session, conversation=make_conversation(session, address="e" * 64))
        for each in (resting, busy.conversation_id):
            request_erasure(session, conversation_id=each, by="citizen", now=MONDAY_TEN)

    def due(at: Any) -> list[int]:
        with database.reading() as session:
            return [each.conversation_id for each in due_erasures(session, now=at)]

    assert due(MONDAY_TEN) == [resting]
    assert due(MONDAY_TEN + timedelta(hours=23)) == [resting]
    assert due(MONDAY_TEN + timedelta(hours=24)) == [resting, busy.conversation_id]


def test_a_message_that_slipped_into_an_erased_conversation_is_erased_too(
    database: Database,
) -> None:
    conversation_id = talk_without_a_case(database)
    erase(database, conversation_id)
    with database.transaction() as session:
        erasure = find_erasure(session, conversation_id=conversation_id)
        assert erasure is not None
        finish_erasure(session, erasure=erasure, now=MONDAY_TEN)
    with database.transaction() as session:
        assert due_erasures(session, now=MONDAY_TEN) == []
        talk = session.get_one(Conversation, conversation_id)
        make_turn(session, conversation=talk, text="늦게 온 말").state = "answered"
        assert len(due_erasures(session, now=MONDAY_TEN)) == 1
        erase_conversation(session, conversation_id=conversation_id, now=MONDAY_TEN)
        assert due_erasures(session, now=MONDAY_TEN) == []
    assert "늦게 온 말" not in everything(database)


def test_the_number_of_an_erased_conversations_case_is_found_by_officers(
    database: Database,
) -> None:
    conversation_id, case_id, _ = filed(database)
    erase(database, conversation_id)
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert find_case(session, number=case.number) is case
