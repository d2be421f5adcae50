"""Reads one turn before Rasa does: what can be answered at once, and what Rasa shall hear. Must not write.

Bad input gets its clear answer here, so that it cannot disturb a form: empty messages, emoji alone,
things we cannot take, old buttons.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.city import City
from core.drafts import LIFETIME, open_draft
from core.inbound import TurnKind
from core.models.conversation import Conversation, Draft, Turn
from core.replies import Choice, Reply
from dialogue.choices import parse_payload, resolve_press, resolve_typed
from dialogue.rasa import RasaTurn
from dialogue.survey import is_pressed_score, resolve_comment, resolve_score
from korean.redact import REMOVED

ANALYSED_CHARACTERS = 2000
# Commands that people know from messengers; everything else that begins with "/" is plain text.
_COMMANDS = {
    "/start": "start",
    "/시작": "start",
    "/help": "help",
    "/도움말": "help",
    "/cancel": "cancel",
    "/취소": "cancel",
    "/privacy": "privacy",
    # The welcome text promises this word.
    "개인정보": "privacy",
}


@dataclass(frozen=True)
class Reading:
    """``before`` stands before Rasa's replies, ``after`` behind them; no ``for_rasa``: no need to ask."""

    before: tuple[Reply, ...] = ()
    for_rasa: RasaTurn | None = None
    after: tuple[Reply, ...] = ()


def start_choices(city: City) -> tuple[Choice, ...]:
    """What the bot can do, as things to press."""
    return tuple(
        Choice(city.texts.render(f"choice_{key}"), payload)
        for key, payload in (
            ("report", "/report_complaint"),
            ("case", "/check_case"),
            ("question", "/ask_policy"),
            ("officer", "/talk_to_officer"),
        )
    )


def read_turn(session: Session, *, turn: Turn, city: City, now: datetime) -> Reading:
    """Decide what this turn needs."""
    conversation = session.get_one(Conversation, turn.conversation_id)
    if conversation.mode == "officer" and not is_pressed_score(session, turn=turn):
        # A person has this conversation; the bot keeps silent. It takes only what it asked for itself.
        return Reading()
    texts = city.texts

    def say(key: str, **values: object) -> Reading:
        return Reading(before=(Reply(texts.render(key, **values)),))

    if turn.unread_token is not None:
        return say("turn_failed")
    command = _COMMANDS.get(turn.text.strip().lower()) if turn.kind == TurnKind.TEXT else None
    if turn.kind == TurnKind.START or command == "start":
        text = texts.render(_start_key(city, turn.channel), city=city.jurisdiction.name)
        return Reading(before=(Reply(text, choices=start_choices(city)),))
    if command == "help":
        return Reading(before=(Reply(texts.render("help"), choices=start_choices(city)),))
    if command == "privacy":
        return say("privacy_detail", city=city.jurisdiction.name)
    if turn.kind == TurnKind.UNSUPPORTED:
        return say("unsupported_kind")

    before = [Reply(texts.render("resident_number_removed"))] if turn.refused else []
    if turn.kind == TurnKind.CHOICE:
        chosen = resolve_press(session, turn=turn)
        if chosen.outcome == "repeated":
            return Reading()
        if chosen.outcome != "chosen" or chosen.choice is None:
            return say("stale_choice" if chosen.outcome == "stale" else "wrong_choice")
        data = parse_payload(chosen.choice.payload, title=chosen.choice.title)
        return Reading(for_rasa=_for_rasa(session, turn, conversation, now, parse_data=data))
    if command == "cancel":
        data = parse_payload("/cancel", title="취소")
        return Reading(for_rasa=_for_rasa(session, turn, conversation, now, parse_data=data))
    if turn.kind == TurnKind.LOCATION:
        data = _inform(texts.render("location_as_text", **_rounded(turn)), entity="place")
        return Reading(for_rasa=_for_rasa(session, turn, conversation, now, parse_data=data))
    if turn.kind == TurnKind.PHOTO and not _readable(turn.text):
        data = _inform(texts.render("photo_as_text"), entity=None)
        return Reading(for_rasa=_for_rasa(session, turn, conversation, now, parse_data=data))

    text = turn.text.strip()
    if not text:
        return say("empty_message")
    if not _readable(text.replace(REMOVED, "")):
        # Nothing is left but the mark of what was refused, or there never were words.
        return Reading(before=tuple(before)) if before else say("only_emoji")
    typed = resolve_score(session, turn=turn) or resolve_typed(session, turn=turn)
    if typed is not None:
        data = parse_payload(typed.payload, title=typed.title)
        return Reading(for_rasa=_for_rasa(session, turn, conversation, now, parse_data=data))
    after = []
    if len(turn.text) > ANALYSED_CHARACTERS:
        after.append(Reply(texts.render("too_long_kept", limit=ANALYSED_CHARACTERS)))
    text = text[:ANALYSED_CHARACTERS]
    comment = resolve_comment(session, turn=turn, text=text)
    return Reading(
        before=tuple(before),
        for_rasa=_for_rasa(
            session, turn, conversation, now, text=None if comment else text, parse_data=comment
        ),
        after=tuple(after),
    )


def _for_rasa(
    session: Session,
    turn: Turn,
    conversation: Conversation,
    now: datetime,
    *,
    text: str | None = None,
    parse_data: dict[str, Any] | None = None,
) -> RasaTurn:
    draft = open_draft(session, conversation_id=conversation.id)
    if draft is not None and now - draft.updated_at > LIFETIME:
        draft = None
    last = conversation.last_answered_at
    return RasaTurn(
        turn_id=turn.id,
        conversation_id=conversation.id,
        text=text,
        parse_data=parse_data,
        metadata={
            "turn_id": turn.id,
            "conversation_id": conversation.id,
            "channel": turn.channel,
            "kind": turn.kind,
            "attachment_ids": list(turn.attachment_ids),
            "location": turn.location,
            "arrived_at": turn.arrived_at.isoformat(),
        },
        idle_seconds=(now - last).total_seconds() if last else 0.0,
        draft=({"slots": draft.slots, "requested_slot": draft.requested_slot} if draft else None),
        new_session=_lapsed_since(session, conversation),
    )


def _lapsed_since(session: Session, conversation: Conversation) -> bool:
    """Whether a draft lapsed after the last answer: then Rasa's form must be forgotten too."""
    newest = session.scalars(
        select(Draft)
        .where(Draft.conversation_id == conversation.id)
        .order_by(Draft.id.desc())
        .limit(1)
    ).first()
    return (
        newest is not None
        and newest.state == "lapsed"
        and (
            conversation.last_answered_at is None
            or newest.updated_at > conversation.last_answered_at
        )
    )


def _start_key(city: City, channel: str) -> str:
    key = f"start_{channel}"
    return key if key in city.texts.entries else "start_web"


def _inform(text: str, *, entity: str | None) -> dict[str, Any]:
    entities = [{"entity": entity, "value": text, "start": 0, "end": len(text)}] if entity else []
    return {"text": text, "intent": {"name": "inform", "confidence": 1.0}, "entities": entities}


def _rounded(turn: Turn) -> dict[str, str]:
    location = turn.location or {}
    return {"lat": f"{location['lat']:.5f}", "long": f"{location['long']:.5f}"}


def _readable(text: str) -> bool:
    """Whether there is a letter or a digit in it; emoji and signs alone say nothing we could file."""
    return any(unicodedata.category(c)[0] in "LN" for c in text)
