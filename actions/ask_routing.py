""" "왜 거기로 갔어요?", "간판은 어느 과 소관이에요?": what goes where, and why. Must tell no inner notes."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Result, Say, SotongAction
from actions.case_status import PERSON, REPORT, case_number_in
from actions.moments import in_korean
from actions.report_state import ReportState
from actions.service_choice import OTHER, choose_service
from actions.turn import Turn
from core.case_links import linked_cases
from core.case_queries import cases_of, events_of
from core.case_routing import decisions_of, why_of
from core.city import City, UnknownName
from core.database import Database
from core.models.case import Case, CaseEvent
from core.routing import gus_in_text, route

MOST_CASES = 100


class AskRouting(SotongAction):
    """ask_routing, of a case that was filed, of the report that is being written, or of a kind of service."""

    action_name = "action_ask_routing"

    def __init__(self, *, database: Database, city: City) -> None:
        self._database = database
        self._city = city

    def work(self, turn: Turn) -> Result:
        """The case named, else the report that is open, else the kind of service named of which there is no
        own case, else the newest own case.
        """
        texts = self._city.texts
        number = case_number_in(turn.message)
        planned = self._planned(turn) if turn.in_form and number is None else None
        if planned is not None:
            return Result((planned,))
        with self._database.reading() as session:
            cases = cases_of(session, conversation_id=turn.conversation_id, limit=MOST_CASES)
            cases += linked_cases(session, conversation_id=turn.conversation_id)
            case = next((each for each in cases if number in (None, each.number)), None)
            general = None if turn.in_form or number is not None else self._general(turn, cases)
            if general is not None:
                say = general
            elif case is None:
                # The same words for another's case and for none, as when its state is asked for.
                key = "case_none" if number is None else "case_not_yours"
                say = Say(text=texts.render(key), choices=(REPORT, PERSON))
            else:
                text = self._explained(case, events_of(session, case_id=case.id))
                if number is None and len(cases) > 1:
                    text += "\n" + texts.render("routing_of_another")
                say = Say(text=text, choices=(PERSON,))
        return Result((replace(say, choices=()) if turn.in_form else say,))

    def _general(self, turn: Turn, cases: list[Case]) -> Say | None:
        """Who has to do with the kind of service that the words name, unless an own case is of it."""
        text = turn.message.text
        code = choose_service(self._city, text, turn.message.services).code
        if code in (None, OTHER) or code in {case.service_code for case in cases}:
            return None
        gu = gus_in_text(self._city, text)
        routed = route(self._city, service_code=code, gu=gu, text=text)
        department = self._city.department(routed.department_id)
        return Say(
            text=self._city.texts.render(
                "routing_general",
                seen=self._seen(code, gu),
                department=department.name,
                why=why_of(routed.explanation),
                phone=department.phone,
            ),
            choices=(REPORT, PERSON),
        )

    def _planned(self, turn: Turn) -> Say | None:
        """Where the report that is being written would go, once its kind is known."""
        state = ReportState.from_slots(turn.slots)
        code = state.service_code
        if code is None or not self._city.has_service(code):
            return None
        what = state.what or ""
        gu = state.gu or gus_in_text(self._city, f"{state.where} {what}")
        routed = route(self._city, service_code=code, gu=gu, text=what)
        return Say(
            text=self._city.texts.render(
                "routing_planned",
                department=self._name(routed.department_id),
                why=why_of(routed.explanation),
                seen=self._seen(code, gu),
            )
        )

    def _explained(self, case: Case, events: list[CaseEvent]) -> str:
        texts = self._city.texts
        first, *moves = decisions_of(case, events)
        lines = [
            texts.render(
                "routing_by_rule",
                number=case.number,
                department=self._name(first.department_id),
                why=first.why,
                seen=self._seen(first.service_code, first.gu),
            )
        ]
        lines += [
            texts.render(
                "routing_moved", at=in_korean(move.at), department=self._name(move.department_id)
            )
            for move in moves
        ]
        lines.append(texts.render("routing_objection"))
        return "\n".join(lines)

    def _seen(self, code: str, gu: str | None) -> str:
        """What the rule looked at: the kind of service, and the gu where it was known."""
        service = self._city.service(code).name if self._city.has_service(code) else code
        return f"{service}, {gu}" if gu else service

    def _name(self, department_id: str) -> str:
        try:
            return self._city.department(department_id).name
        except UnknownName:
            return department_id
