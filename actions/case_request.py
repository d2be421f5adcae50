"""Wishes about own cases and data that a person fulfils for now. Must not pretend that they are done."""

from __future__ import annotations

from actions.base import Result, Say, SotongAction
from actions.turn import Turn
from core.case_queries import cases_of
from core.case_status import TITLES, CaseStatus
from core.city import City
from core.database import Database

# Wishes that mean one of the citizen's own cases: the answer names the newest ones.
_ABOUT_CASES = frozenset({"follow_case"})
_KNOWN = _ABOUT_CASES | {
    "subscribe_alert",
    "unsubscribe_alert",
    "export_my_data",
}
MOST_CASES = 3


class CaseRequest(SotongAction):
    """Says who can do it and offers that person."""

    action_name = "action_case_request"

    def __init__(self, *, database: Database, city: City) -> None:
        self._database = database
        self._city = city

    def work(self, turn: Turn) -> Result:
        """One answer per intent (domain.yml), with the citizen's own newest cases before it."""
        intent = turn.message.intent
        if intent not in _KNOWN:
            raise ValueError(f"action_case_request has no answer for the intent {intent!r}")
        cases = self._cases(turn) if intent in _ABOUT_CASES else ""
        return Result((Say(f"utter_{intent}", {"cases": cases}),))

    def _cases(self, turn: Turn) -> str:
        with self._database.reading() as session:
            own = cases_of(session, conversation_id=turn.conversation_id, limit=MOST_CASES)
        lines = [
            f"· {case.number} {self._city.service(case.service_code).name}"
            f" ({TITLES[CaseStatus(case.status)]})\n"
            for case in own
            if self._city.has_service(case.service_code)
        ]
        return "".join(lines)
