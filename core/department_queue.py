"""The queue of events for departments (table department_message), its one writer. Must not send or word.

States: pending → sending → sent | failed | unsure. Of one case a department hears in order: a later
message waits for an earlier open one; other cases and other departments do not. A row holds ids only.
A department that got a case hears what follows, until the case moves to another one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.city import City, UnknownName
from core.delivery_queue import is_open
from core.models.case import Case, CaseEvent
from core.models.department import DepartmentMessage

OPEN_STATES = ("pending", "sending")
LEASE = timedelta(seconds=60)
# Who acts for a department, as the id of an ``Actor`` of kind "peer".
PEER = "department:"


@dataclass(frozen=True)
class Leased:
    """A message taken for sending; ``lease_token`` proves it when the result is recorded."""

    message_id: int
    uid: str
    department_id: str
    case_id: int
    event_id: int
    kind: str
    attempts: int
    lease_token: int
    leased_until: datetime
    # An earlier try may have arrived: its lease ran out while it was being sent.
    maybe_sent: bool


@dataclass(frozen=True)
class Result:
    """What became of one leased message.

    ``state``: sent | failed | unsure | pending (again at ``again_at``). ``tried`` is False when nothing
    was sent: then the try does not count.
    """

    leased: Leased
    state: str
    failure: str | None = None
    again_at: datetime | None = None
    tried: bool = True


def enqueue_opened(
    session: Session, *, city: City, case: Case, event: CaseEvent, now: datetime
) -> None:
    """Give the case to its department, if anything goes out to that one."""
    try:
        way = city.department(case.department_id).way
    except UnknownName:
        return
    if way.is_open:
        _add(session, case.department_id, case, event, kind="opened", now=now)


def enqueue_event(session: Session, *, case: Case, event: CaseEvent, now: datetime) -> None:
    """Tell the department that has the case of what happened, unless it did that itself.

    What officers and the city note for themselves stays here.
    """
    if event.actor_kind == "peer" and event.actor_id == f"{PEER}{case.department_id}":
        return
    if event.kind == "note" and (event.actor_kind != "citizen" or not event.note):
        return
    # A wish about the case reaches the department as the words that it is.
    kind = "note" if event.kind == "more_time" else event.kind
    if kind not in ("status", "note", "photos"):
        return
    if was_sent(session, case_id=case.id, department_id=case.department_id):
        _add(session, case.department_id, case, event, kind=kind, now=now)


def enqueue_moved(
    session: Session,
    *,
    city: City,
    case: Case,
    event: CaseEvent,
    before: str,
    now: datetime,
) -> None:
    """The case has gone from the department ``before`` to another: both hear of it."""
    if was_sent(session, case_id=case.id, department_id=before):
        _add(session, before, case, event, kind="moved", now=now)
    enqueue_opened(session, city=city, case=case, event=event, now=now)


def was_sent(session: Session, *, case_id: int, department_id: str) -> bool:
    """Whether this department was given the case at some time."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    DepartmentMessage.case_id == case_id,
                    DepartmentMessage.department_id == department_id,
                )
            )
        )
    )


def due_departments(session: Session) -> list[str]:
    """Departments for which something waits, however much: one look at the index for each."""
    found: list[str] = []
    while True:
        following = session.scalar(
            select(func.min(DepartmentMessage.department_id)).where(
                is_open(DepartmentMessage.state),
                DepartmentMessage.department_id > (found[-1] if found else ""),
            )
        )
        if following is None:
            return found
        found.append(following)


