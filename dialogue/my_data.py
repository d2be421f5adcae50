"""Words what the city keeps of a citizen, for the chat. Must not read the database or a vault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.case_status import TITLES
from core.city import City
from core.clock import KST
from core.consent_texts import text_of
from core.my_data import KeptCase, KeptContact, MyData
from core.replies import Choice, Reply
from core.retention_rules import rule_of
from core.vault import TOKEN_NAMES

PREFIX = "/my_data"
# Without values, so that Rasa's domain can carry it.
SEE = PREFIX
ERASE = "/erase_my_data"
# More than these would make the message too long for a channel; the file and the page name all.
MOST_LINES = 5


def act(name: str, **values: object) -> str:
    """The payload of a choice of ours."""
    return f"{PREFIX}{json.dumps({'act': name, **values}, ensure_ascii=False)}"


def read_act(payload: str) -> Mapping[str, Any] | None:
    """What a choice of ours asks for, None for any other choice."""
    if payload == SEE:
        return {"act": "see"}
    if not payload.startswith(f"{PREFIX}{{"):
        return None
    data: Mapping[str, Any] = json.loads(payload.removeprefix(PREFIX))
    return data


def summary(data: MyData, *, city: City) -> Reply:
    """All that is kept in a few lines, with what can be done about it."""
    say = city.texts.render
    if data.is_empty and not data.consents:
        return Reply(say("my_data_empty"))
    lines = [say("my_data_header")]
    if data.first_at is not None and data.last_at is not None:
        lines.append(
            say(
                "my_data_messages",
                count=data.messages,
                first=day(data.first_at),
                last=day(data.last_at),
                until=_until(data.messages_until, city=city),
            )
        )
    if data.files:
        lines.append(say("my_data_files", count=data.files))
    lines += [contact_line(each, city=city) for each in data.contacts[:MOST_LINES]]
    lines += [case_line(each, city=city) for each in data.cases[:MOST_LINES]]
    lines += [
        say(
            "my_data_consent",
            title=text_of(city.consents, each.kind).title,
            date=day(each.given_at),
        )
        for each in data.consents
    ]
    if data.has_draft:
        lines.append(say("my_data_draft"))
    return Reply("\n".join(lines), choices=choices(city))


def choices(city: City) -> tuple[Choice, ...]:
    """What can be done about it."""
    say = city.texts.render
    return (
        Choice(say("choice_my_data_file"), act("file")),
        Choice(say("choice_my_data_correct"), act("correct")),
        Choice(say("choice_my_data_erase"), ERASE),
        Choice(say("choice_my_data_withdraw"), act("withdraw")),
    )


def contact_line(contact: KeptContact, *, city: City) -> str:
    """``· 전화 010-****-5678. …``"""
    return city.texts.render(
        "my_data_contact",
        kind=TOKEN_NAMES.get(contact.kind, contact.kind),
        masked=contact.masked,
        until=_until(contact.until, city=city, kind="case_contacts"),
    )


def case_line(case: KeptCase, *, city: City) -> str:
    """``· 민원 2026-000123 가로등 (처리 중). …``"""
    status = TITLES[case.status]
    if case.followed:
        return city.texts.render("my_data_followed", number=case.number, status=status)
    if case.linked:
        return city.texts.render("my_data_linked", number=case.number, status=status)
    known = city.has_service(case.service_code)
    return city.texts.render(
        "my_data_case",
        number=case.number,
        service=city.service(case.service_code).name if known else case.service_code,
        status=status,
        until=_until(case.until, city=city, kind="cases"),
    )


def day(at: datetime) -> str:
    """``2026년 5월 4일`` in Seoul."""
    local = at.astimezone(KST)
    return f"{local.year}년 {local.month}월 {local.day}일"


def _until(at: datetime | None, *, city: City, kind: str = "turns") -> str:
    if at is not None:
        return city.texts.render("my_data_until", date=day(at))
    rule = rule_of(city.retention, kind)
    return city.texts.render("my_data_until_case", period=rule.period) if rule else ""
