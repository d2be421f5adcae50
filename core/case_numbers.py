"""Numbers of cases, one after the other within a year (table case_number). Must not open a case.

The year's row stays locked until the transaction ends, so a number that is not used after all is given
to the next: there are no gaps.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.clock import KST
from core.locking import insert_missing, lock_existing, lock_row
from core.models.case import CaseNumber


def next_number(session: Session, now: datetime) -> str:
    """The next number, ``2026-000123``; the year is Seoul's."""
    year = now.astimezone(KST).year
    row = lock_row(session, CaseNumber, year)
    if row is None:
        insert_missing(session, CaseNumber, year=year, last=0)
        row = lock_existing(session, CaseNumber, year)
    row.last += 1
    session.flush()
    return f"{year}-{row.last:06d}"
