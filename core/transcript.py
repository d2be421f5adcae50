"""A conversation as it reads: turns and deliveries in one order. Must not change anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models.conversation import Delivery, Turn
from core.replies import Reply


@dataclass(frozen=True)
class Line:
    """One message of a conversation. For a turn, ``text`` holds tokens in place of personal data.

    The text of a pressed choice is its title; ``turn_kind`` is a TurnKind for turns, else empty.
    """

    kind: Literal["turn", "delivery"]
    id: int
    at: datetime
    who: Literal["citizen", "bot", "officer"]
    text: str
    state: str
    reply: Reply | None = None
    attachment_ids: tuple[int, ...] = ()
    location: dict[str, Any] | None = None
    emergency: str | None = None
    external_id: str | None = None
    speaker: str = ""
    turn_kind: str = ""
    # Its choices stand beside later questions and do not grow old with them.
    lasting: bool = False


def transcript(session: Session, *, conversation_id: int, limit: int = 200) -> list[Line]:
    """The last ``limit`` lines, oldest first; ``state`` tells which did not go out (yet)."""
    turns = session.scalars(
        select(Turn)
        .where(Turn.conversation_id == conversation_id)
        .order_by(Turn.id.desc())
        .limit(limit)
    )
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == conversation_id)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    lines = [_turn_line(session, turn) for turn in turns] + [_delivery_line(d) for d in deliveries]
    # A reply never stands before the message that it answers, even when both have the same time.
    lines.sort(key=lambda line: (line.at, line.kind == "delivery", line.id))
    return lines[-limit:]


def _turn_line(session: Session, turn: Turn) -> Line:
    return Line(
        kind="turn",
        id=turn.id,
        at=turn.arrived_at,
        who="citizen",
        text=_title_of_choice(session, turn) if turn.choice else turn.text,
        state=turn.state,
        turn_kind=turn.kind,
        attachment_ids=tuple(turn.attachment_ids),
        location=turn.location,
        emergency=turn.emergency,
        external_id=turn.external_id,
    )


def _title_of_choice(session: Session, turn: Turn) -> str:
    """What the citizen pressed, in the words on it; empty when we never offered it to them."""
    delivery_id, _, index = (turn.choice or "").partition(".")
    if not (delivery_id.isdecimal() and index.isdecimal()) or len(delivery_id) > 15:
        return ""
    delivery = session.get(Delivery, int(delivery_id))
    if delivery is None or delivery.conversation_id != turn.conversation_id:
        return ""
    choices = Reply.from_data(delivery.payload).choices
    return choices[int(index)].title if len(index) < 4 and int(index) < len(choices) else ""


def _delivery_line(delivery: Delivery) -> Line:
    reply = Reply.from_data(delivery.payload)
    return Line(
        kind="delivery",
        id=delivery.id,
        at=delivery.created_at,
        who="officer" if delivery.speaker.startswith("officer") else "bot",
        text=reply.text,
        state=delivery.state,
        reply=reply,
        attachment_ids=tuple(image.attachment_id for image in reply.images),
        location=delivery.payload.get("location"),
        speaker=delivery.speaker,
        lasting=delivery.kind == "notice" or any(choice.lasting for choice in reply.choices),
    )
