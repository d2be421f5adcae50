"""Takes one message into the report: (state, message) -> Step. Pure: no database, no Rasa.

This is the one place that fills the form's slots. The action around it (report_form) saves and asks.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.base import Say
from actions.report_complaint import SUGGESTION, reopen_service, take_complaint, take_service
from actions.report_parse import (
    Control,
    Reading,
    asks_for_person,
    brings_photo,
    change_of,
    interruption,
    read_message,
    without_photo,
    without_tokens,
)
from actions.report_place import Outside, gazetteer, names_a_spot, spot_of
from actions.report_planner import next_question
from actions.report_state import (
    CANCELLED,
    FIXING,
    GIVEN,
    LATER,
    NEXT,
    SKIPPED,
    ReportState,
)
from actions.report_step import (
    Step,
    move,
    reopen,
    retell,
    retold,
    with_caption,
    with_known_answers,
)
from actions.report_takers import MORE_OF_THE_SAME, TAKERS, answered, near_at_once
from actions.turn import Message
from core.city import City
from core.routing import clear_service, guess_services
from korean.corrections import PLACE, WHAT, parse_correction
from korean.normalise import fold
from korean.questions import is_question

POINT_ONLY = "지도에 표시한 곳"
# Parts that are settled late: words about a change of them are no answer to these questions.
_LATE = frozenset({"photo", "contact", "consent", "confirm"})
_CAPTION_IS_NO_ANSWER = _LATE | {"near", "extra"}
_ASKS_WHY = re.compile(
    r"왜|동의|보관|저장|개인\s?정보|정보|누가\s?(?:보|봐|볼)|어디(?:에|다)?\s?(?:쓰|써)|필요|안전|꼭"
)
_EXIT = re.compile(r"\d{1,2}(?:-\d)?번\s?출구")
_THERE = re.compile(
    r"^(?:거기|여기|그\s?쪽|같은\s?(?:곳|자리|데)|(?:그|바로|거기)\s?(?P<side>옆|앞|뒤|근처))"
)
_WHY = {"consent": "utter_consent_why", "contact": "utter_contact_why"}
# "참 그리고 그 옆에 쓰레기도 …": another matter, told in the middle of the first.
_ADDED = re.compile(
    r"^(?:아\s*)?(?:참\s*,?\s*)?(?:그리고|또|게다가|추가로|그리구|글구|하나\s?더)[\s,]+|^(?:아\s*)?참[\s,]+"
)


def begin(state: ReportState, *, message: Message, city: City) -> Step:
    """The form starts: nothing of an earlier report is kept but a second complaint just agreed to."""
    reading = read_message(message)
    text = reading.answer or reading.text
    if reading.control is Control.AFFIRM and state.pending_complaint:
        text = state.pending_complaint
    start = ReportState()
    if state.split == NEXT and text == state.pending_complaint:
        # Agreed to before: only the contact, which is the citizen's own, need not be given twice.
        start = replace(start, contact=state.contact)
    fresh, says, _ = _absorb(start, reading=reading, city=city)
    service = reading.service_code
    if message.intent == "suggest_idea" and city.has_service(SUGGESTION):
        service = SUGGESTION
    if service is not None:
        fresh = take_service(fresh, code=service, city=city)
    if text:
        heard = reading.services if text == reading.text else ()
        fresh, more = take_complaint(fresh, text=text, city=city, heard=heard)
        says += more
    return Step(with_known_answers(fresh, city=city), says)


def advance(state: ReportState, *, requested: str, message: Message, city: City) -> Step:
    """The form goes on with a message that came while ``requested`` was being asked."""
    reading = read_message(message)
    if requested == "near" and (step := near_at_once(state, reading)) is not None:
        return step
    if reading.control is Control.RESTART:
        return Step(ReportState(), (Say("utter_report_restarted"),))
    if reading.control is Control.CANCEL:
        return Step(state, outcome=CANCELLED)
    if message.corrects is not None:
        return corrected(state, old=message.corrects, reading=reading, city=city)
    question = message.kind == "text" and is_question(message.text)
    aside = interruption(message, question=question)
    # "왜 구청으로 가요?" asks about something else than the question that stands.
    why = question and requested in _WHY and _ASKS_WHY.search(reading.text)
    if why and aside != "ask_routing":
        return Step(state, (Say(_WHY[requested]),))
    if aside is not None:
        return Step(state, aside=True)
    if reading.typed and asks_for_person(reading.text):
        return Step(replace(state, misses=2), (Say("utter_offer_person"),))
    state, says, moved = _absorb(state, reading=reading, city=city)
    if not reading.typed and reading.control is None:
        return _take_pressed(state, requested=requested, reading=reading, city=city, says=says)
    if moved and _is_all(reading, requested):
        return Step(replace(state, misses=0), says)
    step = (
        None
        if requested == "split"
        else _change(state, requested=requested, reading=reading)
        or _correction(state, requested=requested, reading=reading, city=city)
        or _second_complaint(state, requested=requested, reading=reading, city=city)
    )
    if step is None and _is_caption(reading, requested):
        return Step(with_caption(state, reading.text), says)
    if step is None:
        step = TAKERS[requested](state, reading, city)
    if (
        question
        and requested in _LATE
        and step.outcome is None
        and step.state.misses > state.misses
    ):
        # A question that no rule knows is still a question: no miss, and an honest word.
        centre = city.jurisdiction.call_centre
        values = {"call_centre_name": centre.name, "call_centre_number": centre.number}
        step = Step(state, (Say("utter_policy_in_form", values),))
    return replace(step, state=with_known_answers(step.state, city=city), says=says + step.says)


def corrected(state: ReportState, *, old: str, reading: Reading, city: City) -> Step:
    """A message that the citizen edited: what it had filled is filled anew, never a new answer."""
    state, says, _ = _absorb(state, reading=reading, city=city)
    step = retold(state, old=old, new=reading.text, city=city)
    if step is None:
        return Step(state, says or (Say("utter_edit_noted"),))
    return replace(step, state=with_known_answers(step.state, city=city), says=says + step.says)


def _absorb(
    state: ReportState, *, reading: Reading, city: City
) -> tuple[ReportState, tuple[Say, ...], bool]:
    """Photos, points and contact tokens are taken whenever they come."""
    says: tuple[Say, ...] = ()
    moved = False
    new = tuple(i for i in reading.attachment_ids if i not in state.attachment_ids)
    if new:
        ids = state.attachment_ids + new
        state = replace(state, attachment_ids=ids, photo=GIVEN, confirm=None)
        says += (Say("utter_photo_received", {"count": str(len(new))}),)
        moved = True
    if reading.location is not None:
        moved = True
        spot = spot_of(reading.location, city=city)
        if isinstance(spot, Outside):
            says += (spot.say,)
        else:
            words = state.where if state.where not in (None, SKIPPED) else POINT_ONLY
            state = replace(
                state,
                lat=reading.location.lat,
                long=reading.location.long,
                gu=spot.gu or state.gu,
                dong=spot.dong or state.dong,
                where=words,
                confirm=None,
            )
            says += (Say("utter_place_received"),)
    if reading.contact is not None and reading.contact != state.contact:
        # A consent that was given without a contact does not cover the contact.
        if state.contact not in (None, SKIPPED):
            says += (Say("utter_contact_changed"),)
        state = replace(state, contact=reading.contact, consent=None, confirm=None)
        moved = True
    if reading.typed and state.photo is None and without_photo(reading.text):
        state = replace(state, photo=SKIPPED)
    return state, says, moved


def _is_all(reading: Reading, requested: str) -> bool:
    """Whether what was absorbed is all the message says ("제 번호는 ⟦전화1⟧ 이에요")."""
    rest = fold(without_tokens(reading.text))
    return not rest or (requested not in {"what", "where", "extra"} and len(rest) <= 10)


def _is_caption(reading: Reading, requested: str) -> bool:
    """Whether the words under a photo tell of the photo, so that the question still stands.

    A number may be what was asked for ("기둥 번호는 3-12예요").
    """
    if not reading.attachment_ids or not reading.text or requested not in _CAPTION_IS_NO_ANSWER:
        return False
    return requested != "extra" or not any(c.isdigit() for c in reading.text)


def _take_pressed(
    state: ReportState, *, requested: str, reading: Reading, city: City, says: tuple[Say, ...]
) -> Step:
    """A choice of ours, a photo or a pin: certain, so never a miss."""
    if reading.field is not None:
        return Step(reopen(state, reading.field), says)
    if reading.service_code is not None:
        taken = take_service(reopen_service(state), code=reading.service_code, city=city)
        return Step(replace(taken, misses=0, confirm=None), says)
    question = next_question(state, city=city)
    if reading.answer is not None and requested == "extra" and question is not None:
        return Step(answered(state, question, reading.answer), says)
    return Step(replace(state, misses=0), says)


def _change(state: ReportState, *, requested: str, reading: Reading) -> Step | None:
    """ "사진 다시 보낼게요", "내용 좀 바꿀게요": a part named in few words is asked again."""
    if requested not in _LATE or not reading.text or is_question(reading.text):
        return None
    if requested != "photo" and brings_photo(reading.text):
        return Step(reopen(state, "photo"), (Say("utter_photo_go_ahead"),))
    field = change_of(reading.text)
    if field is None or field == requested:
        return None
    return Step(reopen(state, field))


def _second_complaint(
    state: ReportState, *, requested: str, reading: Reading, city: City
) -> Step | None:
    """Another matter told in the middle is kept for after this one, never taken as an answer."""
    if requested not in {"where", "extra", "photo", "contact"} or reading.control is not None:
        return None
    added = _ADDED.search(reading.text)
    if added is None and (requested != "where" or names_a_spot(reading.text, city=city)):
        return None
    code = clear_service(city, reading.text)
    told = _ADDED.sub("", reading.text).strip()
    if code is None or code == state.service_code or not told or is_question(reading.text):
        return None
    if added is None and len(fold(told)) <= MORE_OF_THE_SAME:
        return None
    if state.where not in (None, SKIPPED, POINT_ONLY):
        # "거기" means this place only while this report is open.
        told = _THERE.sub(lambda found: f"{state.where} {found['side'] or ''}".strip(), told)
    pending = " ".join(part for part in (state.pending_complaint, told) if part)
    kept = replace(state, pending_complaint=pending, split=state.split or LATER, misses=0)
    return Step(kept, (Say("utter_second_noted", {"second": told}),))


def _same_station(old: str | None, new: str) -> str:
    """The new place; a mere exit belongs to the station that was named before."""
    if old is None or _EXIT.match(new) is None:
        return new
    found = _EXIT.search(old)
    return f"{old[: found.start()]}{new}" if found is not None else new


def _correction(state: ReportState, *, requested: str, reading: Reading, city: City) -> Step | None:
    """A correction of something said before is taken at any point: "아니 거기 말고 시청역 앞이요"."""
    if not reading.text or requested == "what":
        return None
    found = parse_correction(reading.text, gazetteer=gazetteer(city))
    if found is None:
        return None
    # No place yet: then a place is an answer, and only another matter corrects something.
    if requested == "where" and not state.has_place and not (found.kind == WHAT and found.value):
        return None
    if found.kind == PLACE:
        if not found.value:
            return Step(reopen(state, "where"))
        return move(state, _same_station(state.where, found.value), city)
    if found.value and guess_services(city, found.value):
        return retell(state, told=found.value, city=city)
    if found.kind == WHAT and not found.value:
        return Step(reopen(state, "what"))
    if requested == "confirm" and not found.value:
        field = reading.field
        return Step(reopen(state, field) if field else replace(state, confirm=FIXING, misses=0))
    return None
