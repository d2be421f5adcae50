"""Reads what a message to a department says from its case. Must not change a case or keep what it read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.attachments import StoredFile, stored_files
from core.case_contacts import CONTACT_CHANGED
from core.city import City, Way
from core.department_ports import DepartmentEvent
from core.department_queue import Leased
from core.errors import PermanentFailure, Refused
from core.models.case import Case, CaseEvent
from core.models.department import DepartmentMessage
from core.tokens import CONTACT, in_words, replace_tokens, token_name, tokens_in
from core.vault import Vault

log = logging.getLogger(__name__)

CONTACT_PURPOSE = "담당 부서에 민원 전달"


def load_events(
    session: Session, batch: Sequence[Leased], *, city: City
) -> dict[int, DepartmentEvent]:
    """The events of one department's messages as they may leave, by the message's id.

    They still hold tokens: see ``reveal_needed`` and ``hide_tokens``.
    """
    case_ids = {leased.case_id for leased in batch}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(case_ids)))}
    wanted = select(CaseEvent).where(CaseEvent.id.in_({leased.event_id for leased in batch}))
    events = {event.id: event for event in session.scalars(wanted)}
    firsts = (
        select(func.min(DepartmentMessage.id))
        .where(
            DepartmentMessage.case_id.in_(case_ids),
            DepartmentMessage.department_id.in_({leased.department_id for leased in batch}),
        )
        .group_by(DepartmentMessage.case_id, DepartmentMessage.department_id)
    )
    threads = {
        (row.case_id, row.department_id): row.uid
        for row in session.execute(
            select(
                DepartmentMessage.case_id, DepartmentMessage.department_id, DepartmentMessage.uid
            ).where(DepartmentMessage.id.in_(firsts))
        )
    }
    ids = {
        leased.message_id: _file_ids(leased, cases[leased.case_id], events[leased.event_id])
        for leased in batch
    }
    named = [each for some in ids.values() for each in some]
    files = stored_files(session, named) if named else {}
    return {
        leased.message_id: _event(
            leased,
            cases[leased.case_id],
            events[leased.event_id],
            city=city,
            # Only pictures and videos: a document of a stranger is opened in the console, if at all.
            files=tuple(
                files[i]
                for i in ids[leased.message_id]
                if i in files and files[i].kind != "document" and files[i].scan != "infected"
            ),
            thread_uid=threads.get((leased.case_id, leased.department_id), leased.uid),
        )
        for leased in batch
    }


def _file_ids(leased: Leased, case: Case, event: CaseEvent) -> list[int]:
    if leased.kind == "opened":
        return [*case.attachment_ids]
    return [*event.data.get("attachments", ())] if leased.kind == "photos" else []


def _event(
    leased: Leased,
    case: Case,
    event: CaseEvent,
    *,
    city: City,
    files: tuple[StoredFile, ...],
    thread_uid: str,
) -> DepartmentEvent:
    service = city.service(case.service_code) if city.has_service(case.service_code) else None
    asked = {question.id: question.text for question in service.questions} if service else {}
    return DepartmentEvent(
        uid=leased.uid,
        kind=leased.kind,
        number=case.number,
        service_code=case.service_code,
        service_name=service.name if service else case.service_code,
        case_kind=case.kind,
        what=case.what,
        answers=tuple((asked.get(key, key), str(value)) for key, value in case.answers.items()),
        place=case.place_text,
        lat=case.lat,
        long=case.long,
        gu=case.gu,
        dong=case.dong,
        arrived_at=case.arrived_at,
        received_at=case.received_at,
        due_at=case.due_at,
        at=event.at,
        status=event.to_status or case.status,
        note="" if leased.kind in ("opened", "moved") else event.note,
        files=files,
        thread_uid=thread_uid,
    )


def needs_of(city: City, service_code: str, way: Way) -> frozenset[str]:
    """What personal data go along: as the service says, else as the department's way says."""
    service = city.service(service_code) if city.has_service(service_code) else None
    if service is not None and service.needs is not None:
        return frozenset(service.needs)
    return way.needed


def asks_vault(event: DepartmentEvent, *, needs: frozenset[str]) -> bool:
    """Whether anything of this event must be opened before it leaves."""
    if event.kind == "moved":
        return False  # Whoever no longer works on it needs nothing.
    if event.kind in ("opened", "note") and CONTACT in needs:
        return True  # A note may say that the citizen has changed it.
    names = {token_name(need) for need in needs}
    return any(name in names for name in tokens_in(_texts(event)).values())


def reveal_needed(
    session: Session,
    leased: Leased,
    event: DepartmentEvent,
    *,
    needs: frozenset[str],
    vault: Vault,
    now: datetime,
) -> DepartmentEvent:
    """The event with what its department needs opened, each with an audit line; words for the rest."""
    case = session.get_one(Case, leased.case_id)

    def reveal(token: str) -> str | None:
        try:
            return vault.reveal(
                session,
                conversation_id=case.conversation_id,
                token=token,
                purpose=f"{CONTACT_PURPOSE} ({case.number})",
                actor=f"department:{leased.department_id}"[:80],
                now=now,
            )
        except Refused:
            return None  # Erased meanwhile.
        except PermanentFailure as failure:
            # The case must not wait for a key: it goes, and says what is missing.
            log.error("a vault item for a department does not open: %s", failure)
            return in_words(token, closed=True)

    names = {token_name(need) for need in needs}
    opened = {
        token: value
        for token, name in tokens_in(_texts(event)).items()
        if name in names and (value := reveal(token)) is not None
    }
    contact = None
    changed = session.get_one(CaseEvent, leased.event_id).data.get(CONTACT_CHANGED)
    wanted = (event.kind == "opened" or changed) and CONTACT in needs
    if wanted and case.contact_token is not None:
        contact = opened.get(case.contact_token) or reveal(case.contact_token)
    return hide_tokens(event, opened=opened, contact=contact)


def hide_tokens(
    event: DepartmentEvent, *, opened: Mapping[str, str] | None = None, contact: str | None = None
) -> DepartmentEvent:
    """The event as a department reads it: no token, but words such as "(전화번호)" or what was opened."""
    known = opened or {}

    def shown(text: str) -> str:
        return replace_tokens(text, lambda token: known.get(token) or in_words(token))

    return replace(
        event,
        what=shown(event.what),
        place=shown(event.place),
        note=shown(event.note),
        answers=tuple((question, shown(answer)) for question, answer in event.answers),
        contact=contact,
    )


def _texts(event: DepartmentEvent) -> tuple[str, ...]:
    return (event.what, event.place, event.note, *(answer for _question, answer in event.answers))
