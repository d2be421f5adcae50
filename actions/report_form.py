"""The report form as Rasa sees it: the validator and the questions. Must not decide: report_advance does.

validate_report_form is the only action that fills the form's slots. It keeps the draft in our own
database after every message, so that losing Rasa's tracker costs one question that is asked again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from actions.base import Result, Say, SotongAction
from actions.erase_my_data import typed_answer
from actions.near_offer import NearOffer
from actions.photo_place import PhotoPlaceOffer
from actions.report_advance import advance, begin
from actions.report_planner import next_question, next_slot, place_is_optional
from actions.report_state import CANCELLED, FIXING, FOLLOWED, SKIPPED, SUBMIT, ReportState
from actions.report_step import Step, with_known_answers
from actions.turn import Turn
from core.city import City
from core.database import Database
from core.drafts import save_draft
from core.guardians import NEEDED
from core.models.conversation import Conversation
from core.ports import Now
from core.replies import Choice
from core.routing import gus_in_text, route

SKIP = Choice("건너뛰기", "/skip")
PERSON = Choice("상담원 연결", "/talk_to_officer")
CANCEL = Choice("취소", "/cancel")
OTHER = Choice("기타", '/inform{"service_code": "other"}')
FIXES = (
    *(
        Choice(title, f"/correct_value{json.dumps({'field': field})}")
        for title, field in (
            ("무엇", "what"),
            ("종류", "service_code"),
            ("어디", "where"),
            ("사진", "photo"),
            ("연락처", "contact"),
        )
    ),
    CANCEL,
)
# From the second misunderstanding of one question on, a person is offered beside it.
OFFER_PERSON_AT = 2


class ValidateReportForm(SotongAction):
    """Rasa's validate_report_form: takes the message in, keeps the draft, names the next slot."""

    action_name = "validate_report_form"

    def __init__(
        self, *, database: Database, city: City, offer: PhotoPlaceOffer, near: NearOffer, now: Now
    ) -> None:
        self._database = database
        self._city = city
        self._offer = offer
        self._near = near
        self._now = now

    def work(self, turn: Turn) -> Result:
        """Slots, messages and requested_slot for this message; aside for an interruption."""
        state = ReportState.from_slots(turn.slots)
        if turn.returning:
            # The interruption has been answered; the message was no answer to the form.
            wanted = turn.requested or next_slot(state, city=self._city)
            return Result(slots={"misses": state.misses, "requested_slot": wanted})
        erasing = None if turn.starting else typed_answer(turn, city=self._city)
        if erasing is not None:
            # "네" to that question must not become the answer to the form's.
            wanted = turn.requested or next_slot(state, city=self._city)
            return Result((erasing,), {"misses": state.misses, "requested_slot": wanted})
        step = self._near.check(self._step(state, turn))
        if step.aside:
            return Result(aside=True)
        self._offer.forget_if_settled(turn, step.state, ended=step.outcome is not None)
        if step.state.contact != SKIPPED and self._needs_guardian(turn):
            # Not asked for, and not taken over from what was said before.
            step = replace(step, state=replace(step.state, contact=SKIPPED))
        if step.outcome is not None:
            return self._end(step)
        step = replace(step, state=self._near.look(step.state))
        requested = next_slot(step.state, city=self._city)
        slots = step.state.to_slots()
        with self._database.transaction() as session:
            save_draft(
                session,
                conversation_id=turn.conversation_id,
                slots=slots,
                requested_slot=requested,
                now=self._now(),
            )
        return Result(says=step.says, slots={**slots, "requested_slot": requested})

    def _needs_guardian(self, turn: Turn) -> bool:
        with self._database.reading() as session:
            conversation = session.get(Conversation, turn.conversation_id)
        return conversation is not None and conversation.guardian == NEEDED

    def _step(self, state: ReportState, turn: Turn) -> Step:
        if turn.starting:
            return begin(state, message=turn.message, city=self._city)
        requested = turn.requested or next_slot(state, city=self._city) or "confirm"
        step = self._offer.answer(turn, state, requested=requested)
        if step is not None:
            return replace(step, state=with_known_answers(step.state, city=self._city))
        return advance(state, requested=requested, message=turn.message, city=self._city)

    @staticmethod
    def _end(step: Step) -> Result:
        assert step.outcome in {SUBMIT, CANCELLED, FOLLOWED}
        # The draft stays open until the action that follows has filed or dropped the report.
        slots: dict[str, Any] = {**step.state.to_slots(), "report_outcome": step.outcome}
        return Result(says=step.says, slots={**slots, "requested_slot": None})


