"""Reads the tracker that Rasa sends into one frozen Turn. Must not decide anything.

This is the door between Rasa's dicts and our own types: nothing behind it sees a dict of Rasa's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actions.service_choice import Heard
from core.replies import Point

FORM = "report_form"
# The two answers to "shall it be erased?" (actions/erase_my_data.py).
ERASE_YES = '/erase_my_data{"answer": "yes"}'
ERASE_NO = '/erase_my_data{"answer": "no"}'
# Actions that Rasa runs by itself around a form; any other one since the citizen's last message
# means that the form comes back from an interruption.
_HOUSEKEEPING = frozenset(
    {FORM, "action_extract_slots", "action_listen", "action_session_start", "action_restart"}
)


@dataclass(frozen=True)
class Entity:
    """One entity of the message; ``start`` and ``end`` are offsets in its text, -1 when unknown."""

    name: str
    value: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True)
class Message:
    """What the citizen sent. ``kind``: "text" (typed, perhaps with photos), "choice", "photo", "location".

    A typed number that stands for a choice arrives here as that choice.
    """

    text: str = ""
    intent: str = ""
    confidence: float = 0.0
    entities: tuple[Entity, ...] = ()
    kind: str = "text"
    attachment_ids: tuple[int, ...] = ()
    location: Point | None = None
    ranking: tuple[str, ...] = ()
    # Kinds of service that the classifier hears in a typed message, the surest first.
    services: tuple[Heard, ...] = ()
    # What this message read before the citizen edited it; None for a message of its own.
    corrects: str | None = None
    # The case of the message of ours that this one replies to.
    about_case: str | None = None

    @property
    def pressed(self) -> bool:
        """Whether this is a choice that we offered, so that its meaning is certain."""
        return self.kind == "choice"

    def values(self, name: str) -> tuple[str, ...]:
        """The values of the entities with that name."""
        return tuple(entity.value for entity in self.entities if entity.name == name)

    def value(self, name: str) -> str | None:
        """The first value of that entity, or None."""
        return next(iter(self.values(name)), None)


@dataclass(frozen=True)
class Turn:
    """One call of Rasa: the message, what the form holds, and whose turn it is."""

    message: Message
    turn_id: int
    conversation_id: int
    slots: Mapping[str, Any] = field(default_factory=dict)
    requested: str | None = None
    in_form: bool = False
    starting: bool = False
    returning: bool = False
    # A person was brought in by this very message, so the form need not ask again.
    handed_over: bool = False
    # Whether to erase everything was asked just now, so the form's own question would be in the way.
    asked_to_erase: bool = False
    # How many turns in a row before this one ended in action_fallback.
    fallbacks: int = 0
    channel: str = ""
    # Payloads of the choices under our last message, so that "네" can mean the first of them.
    offered: tuple[str, ...] = ()


def parse_turn(tracker: Any) -> Turn:
    """The Turn of a rasa_sdk Tracker. Raises ValueError when the metadata lack turn or conversation."""
    events: Sequence[Mapping[str, Any]] = tracker.events or ()
    metadata = _metadata(tracker.latest_message or {}, events)
    try:
        turn_id, conversation_id = int(metadata["turn_id"]), int(metadata["conversation_id"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the turn's metadata carry no turn_id and conversation_id") from error
    since = _since_last_message(events)
    active = tracker.active_loop_name == FORM
    starting = any(e.get("event") == "active_loop" and e.get("name") == FORM for e in since)
    return Turn(
        message=_message(tracker.latest_message or {}, metadata),
        turn_id=turn_id,
        conversation_id=conversation_id,
        slots=dict(tracker.slots),
        requested=tracker.slots.get("requested_slot") if active and not starting else None,
        in_form=active,
        starting=starting,
        returning=not starting and any(_is_interruption(event) for event in since),
        handed_over=any(e.get("name") == "action_handover" for e in since),
        asked_to_erase=_offered(since)[:1] == (ERASE_YES,),
        fallbacks=_fallbacks(events),
        channel=str(metadata.get("channel") or ""),
        offered=_offered(events),
    )


def _message(latest: Mapping[str, Any], metadata: Mapping[str, Any]) -> Message:
    intent = latest.get("intent") or {}
    point = metadata.get("location") or None
    attachment_ids = tuple(int(i) for i in metadata.get("attachment_ids") or ())
    return Message(
        text=str(latest.get("text") or ""),
        intent=str(intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        entities=tuple(
            Entity(
                name=str(entity["entity"]),
                value=str(entity["value"]),
                start=int(entity.get("start", -1)),
                end=int(entity.get("end", -1)),
            )
            for entity in latest.get("entities") or ()
            if entity.get("entity") and entity.get("value") is not None
        ),
        kind=_kind(latest, has_photo=bool(attachment_ids), has_point=point is not None),
        attachment_ids=attachment_ids,
        location=Point(float(point["lat"]), float(point["long"])) if point else None,
        corrects=metadata.get("corrects"),
        about_case=metadata.get("about_case"),
        ranking=tuple(
            str(row["name"])
            for row in latest.get("intent_ranking") or ()
            if row.get("name") and row["name"] != "nlu_fallback"
        ),
        services=Heard.parse(latest.get("services")),
    )


def _kind(latest: Mapping[str, Any], *, has_photo: bool, has_point: bool) -> str:
    """Only what was typed was ranked against all intents; a choice carries its own intent alone."""
    if len(latest.get("intent_ranking") or ()) > 1:
        return "text"
    if has_point:
        return "location"
    return "photo" if has_photo else "choice"


def _metadata(latest: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    found = latest.get("metadata")
    if found:
        return dict(found)
    for event in reversed(events):
        if event.get("event") == "user":
            return dict(event.get("metadata") or {})
    return {}


def _since_last_message(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    since: list[Mapping[str, Any]] = []
    for event in reversed(events):
        if event.get("event") == "user":
            break
        since.append(event)
    since.reverse()
    return since


def _is_interruption(event: Mapping[str, Any]) -> bool:
    if event.get("event") == "action_execution_rejected":
        return True
    return event.get("event") == "action" and event.get("name") not in _HOUSEKEEPING


def _fallbacks(events: Sequence[Mapping[str, Any]]) -> int:
    """Count the turns directly before this one whose answer was action_fallback."""
    count, seen_user, fell_back = 0, 0, False
    for event in reversed(events):
        kind = event.get("event")
        if kind == "action" and event.get("name") == "action_fallback" and seen_user:
            fell_back = True
        elif kind == "user":
            seen_user += 1
            if seen_user > 1:
                if not fell_back:
                    break
                count += 1
                fell_back = False
        elif kind == "session_started":
            break
    return count


def _offered(events: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    for event in reversed(events):
        if event.get("event") == "bot":
            buttons = (event.get("data") or {}).get("buttons") or ()
            return tuple(str(button.get("payload") or "") for button in buttons)
    return ()
