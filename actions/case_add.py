"""Adds a citizen's words and photos to an own case, also as a supplement (보완). Never to another's case.

Asks which or what when it is not clear; what was added can be taken back, as one more line of the history.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.base import Result, Say
from actions.case_status import says_something
from actions.case_talk import ASK, NO, UNDO, YES, Asked, CaseTalk
from actions.turn import Turn
from core.case_notices import WORDS
from core.case_status import DONE, CaseStatus
from core.case_wishes import Wish, add_words_and_photos, own_case, take_back_words
from core.errors import Refused
from core.locking import lock_conversation
from core.models.case import Case
from core.replies import Choice
from korean.case_wishes import without_names

ADD, REOPEN = "add_to_case", "reopen_case"


class AddToCase(CaseTalk):
    """add_to_case: "아까 그 가로등에 추가할게요, 하나 더 꺼졌어요", or a photo after it was asked for."""

    action_name = "action_add_to_case"

    def work(self, turn: Turn) -> Result:
        """One event for the words and one for the photos, public because the citizen sent them."""
        with self._database.transaction() as session:
            # Two workings of one turn at once must not both find that it is not there yet.
            lock_conversation(session, turn.conversation_id)
            asked = self.read(session, turn)
            if asked.answer == NO:
                return self.say("act_left")
            found = self.find(session, turn, asked, intent=ADD, fits=_may_add)
            if isinstance(found, Result):
                return found
            case = own_case(session, wish=asked.wish(turn, found))
            if asked.answer == UNDO:
                return self._undo(session, turn, asked, case)
            return self._add(session, turn, asked, case)

    def _add(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        told = asked.words if asked.answer in (WORDS, YES, ASK) else self._told(asked, case)
        if _may_add(case) and not told and not asked.photos:
            return self._ask_words(turn, case)
        if asked.answer == ASK and _may_add(case):
            return self._ask_first(turn, asked, case)
        wish = asked.wish(turn, case, words=told)
        if asked.said != turn.turn_id:
            # A press twice adds the words of that message once.
            wish = Wish(turn.conversation_id, case.number, asked.said, told)
        try:
            case, arrived = add_words_and_photos(
                session, city=self._city, wish=wish, photos=asked.photos, now=self._now()
            )
        except Refused as refused:
            return self._refuse(session, turn, asked, case, refused, told=bool(told))
        if arrived:
            return self.say("add_done_supplement", self.values(session, case))
        undo = self.titled(
            "add_choice_undo", ADD, case_number=case.number, answer=UNDO, said=wish.turn_id
        )
        return self.say("add_done", choices=(undo,), number=case.number)

    def _refuse(
        self,
        session: Session,
        turn: Turn,
        asked: Asked,
        case: Case,
        refused: Refused,
        *,
        told: bool,
    ) -> Result:
        choices = self.person(turn)
        if refused.code in ("done", "withdrawn"):
            more: dict[str, str | int] = {}
            if told or asked.photos:
                more = {"answer": YES, "said": asked.said, "state": case.status}
            again = self.titled("reopen_choice", REOPEN, case_number=case.number, **more)
            choices = (again, *self.new_report(turn))
        return self.refuse(session, "add", case, refused, choices=choices)

    def _ask_words(self, turn: Turn, case: Case) -> Result:
        if turn.in_form:
            return Result((Say("utter_note_what", {"number": case.number}),))
        choices = (self.stop(ADD, case, next_=WORDS),)
        return self.say("add_ask_words", choices=choices, case=self.line(case))

    def _ask_first(self, turn: Turn, asked: Asked, case: Case) -> Result:
        key = "supplement" if case.paused_at is not None else "words"
        choices: tuple[Choice, ...] = (
            self.titled(
                f"add_choice_{key}",
                ADD,
                case_number=case.number,
                answer=YES,
                said=asked.said,
            ),
        )
        choices += (*self.new_report(turn), *self.person(turn))
        return self.say(
            f"add_ask_{'supplement' if key == 'supplement' else 'first'}",
            choices=choices,
            case=self.line(case),
        )

    def _undo(self, session: Session, turn: Turn, asked: Asked, case: Case) -> Result:
        wish = Wish(
            conversation_id=turn.conversation_id,
            number=case.number,
            turn_id=turn.turn_id,
            words=self._city.texts.render("add_undone_note"),
        )
        take_back_words(session, wish=wish, said=asked.said, now=self._now())
        return self.say("add_undone", number=case.number)

    def _told(self, asked: Asked, case: Case) -> str:
        """The words, where they are more than the wish to add something to this case."""
        rest = without_names(asked.words, names=self.names(case))
        return asked.words if says_something(rest) else ""


def _may_add(case: Case) -> bool:
    state = CaseStatus(case.status)
    return state not in DONE and state is not CaseStatus.TRANSFERRED
