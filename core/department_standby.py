"""Whether a department answers (table department_standby, its one writer). Must not send anything.

After three temporary failures in a row nothing goes out to that department for a while, which grows
from 5 seconds to 5 minutes; then one message tries. All others wait, their tries are not spent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.models.department import DepartmentStandby

FAILURES_BEFORE_OPEN = 3
FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(minutes=5)
# A department may ask for a longer silence, but not for one that nobody notices.
LONGEST_WISH = timedelta(hours=1)
# So long a probe may take before another one tries.
PROBE = timedelta(seconds=60)
# A success is written down at most so often while all goes well.
SUCCESS_EVERY = timedelta(seconds=10)


def allowance(session: Session, *, department_id: str, limit: int, now: datetime) -> int:
    """How many messages may go out now: ``limit``, fewer after a failure, one probe, or none.

    A probe is taken here: until its result is noted nobody else gets one.
    """
    row = _row(session, department_id)
    if row.held_until is not None and now < row.held_until:
        return 0
    if row.opened_at is not None:
        row.held_until = now + PROBE
        return 1
    return 1 if row.failures else limit


def give_back(session: Session, *, department_id: str, now: datetime) -> None:
    """A probe was allowed but there was nothing to send with it."""
    row = _row(session, department_id)
    if row.opened_at is not None:
        row.held_until = now


def note_success(session: Session, *, department_id: str, now: datetime) -> None:
    """It answered: everything that waits may go."""
    row = _row(session, department_id)
    if row.failures or row.opened_at or row.held_until:
        row.failures, row.opened_at, row.held_until, row.failure = 0, None, None, None
        row.succeeded_at = now
    elif row.succeeded_at is None or now - row.succeeded_at >= SUCCESS_EVERY:
        row.succeeded_at = now


def note_failure(
    session: Session,
    *,
    department_id: str,
    failure: str,
    now: datetime,
    wish: float | None = None,
    silence_only: bool = False,
) -> datetime:
    """It did not; returns when the next try may be. ``wish``: seconds that it asked for itself.

    ``silence_only``: it answered that we are too fast, which is no failure of its own.
    """
    row = _row(session, department_id)
    row.failure, row.failed_at = failure[:300], now
    asked = min(timedelta(seconds=wish or 0), LONGEST_WISH)
    if silence_only:
        row.held_until = max(row.held_until or now, now + max(asked, FIRST_HOLD))
        return row.held_until
    row.failures += 1
    if row.failures >= FAILURES_BEFORE_OPEN:
        row.opened_at = row.opened_at or now
        hold = hold_after(row.failures)
    else:
        hold = timedelta(seconds=1)
    row.held_until = now + max(hold, asked)
    return row.held_until


def hold_after(failures: int) -> timedelta:
    """How long nothing goes out after so many failures in a row."""
    doublings = max(0, failures - FAILURES_BEFORE_OPEN)
    return min(FIRST_HOLD * float(2 ** min(doublings, 10)), LONGEST_HOLD)


def try_now(session: Session, *, department_id: str, now: datetime) -> None:
    """A person says that it is repaired: the next probe goes at once."""
    row = _row(session, department_id)
    if row.held_until is not None:
        row.held_until = now


def standby_of(session: Session) -> Mapping[str, DepartmentStandby]:
    """What is known of each department that was ever tried."""
    return {row.department_id: row for row in session.scalars(select(DepartmentStandby))}


def _row(session: Session, department_id: str) -> DepartmentStandby:
    row = session.get(DepartmentStandby, department_id, with_for_update=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            row = DepartmentStandby(department_id=department_id, failures=0)
            session.add(row)
    except IntegrityError:  # Another process was first.
        return session.get_one(DepartmentStandby, department_id, with_for_update=True)
    return row
