"""Takes the citizen's wish to have the conversation erased. Must not erase: the worker does.

Only a choice that was pressed (or its number or exact words) is a consent; a typed "네" is asked again.
"""

from __future__ import annotations

import re

from actions.base import Result, Say, SotongAction
from actions.report_parse import Control, read_message
from actions.report_state import empty_slots
from actions.turn import ERASE_NO, ERASE_YES, FORM, Turn
from core.case_queries import cases_of
from core.city import City
from core.database import Database
from core.erasure import find_erasure, request_erasure
from core.lookup_codes import LookupCodes
from core.ports import Now
from core.replies import Choice
from core.routing import clear_service

# Without such a word "없애 주세요" may mean a banner or a hornets' nest.
_OWN_DATA = re.compile(
    r"정보|데이터|기록|대화|연락처|이메일|사진|동의|신고한|남긴|보낸|올린|쓴\s?(?:거|것|글)|적은"
)
# More receipts than these would make the message too long for a channel; the newest are named.
MOST_CASES = 5


class EraseMyData(SotongAction):
    """Says what goes and what stays, and keeps the wish once it is certain."""

    action_name = "action_erase_my_data"

    def __init__(self, *, database: Database, city: City, codes: LookupCodes, now: Now) -> None:
        self._database = database
        self._city = city
        self._codes = codes
        self._now = now

    def work(self, turn: Turn) -> Result:
        """A yes ends an open report too; a no leaves everything as it is."""
        answer = turn.message.value("answer") if turn.message.pressed else None
        if answer == "yes":
            return self._erase(turn)
        if answer == "no":
            return Result((kept(self._city),))
        if not turn.in_form and self._means_a_trouble(turn):
            return Result(followup=FORM)
        with self._database.reading() as session:
            asked = find_erasure(session, conversation_id=turn.conversation_id) is not None
        if asked:
            return Result((Say(text=self._city.texts.render("erase_requested")),))
        return Result((self._question(turn),))

    def _means_a_trouble(self, turn: Turn) -> bool:
        """ "불법 현수막 없애 주세요": the classifier heard the verb, the words name a service."""
        text = turn.message.text if turn.message.kind == "text" else ""
        return _OWN_DATA.search(text) is None and clear_service(self._city, text) is not None

    def _erase(self, turn: Turn) -> Result:
        with self._database.transaction() as session:
            request_erasure(
                session, conversation_id=turn.conversation_id, by="citizen", now=self._now()
            )
        return Result(
            (Say(text=self._city.texts.render("erase_requested")),),
            empty_slots(),
            ends_form=turn.in_form,
        )

    def _question(self, turn: Turn) -> Say:
        texts = self._city.texts
        with self._database.reading() as session:
            # The receipts once more: after this the conversation no longer shows them.
            receipts = [
                texts.render(
                    "erase_receipt",
                    number=case.number,
                    code=self._codes.make(turn_id=case.turn_id, number=case.number),
                )
                for case in cases_of(
                    session, conversation_id=turn.conversation_id, limit=MOST_CASES
                )
            ]
        text = (
            texts.render("erase_question_with_cases", receipts="\n".join(receipts))
            if receipts
            else texts.render("erase_question")
        )
        return Say(text=text, choices=choices(self._city))


def choices(city: City) -> tuple[Choice, ...]:
    """Yes and no, each a whole sentence, so that a mere "네" is not one of them."""
    return (
        Choice(city.texts.render("choice_erase_yes"), ERASE_YES),
        Choice(city.texts.render("choice_erase_no"), ERASE_NO),
    )


def kept(city: City) -> Say:
    """What is said to a no."""
    return Say(text=city.texts.render("erase_kept"))


def typed_answer(turn: Turn, *, city: City) -> Say | None:
    """What to say to a bare yes, no or cancel while the question stands; None for anything else.

    What is erased cannot be brought back, so a typed yes is asked again with the choices.
    """
    if turn.offered[:1] != (ERASE_YES,) or turn.message.kind not in {"text", "choice"}:
        return None
    control = read_message(turn.message).control
    if control is Control.AFFIRM:
        return Say(text=city.texts.render("erase_choose"), choices=choices(city))
    if control in {Control.DENY, Control.CANCEL, Control.SKIP}:
        return kept(city)
    return None
