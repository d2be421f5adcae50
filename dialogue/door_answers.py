"""What is said and done at the door at once, before anybody has read a message. Must not wait for Rasa."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.city import EmergencyRule
from core.deliveries import enqueue
from core.handovers import open_handover
from core.models.conversation import Conversation, Turn
from core.replies import Choice, Reply
from core.texts import Texts

# A citizen who goes on writing too fast is not told again before it was quiet for so long.
FLOOD_OVER = timedelta(minutes=10)


def ask_for_a_reader(session: Session, turn: Turn, *, now: datetime) -> None:
    """Only a person can read what went to the vault unread, and the citizen is told that one will."""
    open_handover(
        session,
        conversation_id=turn.conversation_id,
        reason=f"failed_turn:{turn.id}",
        now=now,
    )


def answer_emergency(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    emergency: EmergencyRule,
    *,
    texts: Texts,
    now: datetime,
) -> None:
    """Say where to call, ask for an officer, and let nothing else answer this turn."""
    turn.state = "answered"
    turn.answered_at = now
    turn.revised = None
    open_handover(
        session,
        conversation_id=conversation.id,
        reason=f"emergency:{emergency.id}",
        emergency=True,
        now=now,
    )
    choices = (
        Choice(texts.render("choice_report"), "/report_complaint"),
        Choice(texts.render("choice_officer"), "/talk_to_officer"),
    )
    # Where everybody reads along there is nothing to press: only where to call.
    private = conversation.visibility == "private"
    enqueue(
        session,
        conversation=conversation,
        reply=Reply(emergency.text, choices=choices if private else ()),
        kind="notice",
        dedupe_key=f"emergency:{turn.id}",
        turn_id=turn.id,
        now=now,
    )


def tell_flood(
    session: Session, conversation: Conversation, *, texts: Texts, now: datetime
) -> None:
    """Say once that it is too much at a time, and again only when it happens another day."""
    told = conversation.told_flood_at
    conversation.told_flood_at = now
    if (told is not None and now - told < FLOOD_OVER) or conversation.visibility != "private":
        return
    enqueue(
        session,
        conversation=conversation,
        reply=Reply(texts.render("too_fast")),
        kind="notice",
        dedupe_key=f"flood:{conversation.id}:{int(now.timestamp())}",
        now=now,
    )
