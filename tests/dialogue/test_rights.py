"""The citizen's rights in the chat: see, get, correct, withdraw, guardians, linking. Rasa is never asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from core.case_queries import events_of
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.city import City
from core.consent_texts import CONTACT, text_of
from core.consents import record_consent
from core.data_links import holds_data_link, use_data_link
from core.guardians import CONTACT_REFUSED
from core.inbound import InboundMessage, TurnKind
from core.models import (
    AuditEntry,
    Case,
    CaseEvent,
    CaseLink,
    Consent,
    Conversation,
    Delivery,
    LookupAttempt,
    Turn,
    VaultItem,
)
from core.replies import Reply
from tests.builders import CODES, make_case, make_database, make_message, sample_city
from tests.dialogue.runner_house import House, ScriptedRasa, text

PHONE, NEW_PHONE = "010-2345-6789", "010-9876-5432"
OTHER = "b" * 64


class Talk:
    """One citizen's conversation on a channel: say something, read what is said back."""

    def __init__(self, house: House, *, channel: str = "web", address: str = "a" * 64) -> None:
        self.house, self.channel, self.address = house, channel, address

    def say(self, words: str = "", **message: object) -> list[Reply]:
        """What is said to this message (notices beside it too)."""
        before = self.newest()
        self.house.hear(words, channel=self.channel, address=self.address, **message)
        return self.replies(after=before)

    def press(self, title: str) -> list[Reply]:
        """Press the newest choice with that title."""
        with self.house.database.reading() as session:
            for row in session.scalars(
                select(Delivery)
                .where(Delivery.conversation_id == self.id)
                .order_by(Delivery.id.desc())
            ):
                titles = [each.title for each in Reply.from_data(row.payload).choices]
                if title in titles:
                    return self.say(choice=f"{row.id}.{titles.index(title)}", kind=TurnKind.CHOICE)
        raise AssertionError(f"nobody offered {title}")

    @property
    def id(self) -> int:
        with self.house.database.reading() as session:
            return session.scalars(
                select(Conversation.id).where(
                    Conversation.channel == self.channel, Conversation.address == self.address
                )
            ).one()

    def newest(self) -> int:
        with self.house.database.reading() as session:
            return max(session.scalars(select(Delivery.id)), default=0)

    def replies(self, *, after: int = 0) -> list[Reply]:
        with self.house.database.reading() as session:
            rows = session.scalars(
                select(Delivery)
                .where(Delivery.id > after, Delivery.conversation_id == self.id)
                .order_by(Delivery.id)
            )
            return [Reply.from_data(row.payload) for row in rows]

    def file_case(self, *, contact: bool = True) -> str:
        """A case of this conversation, as the form files it; its number."""
        turn_id = self.house.door.receive(
            self.message(f"가로등이 나갔어요 {PHONE if contact else ''}")
        ).turn_id
        self.house.runner.run(self.id)
        with self.house.database.transaction() as session:
            item = session.scalars(
                select(VaultItem).where(VaultItem.conversation_id == self.id)
            ).first()
            case = make_case(
                session,
                turn=session.get_one(Turn, turn_id),
                now=self.house.clock(),
                contact_token=item.token if item and contact else None,
            ).case
            if contact:
                record_consent(
                    session,
                    conversation_id=self.id,
                    text=text_of(sample_city().consents, CONTACT),
                    how="form",
                    now=self.house.clock(),
                )
            return case.number

    def message(self, words: str) -> InboundMessage:
        return make_message(text=words, channel=self.channel, address=self.address)

    def code(self, number: str) -> str:
        with self.house.database.reading() as session:
            case = session.scalars(select(Case).where(Case.number == number)).one()
            return CODES.make(turn_id=case.turn_id, number=number)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database, rasa = make_database(tmp_path), ScriptedRasa()
    house = House(database, rasa, with_rights=True)
    yield house
    house.runner.stop()
    house.client.close()
    rasa.close()
    database.dispose()


