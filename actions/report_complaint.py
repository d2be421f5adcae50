"""Reads what a citizen complains about: substance, kind of service, a second complaint. Pure.

Must not ask anything; a complaint that fits several services keeps them as guesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.base import Say
from actions.report_parse import read_message
from actions.report_place import bare_place, is_vague, outside_by_words, place_in
from actions.report_state import ReportState
from actions.service_choice import OTHER, Heard, choose_service
from actions.turn import Message
from core.city import City
from core.routing import guess_services, gus_in_text
from korean.complaints import split_complaints
from korean.normalise import fold

SUGGESTION = "suggestion"
# A text without any known word needs this many letters to be somebody's trouble.
LETTERS_OF_A_STORY = 6

# "민원 하나 넣고 싶은데요" says that there is a complaint, not which one.
_BARE = re.compile(
    r"(?:저기|안녕하세요|안녕|여보세요|제가|나|저|좀|뭐|뭘|하나|한가지|한건|여기|여기다|이거|그|새|새로|다른|또|민원|신고|접수|불편"
    r"|더|추가|추가로|이번|이번엔|이번에|사항|불만|문제|건의|제안|의견|아이디어|칭찬|글|을|를|이|가|은|는|도|에|넣|내|할|하|있|싶|려|고|러|왔|어|요|습|입|합|니다|니더|데"
    r"|게|께|래|수|까|줘|주세|해|기|구|남기|말|말씀|드리|드릴|드려|등록|부탁|부탁드려|어떻게|어디|서|시작|겠|가능|한가|죠|지|은|야|돼|되|될|거"
    r"|것|볼|봐|보|넣을|쫌|인|한|들|생|생겼|였|싶|네|예|응|건|로|다|시|청|신청|으|야|라|자)+"
)


def has_substance(text: str, *, city: City) -> bool:
    """Whether the text says what is wrong, not only that something is."""
    folded = fold(text)
    if not folded or _BARE.fullmatch(folded):
        return False
    if read_message(Message(text=text)).control is not None:
        return False
    return bool(guess_services(city, text)) or len(folded) >= LETTERS_OF_A_STORY


def take_complaint(
    state: ReportState, *, text: str, city: City, heard: Sequence[Heard] = ()
) -> tuple[ReportState, tuple[Say, ...]]:
    """Fill what, service, where and gu from a story. Unchanged when it has no substance.

    ``heard``: the kinds of service that the classifier hears in exactly this text.
    """

    def best_guess(part: str) -> str | None:
        guesses = guess_services(city, part)
        return guesses[0].code if guesses else None

    parts = split_complaints(text, guess=best_guess)
    first = parts[0].strip() if parts else text.strip()
    only_place = None if guess_services(city, first) else bare_place(first, city=city)
    if only_place is not None and outside_by_words(only_place, city=city) is None:
        # Where without what: kept, and what is still asked.
        return replace(state, where=only_place, gu=gus_in_text(city, only_place)), ()
    if not has_substance(first, city=city):
        return state, ()
    says: tuple[Say, ...] = ()
    pending = " ".join(part.strip() for part in parts[1:]) or None
    # Whether they become two cases the form asks next (slot split).
    state = replace(state, what=first, pending_complaint=pending, split=None)
    if not state.has_place:
        place = place_in(first, city=city)
        outside = outside_by_words(place, city=city) if place is not None else None
        if outside is not None:
            says += (outside.say,)
        elif place is not None and not is_vague(place):
            state = replace(state, where=place, gu=gus_in_text(city, place))
    if state.service_code is None:
        # Of two complaints in one message the classifier heard a mixture.
        state = _guess(state, text=first, city=city, heard=heard if pending is None else ())
        if state.service_code not in (None, OTHER) and pending is None:
            name = city.service(str(state.service_code)).name
            says += (Say("utter_report_started", {"service": name}),)
    return state, says


def take_service(state: ReportState, *, code: str, city: City) -> ReportState:
    """Set the kind of service; a code that the city does not know counts as the catch-all one."""
    known = code if city.has_service(code) else OTHER
    return replace(state, service_code=known, guesses=(), service_why=None)


def reopen_service(state: ReportState) -> ReportState:
    """Forget the kind of service and what was asked because of it."""
    return replace(state, service_code=None, guesses=(), answers={}, confirm=None, service_why=None)


def _guess(state: ReportState, *, text: str, city: City, heard: Sequence[Heard]) -> ReportState:
    choice = choose_service(city, text, heard)
    return replace(state, service_code=choice.code, guesses=choice.guesses, service_why=choice.why)
