"""Words a mail to a department from the city's texts. Must not send it or read files' content."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from core.case_status import TITLES, CaseStatus
from core.city import City, Department
from core.clock import KST
from core.department_ports import DepartmentEvent

# All attachments of a mail together; base64 makes a third more of it, and 20 MB is a usual limit.
MOST_ATTACHED = 12 * 1024 * 1024


@dataclass(frozen=True)
class Attached:
    """One picture that goes with the mail."""

    name: str
    media_type: str
    data: bytes


def render_mail(
    event: DepartmentEvent,
    *,
    city: City,
    department: Department,
    sender: str,
    attached: Sequence[Attached],
    links: Sequence[str],
    now: datetime,
) -> EmailMessage:
    """The whole mail. Mails about one case stand together: they answer the first one."""
    texts = city.texts
    title = texts.render(f"department_mail_event_{event.kind}")
    lines = [
        texts.render("department_mail_hello", department=department.name, event=title),
        "",
        texts.render(
            "department_mail_facts",
            number=event.number,
            service=event.service_name,
            what=event.what,
            place=event.place,
            arrived=_moment(event.arrived_at),
            received=_moment(event.received_at),
            due=_moment(event.due_at),
            status=TITLES[CaseStatus(event.status)],
        ),
    ]
    if event.lat is not None and event.long is not None:
        lines.append(texts.render("department_mail_map", lat=event.lat, long=event.long))
    lines += [
        texts.render("department_mail_answer", question=question, answer=answer)
        for question, answer in event.answers
    ]
    if event.note:
        lines.append(texts.render("department_mail_note", note=event.note))
    if event.contact is not None:
        lines.append(texts.render("department_mail_contact", contact=event.contact))
    if attached:
        lines.append(texts.render("department_mail_attached", count=len(attached)))
    lines += [texts.render("department_mail_link", url=url) for url in links]
    lines += ["", texts.render("department_mail_end", number=event.number)]
    subject = texts.render(
        "department_mail_subject", number=event.number, service=event.service_name, event=title
    )
    mail = _mail(subject, lines, sender=sender, department=department, uid=event.uid, now=now)
    mail["X-Sotong-Case-Number"] = event.number
    mail["X-Sotong-Message-Id"] = event.uid
    if event.thread_uid and event.thread_uid != event.uid:
        first = message_id(event.thread_uid, sender)
        mail["In-Reply-To"] = first
        mail["References"] = first
    for each in attached:
        main, _, sub = each.media_type.partition("/")
        mail.add_attachment(each.data, maintype=main, subtype=sub, filename=each.name)
    return mail


def render_check(
    *, city: City, department: Department, sender: str, uid: str, now: datetime
) -> EmailMessage:
    """A mail without a case, to try a way."""
    text = city.texts.render("department_mail_check", department=department.name)
    return _mail(
        text.splitlines()[-1],
        text.splitlines(),
        sender=sender,
        department=department,
        uid=uid,
        now=now,
    )


def message_id(uid: str, sender: str) -> str:
    """The same in every try, so that a mailbox can sort out a second one."""
    return f"<{uid}@{sender.rpartition('@')[2].strip('> ')}>"


def _mail(
    subject: str,
    lines: Sequence[str],
    *,
    sender: str,
    department: Department,
    uid: str,
    now: datetime,
) -> EmailMessage:
    text = "\n".join(lines)
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = department.way.address
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(uid, sender)
    # Nobody's holiday notice shall come back.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text + "\n", cte="base64")
    body = "".join(f"<p>{html.escape(line)}</p>\n" for line in text.splitlines() if line)
    page = f'<!doctype html>\n<html lang="ko"><meta charset="utf-8"><body>\n{body}</body></html>\n'
    mail.add_alternative(page, subtype="html", cte="base64")
    return mail


def _moment(at: datetime) -> str:
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M}"
