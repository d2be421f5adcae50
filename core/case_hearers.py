"""Says which conversations hear of a case, and which cases belong to it. Read-only; must not send or lock.

Four kinds: who filed it, who linked it by its code (core.case_links), who filed or linked a case that was
merged into it, and who only follows one of them (core.case_follow).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.conversations import ERASED
from core.models.case import Case
from core.models.conversation import Conversation
from core.models.nearby import STANDING, CaseFollow, CaseMerge
from core.models.privacy import CaseLink


def merged_into(session: Session, *, case_id: int) -> list[int]:
    """The cases that are worked on together with this one, those merged into these as well; oldest first."""
    found: list[int] = []
    leading = [case_id]
    while leading:
        query = select(CaseMerge.case_id).where(text(STANDING), CaseMerge.into_id.in_(leading))
        leading = [each for each in session.scalars(query) if each not in found and each != case_id]
        found += leading
    return sorted(found)


def merge_of(session: Session, *, case_id: int) -> CaseMerge | None:
    """The merge that a case is under, None for a case on its own."""
    query = select(CaseMerge).where(text(STANDING), CaseMerge.case_id == case_id)
    return session.scalars(query).first()


def leading_case(session: Session, case: Case) -> Case:
    """The case that is really worked on: this one, or the one it was merged into in the end."""
    while (merge := merge_of(session, case_id=case.id)) is not None:
        case = session.get_one(Case, merge.into_id)
    return case


def own_talks(session: Session, case_ids: Sequence[int]) -> set[int]:
    """The conversations that filed or linked one of the cases: they see it whole."""
    filed = session.scalars(select(Case.conversation_id).where(Case.id.in_(case_ids)))
    linked = session.scalars(
        select(CaseLink.conversation_id).where(
            CaseLink.case_id.in_(case_ids), CaseLink.undone_at.is_(None)
        )
    )
    return {*filed, *linked}


def following_talks(session: Session, case_ids: Sequence[int]) -> list[Conversation]:
    """The conversations that only follow one of the cases, in the order in which they are locked."""
    own = own_talks(session, case_ids)
    talks = session.scalars(
        select(Conversation)
        .where(
            Conversation.id.in_(
                select(CaseFollow.conversation_id).where(
                    text(STANDING), CaseFollow.case_id.in_(case_ids)
                )
            ),
            Conversation.address.not_like(f"{ERASED}%"),
        )
        .order_by(Conversation.id)
    )
    return [talk for talk in talks if talk.id not in own]


def hearers(session: Session, case_id: int) -> set[int]:
    """Every conversation that hears of a change of this case."""
    family = [case_id, *merged_into(session, case_id=case_id)]
    following = select(CaseFollow.conversation_id).where(
        text(STANDING), CaseFollow.case_id.in_(family)
    )
    return own_talks(session, family) | set(session.scalars(following))
