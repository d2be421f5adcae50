"""Finds out which offered choice a citizen means. Must not trust a payload from outside: ids only.

A choice's id is ``<delivery id>.<index>``; its payload stays in our own delivery row. A typed number
or the exact words of a choice mean the same as pressing it, but only for the last thing we asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.models.conversation import Delivery, Turn
from core.replies import Choice, Reply
from core.turn_queue import OPEN_STATES
from korean.normalise import normalise

_NUMBER = re.compile(r"^\(?([1-9]|10)\)?\s*(?:번|번이요|번요|번이에요|번으로요?)?[.)!~ ]*$")
# At most twelve digits, so that no resident number passes for an id.
_ID = re.compile(r"([1-9][0-9]{0,9})\.([0-9]{1,2})")
_CASE_NUMBER = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{6}(?![0-9])")
# A question further back than so many messages has scrolled out of sight.
MOST_LOOKED_BACK = 10
# Replies to something older than so many messages are words of their own.
MOST_REPLIED_TO = 200
# Of one turn; far more than a channel would carry.
MOST_REPLIES = 20
_PAYLOAD = re.compile(r"^/([a-z_]+)(\{.*\})?$", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """What a press (or a typed number) means now.

    ``stale``: it belongs to something older; ``repeated``: it is the very choice that was answered
    last, a double click. ``unknown``: we never offered it to this conversation. ``settled``: something
    was pressed under the same question before.
    """

    outcome: Literal["chosen", "stale", "repeated", "unknown"]
    choice: Choice | None = None
    settled: bool = False


def is_choice_id(text: str) -> bool:
    """Whether this has the form of a choice's id; anything else is not ours and is not kept."""
    return _ID.fullmatch(text) is not None


def resolve_press(session: Session, *, turn: Turn) -> Chosen:
    """Look up a pressed choice by its id."""
    pressed = _ID.fullmatch(turn.choice or "")
    if pressed is None:
        return Chosen("unknown")
    delivery, index = session.get(Delivery, int(pressed[1])), int(pressed[2])
    if delivery is None or delivery.conversation_id != turn.conversation_id:
        return Chosen("unknown")
    choices = Reply.from_data(delivery.payload).choices
    if index >= len(choices):
        return Chosen("unknown")
    if delivery.kind == "notice" or choices[index].lasting:
        # What a notice offers (a report after an emergency) stands beside the question at hand and
        # does not grow old with it; nor does a score, which names its case.
        return Chosen("chosen", choices[index])
    before = _presses_before(session, turn=turn, delivery=delivery)
    last = _last_question(session, conversation_id=turn.conversation_id)
    taken = any(each.state in OPEN_STATES for each in before)
    if taken or last is None or last.id != delivery.id:
        twice = any(each.choice == turn.choice for each in before)
        return Chosen("repeated" if twice else "stale", choices[index], settled=bool(before))
    return Chosen("chosen", choices[index])


def resolve_typed(session: Session, *, turn: Turn) -> Choice | Literal["stale"] | None:
    """The choice that typed words stand for, or None when they are an answer of their own.

    "stale": a number in reply to a question that is no longer the one at hand.
    """
    last = _last_question(session, conversation_id=turn.conversation_id)
    replied = _replied_to(session, turn)
    asked = replied is not None and replied.kind == "reply" and replied.payload.get("choices")
    if replied is not None and asked and (last is None or last.id != replied.id):
        return "stale" if _NUMBER.match(normalise(turn.text).text.strip()) else None
    if last is None:
        return None
    choices = Reply.from_data(last.payload).choices
    typed = normalise(turn.text).text.strip()
    number = _NUMBER.match(typed)
    if number and int(number[1]) <= len(choices):
        return choices[int(number[1]) - 1]
    for choice in choices:
        if typed == choice.title:
            return choice
    return None


