"""Sends events to departments as mail. Must not send again what may have arrived, unless the city allows it.

SMTP says 4xx for "later" and 5xx for "never". When the answer after the message itself is lost, nobody
knows: that is AnswerLost.
"""

from __future__ import annotations

import re
import secrets as random
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from typing import Literal

from core.attachments import StoredFile
from core.city import City, Department
from core.department_ports import DepartmentAway, DepartmentEvent
from core.errors import AnswerLost, PermanentFailure, TemporaryFailure
from core.files import FileGone, FileStore
from core.ports import Now
from integrations.department_files import DepartmentLinks
from integrations.department_mail_text import MOST_ATTACHED, Attached, render_check, render_mail

SECONDS = 10.0
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class MailServer:
    """Where mail goes out. ``tls``: starttls | tls | none."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)


class MailSender:
    """The way ``mail``; each mail has a connection of its own."""

    kind = "mail"
    # The result of each is recorded before the next: a mail that went twice cannot be called back.
    batch = 1
    answers_within = timedelta(seconds=50)

    def __init__(
        self,
        *,
        server: MailServer | None,
        city: City,
        store: FileStore,
        links: DepartmentLinks,
        now: Now,
    ) -> None:
        self._server, self._city, self._store, self._links = server, city, store, links
        self._now = now

    def may_repeat(self, department: Department) -> bool:
        """Only to a mailbox that sorts out the same mail twice, as the city says."""
        return department.way.tolerates_repeats

    def send(self, event: DepartmentEvent, *, department: Department) -> None:
        """Hand the mail over. Raises as ``DepartmentSender.send``."""
        server = self._required()
        attached, links = self._files(event, department)
        mail = render_mail(
            event,
            city=self._city,
            department=department,
            sender=server.sender,
            attached=attached,
            links=links,
            now=self._now(),
        )
        hand_over(mail, server=server, to=department.way.address)

    def check(self, department: Department) -> str:
        """Hand over a mail without a case."""
        server = self._required()
        mail = render_check(
            city=self._city,
            department=department,
            sender=server.sender,
            uid=f"ping_{random.token_hex(8)}",
            now=self._now(),
        )
        hand_over(mail, server=server, to=department.way.address)
        return f"{server.host}:{server.port} took a mail for {department.way.address}"

    def _required(self) -> MailServer:
        if self._server is None:
            raise DepartmentAway("mail_no_server")
        return self._server

    def _files(
        self, event: DepartmentEvent, department: Department
    ) -> tuple[list[Attached], list[str]]:
        """Pictures go along while they fit; videos and the rest become addresses.

        So does one that the virus scanner has not seen: its address works once it is found clean.
        """
        attached: list[Attached] = []
        left: list[StoredFile] = []
        room = MOST_ATTACHED
        for file in event.files:
            if file.kind != "picture" or file.size > room or not file.is_given_out:
                left.append(file)
                continue
            try:
                content = self._store.read(file.sha256)
            except FileGone:
                left.append(file)
                continue
            attached.append(Attached(file.name, file.media_type, content))
            room -= file.size
        return attached, [self._links.link(f.id, department_id=department.id) for f in left]


def hand_over(mail: EmailMessage, *, server: MailServer, to: str) -> None:
    """Give the mail to the server. Raises DepartmentAway, TemporaryFailure, AnswerLost, PermanentFailure."""
    try:
        smtp = _connect(server)
    except smtplib.SMTPResponseException as error:
        code = "mail_login" if isinstance(error, smtplib.SMTPAuthenticationError) else "mail_later"
        raise DepartmentAway(code, _answer(error.smtp_code, error.smtp_error)) from error
    except ssl.SSLCertVerificationError as error:
        raise DepartmentAway("mail_certificate", error.verify_message[:150]) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DepartmentAway("mail_no_tls", server.host) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DepartmentAway(
            "mail_unreachable", f"{server.host}: {type(error).__name__}"
        ) from error
    try:
        _transfer(smtp, mail, sender=server.sender, to=to)
    finally:
        _leave(smtp)


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=server.context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            # Raises SMTPNotSupportedError where the server has none: then nothing is sent in the clear.
            smtp.starttls(context=server.context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _transfer(smtp: smtplib.SMTP, mail: EmailMessage, *, sender: str, to: str) -> None:
    try:
        _expect(smtp.mail(sender), 250)
        _expect(smtp.rcpt(to), 250, 251)
        _expect(smtp.docmd("DATA"), 354)
    except (OSError, smtplib.SMTPException) as error:
        # Before the message itself nothing can have arrived.
        raise DepartmentAway("mail_unreachable", type(error).__name__) from error
    body = _DOT.sub(b"..", mail.as_bytes(policy=policy.SMTP))
    try:
        smtp.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise AnswerLost(f"answer_lost: {type(error).__name__}") from error
    _expect(answer, 250)


def _expect(answer: tuple[int, bytes], *wanted: int) -> None:
    code, text = answer
    if code in wanted:
        return
    shown = _answer(code, text)
    if code == 421:
        raise DepartmentAway("mail_later", shown)
    if 400 <= code < 500:
        raise TemporaryFailure(f"mail_later: {shown}")
    raise PermanentFailure("mail_refused", f"mail_refused: {shown}")


def _answer(code: int, text: bytes | str) -> str:
    """The server's words, as one short line of plain letters."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    clean = "".join(letter if letter.isprintable() else " " for letter in words)
    return f"{code} {' '.join(clean.split())}"[:150]


def _leave(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        smtp.close()
