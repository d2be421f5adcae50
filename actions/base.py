"""The one base of our actions. Must not know any form: it turns a Turn into a Result off the event loop.

Work is ordinary blocking code in a thread, because it uses the database. An exception goes up
unchanged: Rasa then gets a 500, the turn is kept and worked again. Nothing is swallowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Action
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.turn import Turn, parse_turn
from core.replies import Choice, Link, Point


@dataclass(frozen=True)
class Say:
    """One message: a prompt of domain.yml by name with its values, or finished text.

    ``choices`` come after those that the prompt brings; ``location`` is a point to show on a map, ``link``
    an address to go on to.
    """

    prompt: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    choices: tuple[Choice, ...] = ()
    location: Point | None = None
    link: Link | None = None


@dataclass(frozen=True)
class Result:
    """What an action did: messages, slots and, where it hands on, the next action.

    ``aside`` is for a form's validator only: it lets the rules answer first. ``ends_form`` closes the
    open form, and the citizen speaks next.
    """

    says: tuple[Say, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    followup: str | None = None
    aside: bool = False
    ends_form: bool = False


class SotongAction(Action):  # type: ignore[misc]
    """An action of ours. A child names itself and implements ``work``."""

    action_name: str

    def name(self) -> str:
        """Rasa's name of this action, as in domain.yml."""
        return self.action_name

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        """Rasa's entry: parse, work in a thread, say, return events."""
        result = await asyncio.to_thread(self.work, parse_turn(tracker))
        if result.aside:
            return []
        for say in result.says:
            _utter(dispatcher, say)
        # requested_slot comes last: FormAction reads the last one it finds.
        events = [SlotSet(name, value) for name, value in result.slots.items()]
        if result.ends_form:
            # No rule leads on from here: the rules for this action bring the form back.
            events += [ActiveLoop(None), FollowupAction("action_listen")]
        if result.followup is not None:
            events.append(FollowupAction(result.followup))
        return events

    def work(self, turn: Turn) -> Result:
        """Do the work of one call."""
        raise NotImplementedError


def _utter(dispatcher: Any, say: Say) -> None:
    buttons = [{"title": choice.title, "payload": choice.payload} for choice in say.choices]
    # What Rasa has no field for travels as "custom" (nlu/request.py, dialogue/rasa.py).
    custom: dict[str, Any] = {}
    if say.location is not None:
        custom["location"] = {"lat": say.location.lat, "long": say.location.long}
    if say.link is not None:
        custom["link"] = {"title": say.link.title, "url": say.link.url}
    if say.prompt is not None:
        dispatcher.utter_message(
            response=say.prompt, buttons=buttons, json_message=custom or None, **say.values
        )
    else:
        dispatcher.utter_message(text=say.text, buttons=buttons, json_message=custom or None)
