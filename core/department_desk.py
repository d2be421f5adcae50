"""What persons see and decide of departments: who does not answer, what needs a look. Must not send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.city import City, UnknownName
from core.delivery_queue import is_open
from core.department_callbacks import settle_callback
from core.department_queue import OPEN_STATES, settle
from core.department_standby import standby_of, try_now
from core.errors import Refused
from core.models.case import Case
from core.models.department import DepartmentCallback, DepartmentMessage

TROUBLED = ("failed", "unsure")
CALLBACKS_FOR_PERSONS = ("refused", "outdated", "rejected")


@dataclass(frozen=True)
class DepartmentState:
    """One department's way. ``waiting`` messages of ``cases`` cases, the oldest since ``since``.

    ``open_since`` is set while it does not answer; ``next_try_at`` is when it is tried again.
    """

    department_id: str
    name: str
    kind: str
    waiting: int
    cases: int
    since: datetime | None
    open_since: datetime | None
    next_try_at: datetime | None
    failure: str | None
    failures: int
    failed_at: datetime | None
    succeeded_at: datetime | None
    troubled: int

    @property
    def answers(self) -> bool:
        """Whether it took what we sent last, as far as we know."""
        return self.open_since is None and not (self.waiting and self.failures)


@dataclass(frozen=True)
class MessageView:
    """One message of the queue as a person may see it: ids, states and our own reasons only."""

    id: int
    uid: str
    department_id: str
    case_id: int
    case_number: str
    kind: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    failure: str | None


def department_states(session: Session, *, city: City) -> list[DepartmentState]:
    """Every department that has a way out, or for which something waits."""
    waiting = {
        row.department_id: row
        for row in session.execute(
            select(
                DepartmentMessage.department_id,
                func.count().label("messages"),
                func.count(DepartmentMessage.case_id.distinct()).label("cases"),
                func.min(DepartmentMessage.created_at).label("since"),
            )
            .where(is_open(DepartmentMessage.state))
            .group_by(DepartmentMessage.department_id)
        )
    }
    troubled: dict[str, int] = {
        row[0]: row[1]
        for row in session.execute(
            select(DepartmentMessage.department_id, func.count())
            .where(_is_in(TROUBLED), DepartmentMessage.resolved_at.is_(None))
            .group_by(DepartmentMessage.department_id)
        )
    }
    standby = standby_of(session)
    ways = {department.id: department for department in city.departments}
    ids = [each.id for each in city.departments if each.way.is_open]
    ids += sorted((waiting.keys() | troubled.keys()) - set(ids))
    states = []
    for each in ids:
        row, known = waiting.get(each), standby.get(each)
        department = ways.get(each)
        states.append(
            DepartmentState(
                department_id=each,
                name=department.name if department else each,
                kind=department.way.kind if department else "none",
                waiting=row.messages if row else 0,
                cases=row.cases if row else 0,
                since=row.since if row else None,
                open_since=known.opened_at if known else None,
                next_try_at=known.held_until if known else None,
                failure=known.failure if known else None,
                failures=known.failures if known else 0,
                failed_at=known.failed_at if known else None,
                succeeded_at=known.succeeded_at if known else None,
                troubled=troubled.get(each, 0),
            )
        )
    return states


def list_messages(
    session: Session,
    *,
    states: Sequence[str] = (*OPEN_STATES, *TROUBLED),
    department_id: str | None = None,
    limit: int = 200,
) -> list[MessageView]:
    """Messages in these states that nobody has settled, the oldest first."""
    query = (
        select(DepartmentMessage, Case.number)
        .join(Case, Case.id == DepartmentMessage.case_id)
        .where(_is_in(states), DepartmentMessage.resolved_at.is_(None))
    )
    if department_id is not None:
        query = query.where(DepartmentMessage.department_id == department_id)
    return [
        MessageView(
            id=row.id,
            uid=row.uid,
            department_id=row.department_id,
            case_id=row.case_id,
            case_number=number,
            kind=row.kind,
            state=row.state,
            attempts=row.attempts,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            failure=row.failure,
        )
        for row, number in session.execute(query.order_by(DepartmentMessage.id).limit(limit))
    ]


def list_callbacks(session: Session, *, limit: int = 200) -> list[DepartmentCallback]:
    """Callbacks that a person should look at, the newest first."""
    return list(
        session.scalars(
            select(DepartmentCallback)
            .where(
                DepartmentCallback.state.in_(CALLBACKS_FOR_PERSONS),
                DepartmentCallback.resolved_at.is_(None),
            )
            .order_by(DepartmentCallback.id.desc())
            .limit(limit)
        )
    )


def retry(session: Session, *, message_id: int, by: str, now: datetime) -> None:
    """Send a failed message again. Raises Refused("not_troubled"): it is sent, waits or is settled.

    What is unsure is not: ``resolve`` says first whether it arrived.
    """
    if not settle(session, message_id=message_id, states=("failed",), by=by, to="pending", now=now):
        raise Refused("not_troubled")
    _audit(session, "department.retry", f"department_message:{message_id}", by, now)


def resolve(session: Session, *, message_id: int, by: str, arrived: bool, now: datetime) -> None:
    """A person has asked the department: the unsure message arrived, or goes out again.

    Raises Refused("not_troubled").
    """
    to = "sent" if arrived else "pending"
    if not settle(session, message_id=message_id, states=("unsure",), by=by, to=to, now=now):
        raise Refused("not_troubled")
    action = "department.arrived" if arrived else "department.not_arrived"
    _audit(session, action, f"department_message:{message_id}", by, now)


def dismiss(session: Session, *, message_id: int, by: str, now: datetime) -> None:
    """Leave a failed or unsure message as it is; nobody needs to look again.

    Raises Refused("not_troubled").
    """
    if not settle(session, message_id=message_id, states=TROUBLED, by=by, to=None, now=now):
        raise Refused("not_troubled")
    _audit(session, "department.dismiss", f"department_message:{message_id}", by, now)


def decide_callback(
    session: Session, *, callback_id: int, again: bool, by: str, now: datetime
) -> None:
    """Try a callback again, or put it away. Raises Refused("not_troubled")."""
    if not settle_callback(session, callback_id=callback_id, again=again, by=by, now=now):
        raise Refused("not_troubled")
    action = "department.callback_retry" if again else "department.callback_dismiss"
    _audit(session, action, f"department_callback:{callback_id}", by, now)


def probe_now(session: Session, *, city: City, department_id: str, by: str, now: datetime) -> None:
    """Try a department that does not answer at once. Raises Refused("department_unknown")."""
    try:
        city.department(department_id)
    except UnknownName:
        raise Refused("department_unknown") from None
    try_now(session, department_id=department_id, now=now)
    _audit(session, "department.probe", f"department:{department_id}", by, now)


def _is_in(states: Sequence[str]) -> ColumnElement[bool]:
    """As literals, so that SQLite uses the index of those in trouble."""
    return DepartmentMessage.state.in_(
        bindparam("message_states", list(states), expanding=True, literal_execute=True)
    )


def _audit(session: Session, action: str, subject: str, by: str, now: datetime) -> None:
    record_audit(session, actor=by, action=action, subject=subject[:120], now=now)
