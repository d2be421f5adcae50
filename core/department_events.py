"""Reads what a message to a department says from its case. Must not change a case or keep what it read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.attachments import StoredFile, stored_files
from core.case_contacts import CONTACT_CHANGED
from core.city import City
from core.department_ports import DepartmentEvent
from core.department_queue import Leased
from core.errors import Refused
from core.models.case import Case, CaseEvent
from core.models.department import DepartmentMessage
from core.vault import Vault

CONTACT_PURPOSE = "담당 부서에 민원 전달"


def load_events(
    session: Session, batch: Sequence[Leased], *, city: City
) -> dict[int, DepartmentEvent]:
    """The events of one department's messages as they may leave, by the message's id.

    A contact is not among it: see ``reveal_contact``.
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
                if i in files and files[i].kind != "document"
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


def reveal_contact(session: Session, leased: Leased, *, vault: Vault, now: datetime) -> str | None:
    """The citizen's contact for a department that needs it, with an audit line; None without one.

    It goes along with the case, and once more when the citizen has changed it.
    """
    case = session.get_one(Case, leased.case_id)
    changed = session.get_one(CaseEvent, leased.event_id).data.get(CONTACT_CHANGED)
    if (leased.kind != "opened" and not changed) or case.contact_token is None:
        return None
    try:
        return vault.reveal(
            session,
            conversation_id=case.conversation_id,
            token=case.contact_token,
            purpose=f"{CONTACT_PURPOSE} ({case.number})",
            actor=f"department:{leased.department_id}"[:80],
            now=now,
        )
    except Refused:
        return None  # Erased meanwhile.
