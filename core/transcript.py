"""A conversation as it reads: turns and deliveries in one order. Must not change anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from core.attachments import StoredFile, stored_files
from core.deliveries import WRITTEN_BY_PEOPLE
from core.delivery_queue import is_open as is_open_delivery
from core.models.conversation import Delivery, Turn
from core.replies import Reply
from core.turn_queue import is_open as is_open_turn


@dataclass(frozen=True)
class EarlierText:
    """What stood in a message until it was edited; it holds tokens, as the text does."""

    text: str
    until: datetime


@dataclass(frozen=True)
class Line:
    """One message of a conversation. For a turn, ``text`` holds tokens in place of personal data.

    The text of a pressed choice is its title; ``turn_kind`` is a TurnKind for turns, else empty.
    ``files`` are those of ``attachment_ids`` that are still there. ``problems`` are codes of files that
    could not be taken, ``files_waiting`` counts those that are still to be fetched. ``failure`` is our
    code for what went wrong. ``author`` is the private address of who wrote where others read along:
    it must not reach a page. ``action`` is that of a delivery: send, edit or delete.
    """

    kind: Literal["turn", "delivery"]
    id: int
    at: datetime
    who: Literal["citizen", "bot", "officer"]
    text: str
    state: str
    reply: Reply | None = None
    attachment_ids: tuple[int, ...] = ()
    files: tuple[StoredFile, ...] = ()
    location: dict[str, Any] | None = None
    emergency: str | None = None
    # "rude" or "only": abusive words, a mark for officers alone.
    abuse: str | None = None
    external_id: str | None = None
    speaker: str = ""
    turn_kind: str = ""
    # Its choices stand beside later questions and do not grow old with them.
    lasting: bool = False
    earlier: tuple[EarlierText, ...] = ()
    problems: tuple[str, ...] = ()
    files_waiting: int = 0
    failure: str | None = None
    author: str | None = None
    action: str = "send"
    # An officer or a department wrote it: its citizen reads it whole (core.put_away).
    told: bool = False

    @property
    def mark(self) -> str:
        """Changes whenever anything changes that a page shows of this line."""
        parts = (
            self.state,
            self.failure or "",
            len(self.earlier),
            len(self.attachment_ids),
            len(self.problems),
            self.files_waiting,
            len(self.text),
            self.emergency or "",
            "".join(file.scan[0] for file in self.files),
        )
        return ".".join(str(part) for part in parts)

    def alt(self, attachment_id: int) -> str:
        """What one of its pictures shows, in the words that went out with it; else empty."""
        images = self.reply.images if self.reply else ()
        return next((image.alt for image in images if image.attachment_id == attachment_id), "")


def transcript(
    session: Session,
    *,
    conversation_id: int,
    limit: int = 200,
    after_turn: int = 0,
    after_delivery: int = 0,
) -> list[Line]:
    """The last ``limit`` lines with greater ids, oldest first; ``state`` tells which did not go out (yet)."""
    turns = session.scalars(
        select(Turn)
        .where(Turn.conversation_id == conversation_id, Turn.id > after_turn)
        .order_by(Turn.id.desc())
        .limit(limit)
    )
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.id > after_delivery)
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    lines = [_turn_line(session, turn) for turn in turns] + [_delivery_line(d) for d in deliveries]
    # A reply never stands before the message that it answers, even when both have the same time.
    lines.sort(key=lambda line: (line.at, line.kind == "delivery", line.id))
    lines = lines[-limit:]
    stored = stored_files(session, (each for line in lines for each in line.attachment_ids))
    return [
        replace(line, files=tuple(stored[each] for each in line.attachment_ids if each in stored))
        if line.attachment_ids
        else line
        for line in lines
    ]


def has_open_line(session: Session, *, conversation_id: int) -> bool:
    """Whether a message is not answered yet, or an answer is decided and not out."""
    turn = exists().where(Turn.conversation_id == conversation_id, is_open_turn(Turn.state))
    delivery = exists().where(
        Delivery.conversation_id == conversation_id, is_open_delivery(Delivery.state)
    )
    return bool(session.scalar(select(or_(turn, delivery))))


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
        abuse=turn.abuse,
        external_id=turn.external_id,
        earlier=tuple(
            EarlierText(each["text"], datetime.fromisoformat(each["until"]))
            for each in turn.earlier_texts
        ),
        problems=tuple(turn.problems),
        files_waiting=len(turn.files),
        failure=turn.failure,
        author=turn.author,
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
        failure=delivery.failure,
        action=delivery.action,
        told=delivery.kind in WRITTEN_BY_PEOPLE,
        lasting=delivery.kind == "notice" or any(choice.lasting for choice in reply.choices),
    )
