"""What citizens thought of their results: the one writer of table case_rating. Must not ask anybody.

A rating belongs to a case that was answered once, and only the conversation that filed the case may
give it. A changed mind replaces it; the case's history keeps every one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.case_status import CaseStatus
from core.cases import Actor, add_event
from core.errors import Refused
from core.models.case import Case, CaseEvent, CaseRating

SCORES = range(1, 6)
LOW = 2
# Nobody is asked how such an ending was.
_NOT_ASKED = (CaseStatus.MERGED, CaseStatus.WITHDRAWN, CaseStatus.REJECTED)


@dataclass(frozen=True)
class RatingSummary:
    """How many ratings there are, and their average (None without any)."""

    count: int
    average: float | None


def record_rating(
    session: Session, *, conversation_id: int, number: str, score: int, reason: str, now: datetime
) -> CaseRating:
    """Keep how a result was, from 1 to 5; the same score again changes nothing.

    Raises Refused("case_not_yours" | "no_result").
    """
    if score not in SCORES:
        raise ValueError(f"a score is from 1 to 5, not {score}")
    case = check_rateable(session, conversation_id=conversation_id, number=number)
    rating = rating_of(session, case_id=case.id)
    if rating is not None and rating.score == score:
        return rating
    if rating is None:
        rating = CaseRating(case_id=case.id, at=now)
        session.add(rating)
    rating.score = score
    rating.updated_at = now
    _add_event(session, rating, conversation_id=conversation_id, reason=reason, note="", now=now)
    return rating


def record_comment(
    session: Session, *, conversation_id: int, number: str, comment: str, reason: str, now: datetime
) -> CaseRating:
    """Keep with a rating what was amiss, in the citizen's words with tokens; new words replace old ones.

    Raises Refused("case_not_yours" | "no_result" | "no_rating").
    """
    case = check_rateable(session, conversation_id=conversation_id, number=number)
    rating = rating_of(session, case_id=case.id)
    if rating is None:
        raise Refused("no_rating")
    comment = comment.strip()
    if rating.comment != comment:
        rating.comment = comment
        rating.updated_at = now
        _add_event(
            session, rating, conversation_id=conversation_id, reason=reason, note=comment, now=now
        )
    return rating


def check_rateable(session: Session, *, conversation_id: int, number: str) -> Case:
    """The conversation's own case with that number. Raises Refused("case_not_yours" | "no_result")."""
    case = session.scalars(
        select(Case)
        .where(Case.number == number, Case.conversation_id == conversation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if case is None:
        raise Refused("case_not_yours")
    result = select(CaseEvent.id).where(_is_result(), CaseEvent.case_id == case.id).limit(1)
    if session.scalars(result).first() is None:
        raise Refused("no_result")
    return case


def rateable_cases(session: Session, *, conversation_id: int) -> list[Case]:
    """The conversation's cases that have a result, the newest result first."""
    results = (
        select(CaseEvent.case_id, func.max(CaseEvent.id).label("last"))
        .where(
            _is_result(),
            # Not of everybody's cases, which grow for years.
            CaseEvent.case_id.in_(select(Case.id).where(Case.conversation_id == conversation_id)),
        )
        .group_by(CaseEvent.case_id)
        .subquery()
    )
    return list(
        session.scalars(
            select(Case)
            .join(results, results.c.case_id == Case.id)
            .where(
                Case.conversation_id == conversation_id,
                Case.status.not_in([state.value for state in _NOT_ASKED]),
            )
            .order_by(results.c.last.desc())
        )
    )


def rating_of(session: Session, *, case_id: int) -> CaseRating | None:
    """The rating of a case, or None."""
    return session.scalars(select(CaseRating).where(CaseRating.case_id == case_id)).first()


def scores_of(session: Session, *, case_ids: Sequence[int]) -> dict[int, int]:
    """The scores of these cases; a case without a rating is not in it."""
    rows = session.execute(
        select(CaseRating.case_id, CaseRating.score).where(CaseRating.case_id.in_(case_ids))
    )
    return {row.case_id: row.score for row in rows}


def summary_since(session: Session, *, since: datetime) -> RatingSummary:
    """The ratings that were given or changed since then."""
    count, average = session.execute(
        select(func.count(), func.avg(CaseRating.score)).where(CaseRating.updated_at >= since)
    ).one()
    return RatingSummary(count=count, average=None if average is None else float(average))


def _is_result() -> ColumnElement[bool]:
    return CaseEvent.to_status == CaseStatus.ANSWERED.value


def _add_event(
    session: Session,
    rating: CaseRating,
    *,
    conversation_id: int,
    reason: str,
    note: str,
    now: datetime,
) -> None:
    # Not public: who finds the case with the receipt alone need not read it.
    add_event(
        session,
        case_id=rating.case_id,
        kind="rating",
        actor=Actor("citizen", f"conversation:{conversation_id}"),
        reason=reason,
        note=note,
        public=False,
        data={"score": rating.score},
        now=now,
    )