@pytest.fixture
def talk(house: House) -> Talk:
    return Talk(house)


def lines(house: House, action: str) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


# --- see and get ---


def test_the_summary_names_everything_and_shows_no_contact(talk: Talk) -> None:
    number = talk.file_case()
    (reply,) = talk.say("제 정보 뭐 갖고 있어요?")
    assert "보내신 글 2개 (2026년 5월 4일부터" in reply.text
    assert "2027년 5월 4일에 지워요" in reply.text
    assert "전화 010-****-6789" in reply.text
    assert f"{number}" in reply.text
    assert "연락처 수집·이용 동의 (2026년 5월 4일)" in reply.text
    assert "2345" not in reply.text
    assert [choice.title for choice in reply.choices] == [
        "파일로 받기",
        "고치기",
        "지우기",
        "동의 거두기",
    ]
    assert reply.link is not None
    assert reply.link.url == "/my-data"
    assert talk.house.rasa.requests[1:] == []
    (line,) = lines(talk.house, "vault.reveal")
    assert line.purpose.startswith("시민 본인 요청")


def test_who_has_nothing_hears_so(talk: Talk) -> None:
    (reply,) = Talk(talk.house, address=OTHER).say("내 정보 보여줘")
    assert "보내신 글 1개" in reply.text  # this very message
    assert "민원" not in reply.text


def test_where_rasa_hears_the_wish_the_summary_stands_in_its_place(talk: Talk) -> None:
    talk.house.rasa.answer = lambda body: (
        200,
        {
            "replies": [
                {"text": "…", "choices": [{"title": "내 정보 보기", "payload": "/my_data"}]}
            ],
            "replayed": False,
            "active_form": None,
            "requested_slot": None,
        },
    )
    (reply,) = talk.say("시에서 쥐고 있는 제 신상 좀 봅시다")
    assert reply.text.startswith(text("my_data_header"))


def test_the_rights_work_while_rasa_is_away(talk: Talk) -> None:
    talk.house.rasa.close()
    (reply,) = talk.say("내 정보 보여줘")
    assert reply.text.startswith(text("my_data_header"))


def test_the_link_to_the_file_opens_once_and_only_for_half_an_hour(talk: Talk) -> None:
    talk.say("안녕하세요")
    (reply,) = talk.say("제 정보 파일로 받고 싶어요")
    assert reply.link is not None
    path, _, token = reply.link.url.partition("?t=")
    assert path == "/my-data/get"
    house = talk.house
    with house.database.transaction() as session:
        assert use_data_link(session, token=token, now=house.clock()) == talk.id
        assert use_data_link(session, token=token, now=house.clock()) is None
    (reply,) = talk.say("내 데이터 내려받기")
    assert reply.link is not None
    late = reply.link.url.partition("?t=")[2]
    house.clock.forward(minutes=31)
    with house.database.reading() as session:
        assert not holds_data_link(session, token=late, now=house.clock())


def test_on_a_messenger_the_link_leads_to_the_public_pages(house: House) -> None:
    talk = Talk(house, channel="telegram", address="77")
    talk.say(kind=TurnKind.START)
    (reply,) = talk.say("제 정보 파일로 받고 싶어요")
    assert reply.link is not None
    assert reply.link.url.startswith("https://sotong.city.example/my-data/get?t=")


# --- correct ---


def test_a_new_contact_is_asked_about_and_replaces_the_old_one(talk: Talk) -> None:
    number = talk.file_case()
    (question,) = talk.say(f"전화번호 바뀌었어요 {NEW_PHONE}")
    assert "010-****-5432" in question.text
    with talk.house.database.reading() as session:
        before = session.scalars(select(Case.contact_token)).one()
    (done,) = talk.say("네")
    assert number in done.text
    with talk.house.database.reading() as session:
        case = session.scalars(select(Case)).one()
        assert case.contact_token not in (None, before)
        event = session.scalars(select(CaseEvent).order_by(CaseEvent.id.desc())).first()
        assert event is not None
        assert event.note == "시민이 연락처를 바꿨어요."
        assert "⟦" not in event.note + event.reason
        old = session.scalars(select(VaultItem).where(VaultItem.token == before)).one()
        assert (old.ciphertext, old.erased_at is not None) == (b"", True)


