"""Short words that came while no report is being taken down: yes, no, cancel, a photo, a pin.

Must not fill slots; it starts the form where the message is the begin of a report.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

from actions.base import Result, Say, SotongAction
from actions.case_act import WITHDRAW, CaseAct
from actions.erase_my_data import typed_answer
from actions.handover import hand_over
from actions.policy import Policy
from actions.report_parse import COMMAND_LENGTH
from actions.report_place import bare_place, is_firm
from actions.turn import FORM, Turn
from core.case_queries import cases_of
from core.city import City
from core.database import Database
from core.ports import Now
from core.replies import Choice
from core.routing import CLEAR_SCORE, guess_services
from korean.normalise import fold

# A second press of "file it" within this time means the case that was just filed.
JUST_NOW = timedelta(minutes=10)
_ABOUT_A_REPORT = re.compile(
    r"전화|번호|연락|메일|사진|장소|위치|주소|내용|신고|접수|추가|덧붙|빼먹|깜빡하고"
)


class OutsideForm(SotongAction):
    """affirm, deny, cancel, stop, skip, inform and correct_value outside the form."""

    action_name = "action_outside_form"

    def __init__(
        self, *, database: Database, city: City, acts: CaseAct, policy: Policy, now: Now
    ) -> None:
        self._policy = policy
        self._acts = acts
        self._database = database
        self._city = city
        self._now = now

    def work(self, turn: Turn) -> Result:
        """What the word means depends on what was said last."""
        intent, pending = turn.message.intent, turn.slots.get("pending_complaint")
        if turn.message.attachment_ids or turn.message.location is not None:
            return Result(followup=FORM)
        erasing = typed_answer(turn, city=self._city)
        if erasing is not None:
            return Result((erasing,))
        rated = self._policy.rate_typed(turn)
        if rated is not None:
            return rated
        if intent == "affirm" and pending:
            return Result(followup=FORM)
        if intent in {"deny", "skip", "cancel", "stop"} and pending:
            return Result((Say("utter_second_declined"),), {"pending_complaint": None})
        if intent == "affirm" and turn.offered[:1] == ("/talk_to_officer",):
            return Result(
                (hand_over(turn, database=self._database, city=self._city, now=self._now),)
            )
        if intent == "affirm":
            number = self._just_filed(turn)
            if number is not None:
                return Result((Say("utter_just_filed", {"number": number}),))
        typed = turn.message.text if turn.message.kind == "text" else ""
        # A long "no" tells something: "그게 아니라 누가 길에 소파를 버리고 갔다고요".
        told = intent in {"inform", "correct_value"} or len(fold(typed)) > COMMAND_LENGTH
        if told and intent not in {"cancel", "stop"} and self._begins_a_report(typed):
            return Result(followup=FORM)
        if intent in {"cancel", "stop"}:
            return self._nothing_open(turn)
        if _ABOUT_A_REPORT.search(typed):
            number = self._just_filed(turn)
            if number is not None:
                return Result((Say("utter_after_filing", {"number": number}),))
        return Result((Say("utter_what_to_do"),))

    def _begins_a_report(self, text: str) -> bool:
        """Whether words that the classifier took for an answer name a trouble or a spot."""
        # Which kind of trouble may stay open: the form asks that.
        guesses = guess_services(self._city, text)
        if guesses and guesses[0].score >= CLEAR_SCORE:
            return True
        place = bare_place(text, city=self._city)
        return place is not None and is_firm(place, city=self._city)

    def _nothing_open(self, turn: Turn) -> Result:
        """No report is open; just after one was filed, "cancel" means that one."""
        number = self._just_filed(turn)
        if number is None:
            return Result((Say("utter_nothing_to_cancel"),))
        return self._acts.act_on(turn, WITHDRAW, number=number)

    def _just_filed(self, turn: Turn) -> str | None:
        with self._database.reading() as session:
            newest = cases_of(session, conversation_id=turn.conversation_id, limit=1)
        if newest and self._now() - newest[0].received_at <= JUST_NOW:
            return newest[0].number
        return None


class Praise(SotongAction):
    """Thanks for kind words and offers to file them as praise, so that the people hear of it."""

    action_name = "action_praise"

    def work(self, turn: Turn) -> Result:
        """The words travel in the choice, so that they need not be typed again."""
        return Result((Say("utter_praise", choices=(praise_choice(turn.message.text),)),))


def praise_choice(text: str) -> Choice:
    """The choice that starts a report of the kind "praise" with these words."""
    data = json.dumps({"service_code": "praise", "answer": text}, ensure_ascii=False)
    return Choice("칭찬으로 접수하기", f"/report_complaint{data}")
