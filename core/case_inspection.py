"""The inspection (현장조사) of a 고충: begins, is extended once, ends; its days do not count (시행령 17조).

Must not change a case's state: an inspection is no state, the case stays in work.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.case_clock import INSPECTION, add_row, clock_rows, recount, since_start
from core.case_events import Actor, lock_case, record_event
from core.case_notices import day_and_time, sign, tell
from core.case_status import TITLES, WORKED_ON, CaseStatus
from core.city import City
from core.errors import Refused
from core.models.case import Case, CaseClock
from core.statutory import INSPECTED_KIND, inspection_end, working_day_after


def begin_inspection(
    session: Session,
    *,
    city: City,
    case_id: int,
    days: int,
    actor: Actor,
    reason: str,
    note: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """Inspect for ``days`` working days from today on, and tell the citizen why (``note``) and until when.

    Raises Refused: ``stale``, ``reason_missing``, ``note_required``, ``inspection_kind``,
    ``inspection_state``, ``inspection_again``, ``inspection_too_long``.
    """
    case = lock_case(session, case_id=case_id, expected_version=expected_version)
    _check_words(reason, note)
    if case.kind != INSPECTED_KIND:
        raise Refused("inspection_kind", kind=case.kind)
    if CaseStatus(case.status) not in WORKED_ON or case.paused_at is not None:
        raise Refused("inspection_state", current=TITLES[CaseStatus(case.status)])
    if since_start(clock_rows(session, case_id=case.id), INSPECTION):
        raise Refused("inspection_again")
    until = inspection_end(now, days=days, calendar=city.calendar, duties=city.duties)
    row = CaseClock(kind=INSPECTION, starts_at=now, until=until, period=f"{days}d")
    return _keep(session, city, case, row=row, actor=actor, reason=reason, note=note, now=now)


def extend_inspection(
    session: Session,
    *,
    city: City,
    case_id: int,
    days: int,
    actor: Actor,
    reason: str,
    note: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """Inspect ``days`` working days longer, once.

    Raises Refused: ``stale``, ``reason_missing``, ``note_required``, ``inspection_missing``,
    ``inspection_extended``, ``inspection_more_too_long``.
    """
    case = lock_case(session, case_id=case_id, expected_version=expected_version)
    _check_words(reason, note)
    row = _running(session, case, now=now)
    if "+" in row.period:
        raise Refused("inspection_extended")
    if not 1 <= days <= city.duties.inspection_more_days:
        raise Refused("inspection_more_too_long", most=city.duties.inspection_more_days)
    assert row.until is not None, "an inspection has a last day"
    row.until = working_day_after(row.until, days, calendar=city.calendar)
    row.period = f"{row.period}+{days}d"
    return _keep(session, city, case, row=row, actor=actor, reason=reason, note=note, now=now)


def end_inspection(
    session: Session,
    *,
    city: City,
    case_id: int,
    actor: Actor,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> Case:
    """The inspection is over earlier than planned. Raises Refused: ``stale``, ``reason_missing``,
    ``inspection_missing``.
    """
    case = lock_case(session, case_id=case_id, expected_version=expected_version)
    if not reason.strip():
        raise Refused("reason_missing")
    row = _running(session, case, now=now)
    row.ends_at = max(now, row.starts_at)
    return _keep(session, city, case, row=row, actor=actor, reason=reason, note="", now=now)


def running_inspection(session: Session, case: Case, *, now: datetime) -> CaseClock | None:
    """The inspection that goes on now, if any."""
    for row in since_start(clock_rows(session, case_id=case.id), INSPECTION):
        if row.ends_at is None and row.until is not None and row.until > now:
            return row
    return None


def _running(session: Session, case: Case, *, now: datetime) -> CaseClock:
    row = running_inspection(session, case, now=now)
    if row is None:
        raise Refused("inspection_missing")
    return row


def _check_words(reason: str, note: str) -> None:
    if not reason.strip():
        raise Refused("reason_missing")
    if not note.strip():
        raise Refused("note_required", to="현장조사")


def _keep(
    session: Session,
    city: City,
    case: Case,
    *,
    row: CaseClock,
    actor: Actor,
    reason: str,
    note: str,
    now: datetime,
) -> Case:
    """Write the event, count anew, tell the citizen where there is something to tell."""
    case.version += 1
    before = case.due_at
    event = record_event(
        session,
        case=case,
        kind="inspection",
        actor=actor,
        reason=reason.strip(),
        note=note.strip(),
        public=bool(note.strip()),
        now=now,
    )
    if row not in session:
        add_row(session, case, event, row)
    recount(session, city=city, case=case, now=now)
    ends = row.ends_at or row.until
    assert ends is not None, "an inspection has a last day"
    event.data = {
        "until": ends.isoformat(),
        "due_from": before.isoformat(),
        "due_to": case.due_at.isoformat(),
    }
    if note.strip():
        signature = sign(city, case, actor)
        values = {
            "number": case.number,
            "note": note.strip(),
            "until": day_and_time(ends),
            "due": day_and_time(case.due_at),
            "officer": signature.who,
            "phone": signature.phone,
        }
        tell(session, city=city, case=case, key="case_inspection", values=values, now=now)
    return case
