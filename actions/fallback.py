"""Answers what was not understood: again, then choices, then a person. Must not guess an answer.

A message that names a known trouble is a report even when the classifier was not sure.
"""

from __future__ import annotations

from actions.base import Result, Say, SotongAction
from actions.handover import REASON_NOT_UNDERSTOOD, hand_over
from actions.policy import Policy
from actions.turn import FORM, Turn
from core.city import City
from core.database import Database
from core.ports import Now
from core.replies import Choice
from core.routing import clear_service
from korean.questions import is_question

_TITLES = {
    "report_complaint": "신고하기",
    "check_case": "내 민원 보기",
    "ask_policy": "궁금한 것 묻기",
    "suggest_idea": "제안하기",
}
_ALWAYS = ("report_complaint", "check_case")
PERSON = Choice("상담원과 이야기하기", "/talk_to_officer")
# The third misunderstanding in a row goes to a person without asking.
GIVE_UP_AFTER = 2


class Fallback(SotongAction):
    """nlu_fallback, and every message for which no rule is written."""

    action_name = "action_fallback"

    def __init__(self, *, database: Database, city: City, policy: Policy, now: Now) -> None:
        self._policy = policy
        self._database = database
        self._city = city
        self._now = now

    def work(self, turn: Turn) -> Result:
        """Count of misunderstandings in a row decides."""
        text = turn.message.text
        if not turn.in_form and clear_service(self._city, text) and not is_question(text):
            return Result(followup=FORM)
        if not turn.in_form and is_question(text):
            # The classifier was not sure what it is about; the articles may be.
            answer = self._policy.answer_if_sure(turn)
            if answer is not None:
                return answer
        if turn.fallbacks >= GIVE_UP_AFTER:
            waiting = hand_over(
                turn,
                database=self._database,
                city=self._city,
                now=self._now,
                reason=REASON_NOT_UNDERSTOOD,
            )
            return Result((Say("utter_fallback_person"), waiting))
        choices = self._choices(turn)
        if turn.fallbacks == 0:
            return Result((Say("utter_fallback_first", choices=choices),))
        return Result((Say("utter_fallback_second", choices=(*choices, PERSON)),))

    @staticmethod
    def _choices(turn: Turn) -> tuple[Choice, ...]:
        likely = [name for name in turn.message.ranking[:3] if name in _TITLES]
        names = dict.fromkeys((*likely, *_ALWAYS))
        return tuple(Choice(_TITLES[name], f"/{name}") for name in names)
