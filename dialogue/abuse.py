"""Marks abusive messages and answers the ones that say nothing else, calmly and once. Refuses nothing.

The mark stands beside what the citizen wants: an angry report is filed like any other.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.conversation import Turn
from core.replies import Choice, Reply
from core.texts import Texts
from korean.abuse import Abuse, abuse_in
from korean.text_scores import UnreadableWeights

log = logging.getLogger(__name__)

ONLY = "only"
# Said once; who goes on is answered again another day, and an officer can be called at any time.
SAID_ONCE_IN = timedelta(hours=24)


def sense_abuse(text: str) -> Abuse | None:
    """The mark of a message; None also where nothing can tell."""
    try:
        return abuse_in(text)
    except UnreadableWeights as error:
        log.error("abuse is not marked: %s", error)
        return None


def calm_answer(
    session: Session, turn: Turn, *, texts: Texts, now: datetime
) -> tuple[Reply, ...] | None:
    """What to say to a message of nothing but abuse: nothing the second time. None for any other."""
    if turn.abuse != ONLY:
        return None
    said = session.scalars(
        select(Turn.id)
        .where(
            Turn.conversation_id == turn.conversation_id,
            Turn.id < turn.id,
            Turn.abuse == ONLY,
            Turn.arrived_at > now - SAID_ONCE_IN,
        )
        .limit(1)
    ).first()
    if said is not None:
        return ()
    officer = Choice(texts.render("choice_officer"), "/talk_to_officer")
    return (Reply(texts.render("only_abuse"), choices=(officer,)),)
