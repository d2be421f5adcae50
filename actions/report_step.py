"""What one message does to the report: the Step, and the changes that every part of the form shares. Pure.

Must not read a message: report_advance and report_takers do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from actions.base import Say
from actions.report_complaint import reopen_service, take_complaint, take_service
from actions.report_place import outside_by_words, place_answer
from actions.report_state import WANTED, ReportState
from core.city import City, Question
from core.routing import guess_services, gus_in_text
from korean.normalise import fold

_MOVED = " (고친 장소: "
_CHANGED = " (고친 내용: "
_CAPTION = " (사진 설명: "
# A correction of no more letters is a word for the matter, not the whole story told again.
FEW_LETTERS = 10


@dataclass(frozen=True)
class Step:
    """What a message did to the report. ``aside``: it was no answer, the rules reply first."""

    state: ReportState
    says: tuple[Say, ...] = ()
    outcome: str | None = None
    aside: bool = False


def with_known_answers(state: ReportState, *, city: City) -> ReportState:
    """Answers that story and place already give: who said that the lamp is out is not asked whether it is.

    Where the words fit two choices, the question is asked.
    """
    if state.service_code is None or not city.has_service(state.service_code):
        return state
    story, _, changed = (state.what or "").partition(_CHANGED)
    place = (state.where or "").replace(" ", "")
    answers = dict(state.answers)
    for question in city.service(state.service_code).questions:
        if question.id in answers:
            continue
        told = said_in(changed, question) or said_in(story, question)
        if not told and place and "어디" in question.text:
            told = [c for c in question.choices if len(_spot(c)) > 1 and _spot(c) in place]
        if len(told) == 1:
            answers[question.id] = told[0]
    return replace(state, answers=answers)


def said_in(words: str, question: Question) -> list[str]:
    """The choices of a question that these words of a citizen fit."""
    folded = fold(words)
    return [
        choice
        for choice in question.choices
        if any(fold(word) in folded for word in question.told.get(choice, ()))
    ]


def _spot(choice: str) -> str:
    """The thing that a choice such as "소화전 옆" stands by."""
    return choice.removesuffix(" 위").removesuffix(" 옆").replace(" ", "")


def reopen(state: ReportState, field: str) -> ReportState:
    """Empty one part of the report so that it is asked again."""
    state = replace(state, confirm=None, misses=0)
    if field == "what":
        return reopen_service(replace(state, what=None))
    if field == "service_code":
        return reopen_service(state)
    if field == "where":
        return replace(state, where=None, lat=None, long=None, gu=None, dong=None)
    if field == "photo":
        return replace(state, photo=WANTED, attachment_ids=())
    if field == "contact":
        return replace(state, contact=None, consent=None)
    return state


def retell(state: ReportState, *, told: str, city: City) -> Step | None:
    """The matter is another one. A few words are put beside the story, a sentence replaces it."""
    guesses = guess_services(city, told)
    if not guesses:
        return None
    if len(fold(told)) <= FEW_LETTERS and state.what is not None:
        story = state.what.split(_CHANGED, 1)[0]
        changed = replace(state, what=f"{story}{_CHANGED}{told})", misses=0)
        changed = take_service(reopen_service(changed), code=guesses[0].code, city=city)
        return Step(changed, (Say("utter_what_changed"),))
    taken, _ = take_complaint(reopen(state, "what"), text=told, city=city)
    return Step(taken, (Say("utter_what_changed"),)) if taken.what is not None else None


def retold(state: ReportState, *, old: str, new: str, city: City) -> Step | None:
    """The report when the message ``old`` now reads ``new``; None where it had filled nothing."""
    told = fold(old)
    story = fold((state.what or "").split(_MOVED, 1)[0].split(_CHANGED, 1)[0])
    if story and (story in told or told in story):
        fresh = reopen(state, "what")
        if state.where is not None and fold(state.where) in told and state.lat is None:
            fresh = replace(fresh, where=None, gu=None)
        taken, _ = take_complaint(fresh, text=new, city=city)
        if taken.what is not None:
            return Step(taken, (Say("utter_what_changed"),))
        return None
    if state.where is not None and fold(state.where) and fold(state.where) in told:
        place = place_answer(new, city=city)
        return move(state, place, city) if place is not None else None
    return None


def with_caption(state: ReportState, caption: str) -> ReportState:
    """The words under a photo put beside the story."""
    told = state.what or ""
    if fold(caption) in fold(told):
        return replace(state, misses=0)
    return replace(state, what=f"{told}{_CAPTION}{caption.strip()})", misses=0, confirm=None)


def move(state: ReportState, place: str, city: City) -> Step:
    """The report at another place, unless that lies outside the city."""
    outside = outside_by_words(place, city=city)
    if outside is not None:
        return Step(state, (outside.say,))
    moved = replace(
        state,
        what=_with_new_place(state, place),
        where=place,
        lat=None,
        long=None,
        gu=gus_in_text(city, place),
        dong=None,
        confirm=None,
        misses=0,
    )
    return Step(moved, (Say("utter_where_changed", {"where": place}),))


def _with_new_place(state: ReportState, place: str) -> str | None:
    """The citizen's words stay; where they name the old place, the crew reads which one counts."""
    if state.what is None or state.where is None:
        return state.what
    told = state.what.split(_MOVED, 1)[0]
    return f"{told}{_MOVED}{place})" if state.where in told or told != state.what else told


def miss(state: ReportState, *says: Say) -> Step:
    """Not understood: the first time say so, from the second on a person is offered too."""
    misses = state.misses + 1
    if not says:
        says = (Say("utter_not_understood" if misses == 1 else "utter_offer_person"),)
    return Step(replace(state, misses=misses), says)
