"""Reads what is typed right after "how was the result?". Must not keep anything and not ask anything.

A typed number or words mean the survey only when it is the very last thing that the citizen was
told and no report is open; otherwise they mean what they always mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.case_notices import COMMENT, WITHOUT_COMMENT
from core.drafts import open_draft
from core.inbound import TurnKind
from core.models.conversation import Delivery, Turn
from core.replies import Choice, Reply
from dialogue.choices import parse_payload, resolve_press
from korean.normalise import normalise
from korean.scores import read_score

# What is written much later is more likely about something else.
COMMENT_WITHIN = timedelta(minutes=30)
_LONGEST_WISH = 25
_PERSON = re.compile(
    r"(?:상담[원사]|담당자|직원|사람|공무원).{0,8}(?:연결|바꿔|통화|얘기|이야기|대화|불러|부탁)"
)


def is_pressed_score(session: Session, *, turn: Turn) -> bool:
    """Whether this turn is a press of a score, outside a report."""
    if turn.kind != TurnKind.CHOICE or open_draft(session, conversation_id=turn.conversation_id):
        return False
    choice = resolve_press(session, turn=turn).choice
    return choice is not None and choice.lasting and "score" in _values(choice)


def resolve_score(session: Session, *, turn: Turn) -> Choice | None:
    """The score that typed words stand for: 5, 5점이요, 아주 좋아요."""
    typed = normalise(turn.text).text.strip(" .!~")
    for choice in _just_offered(session, turn):
        score = _values(choice).get("score")
        words = (choice.title, choice.title.partition(" ")[2])
        if score is not None and (typed in words or read_score(typed) == score):
            return choice
    return None


def resolve_comment(session: Session, *, turn: Turn, text: str) -> dict[str, Any] | None:
    """Rasa's parse data for ``text`` as what was amiss, when we have just asked for that; else None."""
    if turn.kind != TurnKind.TEXT or (len(text) <= _LONGEST_WISH and _PERSON.search(text)):
        return None
    for choice in _just_offered(session, turn, within=COMMENT_WITHIN):
        if _values(choice).get("answer") == WITHOUT_COMMENT:
            return parse_payload(choice.payload.replace(WITHOUT_COMMENT, COMMENT), title=text)
    return None


def _just_offered(
    session: Session, turn: Turn, *, within: timedelta | None = None
) -> tuple[Choice, ...]:
    """The survey's choices of the last thing that was said before this turn arrived."""
    if open_draft(session, conversation_id=turn.conversation_id) is not None:
        return ()
    last = session.scalars(
        select(Delivery)
        .where(
            Delivery.conversation_id == turn.conversation_id,
            # What went out after the turn arrived was not known to who wrote it.
            or_(Delivery.sent_at <= turn.arrived_at, Delivery.state == "unsure"),
        )
        .order_by(Delivery.id.desc())
        .limit(1)
    ).first()
    if last is None or (within and turn.arrived_at - last.created_at > within):
        return ()
    return tuple(c for c in Reply.from_data(last.payload).choices if c.lasting)


def _values(choice: Choice) -> Mapping[str, Any]:
    entities = parse_payload(choice.payload, title=choice.title)["entities"]
    return {entity["entity"]: entity["value"] for entity in entities}
