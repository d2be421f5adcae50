"""Withdrawing, reopening and objecting by chat. Must not decide what is allowed: core.case_wishes says no.

What cannot simply be undone is asked first, with the case in full; a press twice finds it done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from actions.base import Result, Say
from actions.case_talk import NO, UNDO, YES, Asked, CaseTalk
from actions.moments import in_korean
from actions.turn import Turn
from core.case_notices import WORDS, remedy
from core.case_status import ALLOWED, DONE, CaseStatus
from core.case_wishes import (
    check_objection,
    check_reopening,
    check_withdrawal,
    done_before,
    object_to_case,
    own_case,
    reopen_case,
    withdraw_case,
)
from core.cases import add_photos
from core.errors import Refused
from core.locking import lock_conversation
from core.models.case import Case
from core.replies import Choice
from korean.case_wishes import tells_why
from korean.questions import is_question

WITHDRAW, REOPEN, APPEAL, ADD = "withdraw_case", "reopen_case", "appeal_decision", "add_to_case"
# How many letters of the citizen's words are shown again before they are sent.
SHOWN_WORDS = 200


class CaseAct(CaseTalk):
    """withdraw_case, reopen_case and appeal_decision."""

    action_name = "action_case_act"

    def work(self, turn: Turn) -> Result:
        """Find the case, then ask or do."""
        return self.act_on(turn, turn.message.intent)

    def act_on(self, turn: Turn, intent: str, *, number: str | None = None) -> Result:
        """The same for a wish that the caller has understood, about the case ``number`` if it knows it."""
        with self._database.transaction() as session:
            # Two workings of one turn at once must not both find that it is not done yet.
            lock_conversation(session, turn.conversation_id)
            asked = self.read(session, turn)
            asked = asked if number is None else replace(asked, number=number)
            if asked.answer == NO:
                return self.say("act_left")
            found = self.find(session, turn, asked, intent=intent, fits=_FITS[intent])
            if isinstance(found, Result):
                nothing = intent == APPEAL and found.says[0].prompt == "utter_no_case_yet"
                return Result((Say("utter_appeal_decision", {"cases": ""}),)) if nothing else found
            case = own_case(session, wish=asked.wish(turn, found))
            act = {WITHDRAW: self._withdraw, REOPEN: self._reopen, APPEAL: self._object}[intent]
            return act(session, turn, asked, case)

    def _withdraw(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        wish = asked.wish(turn, case, words=self._why(asked, case))
        try:
            if not done_before(session, case=case, turn_id=turn.turn_id):
                check_withdrawal(case)
                if asked.answer != YES:
                    return self._ask_withdrawal(asked, case)
            withdraw_case(session, city=self._city, wish=wish, now=self._now())
        except Refused as refused:
            if refused.code == "changed":
                return self.changed(case, self._ask_withdrawal(asked, case))
            choices: tuple[Choice, ...] = self.person(turn)
            if refused.code == "withdrawn":
                choices = (self._undo(case),)
            elif refused.code == "done" and _may_reopen(case):
                choices = (self._reopen_choice(case), *choices)
            return self.refuse(session, "withdraw", case, refused, choices=choices)
        return self.say(
            "withdraw_done",
            choices=(self._undo(case), *self.new_report(turn)),
            number=case.number,
        )

    def _ask_withdrawal(self, asked: Asked, case: Case) -> Result:
        yes = self.titled(
            "withdraw_choice",
            WITHDRAW,
            case_number=case.number,
            answer=YES,
            state=case.status,
            said=asked.said,
        )
        choices = (yes, self.stop(WITHDRAW, case))
        return self.say("withdraw_ask", choices=choices, case=self.line(case))

    def _undo(self, case: Case) -> Choice:
        return self.titled("withdraw_choice_undo", REOPEN, case_number=case.number, answer=UNDO)

    def _reopen(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        words = self._why(asked, case) if asked.answer is None else asked.words
        if asked.photos and not words:
            words = self._city.texts.render("photo_as_text")
        wish = asked.wish(turn, case, words=words)
        withdrawn = case.status == CaseStatus.WITHDRAWN.value
        try:
            if not done_before(session, case=case, turn_id=turn.turn_id):
                check_reopening(case)
                if asked.answer is None or (asked.answer == WORDS and is_question(words)):
                    return self._ask_reopening(turn, asked, case, words=words)
                if asked.answer == UNDO and not withdrawn:
                    return self._ask_reopening(turn, asked, case, words="")
            reopen_case(session, city=self._city, wish=wish, now=self._now())
        except Refused as refused:
            if refused.code == "changed":
                return self.changed(case, self._ask_reopening(turn, asked, case, words=words))
            if refused.code == "words_missing":
                return self._ask_reopening(turn, asked, case, words="")
            choices = {
                "open": (self._add_choice(case, asked),),
                "object": (self._object_choice(case),),
                "old": self.new_report(turn),
            }.get(refused.code, self.person(turn))
            return self.refuse(session, "reopen", case, refused, choices=choices)
        if asked.photos:
            add_photos(
                session,
                case_id=case.id,
                attachment_ids=asked.photos,
                actor=wish.actor,
                now=self._now(),
            )
        return self.say("reopen_done", self.values(session, case))

    def _ask_reopening(self, turn: Turn, asked: Asked, case: Case, *, words: str) -> Result:
        if case.status == CaseStatus.WITHDRAWN.value:
            undo = self._reopen_choice(case, answer=UNDO)
            leave = self.stop(REOPEN, case)
            return self.say("reopen_ask_withdrawn", choices=(undo, leave), case=self.line(case))
        if not words:
            if turn.in_form:
                return self.say("act_later")
            choices = (self.stop(REOPEN, case, next_=WORDS),)
            return self.say("reopen_ask_words", choices=choices, case=self.line(case))
        yes = self._reopen_choice(case, answer=YES, state=case.status, said=asked.said)
        return self.say(
            "reopen_ask",
            choices=(yes, self.stop(REOPEN, case)),
            case=self.line(case),
            words=_shown(words),
        )

    def _object(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        words = self._why(asked, case) if asked.answer is None else asked.words
        wish = asked.wish(turn, case, words=words)
        try:
            if not done_before(session, case=case, turn_id=turn.turn_id):
                until = check_objection(session, city=self._city, case=case, now=self._now())
                if not words:
                    if turn.in_form:
                        return self.say("act_later")
                    choices = (self.stop(APPEAL, case, next_=WORDS), *self.person(turn))
                    told = {"case": self.line(case), "until": in_korean(until)}
                    return self.say("object_ask_words", told, choices=choices)
                if asked.answer != YES:
                    return self._ask_objection(asked, case, words=words)
            object_to_case(session, city=self._city, wish=wish, now=self._now())
        except Refused as refused:
            if refused.code == "changed":
                return self.changed(case, self._ask_objection(asked, case, words=words))
            return self._no_objection(session, turn, asked, case, refused)
        return self.say("object_done", self.values(session, case))

    def _ask_objection(self, asked: Asked, case: Case, *, words: str) -> Result:
        yes = self._object_choice(case, answer=YES, state=case.status, said=asked.said)
        return self.say(
            "object_ask",
            choices=(yes, self.stop(APPEAL, case)),
            case=self.line(case),
            words=_shown(words),
        )

    def _no_objection(
        self, session: Session, turn: Turn, asked: Asked, case: Case, refused: Refused
    ) -> Result:
        choices = self.person(turn)
        if refused.code == "open":
            choices = (self._add_choice(case, asked), *choices)
        elif _may_reopen(case):
            choices = (self._reopen_choice(case), *choices)
        was_refused = case.status == CaseStatus.REJECTED.value
        way = remedy(self._city, kind=case.kind, refused=was_refused)
        told = Refused(refused.code, **{**refused.values, "remedy": way})
        return self.refuse(session, "object", case, told, choices=choices)

    def _why(self, asked: Asked, case: Case) -> str:
        """The citizen's words where they say more than what is wished with which case."""
        return asked.words if tells_why(asked.words, names=self.names(case)) else ""

    def _reopen_choice(self, case: Case, **values: str | int) -> Choice:
        return self.titled("reopen_choice", REOPEN, case_number=case.number, **values)

    def _object_choice(self, case: Case, **values: str | int) -> Choice:
        return self.titled("object_choice", APPEAL, case_number=case.number, **values)

    def _add_choice(self, case: Case, asked: Asked) -> Choice:
        words = self._why(asked, case) or asked.photos
        more: dict[str, str | int] = {"answer": YES, "said": asked.said} if words else {}
        return self.titled("act_choice_add", ADD, case_number=case.number, **more)


def _may_withdraw(case: Case) -> bool:
    return CaseStatus.WITHDRAWN in ALLOWED[CaseStatus(case.status)]


def _may_reopen(case: Case) -> bool:
    try:
        check_reopening(case)
    except Refused:
        return False
    return True


def _has_result(case: Case) -> bool:
    return CaseStatus(case.status) in DONE


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN_WORDS else f"{words[: SHOWN_WORDS - 1]}…"


# Of several cases that a wish may mean, the one for which it is possible is meant.
_FITS: Mapping[str, Callable[[Case], bool]] = {
    WITHDRAW: _may_withdraw,
    REOPEN: _may_reopen,
    APPEAL: _has_result,
}
