"""An emergency that the rule at the door did not see. Must not replace that rule (dialogue.door)."""

from __future__ import annotations

import json
from dataclasses import replace

from actions.base import Result, Say, SotongAction
from actions.handover import REASON_EMERGENCY, hand_over, open_hotlines
from actions.turn import Turn
from core.city import City
from core.database import Database
from core.ports import Now
from core.replies import Choice
from core.routing import clear_service


class Emergency(SotongAction):
    """Names the numbers that help now and marks the conversation for the officer on duty."""

    action_name = "action_emergency"

    def __init__(self, *, database: Database, city: City, now: Now) -> None:
        self._database = database
        self._city = city
        self._now = now

    def work(self, turn: Turn) -> Result:
        """The numbers first; the handover is opened, or raised when one is open."""
        waiting = hand_over(
            turn,
            database=self._database,
            city=self._city,
            now=self._now,
            reason=REASON_EMERGENCY,
            emergency=True,
        )
        numbers = Say("utter_emergency", {"hotlines": open_hotlines(self._city)})
        return Result((numbers, replace(waiting, choices=self._report(turn))))

    def _report(self, turn: Turn) -> tuple[Choice, ...]:
        """A trouble that the city repairs can be filed too; the words need not be typed again."""
        text = turn.message.text
        if turn.in_form or clear_service(self._city, text) is None:
            return ()
        data = json.dumps({"answer": text}, ensure_ascii=False)
        return (Choice("이 내용으로 신고하기", f"/report_complaint{data}"),)
