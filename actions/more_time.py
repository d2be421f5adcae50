"""More time for a supplement (시행령 24조 2항): asks how long and why. Must not decide what is allowed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from actions.base import Result
from actions.case_talk import NO, Asked, CaseTalk
from actions.moments import in_korean
from actions.turn import Turn
from core.case_mentions import MOST_CASES
from core.case_notices import MORE_TIME, WORDS, act_choice
from core.case_queries import cases_of
from core.case_status import CaseStatus
from core.case_wishes import (
    MOST_MORE_DAYS,
    MOST_MORE_TIMES,
    check_more_time,
    done_before,
    give_more_time,
    own_case,
    times_more,
)
from core.errors import Refused
from core.locking import lock_conversation
from core.models.case import Case
from core.replies import Choice
from korean.case_wishes import read_days, tells_why

OFFERED_DAYS = (3, 5, 10)
CASES = Choice("내 민원 보기", "/check_case")


class MoreTime(CaseTalk):
    """ask_more_time: the citizen needs longer for what was asked for."""

    action_name = "action_more_time"

    def work(self, turn: Turn) -> Result:
        """Ask how long, then why, then give it; the officer reads both."""
        with self._database.transaction() as session:
            # Two workings of one turn at once must not both give more.
            lock_conversation(session, turn.conversation_id)
            asked = self.read(session, turn)
            if asked.answer == NO:
                return self.say("act_left")
            if asked.number is None and not self._any_waits(session, turn):
                return self.say("more_time_no_not_waiting", choices=(CASES,))
            found = self.find(session, turn, asked, intent=MORE_TIME, fits=_waits)
            if isinstance(found, Result):
                return found
            case = own_case(session, wish=asked.wish(turn, found))
            try:
                return self._go_on(session, turn, asked, case)
            except Refused as refused:
                choices: tuple[Choice, ...] = self.person(turn)
                if refused.code == "too_long":
                    choices = (*self._days(asked, case), *choices)
                return self.refuse(session, "more_time", case, refused, choices=choices)

    def _go_on(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        days = asked.days or read_days(asked.words)
        told = asked.answer == WORDS or tells_why(asked.words, names=self.names(case))
        why = asked.words if told else ""
        if not done_before(session, case=case, turn_id=turn.turn_id):
            row = check_more_time(session, case=case)
            assert row.until is not None, "a supplement has a last day"
            if days is None:
                return self._ask_days(asked, case, until=row.until)
            if days > MOST_MORE_DAYS:
                raise Refused("too_long", most=MOST_MORE_DAYS)
            if not why:
                return self._ask_why(turn, case, days=days)
        wish = asked.wish(turn, case, words=why)
        case, until = give_more_time(
            session, city=self._city, wish=wish, days=days or 0, now=self._now()
        )
        more = times_more(session, case=case) < MOST_MORE_TIMES
        left = self._city.texts.render(f"more_time_left_{'one' if more else 'none'}")
        answer = self.titled(
            "choice_supplement", "add_to_case", case_number=case.number, next=WORDS
        )
        return self.say(
            "more_time_done",
            choices=(answer,),
            number=case.number,
            until=in_korean(until),
            left=left,
        )

    @staticmethod
    def _any_waits(session: Session, turn: Turn) -> bool:
        own = cases_of(session, conversation_id=turn.conversation_id, limit=MOST_CASES)
        return any(_waits(case) for case in own)

    def _ask_days(self, asked: Asked, case: Case, *, until: datetime) -> Result:
        return self.say(
            "more_time_ask_days",
            choices=(*self._days(asked, case), self.stop(MORE_TIME, case)),
            case=self.line(case),
            until=in_korean(until),
            most=str(MOST_MORE_DAYS),
        )

    def _days(self, asked: Asked, case: Case) -> tuple[Choice, ...]:
        title = "more_time_choice"
        return tuple(
            act_choice(
                self._city.texts.render(title, days=days),
                MORE_TIME,
                case_number=case.number,
                days=days,
                said=asked.said,
            )
            for days in OFFERED_DAYS
        )

    def _ask_why(self, turn: Turn, case: Case, *, days: int) -> Result:
        if turn.in_form:
            return self.say("act_later")
        choices = (self.stop(MORE_TIME, case, next_=WORDS, days=days),)
        return self.say("more_time_ask_why", choices=choices, case=self.line(case), days=str(days))


def _waits(case: Case) -> bool:
    return case.status == CaseStatus.SUPPLEMENT_REQUESTED.value