def test_a_no_leaves_the_contact(talk: Talk) -> None:
    talk.file_case()
    talk.say(f"전화번호 바뀌었어요 {NEW_PHONE}")
    (reply,) = talk.say("아니요")
    assert reply.text == text("my_data_kept")
    with talk.house.database.reading() as session:
        assert session.scalars(select(Case.contact_token)).one() == "⟦전화1⟧"


def test_without_a_number_it_is_asked_for(talk: Talk) -> None:
    talk.file_case()
    (asked,) = talk.say("연락처 고쳐 주세요")
    assert asked.text == text("contact_ask")
    (question,) = talk.say(NEW_PHONE)
    assert "010-****-5432" in question.text
    assert text("contact_changed", numbers="2026-000001") == talk.press("네, 바꿔 주세요")[0].text


def test_without_an_open_case_there_is_nothing_to_change(talk: Talk) -> None:
    number = talk.file_case()
    with talk.house.database.transaction() as session:
        change_status(
            session,
            city=sample_city(),
            case_id=session.scalars(select(Case.id).where(Case.number == number)).one(),
            to=CaseStatus.ANSWERED,
            actor=Actor("officer", "1"),
            reason="고침",
            note="고쳤어요.",
            now=talk.house.clock(),
        )
    (reply,) = talk.say(f"전화번호 바뀌었어요 {NEW_PHONE}")
    assert reply.text == text("contact_no_case")


# --- consents ---


def test_withdrawing_takes_the_contact_out_at_once_and_is_audited(talk: Talk) -> None:
    number = talk.file_case()
    (question,) = talk.say("동의 거두기")
    assert "연락처를 지워요" in question.text
    (done,) = talk.press("연락처 수집·이용 동의 거두기")
    assert number in done.text
    with talk.house.database.reading() as session:
        assert session.scalars(select(Case.contact_token)).one() is None
        item = session.scalars(select(VaultItem)).one()
        assert item.ciphertext == b""
        consent = session.scalars(select(Consent).where(Consent.kind == "contact")).one()
        assert consent.withdrawn_at is not None
    (line,) = lines(talk.house, "consent.withdraw")
    assert line.purpose.startswith("contact (version ")
    assert text("withdraw_none") == talk.say("동의 철회하고 싶어요")[0].text


def test_a_telegram_citizen_who_withdraws_hears_nothing_more_until_agreeing_again(
    house: House,
) -> None:
    talk = Talk(house, channel="telegram", address="77")
    talk.say(kind=TurnKind.START)
    house.clock.forward(seconds=5)
    number = talk.file_case(contact=False)
    with house.database.reading() as session:
        consent = session.scalars(select(Consent).where(Consent.kind == "abroad")).one()
        assert (consent.how, "Telegram" in consent.abroad) == ("continued", True)
    talk.say("동의 철회할게요")
    (last,) = talk.press("나라 밖으로 보내는 것에 대한 안내와 동의 거두기")
    assert last.text == text("withdrawn_abroad")
    with house.database.transaction() as session:
        case_id = session.scalars(select(Case.id).where(Case.number == number)).one()
        before = session.scalars(select(Delivery.id).order_by(Delivery.id.desc())).first()
        change_status(
            session,
            city=sample_city(),
            case_id=case_id,
            to=CaseStatus.IN_PROGRESS,
            actor=Actor("officer", "1"),
            reason="보는 중",
            now=house.clock(),
        )
    with house.database.reading() as session:
        (news,) = session.scalars(select(Delivery).where(Delivery.id > before))
        assert (news.state, news.failure) == ("failed", "consent_withdrawn")
    asked = len(house.rasa.requests)
    (ask,) = talk.say("제 민원 어떻게 됐어요?")
    assert "동의를 거두셔서" in ask.text
    assert len(house.rasa.requests) == asked
    assert talk.press("동의하고 계속하기")[0].text == text("abroad_agreed")
    assert talk.say("안녕하세요")[0].text == "답: 안녕하세요"


