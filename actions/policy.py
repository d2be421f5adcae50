"""Answers questions about rules, services and the budget. Must never make an answer up.

There is no verified source to cite yet, so it says so and names who can answer.
"""

from __future__ import annotations

import re

from actions.base import Result, Say, SotongAction
from actions.turn import Turn
from core.city import City

_HOW_TO_REPORT = re.compile(
    r"(?:신고|접수|민원).{0,8}(?:어디|어떻게|어케|방법)|(?:어디|어떻게|어케).{0,10}(?:신고|접수|민원)"
)


class Policy(SotongAction):
    """ask_policy and ask_budget."""

    action_name = "action_policy"

    def __init__(self, *, city: City) -> None:
        self._city = city

    def work(self, turn: Turn) -> Result:
        """Honest, with the call centre's number; inside a form without choices that lead away."""
        if not turn.in_form and _HOW_TO_REPORT.search(turn.message.text):
            return Result((Say("utter_report_here"),))
        prompt = "utter_budget" if turn.message.intent == "ask_budget" else "utter_policy"
        if turn.in_form:
            prompt += "_in_form"
        centre = self._city.jurisdiction.call_centre
        values = {"call_centre_name": centre.name, "call_centre_number": centre.number}
        return Result((Say(prompt, values),))
