"""Brings an edited message, or a late part of an album, to the case that was made from it. Must not reply.

A case is never rewritten: the new words become a note and the new photos are added, both as events.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.case_queries import cases_of, events_of
from core.case_wishes import done_before
from core.cases import Actor, add_note, add_photos
from core.conversations import Lease, renew_lease
from core.models.case import Case
from core.models.conversation import Turn
from korean.normalise import fold

# A word or two may stand in any case by chance.
LETTERS_OF_A_STORY = 4


def keep_revision(session: Session, *, lease: Lease, turn_id: int, now: datetime) -> str | None:
    """Add what is new in a revised turn to its case; the case's number, or None without one.

    Twice is once.
    """
    renew_lease(session, lease, now)
    turn = session.get_one(Turn, turn_id)
    if turn.revised is None:
        return None
    case = _case_of(session, turn)
    if case is None:
        return None
    actor = Actor("citizen", f"conversation:{turn.conversation_id}")
    new = turn.attachment_ids[turn.revised["attachments"] :]
    if new:
        add_photos(session, case_id=case.id, attachment_ids=new, actor=actor, now=now)
    if turn.text != turn.revised["text"]:
        reason = f"시민이 글을 고침 (메시지 {turn.id}, {turn.revision}번째)"
        if all(event.reason != reason for event in events_of(session, case_id=case.id)):
            add_note(session, case_id=case.id, actor=actor, reason=reason, note=turn.text, now=now)
    return case.number


def _case_of(session: Session, turn: Turn) -> Case | None:
    """The newest case that holds this turn's photos or words from before the change."""
    assert turn.revised is not None
    before = set(turn.attachment_ids[: turn.revised["attachments"]])
    told = fold(str(turn.revised["text"]))
    for case in cases_of(session, conversation_id=turn.conversation_id, limit=100):
        if before & set(case.attachment_ids):
            return case
        if done_before(session, case=case, turn_id=turn.id):
            # What it said was added to the case, or was the reason of an act.
            return case
        if case.received_at < turn.arrived_at:
            continue
        kept = [fold(part) for part in (case.what, case.place_text) if part]
        if any(_same(told, part) for part in kept):
            return case
    return None


def _same(told: str, kept: str) -> bool:
    shorter, longer = sorted((told, kept), key=len)
    return len(shorter) >= LETTERS_OF_A_STORY and shorter in longer
