"""Finds a case by number and look-up code, for who lost the cookie. Must show public events only."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from starlette.requests import Request

from bots.text import without_tokens
from bots.web_files import SignedLinks
from bots.web_problems import Problem
from bots.web_render import korean_time
from core.case_queries import events_of, look_up
from core.case_status import DONE, TITLES, CaseStatus
from core.city import City
from core.database import Database
from core.lookup_codes import LookupCodes
from core.models.case import Case, CaseEvent

FORM_LIMIT = 4096
NUMBER_DIGITS = 10


@dataclass(frozen=True)
class ShownPhoto:
    """A picture by a link that holds for some minutes."""

    url: str
    alt: str


@dataclass(frozen=True)
class ShownEvent:
    """One public event in words."""

    at: str
    title: str
    note: str
    photos: tuple[ShownPhoto, ...]


@dataclass(frozen=True)
class ShownCase:
    """What the holder of the code may read. Times are Korean words in Seoul's time."""

    number: str
    service: str
    status: str
    place: str
    department: str
    phone: str
    received: str
    due: str
    done: bool
    events: tuple[ShownEvent, ...]


@dataclass(frozen=True)
class LookupForm:
    """What was typed, brought into the shape of our receipts."""

    number: str
    code: str


async def read_form(request: Request) -> LookupForm:
    """The posted form. Raises Problem (413) for one that is not ours."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            raise Problem(413, "bad_request")
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        raise Problem(422, "bad_request") from None
    return LookupForm(
        number=clean_number(fields.get("number", [""])[0]),
        code=clean_code(fields.get("code", [""])[0]),
    )


def clean_number(typed: str) -> str:
    """``2026-000123`` from what people type: full-width digits, spaces, other dashes, none at all."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", typed) if c in "0123456789")
    if len(digits) == NUMBER_DIGITS:
        return f"{digits[:4]}-{digits[4:]}"
    return digits[:20]


def clean_code(typed: str) -> str:
    """The code's letters in capitals, without spaces and dashes."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(c for c in plain if c.isascii() and c.isalnum())[:40]


def find(
    database: Database,
    *,
    city: City,
    codes: LookupCodes,
    links: SignedLinks,
    form: LookupForm,
    now: datetime,
) -> ShownCase | None:
    """The case of this receipt, or None. Raises Refused("lookup_locked")."""
    # A writing session, and it ends before anything is raised on: a wrong try must be counted.
    with database.transaction() as session:
        case = look_up(session, codes=codes, number=form.number, code=form.code, now=now)
        if case is None:
            return None
        events = events_of(session, case_id=case.id, public_only=True)
    return _shown(case, events, city=city, links=links, now=now)


def _shown(
    case: Case, events: list[CaseEvent], *, city: City, links: SignedLinks, now: datetime
) -> ShownCase:
    department = city.department(case.department_id)
    status = CaseStatus(case.status)
    return ShownCase(
        number=case.number,
        service=city.service(case.service_code).name,
        status=TITLES[status],
        place=without_tokens(city.texts, case.place_text),
        department=department.name,
        phone=department.phone,
        received=korean_time(case.received_at),
        due=korean_time(case.due_at),
        done=status in DONE,
        events=tuple(_shown_event(event, city=city, links=links, now=now) for event in events),
    )


def _shown_event(event: CaseEvent, *, city: City, links: SignedLinks, now: datetime) -> ShownEvent:
    title = (
        TITLES[CaseStatus(event.to_status)]
        if event.to_status
        else city.texts.render("web_lookup_note")
    )
    photos = tuple(
        ShownPhoto(links.make(photo["id"], now=now), photo["alt"])
        for photo in event.data.get("photos", ())
    )
    return ShownEvent(
        at=korean_time(event.at),
        title=title,
        note=without_tokens(city.texts, event.note),
        photos=photos,
    )
