"""Parses one turn request into frozen data, and renders the answer. Pure: no Rasa state, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa.shared.core.events import BotUttered

from nlu.failures import Malformed

LONGEST_ID = 255


@dataclass(frozen=True)
class Draft:
    """A report that core still holds although Rasa's tracker lost it."""

    form: str
    slots: Mapping[str, Any]
    requested_slot: str | None


@dataclass(frozen=True)
class Turn:
    """One message of a citizen on its way to Rasa.

    Attributes:
        turn_id: core's id of the turn; the idempotency key.
        conversation: Rasa's sender id.
        text: redacted text; None only beside parse_data.
        parse_data: a known meaning (button, photo, pin) that bypasses the text parser.
        idle_seconds: time since the citizen's previous turn.
        new_session: forget what Rasa still holds, an open form too; core let its draft lapse.
    """

    turn_id: str
    conversation: str
    text: str | None
    parse_data: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    idle_seconds: float = 0.0
    draft: Draft | None = None
    new_session: bool = False


def parse_turn(data: Any) -> Turn:
    """Check and convert the JSON of a turn.

    Raises:
        Malformed: with one sentence that names the field.
    """
    if not isinstance(data, dict):
        raise Malformed("the body must be a JSON object")
    text = data.get("text")
    if text is not None and not isinstance(text, str):
        raise Malformed("text must be a string or null")
    parse_data = _parse_meaning(data.get("parse_data"), text=text)
    if text is None and parse_data is None:
        raise Malformed("text is null and there is no parse_data")
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise Malformed("metadata must be an object")
    idle = data.get("idle_seconds") or 0.0
    if isinstance(idle, bool) or not isinstance(idle, (int, float)):
        raise Malformed("idle_seconds must be a number")
    new_session = data.get("new_session") or False
    if not isinstance(new_session, bool):
        raise Malformed("new_session must be true or false")
    return Turn(
        turn_id=_identifier(data, "turn_id"),
        conversation=_identifier(data, "conversation"),
        text=text,
        parse_data=parse_data,
        metadata=metadata,
        idle_seconds=float(idle),
        draft=_parse_draft(data.get("draft")),
        new_session=new_session,
    )


def parse_text(data: Any) -> str:
    """The text of a request that only wants to know what it is about. Raises Malformed."""
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise Malformed("text must be a string with words in it")
    return text


def parse_page(after: str | None, limit: str | None) -> tuple[str, int]:
    """Where a list begins and how long it is at most (200 unless told, 1000 at most). Raises Malformed."""
    if limit is not None and not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= 1000):
        raise Malformed("limit must be a number from 1 to 1000")
    return (after or "")[:LONGEST_ID], int(limit or 200)


def render_answer(
    said: Iterable[BotUttered], *, replayed: bool, active_form: str | None, requested: str | None
) -> dict[str, Any]:
    """The JSON of a finished turn."""
    return {
        "replies": [render_reply(event) for event in said],
        "replayed": replayed,
        "active_form": active_form,
        "requested_slot": requested,
    }


def render_reply(event: BotUttered) -> dict[str, Any]:
    """One bot message; buttons become choices, `custom` may carry an image, a link or a place."""
    buttons = [*(event.data.get("buttons") or []), *(event.data.get("quick_replies") or [])]
    custom = event.data.get("custom") or {}
    return {
        "text": event.text or "",
        "choices": [
            {"title": str(button.get("title", "")), "payload": str(button.get("payload", ""))}
            for button in buttons
        ],
        "image_attachment_id": custom.get("image_attachment_id"),
        "alt": str(custom.get("alt") or ""),
        "link": custom.get("link"),
        "location": custom.get("location"),
    }


def _identifier(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Malformed(f"{key} must be a string")
    value = str(value)
    if not value or len(value) > LONGEST_ID or not value.isprintable():
        raise Malformed(f"{key} must have 1 to {LONGEST_ID} printable characters")
    return value


def _parse_meaning(value: Any, *, text: str | None) -> dict[str, Any] | None:
    if value is None:
        return None
    intent = value.get("intent") if isinstance(value, dict) else None
    if not isinstance(intent, dict) or not isinstance(intent.get("name"), str):
        raise Malformed("parse_data must hold intent.name")
    entities = value.get("entities") or []
    if not isinstance(entities, list):
        raise Malformed("parse_data.entities must be a list")
    for entity in entities:
        if not isinstance(entity, dict) or not isinstance(entity.get("entity"), str):
            raise Malformed("each of parse_data.entities must hold entity and value")
        if "value" not in entity:
            raise Malformed("each of parse_data.entities must hold entity and value")
    ranked = {"name": intent["name"], "confidence": float(intent.get("confidence", 1.0))}
    return {
        "text": value.get("text") or text or "",
        "intent": ranked,
        "intent_ranking": [ranked],
        "entities": [dict(entity) for entity in entities],
    }


def _parse_draft(value: Any) -> Draft | None:
    if value is None:
        return None
    slots = value.get("slots") if isinstance(value, dict) else None
    requested = value.get("requested_slot") if isinstance(value, dict) else None
    if not isinstance(slots, dict):
        raise Malformed("draft.slots must be an object")
    if requested is not None and not isinstance(requested, str):
        raise Malformed("draft.requested_slot must be a string or null")
    return Draft(form=str(value.get("form", "report_form")), slots=slots, requested_slot=requested)
