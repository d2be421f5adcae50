"""Builds the calls that Rasa makes to the actions app; shaped like the ones of a real Rasa 3.6.21."""

from __future__ import annotations

from typing import Any

from actions.report_state import SLOTS

RANKING = [{"name": "inform", "confidence": 0.6}, {"name": "affirm", "confidence": 0.2}]


def user(text: str, *, turn_id: int, conversation_id: int, **rest: Any) -> dict[str, Any]:
    """The event of a citizen's message."""
    intent = rest.get("intent", "inform")
    confidence = rest.get("confidence", 0.6)
    pressed = rest.get("pressed", False)
    ranked = {"name": intent, "confidence": confidence}
    metadata = {
        "turn_id": turn_id,
        "conversation_id": conversation_id,
        "channel": rest.get("channel", "web"),
        "kind": rest.get("kind", "text"),
        "attachment_ids": rest.get("attachment_ids", []),
        "location": rest.get("location"),
    }
    return {
        "event": "user",
        "text": text,
        "metadata": metadata,
        "parse_data": {
            "text": text,
            "intent": ranked,
            "entities": rest.get("entities", []),
            "intent_ranking": [ranked] if pressed else [ranked, *RANKING],
            "metadata": metadata,
        },
    }


def call(
    action: str,
    message: dict[str, Any],
    *,
    slots: dict[str, Any] | None = None,
    requested: str | None = None,
    in_form: bool = True,
    since: list[dict[str, Any]] | None = None,
    before: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """One action call: ``before`` and ``since`` are the events around the citizen's last message."""
    values: dict[str, Any] = dict.fromkeys((*SLOTS, "report_outcome", "requested_slot"))
    values |= slots or {}
    values["requested_slot"] = requested
    return {
        "next_action": action,
        "sender_id": "c1",
        "version": "3.6.21",
        "domain": {},
        "tracker": {
            "sender_id": "c1",
            "slots": values,
            "latest_message": message["parse_data"],
            "events": [*(before or []), message, *(since or [])],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": "report_form"} if in_form else {},
            "latest_action_name": "action_listen",
        },
    }


def slots_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The slots that an answer sets."""
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


STARTED = [{"event": "active_loop", "name": "report_form"}]
INTERRUPTED = [
    {"event": "action_execution_rejected", "name": "report_form"},
    {"event": "action", "name": "action_policy"},
]
