"""Takes words out of what was stored before, once it is known that they must not stay there.

A number that came in two messages is known only with the second. Must not decide what such words are;
`dialogue.halves` does. What has left the house (a sent message, a mail) cannot be reached from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.inbound import TurnKind
from core.models.case import Case, CaseEvent, CaseRating
from core.models.conversation import Conversation, Delivery, Draft, Turn

# Halves of one number come within moments; later, two numbers have nothing to do with each other.
BELONGS_TOGETHER = timedelta(minutes=10)
LOOK_BACK = 3


def turns_just_before(
    session: Session, *, conversation_id: int, before: int | None, now: datetime
) -> list[Turn]:
    """The last turns with words, oldest first; those before turn ``before`` when it is given."""
    asked = select(Turn).where(
        Turn.conversation_id == conversation_id,
        Turn.kind == TurnKind.TEXT.value,
        Turn.text != "",
        Turn.arrived_at >= now - BELONGS_TOGETHER,
    )
    if before is not None:
        asked = asked.where(Turn.id < before)
    return list(reversed(session.scalars(asked.order_by(Turn.id.desc()).limit(LOOK_BACK)).all()))


def mask_turn(
    session: Session,
    conversation: Conversation,
    turn: Turn,
    *,
    piece: tuple[int, int],
    put: str,
    everywhere: bool,
    now: datetime,
) -> None:
    """Put ``put`` in the place of ``piece`` of a turn's text, and of the same words where they went on.

    ``everywhere``: also in what was made of them since (drafts, cases, our own messages). A turn that
    nobody has worked and that holds nothing else needs no answer of its own.
    """
    words = turn.text[piece[0] : piece[1]]
    unseen = turn.state == "received" and turn.answered_at is None and turn.attempts == 0
    turn.text = turn.text[: piece[0]] + put + turn.text[piece[1] :]
    turn.earlier_texts = _without(turn.earlier_texts, words, put)
    if turn.revised is not None:
        turn.revised = _without(turn.revised, words, put)
    if unseen:
        turn.next_attempt_at = now
        if not any(one.isalnum() for one in turn.text.replace(put, "")) and not turn.files:
            turn.state, turn.answered_at = "answered", now
    # Also when nobody heard it: the forgetting cuts the log in which the words still lie.
    conversation.forget_in_rasa = True
    if everywhere and not unseen:
        _mask_rows(session, conversation.id, since=turn, words=words, put=put)
    session.flush()


def note_forgotten(session: Session, *, conversation_id: int) -> None:
    """Rasa has nothing more of this conversation."""
    session.get_one(Conversation, conversation_id).forget_in_rasa = False


def conversations_to_forget(session: Session, *, limit: int = 50) -> list[int]:
    """Conversations of which Rasa heard what it must not keep."""
    asked = select(Conversation.id).where(Conversation.forget_in_rasa.is_(True))
    return list(session.scalars(asked.order_by(Conversation.id).limit(limit)))


def _mask_rows(
    session: Session, conversation_id: int, *, since: Turn, words: str, put: str
) -> None:
    turns = select(Turn).where(Turn.conversation_id == conversation_id, Turn.id > since.id)
    for later in session.scalars(turns):
        later.text = later.text.replace(words, put)
    drafts = select(Draft).where(Draft.conversation_id == conversation_id)
    for draft in session.scalars(drafts.where(Draft.updated_at >= since.arrived_at)):
        draft.slots = _without(draft.slots, words, put)
    sent = select(Delivery).where(Delivery.conversation_id == conversation_id)
    for delivery in session.scalars(sent.where(Delivery.created_at >= since.arrived_at)):
        delivery.payload = _without(delivery.payload, words, put)
    for case in session.scalars(select(Case).where(Case.conversation_id == conversation_id)):
        if case.arrived_at >= since.arrived_at:
            case.what = case.what.replace(words, put)
            case.place_text = case.place_text.replace(words, put)
            case.answers = _without(case.answers, words, put)
        events = select(CaseEvent).where(CaseEvent.case_id == case.id)
        for event in session.scalars(events.where(CaseEvent.at >= since.arrived_at)):
            event.note = event.note.replace(words, put)
            event.data = _without(event.data, words, put)
        ratings = select(CaseRating).where(CaseRating.case_id == case.id)
        for rating in session.scalars(ratings.where(CaseRating.updated_at >= since.arrived_at)):
            rating.comment = rating.comment.replace(words, put)


def _without(value: Any, words: str, put: str) -> Any:
    if isinstance(value, str):
        return value.replace(words, put)
    if isinstance(value, dict):
        return {key: _without(inner, words, put) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_without(inner, words, put) for inner in value]
    return value