class AskSlot(SotongAction):
    """Asks for one slot with its prompt of domain.yml: `_again` after a miss, later with a person."""

    def __init__(self, slot: str, *, city: City) -> None:
        self.action_name = f"action_ask_report_form_{slot}"
        self._slot = slot
        self._city = city

    def work(self, turn: Turn) -> Result:
        """One question; none while a person was just asked to answer, or whether to erase all."""
        if turn.handed_over or turn.asked_to_erase:
            return Result()
        state = ReportState.from_slots(turn.slots)
        say = self.open_question(turn, state)
        if state.misses >= OFFER_PERSON_AT:
            help_choices = (PERSON,) if self._slot == "confirm" else (PERSON, CANCEL)
            say = Say(say.prompt, say.values, say.text, (*say.choices, *help_choices))
        return Result(says=(say,))

    def open_question(self, turn: Turn, state: ReportState) -> Say:
        """The question for this turn."""
        return self.question(state)

    def question(self, state: ReportState) -> Say:
        """The question for this state of the report."""
        prompt = f"utter_ask_report_form_{self._slot}"
        if self._slot == "where" and place_is_optional(state, city=self._city):
            return Say(f"{prompt}_optional")
        if self._slot == "consent" and state.contact == SKIPPED:
            prompt = f"{prompt}_without_contact"
        return Say(f"{prompt}_again" if state.misses else prompt)


class AskWhere(AskSlot):
    """Asks for the place, or whether it was where the photo was taken."""

    def __init__(self, *, city: City, offer: PhotoPlaceOffer) -> None:
        super().__init__("where", city=city)
        self._offer = offer

    def open_question(self, turn: Turn, state: ReportState) -> Say:
        """The place that a photo names is offered before anything is asked."""
        return self._offer.question(turn, state) or self.question(state)


class AskNear(AskSlot):
    """Shows reports near by and asks whether one is the same thing."""

    def __init__(self, *, city: City, near: NearOffer) -> None:
        super().__init__("near", city=city)
        self._near = near

    def open_question(self, turn: Turn, state: ReportState) -> Say:
        """Those that were found for this place."""
        return self._near.question(turn, state)


class AskSplit(AskSlot):
    """Asks once whether the two complaints of one message become two cases."""

    def __init__(self, *, city: City) -> None:
        super().__init__("split", city=city)

    def question(self, state: ReportState) -> Say:
        """Both in the citizen's words."""
        say = super().question(state)
        values = {"first": str(state.what), "second": str(state.pending_complaint)}
        return Say(say.prompt, values)


class AskServiceCode(AskSlot):
    """Offers the kinds of service that the complaint fits, and "other"."""

    def __init__(self, *, city: City) -> None:
        super().__init__("service_code", city=city)

    def question(self, state: ReportState) -> Say:
        """The guesses as choices."""
        choices = tuple(
            Choice(self._city.service(code).name, f"/inform{json.dumps({'service_code': code})}")
            for code in state.guesses
            if self._city.has_service(code)
        )
        if not choices:
            return Say("utter_ask_report_form_service_code_open", choices=(OTHER,))
        say = super().question(state)
        return Say(say.prompt, choices=(*choices, OTHER))


class AskExtra(AskSlot):
    """Asks the service's own next question, in the city's words."""

    def __init__(self, *, city: City) -> None:
        super().__init__("extra", city=city)

    def question(self, state: ReportState) -> Say:
        """The question with its choices; one that is not required can be skipped."""
        question = next_question(state, city=self._city)
        if question is None:
            raise ValueError("no extra question is open, yet the form asks for one")
        choices = tuple(
            Choice(choice, f"/inform{json.dumps({'answer': choice}, ensure_ascii=False)}")
            for choice in question.choices
        )
        if not question.required:
            choices = (*choices, SKIP)
        return Say(text=question.text, choices=choices)


class AskConfirm(AskSlot):
    """Shows the whole report before it is filed, or asks what to change."""

    def __init__(self, *, city: City) -> None:
        super().__init__("confirm", city=city)

    def question(self, state: ReportState) -> Say:
        """The summary with the department that will probably take it."""
        if state.confirm == FIXING:
            return Say("utter_what_to_fix", choices=FIXES)
        city = self._city
        code = str(state.service_code)
        service = city.service(code)
        what = str(state.what)
        gu = state.gu or gus_in_text(city, f"{state.where} {what}")
        department = city.department(route(city, service_code=code, gu=gu, text=what).department_id)
        lines = [
            f"· {question.text} {state.answers[question.id]}\n"
            for question in service.questions
            if state.answers.get(question.id)
        ]
        photos = len(state.attachment_ids)
        return Say(
            "utter_ask_report_form_confirm",
            {
                "what": what,
                "service": service.name,
                "where": _where(state),
                "extra": "".join(lines),
                "photos": f"{photos}장" if photos else "없음",
                "contact": contact_in_words(state.contact),
                "department": department.name,
            },
        )


def contact_in_words(contact: str | None) -> str:
    """What the citizen reads for a contact: its kind, never the token."""
    if contact is None or contact == SKIPPED:
        return "없음"
    return "남기신 이메일" if "메일" in contact else "남기신 전화번호"


def _where(state: ReportState) -> str:
    if state.where is None or state.where == SKIPPED:
        return "정해진 곳 없음"
    area = " ".join(part for part in (state.gu, state.dong) if part and part not in state.where)
    return f"{state.where} ({area})" if area else state.where
