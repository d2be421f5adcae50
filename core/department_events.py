"""Reads what a message to a department says from its case. Must not change a case or keep what it read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.attachments import stored_files
from core.city import City
from core.department_ports import DepartmentEvent
from core.department_queue import Leased
from core.errors import Refused
from core.models.case import Case, CaseEvent
from core.models.department import DepartmentMessage
from core.vault import Vault

CONTACT_PURPOSE = "담당 부서에 민원 전달"


def load_event(
    session: Session, leased: Leased, *, city: City, contact: str | None
) -> DepartmentEvent:
    """The event as it may leave. ``contact`` is what ``reveal_contact`` gave."""
    case = session.get_one(Case, leased.case_id)
    event = session.get_one(CaseEvent, leased.event_id)
    known = city.has_service(case.service_code)
    asked = (
        {question.id: question.text for question in city.service(case.service_code).questions}
        if known
        else {}
    )
    if leased.kind == "opened":
        ids = [*case.attachment_ids]
    elif leased.kind == "photos":
        ids = [*event.data.get("attachments", ())]
    else:
        ids = []
    files = stored_files(session, ids)
    first = session.scalar(
        select(DepartmentMessage.uid).where(
            DepartmentMessage.id
            == select(func.min(DepartmentMessage.id))
            .where(
                DepartmentMessage.case_id == case.id,
                DepartmentMessage.department_id == leased.department_id,
            )
            .scalar_subquery()
        )
    )
    return DepartmentEvent(
        uid=leased.uid,
        kind=leased.kind,
        number=case.number,
        service_code=case.service_code,
        service_name=city.service(case.service_code).name if known else case.service_code,
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
        contact=contact,
        # Only pictures and videos: a document of a stranger is opened in the console, if at all.
        files=tuple(files[i] for i in ids if i in files and files[i].kind != "document"),
        thread_uid=first or leased.uid,
    )


def reveal_contact(session: Session, leased: Leased, *, vault: Vault, now: datetime) -> str | None:
    """The citizen's contact for a department that needs it, with an audit line; None without one."""
    case = session.get_one(Case, leased.case_id)
    if leased.kind != "opened" or case.contact_token is None:
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
