"""Lets one process at a time do what must not be done twice at once (table named_lease, its one writer).

A lease that is not renewed ends by itself, so a process that dies is followed by another.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from core.locking import insert_missing
from core.models.conversation import NamedLease


def hold_lease(
    session: Session, *, name: str, holder: str, now: datetime, lasts: timedelta
) -> bool:
    """Take or renew the lease; False while another ``holder`` has it."""
    taken = session.execute(
        update(NamedLease)
        .where(
            NamedLease.name == name,
            or_(NamedLease.holder == holder, NamedLease.until < now),
        )
        .values(holder=holder, until=now + lasts)
    )
    if getattr(taken, "rowcount", 0):
        return True
    # Of two that are the first ever, one gets it.
    return insert_missing(session, NamedLease, name=name, holder=holder, until=now + lasts)


def is_held(session: Session, *, name: str, now: datetime) -> bool:
    """Whether somebody has it now."""
    found = session.get(NamedLease, name)
    return found is not None and found.until >= now


def drop_lease(session: Session, *, name: str, holder: str, now: datetime) -> None:
    """Give it back, so that the next one need not wait."""
    session.execute(
        update(NamedLease)
        .where(NamedLease.name == name, NamedLease.holder == holder)
        .values(until=now - timedelta(seconds=1))
    )
