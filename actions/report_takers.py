"""Takes a typed message as the answer to the slot that was asked: one taker a slot. Pure.

Must not absorb photos, points or contacts, nor read corrections: report_advance did that before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from actions.base import Say
from actions.report_complaint import take_complaint, take_service
from actions.report_near import says_the_same, wants_to_file
from actions.report_parse import Control, Reading, is_noise
from actions.report_place import (
    bare_place,
    is_firm,
    is_vague,
    names_a_spot,
    outside_by_words,
    place_answer,
    place_in,
)
from actions.report_planner import next_question, place_is_optional
from actions.report_state import (
    CANCELLED,
    FIXING,
    FOLLOWED,
    SKIPPED,
    SUBMIT,
    TWO,
    YES,
    ReportState,
)
from actions.report_step import Step, miss, move, reopen, retell, said_in
from core.city import City, Question
from core.routing import guess_services, gus_in_text
from korean.corrections import WHAT, parse_correction
from korean.normalise import fold
from korean.questions import is_question

# "종류요" at the summary names what to change; "장소 맞아요" does not.
BARE_FIELD_LETTERS = 4
# "하수구에서요" after "냄새가 너무 나요" says more of the matter; a longer text is a place in own words.
MORE_OF_THE_SAME = 12
_ENOUGH = re.compile(r"됐|안\s?할|관두|괜찮")
_FIRST = re.compile(r"부터|먼저")
_AS_TWO = re.compile(r"두\s?건|2\s?건|두\s?개|따로|각각|나눠|나누|둘\s?다")
_AS_ONE = re.compile(r"하나로|한\s?건|1\s?건|같이|함께|합쳐|합치|한꺼번에|묶어")
_DO_NOT_KNOW = re.compile(r"모르|몰라|모릅|모른")
_CANNOT = re.compile(
    r"없|못\s?(?:찍|보내|올|하)|안\s?(?:찍|보내|올|할|해)|(?:모르|몰라|모릅)|됐|싫|나중|귀찮|어려|힘들|안\s?돼|안\s?되"
)
_RATHER_NOT = re.compile(
    r"없|안\s?(?:남|알려|할|받|가르|밝|줄|쓸|적)|싫|됐|나중|필요\s?없|비밀|익명|곤란|그냥\s?(?:해|접수)|모르|몰라"
)
_DIGITS = re.compile(r"\d{3,}").search


def _take_what(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.control is None and reading.text:
        text = reading.text
        found = parse_correction(text)
        if found is not None and found.kind == WHAT and guess_services(city, found.value):
            text = found.value
        heard = reading.services if text == reading.text else ()
        taken, says = take_complaint(state, text=text, city=city, heard=heard)
        if taken.what is not None or taken.where != state.where:
            return Step(replace(taken, misses=0), says)
    return _never_mind(state, reading) or miss(state)


def _never_mind(state: ReportState, reading: Reading) -> Step | None:
    """ "아 그럼 됐어요" to a question that cannot be passed over calls the report off."""
    if reading.control is Control.SKIP and _ENOUGH.search(reading.text):
        return Step(state, outcome=CANCELLED)
    return None


def _take_split(state: ReportState, reading: Reading, city: City) -> Step:
    """Two cases on the citizen's word, or one; "쓰레기부터요" means two, in that order."""
    pending, what = state.pending_complaint or "", state.what or ""
    # "하나로 말고 두 건으로": what stands last counts.
    text = reading.text.rpartition("말고")[2]
    one = reading.control is None and _AS_ONE.search(text) is not None
    if not one and reading.text and _FIRST.search(text):
        told, waiting = guess_services(city, text), guess_services(city, pending)
        if told and waiting and told[0].code == waiting[0].code:
            other = replace(reopen(state, "what"), where=None, gu=None, pending_complaint=None)
            taken, says = take_complaint(other, text=pending, city=city)
            taken = replace(taken, pending_complaint=what, split=TWO, misses=0)
            return Step(taken, (Say("utter_split_two"), *says))
        if told:
            return Step(replace(state, split=TWO, misses=0), (Say("utter_split_two"),))
    if not one and (reading.control is Control.AFFIRM or _AS_TWO.search(text)):
        return Step(replace(state, split=TWO, misses=0), (Say("utter_split_two"),))
    if one or reading.control is Control.DENY:
        both = replace(state, what=f"{what} {pending}".strip(), pending_complaint=None, misses=0)
        return Step(both, (Say("utter_split_one"),))
    return miss(state)


def _take_service_code(state: ReportState, reading: Reading, city: City) -> Step:
    text = reading.text
    if reading.control in {Control.UNKNOWN, Control.SKIP} or text.strip() == "기타":
        return Step(replace(take_service(state, code="other", city=city), misses=0))
    place = bare_place(text, city=city) if reading.control is None else None
    if place is not None and is_firm(place, city=city):
        # An answer to another question; "횡단보도 옆" must not become the kind of service.
        gu = gus_in_text(city, place)
        return Step(replace(state, where=place, gu=gu, lat=None, long=None, misses=0))
    named = next((s.code for s in city.services if text.strip() in {s.name, s.code}), None)
    guesses = (
        [guess.code for guess in guess_services(city, text)] if reading.control is None else []
    )
    offered = [code for code in guesses if code in state.guesses]
    code = named or next(iter(offered or guesses), None)
    if code is None:
        return miss(state)
    return Step(replace(take_service(state, code=code, city=city), misses=0))