def lease_batch(
    session: Session,
    *,
    department_id: str,
    limit: int,
    now: datetime,
    lasts: timedelta = LEASE,
) -> list[Leased]:
    """Take up to ``limit`` messages that may go out now, the oldest first, one of each case."""
    earlier = aliased(DepartmentMessage)
    rows = session.scalars(
        select(DepartmentMessage)
        .where(
            is_open(DepartmentMessage.state),
            DepartmentMessage.department_id == department_id,
            _is_due(now),
            ~exists().where(
                earlier.case_id == DepartmentMessage.case_id,
                earlier.department_id == department_id,
                earlier.id < DepartmentMessage.id,
                is_open(earlier.state),
            ),
        )
        .order_by(DepartmentMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DepartmentMessage)
    ).all()
    taken: list[Leased] = []
    for row in rows:
        maybe_sent = row.state == "sending"
        row.state = "sending"
        row.attempts += 1
        row.lease_token += 1
        row.leased_until = now + lasts
        taken.append(
            Leased(
                message_id=row.id,
                uid=row.uid,
                department_id=row.department_id,
                case_id=row.case_id,
                event_id=row.event_id,
                kind=row.kind,
                attempts=row.attempts,
                lease_token=row.lease_token,
                leased_until=row.leased_until,
                maybe_sent=maybe_sent,
            )
        )
    session.flush()
    return taken


def still_ours(session: Session, leased: Leased, *, now: datetime, needs: timedelta) -> bool:
    """Whether the lease holds for ``needs`` more: asked right before sending.

    A worker that was paused past its lease must not send; another one may have done it.
    """
    token, state = session.execute(
        select(DepartmentMessage.lease_token, DepartmentMessage.state).where(
            DepartmentMessage.id == leased.message_id
        )
    ).one()
    return token == leased.lease_token and state == "sending" and now + needs <= leased.leased_until


def record_results(session: Session, results: Iterable[Result], *, now: datetime) -> int:
    """Record what became of leased messages; returns how many leases were lost meanwhile."""
    lost = 0
    for result in results:
        leased = result.leased
        values: dict[str, object] = {
            "state": result.state,
            "failure": None if result.failure is None else result.failure[:300],
            "leased_until": None,
        }
        if result.state == "sent":
            values["sent_at"] = now
        if result.state == "pending":
            values["next_attempt_at"] = result.again_at or now
        if not result.tried:
            values["attempts"] = max(0, leased.attempts - 1)
        done = session.execute(
            update(DepartmentMessage)
            .where(
                DepartmentMessage.id == leased.message_id,
                DepartmentMessage.lease_token == leased.lease_token,
            )
            .values(**values)
        )
        lost += not getattr(done, "rowcount", 0)
    return lost


def settle(
    session: Session,
    *,
    message_id: int,
    states: Sequence[str],
    by: str,
    to: str | None,
    now: datetime,
) -> bool:
    """A person has decided: ``to`` sent or pending; None leaves it as it is, looked at.

    False: it is in none of ``states`` (any more), or somebody has decided already.
    """
    values: dict[str, object] = {"resolved_by": by, "resolved_at": now}
    if to is not None:
        values |= {"state": to, "failure": None}
    if to == "pending":
        values |= {
            "attempts": 0,
            "next_attempt_at": now,
            "resolved_by": None,
            "resolved_at": None,
        }
    if to == "sent":
        values["sent_at"] = now
    done = session.execute(
        update(DepartmentMessage)
        .where(
            DepartmentMessage.id == message_id,
            DepartmentMessage.state.in_(states),
            DepartmentMessage.resolved_at.is_(None),
        )
        .values(**values)
    )
    return bool(getattr(done, "rowcount", 0))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(DepartmentMessage.state == "pending", DepartmentMessage.next_attempt_at <= now),
        and_(DepartmentMessage.state == "sending", DepartmentMessage.leased_until < now),
    )


def _add(
    session: Session,
    department_id: str,
    case: Case,
    event: CaseEvent,
    *,
    kind: str,
    now: datetime,
) -> None:
    key = f"event:{event.id}:{department_id}:{kind}"
    known = select(DepartmentMessage.id).where(DepartmentMessage.dedupe_key == key)
    if session.scalars(known).first() is not None:
        return
    session.add(
        DepartmentMessage(
            uid=f"msg_{uuid.uuid4().hex}",
            department_id=department_id,
            case_id=case.id,
            event_id=event.id,
            kind=kind,
            dedupe_key=key,
            created_at=now,
            next_attempt_at=now,
        )
    )
    session.flush()
