"""Does what is owed about cases when its time comes: reminds, tells how far it is, demands. Decides no case.

Also notices that a citizen's supplement (보완) has arrived, from when on the period runs again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.case_duties import DEMAND, PROGRESS, duties_due, finish_duty
from core.case_events import Actor, lock_case, record_event
from core.case_notices import day_and_time, sign, tell
from core.case_queries import supplements_arrived
from core.case_status import DONE, TITLES, CaseStatus
from core.case_wishes import end_wait
from core.city import City
from core.database import Database
from core.models.case import Case, CaseDuty
from core.ports import Now

SYSTEM = Actor("system", "clock")


def look_after_cases(*, database: Database, city: City, now: Now) -> int:
    """Do what is due, each in a transaction of its own; returns how much. Safe to run twice."""
    done = 0
    with database.reading() as session:
        arrived = supplements_arrived(session)
        due = [(duty.id, duty.case_id) for duty in duties_due(session, now=now())]
    for case_id, at in arrived:
        with database.transaction() as session:
            done += _arrive(session, city, case_id=case_id, at=at, now=now())
    for duty_id, case_id in due:
        with database.transaction() as session:
            done += _do(session, city, duty_id=duty_id, case_id=case_id, now=now())
    return done


def _arrive(session: Session, city: City, *, case_id: int, at: datetime, now: datetime) -> bool:
    case = lock_case(session, case_id=case_id, expected_version=None)
    if case.paused_at is None or case.paused_at > at:
        return False  # Somebody was quicker.
    end_wait(session, city=city, case=case, actor=SYSTEM, at=at, now=now)
    return True


def _do(session: Session, city: City, *, duty_id: int, case_id: int, now: datetime) -> bool:
    case = lock_case(session, case_id=case_id, expected_version=None)
    duty = session.get(CaseDuty, duty_id, populate_existing=True)
    # Planned anew or done in the meantime.
    if duty is None or duty.done_at is not None or CaseStatus(case.status) in DONE:
        return False
    _note(session, city, case, duty, now=now)
    finish_duty(session, city=city, case=case, duty=duty, now=now)
    return True


def _note(session: Session, city: City, case: Case, duty: CaseDuty, *, now: datetime) -> None:
    due = day_and_time(case.due_at)
    if duty.kind == PROGRESS:
        days = (now - case.received_at).days
        reason = city.texts.render("duty_progress", days=days)
    else:
        key = "duty_demand" if duty.kind == DEMAND else "duty_remind"
        reason = city.texts.render(key, due=due)
    # A reminder is no change of the case: nobody's page becomes stale of it.
    record_event(
        session,
        case=case,
        kind=duty.kind,
        actor=SYSTEM,
        reason=reason,
        note="",
        public=duty.kind == PROGRESS,
        now=now,
    )
    if duty.kind == PROGRESS:
        signature = sign(city, case, SYSTEM)
        values = {
            "number": case.number,
            "status": TITLES[CaseStatus(case.status)],
            "due": due,
            "officer": signature.who,
            "phone": signature.phone,
        }
        tell(
            session,
            city=city,
            case=case,
            key="case_progress",
            values=values,
            dedupe=f"progress:{duty.id}",
            now=now,
        )
