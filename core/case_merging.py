"""Merges a case into a leading one about the same thing (시행령 6조 6항). Must not choose: officers do.

Both keep their history. The merged case's citizens hear from then on how the leading one goes
(core.follow_notices); nobody's report is refused or closed by that.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_clock import clock_rows
from core.case_events import Actor
from core.case_merges import MERGED_INTO, keep_merge, lock_cases, note_leading
from core.case_queries import find_case
from core.case_status import DONE, CaseStatus
from core.cases import change_status
from core.city import City
from core.errors import Refused
from core.models.case import Case, CaseEvent


def merge_case(
    session: Session,
    *,
    city: City,
    case_id: int,
    into_number: str,
    actor: Actor,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """Merge ``case_id`` into the case ``into_number``, which must be worked on; ``reason`` stays inside.

    Raises Refused("merge_unknown" | "merge_self" | "merge_done" | "stale" | "illegal_change" |
    "reason_missing").
    """
    found = find_case(session, number=into_number.strip())
    if found is None:
        raise Refused("merge_unknown")
    if found.id == case_id:
        raise Refused("merge_self")
    case, leading = lock_cases(session, case_id, found.id)
    if CaseStatus(leading.status) in DONE:
        # Nobody would hear anything more, and a case that is merged itself leads none.
        raise Refused("merge_done", number=leading.number)
    status_before, paused_before = CaseStatus(case.status), case.paused_at
    open_pauses = [row.id for row in clock_rows(session, case_id=case_id) if row.ends_at is None]
    change_status(
        session,
        city=city,
        case_id=case_id,
        to=CaseStatus.MERGED,
        actor=actor,
        reason=f"{reason.strip()} ({leading.number} 민원에 합침)" if reason.strip() else "",
        note=city.texts.render("merge_note", number=leading.number),
        expected_version=expected_version,
        now=now,
    )
    event = session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id.desc()).limit(1)
    ).one()
    keep_merge(
        session,
        case=case,
        leading=leading,
        event=event,
        status_before=status_before,
        paused_before=paused_before,
        open_pauses=open_pauses,
        now=now,
    )
    note_leading(
        session, leading=leading, case=case, kind=MERGED_INTO, actor=actor, reason=reason, now=now
    )
    return case