def test_the_welcome_leads_to_the_whole_text_and_a_new_version_is_told_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(house, channel="telegram", address="77")
    (welcome,) = talk.say(kind=TurnKind.START)
    assert welcome.link is not None
    assert welcome.link.url == "https://sotong.city.example/privacy"
    assert len(talk.say("안녕하세요")) == 1
    city = sample_city()
    newer = tuple(
        replace(each, version="9") if each.kind == "notice" else each for each in city.consents
    )
    rights = house.runner._rights
    assert rights is not None
    changed: City = replace(city, consents=newer)
    monkeypatch.setattr(rights, "_city", changed)
    monkeypatch.setattr(rights._notices, "_city", changed)
    told, answer = talk.say("안녕하세요")
    assert told.text.startswith("개인정보 안내가 새로 바뀌었어요")
    assert answer.text == "답: 안녕하세요"
    assert len(talk.say("안녕하세요")) == 1


def test_who_begins_on_a_messenger_without_the_welcome_is_told_once(house: House) -> None:
    talk = Talk(house, channel="telegram", address="77")
    told, _ = talk.say("안녕하세요")
    assert "외국에 있는 서버" in told.text
    assert len(talk.say("안녕하세요")) == 1


# --- under 14 ---


def test_a_child_is_told_and_no_contact_and_no_age_is_kept(talk: Talk) -> None:
    (told,) = talk.say(f"저 12살인데요 {PHONE}")
    assert "보호자가 동의해야" in told.text
    house = talk.house
    with house.database.reading() as session:
        assert session.scalars(select(Conversation.guardian)).one() == "needed"
        assert session.scalars(select(VaultItem)).all() == []
        words = session.scalars(select(Turn.text)).one()
    assert "12" not in words
    assert CONTACT_REFUSED in words
    talk.say(PHONE)
    talk.say(kind=TurnKind.CONTACT, contact="01023456789")
    with house.database.reading() as session:
        assert session.scalars(select(VaultItem)).all() == []
        assert not any("2345" in words for words in session.scalars(select(Turn.text)))


def test_what_a_child_reports_goes_on_to_the_form(talk: Talk) -> None:
    told, answer = talk.say("저 12살인데요 학교 앞 가로등이 꺼졌어요")
    assert "연락처 없이 말씀하셔도" in told.text
    assert answer.text.startswith("답: 저 14세 미만")


def test_what_a_child_gave_before_saying_so_goes_from_the_vault_and_the_case(talk: Talk) -> None:
    number = talk.file_case()
    talk.say("제 이름은 홍길동입니다. 12가3456 차가 막고 있어요")
    talk.say("저 12살이에요")
    talk.say("저 12살이에요")
    with talk.house.database.reading() as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        kept = {item.kind: item.ciphertext for item in session.scalars(select(VaultItem))}
        notes = [event.note for event in events_of(session, case_id=case.id)]
    assert case.contact_token is None
    assert kept["phone"] == kept["person_name"] == b""
    assert kept["vehicle_plate"] != b""
    assert len([note for note in notes if "열네 살" in note]) == 1


def test_a_message_that_is_edited_to_say_the_age_counts_too(talk: Talk) -> None:
    talk.say(PHONE)
    talk.say("가로등이 꺼졌어요", external_id="one")
    talk.say("저 12살이에요", external_id="one", edited_at=talk.house.clock())
    with talk.house.database.reading() as session:
        assert session.scalars(select(Conversation.guardian)).one() == "needed"
        assert session.scalars(select(VaultItem.ciphertext)).one() == b""


