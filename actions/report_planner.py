"""Says which slot the report form asks next. Pure: must not read messages or touch the database."""

from __future__ import annotations

from actions.report_near import is_asked
from actions.report_state import SKIPPED, WANTED, YES, ReportState
from core.city import City, Question

# A thought, a question or thanks need not be about a spot on the map; a broken lamp does.
PLACE_OPTIONAL_KINDS = frozenset({"건의", "질의", "고충", "소통"})


def next_slot(state: ReportState, *, city: City) -> str | None:
    """The first slot that is still open, in the order of the form; None when the report is complete."""
    if state.what is None:
        return "what"
    if state.pending_complaint is not None and state.split is None:
        return "split"
    if state.service_code is None:
        return "service_code"
    if not state.has_place and state.where != SKIPPED:
        return "where"
    if is_asked(state):
        return "near"
    if next_question(state, city=city) is not None:
        return "extra"
    if state.photo == WANTED or (state.photo is None and photo_is_asked(state, city=city)):
        return "photo"
    for name, value in (("contact", state.contact), ("consent", state.consent)):
        if value is None:
            return name
    return None if state.confirm == YES else "confirm"


def next_question(state: ReportState, *, city: City) -> Question | None:
    """The service's extra question that has no answer yet (a skipped one has an empty answer)."""
    if state.service_code is None or not city.has_service(state.service_code):
        return None
    questions = city.service(state.service_code).questions
    return next((q for q in questions if q.id not in state.answers), None)


def photo_is_asked(state: ReportState, *, city: City) -> bool:
    """Whether a photo is worth a question: it helps with this service and none came yet."""
    if state.attachment_ids or state.service_code is None:
        return False
    return city.has_service(state.service_code) and city.service(state.service_code).photo_helps


def place_is_optional(state: ReportState, *, city: City) -> bool:
    """Whether the citizen may go on without saying where."""
    if state.service_code is None or not city.has_service(state.service_code):
        return False
    return city.service(state.service_code).kind in PLACE_OPTIONAL_KINDS
