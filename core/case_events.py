"""The history of cases (table case_event): its one writer. Must not change a case or word a text.

History only grows; every event has an actor, a time and a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.case_links import lock_talks
from core.case_status import CaseStatus
from core.department_queue import enqueue_event
from core.errors import Refused
from core.locking import lock_existing
from core.models.case import Case, CaseEvent


@dataclass(frozen=True)
class Actor:
    """Who did something. ``kind``: citizen | officer | system | peer.

    ``department_id`` is the officer's own, where the account names one.
    """

    kind: str
    id: str
    name: str = ""
    department_id: str | None = None


def lock_case(session: Session, *, case_id: int, expected_version: int | None) -> Case:
    """The case for a change that its citizen hears of. Raises Refused("stale") for an old version.

    What tells the citizen locks the conversation, and those that follow the case: before the case, as
    everybody does.
    """
    lock_talks(session, session.get_one(Case, case_id))
    case = lock_existing(session, Case, case_id)
    if expected_version is not None and case.version != expected_version:
        raise Refused("stale", expected=expected_version, current=case.version)
    return case


def record_event(
    session: Session,
    *,
    case: Case,
    kind: str,
    actor: Actor,
    reason: str,
    note: str,
    public: bool,
    now: datetime,
    from_status: CaseStatus | None = None,
    to_status: CaseStatus | None = None,
    data: Mapping[str, object] | None = None,
) -> CaseEvent:
    """Add an event and tell the department that has the case, where anything goes out to it."""
    event = CaseEvent(
        case_id=case.id,
        at=now,
        kind=kind,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        reason=reason,
        note=note,
        public=public,
        from_status=from_status.value if from_status else None,
        to_status=to_status.value if to_status else None,
        data=dict(data or {}),
    )
    session.add(event)
    session.flush()
    enqueue_event(session, case=case, event=event, now=now)
    return event