def _take_where(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.control is Control.UNKNOWN:
        return miss(state, Say("utter_where_unknown"))
    if reading.control is Control.SKIP and place_is_optional(state, city=city):
        return Step(replace(state, where=SKIPPED, misses=0))
    if (step := _never_mind(state, reading)) is not None:
        return step
    place = place_answer(reading.text, city=city) if reading.control is None else None
    named = place_in(reading.text, city=city)
    if place is None or is_noise(reading.text) or (is_question(reading.text) and named is None):
        return miss(state)
    if named is None and _DO_NOT_KNOW.search(reading.text):
        return miss(state, Say("utter_where_unknown"))
    spot = names_a_spot(reading.text, city=city)
    if not spot and (step := _no_place_but_matter(state, reading.text, city)) is not None:
        return step
    outside = outside_by_words(place, city=city)
    if outside is not None:
        return Step(state, (outside.say,))
    if is_vague(place) and not state.misses and not place_is_optional(state, city=city):
        # Asked once more, then taken: whoever knows no better must not be kept in a circle.
        return miss(state, Say(text=city.texts.render("place_unclear")))
    gu = gus_in_text(city, place)
    return Step(replace(state, where=place, gu=gu or state.gu, misses=0))


def _no_place_but_matter(state: ReportState, text: str, city: City) -> Step | None:
    """Words of the matter where a place was asked: which of two first, or more of the same."""
    guesses = guess_services(city, text)
    if not guesses:
        return None
    if state.pending_complaint and _FIRST.search(text):
        waiting = guess_services(city, state.pending_complaint)
        if waiting and waiting[0].code == guesses[0].code:
            other = replace(reopen(state, "what"), pending_complaint=None)
            taken, says = take_complaint(other, text=state.pending_complaint, city=city)
            return Step(replace(taken, pending_complaint=state.what, split=state.split), says)
        return Step(replace(state, misses=0))
    if len(fold(text)) > MORE_OF_THE_SAME or not state.what:
        return None
    told = f"{state.what} {text.strip()}"
    turned = f"{text.strip()} {state.what}"
    # Keywords go by the order of words ("하수구 냄새"): the order with the stronger evidence counts.
    if guess_services(city, turned)[0].score > guess_services(city, told)[0].score:
        told = turned
    taken = replace(reopen(state, "what"), pending_complaint=None)
    taken, says = take_complaint(taken, text=told, city=city)
    if taken.what is None:
        return None
    kept = replace(taken, what=told, pending_complaint=state.pending_complaint, split=state.split)
    return Step(replace(kept, misses=state.misses), says)


def _late_place(state: ReportState, reading: Reading, city: City) -> Step | None:
    """The answer to the question before last: a place that is better than the one we have."""
    if reading.control is not None or not reading.text:
        return None
    place = bare_place(reading.text, city=city)
    if place is None or (state.where and place in state.where):
        return None
    known = state.where is not None and is_firm(state.where, city=city)
    return move(state, place, city) if is_firm(place, city=city) or not known else None


def near_at_once(state: ReportState, reading: Reading) -> Step | None:
    """An answer about near reports that other rules would take for a wish to begin again or for a yes."""
    if reading.control is not Control.CANCEL and reading.typed and wants_to_file(reading.text):
        return _declined(state)
    return None


def _take_near(state: ReportState, reading: Reading, city: City) -> Step:
    near = state.near
    if near is None or not near.asked:
        return Step(state)
    if reading.control in {Control.DENY, Control.SKIP, Control.UNKNOWN}:
        return _declined(state)
    same = reading.control is Control.AFFIRM or says_the_same(reading.text)
    chosen = reading.near if reading.near in near.asked else None
    if same and chosen is None and len(near.asked) == 1:
        chosen = near.asked[0]
    if chosen is not None:
        kept = replace(state, near=replace(near, chosen=chosen), misses=0)
        return Step(kept, outcome=FOLLOWED)
    if same:
        return Step(replace(state, misses=0), (Say(text=city.texts.render("near_which")),))
    if (step := _late_place(state, reading, city)) is not None:
        return step
    if state.misses:
        # Who does not answer this must not be held up by it: a report is never refused.
        return _declined(state, Say(text=city.texts.render("near_goes_on")))
    return miss(state)


def _declined(state: ReportState, *says: Say) -> Step:
    assert state.near is not None
    return Step(replace(state, near=state.near.declined(), misses=0), says)


def _take_extra(state: ReportState, reading: Reading, city: City) -> Step:
    question = next_question(state, city=city)
    if question is None:
        return Step(state)
    if reading.control is Control.SKIP and not _is_choice(question, reading.text):
        if question.required:
            return miss(state)
        return Step(answered(state, question, ""))
    if reading.control is Control.UNKNOWN:
        return Step(answered(state, question, "모름"))
    if question.choices:
        chosen = _match_choice(question, reading.text)
        if chosen is not None:
            return Step(answered(state, question, chosen))
        if (step := _late_place(state, reading, city)) is not None:
            return step
        # Own words are as good as our choices, but a bare yes answers nothing here.
        if reading.control is not None or len(reading.text.strip()) < 3:
            return miss(state)
    elif (better := _better_answer(state, reading, city)) is not None:
        return Step(better, (Say("utter_what_changed"),))
    elif reading.control is Control.DENY and not question.required:
        return Step(answered(state, question, ""))
    elif (step := _late_place(state, reading, city)) is not None:
        return step
    if reading.control is not None or is_noise(reading.text) or not reading.text.strip():
        return miss(state)
    return Step(answered(state, question, reading.text.strip()))


def _better_answer(state: ReportState, reading: Reading, city: City) -> ReportState | None:
    """Words that fit another choice of a question answered before; the one that stands is asked again."""
    for question in city.service(state.service_code or "").questions:
        said = said_in(reading.text, question) if question.id in state.answers else []
        if len(said) == 1 and said[0] != state.answers[question.id]:
            return answered(state, question, said[0])
    return None


def answered(state: ReportState, question: Question, answer: str) -> ReportState:
    """The report with this answer to the service\'s own question."""
    return replace(state, answers={**state.answers, question.id: answer}, misses=0, confirm=None)


def _is_choice(question: Question, text: str) -> bool:
    return _match_choice(question, text) is not None


def _match_choice(question: Question, text: str) -> str | None:
    words = re.sub(r"[^\w]", "", text)
    if not words:
        return None
    for choice in question.choices:
        plain = re.sub(r"[^\w]", "", choice)
        if plain == words or (len(words) >= 3 and (words in plain or plain in words)):
            return choice
    return None


def _take_photo(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.control in {Control.SKIP, Control.DENY, Control.UNKNOWN}:
        return Step(replace(state, photo=SKIPPED, misses=0))
    if (step := _late_place(state, reading, city)) is not None:
        return step
    if reading.control is None and _CANNOT.search(reading.text):
        return Step(replace(state, photo=SKIPPED, misses=0))
    if reading.control is Control.AFFIRM or re.search(r"보낼|올릴|찍을|찍어|기다", reading.text):
        return Step(state, (Say("utter_photo_go_ahead"),))
    return miss(state)


def _take_contact(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.contact is not None:
        return Step(replace(state, misses=0))
    if reading.control in {Control.SKIP, Control.DENY, Control.UNKNOWN}:
        return Step(replace(state, contact=SKIPPED, misses=0), (Say("utter_contact_skipped"),))
    if (step := _late_place(state, reading, city)) is not None:
        return step
    if reading.control is None and _RATHER_NOT.search(reading.text) and not _DIGITS(reading.text):
        return Step(replace(state, contact=SKIPPED, misses=0), (Say("utter_contact_skipped"),))
    return miss(state)


def _take_consent(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.control is Control.AFFIRM:
        return Step(replace(state, consent=YES, misses=0))
    if reading.control is Control.DENY:
        if state.contact not in (None, SKIPPED):
            without = replace(state, contact=SKIPPED, consent=None, misses=0)
            return Step(without, (Say("utter_contact_dropped"), Say("utter_contact_skipped")))
        return Step(state, (Say("utter_consent_refused"),), outcome=CANCELLED)
    return miss(state)


def _take_confirm(state: ReportState, reading: Reading, city: City) -> Step:
    if reading.control is Control.AFFIRM:
        if state.confirm == FIXING:
            return Step(replace(state, confirm=None, misses=0))
        return Step(replace(state, confirm=YES, misses=0), outcome=SUBMIT)
    if reading.control is Control.DENY and state.confirm != FIXING:
        return Step(replace(state, confirm=FIXING, misses=0))
    bare = len(fold(reading.text)) <= BARE_FIELD_LETTERS
    if reading.field is not None and (state.confirm == FIXING or bare):
        return Step(reopen(state, reading.field))
    if reading.text and reading.control is None:
        if state.confirm == FIXING and guess_services(city, reading.text):
            step = retell(state, told=reading.text, city=city)
            if step is not None:
                return step
        place = place_in(reading.text, city=city)
        if place is not None:
            return move(state, place, city)
    if reading.contact is not None:
        return Step(replace(state, misses=0))
    return miss(state)


TAKERS: dict[str, Callable[[ReportState, Reading, City], Step]] = {
    "what": _take_what,
    "split": _take_split,
    "service_code": _take_service_code,
    "where": _take_where,
    "near": _take_near,
    "extra": _take_extra,
    "photo": _take_photo,
    "contact": _take_contact,
    "consent": _take_consent,
    "confirm": _take_confirm,
}
