"""Ends the news of other citizens' cases that this one follows, by a press or in words. Must not ask Rasa."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.case_follow import unfollow
from core.city import City
from core.follow_notices import UNFOLLOW
from core.models.conversation import Conversation
from core.replies import Reply

__all__ = ["UNFOLLOW", "stop_following"]


def stop_following(
    session: Session,
    *,
    city: City,
    talk: Conversation,
    number: str | None,
    pressed: bool = False,
    now: datetime,
) -> Reply | None:
    """Stop the news of the case ``number``, or of all. Twice is once.

    None for words of somebody who follows nothing: they are about something else.
    """
    ended = unfollow(session, conversation_id=talk.id, number=number, now=now)
    if ended:
        numbers = ", ".join(case.number for case in ended)
        return Reply(city.texts.render("follow_ended", numbers=numbers))
    return Reply(city.texts.render("follow_none")) if pressed or number is not None else None
