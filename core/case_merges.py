"""Which case was merged into which (table case_merge): its one writer, and what undoing brings back.

Must not decide that two cases are the same: officers do (core.case_merging). An undone merge leaves the case
in the state and with the clock that it would have had without it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.case_clock import clock_rows, recount
from core.case_events import Actor, record_event
from core.case_hearers import hearers, merge_of
from core.case_notices import day_and_time, tell
from core.case_status import CaseStatus
from core.city import City
from core.errors import Refused
from core.locking import lock_conversation, lock_existing
from core.models.case import Case, CaseEvent
from core.models.nearby import STANDING, CaseMerge

MERGED_INTO, UNMERGED = "merge", "unmerge"


def lock_cases(session: Session, *case_ids: int) -> list[Case]:
    """The cases for a change of all of them, and before them the talks that hear of one, in order of ids."""
    talks: set[int] = set()
    for case_id in case_ids:
        talks |= hearers(session, case_id)
    for talk_id in sorted(talks):
        lock_conversation(session, talk_id)
    locked = {each: lock_existing(session, Case, each) for each in sorted(set(case_ids))}
    return [locked[each] for each in case_ids]


def keep_merge(
    session: Session,
    *,
    case: Case,
    leading: Case,
    event: CaseEvent,
    status_before: CaseStatus,
    paused_before: datetime | None,
    open_pauses: list[int],
    now: datetime,
) -> None:
    """Keep that a case was merged, and how it stood before; ``open_pauses`` are ids of its clock's rows."""
    ended = [
        row.id
        for row in clock_rows(session, case_id=case.id)
        if row.id in open_pauses and row.ends_at is not None
    ]
    session.add(
        CaseMerge(
            case_id=case.id,
            into_id=leading.id,
            event_id=event.id,
            merged_at=now,
            status_before=status_before.value,
            paused_before=paused_before,
            pauses_ended=ended,
        )
    )
    session.flush()


def undo_merge(
    session: Session,
    *,
    city: City,
    case_id: int,
    actor: Actor,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """Take a case out again: state and clock as before, and its citizen is told; ``reason`` stays inside.

    Raises Refused("merge_none" | "stale" | "reason_missing").
    """
    if not reason.strip():
        raise Refused("reason_missing")
    found = merge_of(session, case_id=case_id)
    if found is None:
        raise Refused("merge_none")
    case, leading = lock_cases(session, case_id, found.into_id)
    merge = merge_of(session, case_id=case_id)
    if merge is None or merge.id != found.id or case.status != CaseStatus.MERGED.value:
        raise Refused("merge_none")
    if expected_version is not None and case.version != expected_version:
        raise Refused("stale", expected=expected_version, current=case.version)
    before, merge.undone_at = case.due_at, now
    case.status, case.paused_at = merge.status_before, merge.paused_before
    case.version += 1
    for row in clock_rows(session, case_id=case.id):
        if row.id in merge.pauses_ended:
            row.ends_at = None
    event = record_event(
        session,
        case=case,
        kind="status",
        actor=actor,
        reason=f"{reason.strip()} ({leading.number} 민원과 합친 것을 풂)",
        note=city.texts.render("unmerge_note"),
        public=True,
        from_status=CaseStatus.MERGED,
        to_status=CaseStatus(case.status),
        data={"merge_undone": leading.number},
        now=now,
    )
    recount(session, city=city, case=case, now=now)
    if case.due_at != before:
        event.data |= {"due_from": before.isoformat(), "due_to": case.due_at.isoformat()}
    note_leading(
        session, leading=leading, case=case, kind=UNMERGED, actor=actor, reason=reason, now=now
    )
    tell(
        session,
        city=city,
        case=case,
        key="case_unmerged",
        values={"number": case.number, "due": day_and_time(case.due_at)},
        now=now,
    )
    return case


def note_leading(
    session: Session,
    *,
    leading: Case,
    case: Case,
    kind: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Write into the leading case's history what was merged into it or taken out again."""
    leading.version += 1
    record_event(
        session,
        case=leading,
        kind=kind,
        actor=actor,
        reason=f"{reason.strip()} ({case.number} 민원)",
        note="",
        public=False,
        data={"case": case.number},
        now=now,
    )


def end_merge(session: Session, *, case_id: int, now: datetime) -> None:
    """A merged case goes on by itself (it was reopened): it hears no more of the leading one."""
    merge = merge_of(session, case_id=case_id)
    if merge is not None:
        merge.undone_at = now


def release_merged(
    session: Session, *, city: City, leading: Case, actor: Actor, reason: str, now: datetime
) -> None:
    """Undo every merge into a case that is withdrawn: the others' trouble is still there."""
    query = select(CaseMerge.case_id).where(text(STANDING), CaseMerge.into_id == leading.id)
    for case_id in sorted(session.scalars(query).all()):
        undo_merge(session, city=city, case_id=case_id, actor=actor, reason=reason, now=now)
