"""Brings a person in: opens a handover and says when a person answers. Must not answer for the person."""

from __future__ import annotations

from actions.base import Result, Say, SotongAction
from actions.moments import in_korean
from actions.turn import Turn
from core.city import City
from core.clock import is_open, next_open
from core.database import Database
from core.handovers import open_handover
from core.policy_questions import handover_reason, question_without_help
from core.ports import Now

REASON_ASKED = "citizen_asked"
REASON_NOT_UNDERSTOOD = "not_understood"
REASON_EMERGENCY = "emergency"
MOST_HOTLINES = 3


class Handover(SotongAction):
    """The citizen asked for a person."""

    action_name = "action_handover"

    def __init__(self, *, database: Database, city: City, now: Now) -> None:
        self._database = database
        self._city = city
        self._now = now

    def work(self, turn: Turn) -> Result:
        """Opens the handover once; in the middle of a report the report stays as it is."""
        says = (hand_over(turn, database=self._database, city=self._city, now=self._now),)
        if turn.in_form:
            return Result((*says, Say("utter_draft_kept")))
        return Result(says)


def hand_over(
    turn: Turn,
    *,
    database: Database,
    city: City,
    now: Now,
    reason: str = REASON_ASKED,
    emergency: bool = False,
) -> Say:
    """Open a handover in a transaction of its own and word the wait."""
    moment = now()
    with database.transaction() as session:
        if reason == REASON_ASKED:
            question = question_without_help(
                session, conversation_id=turn.conversation_id, now=moment
            )
            reason = reason if question is None else handover_reason(question)
        open_handover(
            session,
            conversation_id=turn.conversation_id,
            reason=reason,
            emergency=emergency,
            now=moment,
        )
    if is_open(city.calendar, moment):
        return Say(text=city.texts.render("waiting_for_officer_open"))
    return Say(
        text=city.texts.render(
            "waiting_for_officer_closed",
            opens=in_korean(next_open(city.calendar, moment)),
            hotlines=open_hotlines(city),
        )
    )


def open_hotlines(city: City) -> str:
    """The first numbers that answer day and night, one a line; the whole list would bury them."""
    always = [line for line in city.hotlines if line.always][:MOST_HOTLINES]
    return "\n".join(f"· {line.number} {line.name}" for line in always)