def last_choices(session: Session, *, conversation_id: int) -> tuple[Choice, ...]:
    """What the question at hand offers; empty when none is."""
    last = _last_question(session, conversation_id=conversation_id)
    return Reply.from_data(last.payload).choices if last is not None else ()


def case_in_reply(session: Session, *, turn: Turn) -> str | None:
    """The number of the case that the message replied to speaks of, or None."""
    replied = _replied_to(session, turn)
    found = _CASE_NUMBER.search(replied.payload["text"]) if replied is not None else None
    return found.group() if found else None


def superseded_by(session: Session, *, delivery_id: int, conversation_id: int) -> str | None:
    """The provider's id of the question that a new one makes old; None where its choices may stay.

    They stay where one of them was pressed: it shows what the citizen chose.
    """
    earlier = session.scalars(
        select(Delivery)
        .where(
            Delivery.conversation_id == conversation_id,
            Delivery.id < delivery_id,
            Delivery.kind == "reply",
            Delivery.provider_id.is_not(None),
        )
        .order_by(Delivery.id.desc())
        .limit(MOST_LOOKED_BACK)
    )
    asked = next((each for each in earlier if _grows_old(each)), None)
    if asked is None:
        return None
    pressed = session.scalars(
        select(Turn.id)
        .where(Turn.conversation_id == conversation_id, Turn.choice.startswith(f"{asked.id}."))
        .limit(1)
    ).first()
    return asked.provider_id if pressed is None else None


def _grows_old(delivery: Delivery) -> bool:
    """Whether it offers something that is over once something else was asked."""
    return any(not choice.lasting for choice in Reply.from_data(delivery.payload).choices)


def parse_payload(payload: str, *, title: str) -> dict[str, Any]:
    """Rasa's parse data for a choice: ``/intent`` or ``/intent{"entity": "value"}``.

    Raises ValueError for a payload of another form: those are ours, so it is a programming error.
    """
    match = _PAYLOAD.match(payload)
    if match is None:
        raise ValueError(f"a choice has the unreadable payload {payload!r}")
    values = json.loads(match[2]) if match[2] else {}
    return {
        "text": title,
        "intent": {"name": match[1], "confidence": 1.0},
        "entities": [
            {"entity": name, "value": value, "start": 0, "end": 0} for name, value in values.items()
        ],
    }


def _presses_before(session: Session, *, turn: Turn, delivery: Delivery) -> list[Turn]:
    """What was pressed under this question before this press."""
    earlier = Turn.id < turn.id
    if turn.sequence is not None:
        earlier = or_(Turn.sequence < turn.sequence, and_(Turn.sequence == turn.sequence, earlier))
    return list(
        session.scalars(
            select(Turn).where(
                Turn.conversation_id == turn.conversation_id,
                Turn.choice.startswith(f"{delivery.id}."),
                earlier,
            )
        )
    )


def _replied_to(session: Session, turn: Turn) -> Delivery | None:
    """The message of ours that a citizen's message replies to; a long one is several at the provider."""
    if turn.reply_to is None:
        return None
    sent = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == turn.conversation_id, Delivery.provider_id.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(MOST_REPLIED_TO)
    )
    return next(
        (each for each in sent if turn.reply_to in (each.provider_id, *each.provider_ids)), None
    )


def _last_question(session: Session, *, conversation_id: int) -> Delivery | None:
    """The last reply, if it is the one that offers choices; an officer's word or a notice after it
    does not make it old, another reply does."""
    # Through the conversation's own index: a look-up by the turn alone would read all deliveries.
    latest = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.kind == "reply")
        .order_by(Delivery.id.desc())
        .limit(MOST_REPLIES)
    ).all()
    if not latest:
        return None
    last = latest[0]
    # A turn may have been answered with several messages; the choices may be on any of them.
    siblings = latest[:1] if last.turn_id is None else latest
    return next(
        (each for each in siblings if each.turn_id == last.turn_id and each.payload.get("choices")),
        None,
    )
