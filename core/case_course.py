"""When cases ended and how, read from their history. Must not change anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_status import DONE, CaseStatus
from core.models.case import CaseEvent


@dataclass
class Course:
    """The states of one case, oldest first."""

    steps: list[tuple[datetime, CaseStatus]] = field(default_factory=list)

    def state_at(self, moment: datetime) -> CaseStatus | None:
        """Its state at a moment (that one not included); None before its receipt."""
        known = [state for at, state in self.steps if at < moment]
        return known[-1] if known else None

    def end_before(self, moment: datetime) -> tuple[datetime, CaseStatus] | None:
        """When and how it had ended by then: the first of the last states that owe nothing more.

        An answer that was closed later ended with the answer; what was reopened has not ended.
        """
        end: tuple[datetime, CaseStatus] | None = None
        for at, state in self.steps:
            if at >= moment:
                break
            end = None if state not in DONE else end or (at, state)
        return end

    def count(self, state: CaseStatus, *, before: datetime) -> int:
        """How often it went into that state."""
        return sum(each is state and at < before for at, each in self.steps)


def courses_of(session: Session, *, case_ids: Iterable[int]) -> dict[int, Course]:
    """The courses of these cases; ask for a few hundred at once."""
    ids: Sequence[int] = list(case_ids)
    found = {case_id: Course() for case_id in ids}
    query = (
        select(CaseEvent.case_id, CaseEvent.at, CaseEvent.to_status)
        .where(CaseEvent.case_id.in_(ids), CaseEvent.to_status.is_not(None))
        .order_by(CaseEvent.case_id, CaseEvent.id)
    )
    for case_id, at, state in session.execute(query):
        if state is not None:
            found[case_id].steps.append((at, CaseStatus(state)))
    return found
