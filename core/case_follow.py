"""Lets a conversation follow somebody else's case (table case_follow), its one writer. Must not show it.

"나도 겪고 있어요": whoever reports what is reported already may hear how that case goes instead of filing
another. It is another thing than a link by the look-up code (core.case_links): a follower reads neither the
words nor the photos of the case, only its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.case_hearers import leading_case, merged_into, own_talks
from core.locking import insert_missing, lock_conversation
from core.models.case import Case
from core.models.nearby import STANDING, CaseFollow

# What can become of a wish to follow.
FOLLOWED, ALREADY, OWN = "followed", "already", "own"


@dataclass(frozen=True)
class Followed:
    """The case followed now, the leading one where it was merged. ``outcome``: followed | already | own."""

    case: Case
    outcome: str


def follow_case(session: Session, *, conversation_id: int, case_id: int, now: datetime) -> Followed:
    """Follow a case, in the caller's transaction. Twice is once; whoever sees it whole needs no following."""
    lock_conversation(session, conversation_id)
    case = session.get_one(Case, case_id)
    if conversation_id in own_talks(session, [case_id]):
        return Followed(case, OWN)
    case = leading_case(session, case)
    if conversation_id in own_talks(session, [case.id, *merged_into(session, case_id=case.id)]):
        return Followed(case, OWN)
    new = insert_missing(
        session, CaseFollow, conversation_id=conversation_id, case_id=case.id, followed_at=now
    )
    row = session.scalars(
        select(CaseFollow).where(
            CaseFollow.conversation_id == conversation_id, CaseFollow.case_id == case.id
        )
    ).one()
    if not new and row.undone_at is None:
        return Followed(case, ALREADY)
    row.followed_at, row.undone_at = now, None
    _audit(session, conversation_id, case, "case.follow", now)
    return Followed(case, FOLLOWED)


def unfollow(
    session: Session, *, conversation_id: int, number: str | None = None, now: datetime
) -> list[Case]:
    """Stop following the case ``number``, or all of them; returns those that were followed. Twice is once."""
    lock_conversation(session, conversation_id)
    ended: list[Case] = []
    for row in _rows(session, conversation_id):
        case = session.get_one(Case, row.case_id)
        if number is not None and number not in (case.number, leading_case(session, case).number):
            continue
        row.undone_at = now
        _audit(session, conversation_id, case, "case.unfollow", now)
        ended.append(case)
    return ended


def followed_cases(session: Session, *, conversation_id: int) -> list[Case]:
    """The cases that this conversation follows, newest first; the leading one for one that was merged."""
    found: dict[int, Case] = {}
    for row in _rows(session, conversation_id):
        case = leading_case(session, session.get_one(Case, row.case_id))
        found.setdefault(case.id, case)
    return list(found.values())


def count_followers(session: Session, *, case_id: int) -> int:
    """How many conversations feel the same trouble, those of the cases merged into it included."""
    family = [case_id, *merged_into(session, case_id=case_id)]
    query = select(func.count(func.distinct(CaseFollow.conversation_id))).where(
        text(STANDING), CaseFollow.case_id.in_(family)
    )
    return session.scalar(query) or 0


def _rows(session: Session, conversation_id: int) -> list[CaseFollow]:
    query = (
        select(CaseFollow)
        .where(CaseFollow.conversation_id == conversation_id, text(STANDING))
        .order_by(CaseFollow.id.desc())
    )
    return list(session.scalars(query))


def _audit(session: Session, conversation_id: int, case: Case, action: str, now: datetime) -> None:
    record_audit(
        session,
        actor=f"conversation:{conversation_id}",
        action=action,
        subject=f"case:{case.number}",
        purpose="본인 요청",
        now=now,
    )