def test_a_childs_number_in_two_messages_reaches_no_vault(talk: Talk) -> None:
    talk.say("저 12살이에요")
    talk.say("제 번호는 010-2345")
    talk.say("6789 예요")
    with talk.house.database.reading() as session:
        assert session.scalars(select(VaultItem)).all() == []
        assert not any("6789" in words for words in session.scalars(select(Turn.text)))


def test_a_guardian_who_agrees_may_leave_a_contact(talk: Talk) -> None:
    talk.say("저 초등학교 5학년인데")
    (agreed,) = talk.press("보호자예요, 동의해요")
    assert agreed.text == text("guardian_agreed")
    talk.say(PHONE)
    with talk.house.database.reading() as session:
        assert session.scalars(select(VaultItem.token)).one() == "⟦전화1⟧"
        consent = session.scalars(select(Consent).where(Consent.kind == "guardian")).one()
        assert consent.how == "pressed"


def test_a_parent_who_tells_of_a_child_is_no_child(talk: Talk) -> None:
    talk.say(f"아이가 12살인데 다쳤어요 {PHONE}")
    with talk.house.database.reading() as session:
        assert session.scalars(select(Conversation.guardian)).one() is None
        assert session.scalars(select(VaultItem.token)).one() == "⟦전화1⟧"


# --- over channels ---


def test_only_the_code_links_and_the_first_chat_is_told_and_can_undo(house: House) -> None:
    owner, other = Talk(house), Talk(house, address=OTHER)
    number = owner.file_case()
    other.say("안녕하세요")
    (refused,) = other.say(f"이 민원 제 거예요 {number} ABCD-EFGH")
    assert refused.text == text("lookup_failed")
    with house.database.reading() as session:
        assert session.scalars(select(CaseLink)).all() == []
        assert len(session.scalars(select(LookupAttempt)).all()) == 1
    (linked,) = other.say(f"이 민원 제 거예요 {number} {owner.code(number)}")
    assert linked.text == text("link_made", number=number)
    assert owner.replies()[-1].text == text("link_told", number=number)
    move(house, number, CaseStatus.IN_PROGRESS)
    assert number in other.replies()[-1].text
    assert number in owner.replies()[-1].text
    (undone,) = owner.press("이은 것 풀기")
    assert undone.text == text("link_undone", number=number)
    heard = len(other.replies())
    move(house, number, CaseStatus.ANSWERED)
    assert len(other.replies()) == heard
    assert len(lines(house, "case.link")) == len(lines(house, "case.unlink")) == 1


def test_a_hundred_wrong_codes_close_the_door_here_too(house: House) -> None:
    owner, other = Talk(house), Talk(house, address=OTHER)
    number = owner.file_case()
    with house.database.transaction() as session:
        session.add_all(LookupAttempt(number=number, at=house.clock()) for _ in range(100))
    (reply,) = other.say(f"이 민원 제 거예요 {number} {owner.code(number)}")
    assert reply.text == text("web_problem_lookup_locked")


def test_a_link_shows_the_case_and_nothing_of_the_other_chat(house: House) -> None:
    owner, other = Talk(house), Talk(house, address=OTHER)
    number = owner.file_case()
    other.say(f"이 민원 제 거예요 {number} {owner.code(number)}")
    (seen,) = other.say("내 정보 보여줘")
    assert f"다른 대화에서 이어 온 민원 {number}" in seen.text
    assert "010" not in seen.text
    (undone,) = other.say("연결한 민원 풀어 주세요")
    assert undone.text == text("link_undone", number=number)


def move(house: House, number: str, to: CaseStatus) -> None:
    with house.database.transaction() as session:
        change_status(
            session,
            city=sample_city(),
            case_id=session.scalars(select(Case.id).where(Case.number == number)).one(),
            to=to,
            actor=Actor("officer", "1"),
            reason="처리",
            note="알려 드려요.",
            now=house.clock(),
        )
