"""Reads what is typed after an answer about the city's rules: a follow-up. Must not search or keep anything.

"서류는요?" alone says nothing to a classifier: it is about the article that answered a moment ago.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.city import City
from core.drafts import open_draft
from core.inbound import TurnKind
from core.models.conversation import Delivery, Turn
from core.policy_questions import NEW_QUESTION, last_question
from korean.follow_ups import aspect_of
from korean.questions import is_question

# What is asked much later is about something else.
FOLLOW_UP_WITHIN = timedelta(minutes=10)
QUESTION_WITHIN = timedelta(minutes=30)


def resolve_policy_words(
    session: Session, *, turn: Turn, city: City, text: str
) -> dict[str, Any] | None:
    """Rasa's parse data for a follow-up of the last answer or the question that we asked for; else None."""
    if turn.kind != TurnKind.TEXT or turn.attachment_ids:
        return None
    aspect = aspect_of(text)
    if aspect is not None and (last := _followed(session, turn)) is not None:
        return _meaning(text, question=str(last), aspect=aspect)
    if _asked_for(session, turn, city) and is_question(text):
        return _meaning(text, aspect=NEW_QUESTION)
    return None


def _followed(session: Session, turn: Turn) -> int | None:
    """The question whose article a follow-up is about."""
    last = last_question(session, conversation_id=turn.conversation_id, before_turn=turn.id)
    if last is None or last.article_key is None:
        return None
    if turn.arrived_at - last.asked_at > FOLLOW_UP_WITHIN:
        return None
    if open_draft(session, conversation_id=turn.conversation_id) is not None:
        # The form has asked its own question again: only what comes at once is about the answer.
        before = session.scalars(
            select(Turn.id)
            .where(Turn.conversation_id == turn.conversation_id, Turn.id < turn.id)
            .order_by(Turn.id.desc())
            .limit(1)
        ).first()
        if before != last.turn_id:
            return None
    return last.id


def _asked_for(session: Session, turn: Turn, city: City) -> bool:
    """Whether the last thing we said was "what would you like to know?"."""
    said = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == turn.conversation_id)
        .order_by(Delivery.id.desc())
        .limit(1)
    ).first()
    return (
        said is not None
        and said.payload["text"] == city.texts.render("policy_ask")
        and turn.arrived_at - said.created_at <= QUESTION_WITHIN
    )


def _meaning(text: str, **values: str) -> dict[str, Any]:
    return {
        "text": text,
        "intent": {"name": "ask_policy", "confidence": 1.0},
        "entities": [
            {"entity": name, "value": value, "start": 0, "end": 0} for name, value in values.items()
        ],
    }
