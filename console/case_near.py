"""What a case's page tells of others: near ones, merged ones, how many feel it. Must not change any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.case_follow import count_followers
from core.case_hearers import merge_of, merged_into
from core.case_status import WORKED_ON, CaseStatus
from core.city import City
from core.models.case import Case
from core.nearby import Near, Spot, find_nearby

SHOWN = 5


@dataclass(frozen=True)
class Together:
    """The cases around one case. ``leading`` is the one that it was merged into."""

    near: tuple[Near, ...]
    merged: tuple[Case, ...]
    leading: Case | None
    followers: int
    may_merge: bool


def together(session: Session, *, city: City, case: Case, now: datetime) -> Together:
    """All of it in a few look-ups by index."""
    merge = merge_of(session, case_id=case.id)
    merged = merged_into(session, case_id=case.id)
    near = find_nearby(
        session,
        city=city,
        spot=Spot.of(case),
        now=now,
        but=frozenset({case.id}),
        limit=SHOWN,
    )
    return Together(
        near=tuple(near),
        merged=tuple(session.get_one(Case, each) for each in merged),
        leading=session.get_one(Case, merge.into_id) if merge is not None else None,
        followers=count_followers(session, case_id=case.id),
        may_merge=CaseStatus(case.status) in WORKED_ON,
    )


def in_words(near: Near) -> str:
    """How far and how much alike: "약 40m, 글 35% 비슷"."""
    away = "같은 곳으로 적힘" if near.metres is None else f"약 {near.metres:.0f}m"
    return f"{away}, 글 {near.likeness:.0%} 비슷"


def values(session: Session, *, city: City, case: Case, now: datetime) -> Mapping[str, object]:
    """For the template."""
    return {
        "together": together(session, city=city, case=case, now=now),
        "near_words": in_words,
    }
