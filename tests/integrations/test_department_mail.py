"""Mail to departments: readable, threaded, encrypted on the way; greylisting waits, a lost answer is unsure."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from sqlalchemy import select

from core.attachments import record_attachments
from core.city import Way
from core.department_desk import list_messages, resolve, retry
from core.department_queue import lease_batch
from core.errors import Refused
from core.inbound import Photo
from core.models.vault import AuditEntry
from integrations.department_mail import MailServer
from integrations.department_mail_text import MOST_ATTACHED
from tests.integrations.department_house import PARKS, ROAD, House, open_house, picture

MAIL = Way(kind="mail", address="road@city.example")
AUTHORITY = trustme.CA()


class Box:
    """Takes mail, or answers as told; keeps what it took."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.on_rcpt: list[str] = []
        self.on_data: list[str] = []
        self.before_answer: Callable[[Any], None] | None = None
        self.encrypted: list[bool] = []

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.on_rcpt:
            return self.on_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.encrypted.append(session.ssl is not None)
        if self.before_answer is not None:
            self.before_answer(server)
        return self.on_data.pop(0) if self.on_data else "250 OK"


class Loopback(Controller):
    """On any free port."""

    def _trigger_server(self) -> None:
        self.port = cast(Any, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()


def _served(host: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(host).configure_cert(context)
    return context


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@contextmanager
def post_office(
    box: Box, *, host: str = "localhost", tls: bool = True, **options: Any
) -> Iterator[MailServer]:
    """A mail server with STARTTLS and a log-in."""

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == b"right-password", handled=False)

    if tls:
        options |= {
            "tls_context": _served(host),
            "require_starttls": True,
            "authenticator": login,
            "auth_required": True,
        }
    controller = Loopback(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield MailServer(
            host="localhost",
            port=controller.port,
            sender="minwon@city.example",
            tls="starttls",
            user="sotong" if tls else "",
            password="right-password",
            context=_trusting(),
        )
    finally:
        controller.stop()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def house(box: Box, tmp_path: Path) -> Iterator[House]:
    with post_office(box) as server, open_house(tmp_path, {ROAD: MAIL}, mail=server) as house:
        yield house


def photo_of(house: House, data: bytes, size: int) -> Photo:
    return Photo(
        sha256=house.store.put(data), media_type="image/jpeg", size=size, width=4, height=3
    )


def test_a_mail_is_readable_encrypted_and_stands_with_the_others_of_its_case(
    house: House, box: Box
) -> None:
    case = house.open(lat=37.5, long=126.9)
    house.change(case, note="내일 나갑니다.")
    house.runner.run_due()
    assert house.states() == ["sent", "sent"]
    first, second = box.mails
    text = body(first, "plain")
    page = body(first, "html")
    for part in (text, page):
        assert case.number in part
        assert "가로등이 나갔어요" in part
        assert "도로관리과" in part
    assert first["Subject"].startswith(f"[민원 {case.number}]")
    assert first["X-Sotong-Case-Number"] == case.number
    assert first["X-Sotong-Message-Id"] == house.messages()[0].uid
    assert first["Auto-Submitted"] == "auto-generated"
    assert (first["From"], first["To"]) == ("minwon@city.example", "road@city.example")
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert box.encrypted == [True, True]
    # The token stays a token: this mailbox needs no contact.
    assert "연락처" not in text


def test_what_a_citizen_wrote_is_text_and_never_markup(house: House, box: Box) -> None:
    house.open(what="<b>가로등</b>\n.점으로 시작")
    house.runner.run_due()
    page = body(box.mails[0], "html")
    assert "<b>" not in page
    assert "&lt;b&gt;가로등" in page
    assert ".점으로 시작" in body(box.mails[0], "plain")


def test_photos_go_along_while_they_fit_and_are_links_above_that(house: House, box: Box) -> None:
    from tests.builders import make_conversation

    with house.database.transaction() as session:
        talk = make_conversation(session, address="citizen-0")
        ids = record_attachments(
            session,
            photos=[
                photo_of(house, picture(), 900),
                photo_of(house, picture((9, 9)), MOST_ATTACHED),
            ],
            conversation_id=talk.id,
            source="citizen",
            now=house.clock(),
        )
    house.open(attachment_ids=ids)
    house.runner.run_due()
    (mail,) = box.mails
    attached = list(mail.iter_attachments())
    assert [part.get_content() for part in attached] == [picture()]
    text = body(mail, "plain")
    assert f"/departments/files/{ids[1]}?" in text
    assert f"/departments/files/{ids[0]}?" not in text


def test_a_photo_that_waits_for_the_scanner_is_an_address_and_one_that_is_infected_is_nothing(
    house: House, box: Box
) -> None:
    from tests.builders import make_conversation

    states = {"waiting": 0, "infected": 0}
    with house.database.transaction() as session:
        talk = make_conversation(session, address="citizen-0")
        for state in states:
            (states[state],) = record_attachments(
                session,
                photos=[replace(photo_of(house, picture(), 900), scan=state)],
                conversation_id=talk.id,
                source="citizen",
                now=house.clock(),
            )
    house.open(attachment_ids=[*states.values()])
    house.runner.run_due()
    (mail,) = box.mails
    assert list(mail.iter_attachments()) == []
    text = body(mail, "plain")
    assert f"/departments/files/{states['waiting']}?" in text
    assert f"/departments/files/{states['infected']}?" not in text


def test_a_contact_goes_along_where_the_city_says_so(box: Box, tmp_path: Path) -> None:
    needs = Way(kind="mail", address="road@city.example", needs_contact=True)
    with post_office(box) as server, open_house(tmp_path, {ROAD: needs}, mail=server) as house:
        case = house.open()
        with house.database.transaction() as session:
            house.vault.keep(
                session,
                conversation_id=case.conversation_id,
                kind="phone",
                value="02-120-0000",
                now=house.clock(),
            )
        house.runner.run_due()
        assert "02-120-0000" in body(box.mails[0], "plain")
        with house.database.reading() as session:
            assert [line.action for line in session.scalars(select(AuditEntry))] == ["vault.reveal"]


def test_greylisting_is_tried_again_later_and_loses_nothing(house: House, box: Box) -> None:
    box.on_rcpt = ["451 4.7.1 Greylisted, please try again"]
    house.open()
    house.runner.run_due()
    (message,) = house.messages()
    assert (message.state, message.failure) == (
        "pending",
        "mail_later: 451 4.7.1 Greylisted, please try again",
    )
    house.clock.forward(seconds=20)
    house.runner.run_due()
    assert house.states() == ["sent"]
    assert len(box.mails) == 1


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
def test_a_refusal_is_shown_and_a_person_can_send_it_again(
    house: House, box: Box, stage: str
) -> None:
    setattr(box, stage, ["550 5.1.1 no such mailbox"])
    house.open()
    house.runner.run_due()
    house.clock.forward(hours=1)
    house.runner.run_due()
    (message,) = house.messages()
    assert (message.state, message.failure) == ("failed", "mail_refused: 550 5.1.1 no such mailbox")
    with house.database.transaction() as session:
        assert [view.id for view in list_messages(session)] == [message.id]
        retry(session, message_id=message.id, by="officer:1", now=house.clock())
    house.runner.run_due()
    assert house.states() == ["sent"]
    with pytest.raises(Refused, match="not_troubled"), house.database.transaction() as session:
        retry(session, message_id=message.id, by="officer:1", now=house.clock())


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _hang_up(server: Any) -> None:
    server.transport.abort()


def test_a_mail_whose_answer_was_lost_is_never_repeated_by_itself(house: House, box: Box) -> None:
    box.before_answer = _hang_up
    house.open()
    house.runner.run_due()
    box.before_answer = None
    for _ in range(3):
        house.clock.forward(hours=1)
        house.runner.run_due()
    (message,) = house.messages()
    assert message.state == "unsure"
    assert message.failure is not None
    assert message.failure.startswith("answer_lost")
    assert len(box.mails) == 1
    with house.database.transaction() as session:
        resolve(session, message_id=message.id, by="officer:1", arrived=True, now=house.clock())
    assert house.states() == ["sent"]


def test_a_worker_that_died_while_it_sent_leaves_an_unsure_mail_and_no_second_one(
    house: House, box: Box
) -> None:
    house.open()
    with house.database.transaction() as session:
        lease_batch(session, department_id=ROAD, limit=1, now=house.clock())
    house.clock.forward(minutes=2)
    house.runner.run_due()
    assert [(m.state, m.failure) for m in house.messages()] == [
        ("unsure", "answer_lost: the sender stopped")
    ]
    assert box.mails == []


def test_a_mail_that_did_not_arrive_goes_again_when_a_person_says_so(
    house: House, box: Box
) -> None:
    box.before_answer = _hang_up
    house.open()
    house.runner.run_due()
    box.before_answer = None
    with house.database.transaction() as session:
        (view,) = list_messages(session)
        resolve(session, message_id=view.id, by="officer:1", arrived=False, now=house.clock())
    house.clock.forward(minutes=1)
    house.runner.run_due()
    assert house.states() == ["sent"]
    assert box.mails[0]["Message-ID"] == box.mails[1]["Message-ID"]


def test_a_mailbox_that_sorts_out_repeats_gets_the_same_mail_again(
    box: Box, tmp_path: Path
) -> None:
    tolerant = Way(kind="mail", address="road@city.example", tolerates_repeats=True)
    with post_office(box) as server, open_house(tmp_path, {ROAD: tolerant}, mail=server) as house:
        box.before_answer = _hang_up
        house.open()
        house.runner.run_due()
        box.before_answer = None
        house.clock.forward(minutes=5)
        house.runner.run_due()
        assert house.states() == ["sent"]
        assert len({mail["Message-ID"] for mail in box.mails}) == 1


def test_a_mail_server_with_a_wrong_certificate_gets_nothing(box: Box, tmp_path: Path) -> None:
    with (
        post_office(box, host="other.city.example") as server,
        open_house(tmp_path, {ROAD: MAIL}, mail=server) as house,
    ):
        house.open()
        house.runner.run_due()
        (message,) = house.messages()
        assert message.state == "pending"
        assert message.failure is not None
        assert message.failure.startswith("mail_certificate: Hostname mismatch")
    assert box.mails == []


def test_without_starttls_nothing_leaves_in_the_clear(box: Box, tmp_path: Path) -> None:
    with (
        post_office(box, tls=False) as server,
        open_house(tmp_path, {ROAD: MAIL}, mail=server) as house,
    ):
        house.open()
        house.runner.run_due()
        assert [(m.state, m.failure) for m in house.messages()] == [
            ("pending", "mail_no_tls: localhost")
        ]
    assert box.mails == []


def test_a_wrong_password_keeps_every_mail_and_names_no_secret(box: Box, tmp_path: Path) -> None:
    import dataclasses

    with post_office(box) as server:
        wrong = dataclasses.replace(server, password="wrong-password")
        with open_house(tmp_path, {ROAD: MAIL}, mail=wrong) as house:
            house.open()
            house.runner.run_due()
            (message,) = house.messages()
            assert message.state == "pending"
            assert message.failure is not None
            assert message.failure.startswith("mail_login: 535")
            assert "wrong-password" not in message.failure


def test_a_mail_server_that_is_away_and_one_that_is_not_set_keep_the_mail(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    away = MailServer(host="localhost", port=port, sender="a@b.example", context=_trusting())
    for folder, server, reason in (
        (tmp_path / "a", away, "mail_unreachable"),
        (tmp_path / "b", None, "mail_no_server"),
    ):
        folder.mkdir()
        with open_house(folder, {ROAD: MAIL, PARKS: MAIL}, mail=server) as house:
            house.open()
            house.runner.run_due()
            (message,) = house.messages()
            assert message.state == "pending"
            assert message.failure is not None
            assert message.failure.startswith(reason)


def test_a_way_is_tried_with_a_mail_that_has_no_case(box: Box, tmp_path: Path) -> None:
    from core.city import Department
    from integrations.department_mail import MailSender
    from tests.builders import Clock, sample_city

    with post_office(box) as server:
        sender = MailSender(server=server, city=sample_city(), store=None, links=None, now=Clock())
        road: Department = sample_city().department(ROAD)
        import dataclasses

        assert "took a mail for road@city.example" in sender.check(
            dataclasses.replace(road, way=MAIL)
        )
    assert "시험 메일" in body(box.mails[0], "plain")
    assert box.mails[0]["X-Sotong-Case-Number"] is None
