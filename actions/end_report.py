"""Files, drops or gives up for another one the report when the form has ended. Must not ask or fill."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from actions.base import Result, Say, SotongAction
from actions.moments import in_korean
from actions.near_offer import NearOffer
from actions.report_state import (
    CANCELLED,
    FOLLOWED,
    NEXT,
    SKIPPED,
    SUBMIT,
    TWO,
    YES,
    ReportState,
    empty_slots,
)
from actions.turn import FORM, Turn
from core.cases import OpenedCase, Report, open_case
from core.city import City
from core.clock import is_open, next_open
from core.consent_texts import CONTACT, text_of
from core.consents import record_consent
from core.database import Database
from core.drafts import close_draft
from core.failpoints import failpoint
from core.lookup_codes import LookupCodes
from core.ports import Now
from core.routing import gus_in_text

NO_PLACE = "정해진 곳 없음"


class EndReport(SotongAction):
    """Files a confirmed report (once per turn), follows another one or drops it; the slots go anyway."""

    action_name = "action_end_report"

    def __init__(
        self, *, database: Database, city: City, codes: LookupCodes, near: NearOffer, now: Now
    ) -> None:
        self._database = database
        self._city = city
        self._codes = codes
        self._near = near
        self._now = now

    def work(self, turn: Turn) -> Result:
        """Any failure goes up: Rasa then keeps the form and the turn is worked again."""
        outcome = turn.slots.get("report_outcome")
        if outcome == SUBMIT:
            return self._submit(turn)
        if outcome == FOLLOWED:
            return self._follow(turn)
        if outcome == CANCELLED:
            return self._cancel(turn)
        raise ValueError(f"the form ended without an outcome: {outcome!r}")

    def _submit(self, turn: Turn) -> Result:
        state = ReportState.from_slots(turn.slots)
        now = self._now()
        with self._database.transaction() as session:
            opened = open_case(
                session,
                city=self._city,
                codes=self._codes,
                turn_id=turn.turn_id,
                conversation_id=turn.conversation_id,
                report=report_of(state, city=self._city),
                now=now,
            )
            self._keep_consent(session, opened, now)
            close_draft(session, conversation_id=turn.conversation_id, state="submitted", now=now)
        failpoint("case_opened")
        receipt = self._receipt(opened)
        if state.pending_complaint and state.split == TWO:
            # The citizen has said yes to two cases already: the second one is not asked about again.
            second = self._city.texts.render("report_second", second=state.pending_complaint)
            slots = empty_slots(
                pending_complaint=state.pending_complaint, split=NEXT, contact=state.contact
            )
            return Result((Say(text=f"{receipt}\n\n{second}"),), slots, followup=FORM)
        says: tuple[Say, ...] = (Say(text=receipt),)
        if state.pending_complaint:
            says += (Say("utter_second_complaint", {"second": state.pending_complaint}),)
        return Result(says, empty_slots(pending_complaint=state.pending_complaint))

    def _keep_consent(self, session: Session, opened: OpenedCase, now: datetime) -> None:
        """The form asked for it in the words of today's version; a report without a contact needs none."""
        case = opened.case
        if case.contact_token is None or opened.repeated:
            return
        text = text_of(self._city.consents, CONTACT)
        record_consent(
            session, conversation_id=case.conversation_id, text=text, how="form", now=now
        )

    def _follow(self, turn: Turn) -> Result:
        """No case is opened; the same turn again follows once."""
        state = ReportState.from_slots(turn.slots)
        with self._database.transaction() as session:
            says: tuple[Say, ...] = (self._near.follow(session, turn, state),)
            close_draft(
                session, conversation_id=turn.conversation_id, state="followed", now=self._now()
            )
        if state.pending_complaint:
            says += (Say("utter_second_complaint", {"second": state.pending_complaint}),)
        return Result(says, empty_slots(pending_complaint=state.pending_complaint))

    def _cancel(self, turn: Turn) -> Result:
        with self._database.transaction() as session:
            close_draft(
                session,
                conversation_id=turn.conversation_id,
                state="cancelled",
                now=self._now(),
            )
        return Result((Say("utter_report_cancelled"),), empty_slots())

    def _receipt(self, opened: OpenedCase) -> str:
        case, city = opened.case, self._city
        department = city.department(case.department_id)
        text = city.texts.render(
            "case_receipt",
            number=case.number,
            code=opened.lookup_code,
            service=city.service(case.service_code).name,
            place=case.place_text,
            department=department.name,
            due=in_korean(case.due_at),
            phone=department.phone,
        )
        if not is_open(city.calendar, case.received_at):
            opens = in_korean(next_open(city.calendar, case.received_at))
            text += "\n" + city.texts.render("case_receipt_out_of_hours", opens=opens)
        return text


def report_of(state: ReportState, *, city: City) -> Report:
    """The report that core files. Raises ValueError when the form let something through."""
    if state.what is None or state.service_code is None or state.consent != YES:
        raise ValueError("the form ended without a complaint, a service or a consent")
    place = state.where if state.where not in (None, SKIPPED) else NO_PLACE
    contact = state.contact if state.contact not in (None, SKIPPED) else None
    why = state.service_why
    return Report(
        what=state.what,
        place_text=str(place),
        service_code=state.service_code,
        lat=state.lat,
        long=state.long,
        gu=state.gu or gus_in_text(city, f"{place} {state.what}"),
        dong=state.dong,
        answers={key: value for key, value in state.answers.items() if value},
        attachment_ids=state.attachment_ids,
        contact_token=contact,
        consent=True,
        service_words=why.words if why is not None else (),
        service_confidence=why.confidence if why is not None else None,
    )
