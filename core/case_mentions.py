"""Finds which case a citizen means by "그때 그 가로등". Must not guess: what is not clear is asked.

What counts, in this order: the number, the message that is replied to, words of the kind, the place and the
story, when it was filed, what the wish fits, and what was spoken of last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.case_links import linked_cases
from core.case_queries import cases_of
from core.city import City
from core.clock import KST
from core.models.case import Case
from core.models.conversation import Delivery
from core.routing import CLEAR_SCORE, guess_services
from korean.normalise import fold

# Of one conversation; whoever has more names a number.
MOST_CASES = 100
# What was said further back is not "the one just now".
LOOKED_BACK = 10
_KIND, _PLACE, _FILED, _STORY = 3, 3, 2, 1
_NUMBER = re.compile(r"(?<![0-9])20[0-9]{2}-[0-9]{6}(?![0-9])")
_POINTS = re.compile(
    r"아까|방금|조금\s?전|그거|그것|그걸|이거|이것|이걸|(?:그|이)\s?(?:민원|신고|건|접수)"
)
# Such words stand in every story.
_IDLE = re.compile(
    r"(?:민원|신고|접수|처리|다시|아직|지난|저번|그때|어제|오늘|아까|방금|사진|내용|추가|취소|취하|결과|주세요|해주|있어|없어|에서|입니|이에|예요|어요|아요"
    r"|앞에|옆에|근처|입구|출구|사거리|번출구|정도|많이|너무|계속|자꾸|빨리|조금|여기|거기|저기)"
)
_DAY_BEFORE = {"오늘": 0, "아까": 0, "방금": 0, "어제": 1, "그제": 2, "그저께": 2, "엊그제": 2}
# A time counts where it says when the report was made: "어제 신고한", not "어제부터 더 심해요".
_WHEN = re.compile(
    r"(?P<word>오늘|아까|방금|어제|엊그제|그저께|그제|며칠\s?전|지난주|저번\s?주|이번\s?주|지난달|저번\s?달"
    r"|(?P<ago>\d{1,3})\s?(?P<unit>일|주일|주|달|개월)\s?전|(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일)"
    r"(?!부터)(?:에|쯤|날)?\s?.{0,12}?(?:신고|접수|낸|냈|넣|말씀|말한|말했|올린|올렸|보낸|민원|한\s?(?:거|것|건))"
)


@dataclass(frozen=True)
class Found:
    """``case``: the one that is meant. Else one of ``among``, or nothing at all.

    ``followed``: it belongs to another conversation that this one follows. ``missed``: none fits the words,
    or the number is none of this conversation's.
    """

    case: Case | None = None
    among: tuple[Case, ...] = ()
    followed: bool = False
    missed: bool = False


def find_mentioned(
    session: Session,
    *,
    city: City,
    conversation_id: int,
    text: str,
    number: str | None,
    fits: Callable[[Case], bool] = lambda _case: True,
    now: datetime,
) -> Found:
    """The case that ``text`` means among the conversation's own and those that it follows.

    ``number`` is what the message or the one that it replies to names. ``fits`` says whether the wish is
    possible for a case: of several that are named alike the one that fits is meant.
    """
    own = cases_of(session, conversation_id=conversation_id, limit=MOST_CASES)
    followed = linked_cases(session, conversation_id=conversation_id)
    if number is not None:
        for cases, others in ((own, False), (followed, True)):
            for case in cases:
                if case.number == number:
                    return Found(case, followed=others)
        return Found(missed=True)
    named = _best(own, text, city=city, now=now)
    if not named:
        theirs = _best(followed, text, city=city, now=now)
        if len(theirs) == 1 or (not own and len(followed) == 1):
            return Found((theirs or followed)[0], followed=True)
        if not own:
            return Found(among=tuple(theirs or followed), followed=bool(followed))
        if _names_another(text, city=city, own=own):
            return Found(among=tuple(own), missed=True)
    cases = named or own
    cases = [case for case in cases if fits(case)] or cases
    if len(cases) > 1 and not named:
        last, just_now = _spoken_of(session, conversation_id=conversation_id)
        if last is not None and (just_now or _POINTS.search(text)):
            cases = [case for case in cases if case.number == last] or cases
    return Found(cases[0]) if len(cases) == 1 else Found(among=tuple(cases))


def find_named(
    session: Session, *, city: City, conversation_id: int, text: str, now: datetime
) -> list[Case]:
    """The cases, own and followed, of which the text says most; none where it says nothing of any."""
    known = cases_of(session, conversation_id=conversation_id, limit=MOST_CASES)
    known += linked_cases(session, conversation_id=conversation_id)
    return _best(known, text, city=city, now=now)


def _best(cases: Sequence[Case], text: str, *, city: City, now: datetime) -> list[Case]:
    """Those of which the text says most, in their order; none where it says nothing of any."""
    points = {case.id: _points(case, text, city=city, now=now) for case in cases}
    most = max(points.values(), default=0)
    return [case for case in cases if points[case.id] == most] if most else []


def _points(case: Case, text: str, *, city: City, now: datetime) -> int:
    folded = fold(text)
    points = 0
    if any(guess.code == case.service_code for guess in guess_services(city, text)):
        points += _KIND
    elif city.has_service(case.service_code):
        name = re.split(r"[·(\s]", city.service(case.service_code).name)[0]
        points += _KIND if len(name) > 1 and name in folded else 0
    points += _PLACE * _shared(case.place_text, folded)
    points += sum(_FILED for part in (case.gu, case.dong) if part and fold(part) in folded)
    points += _STORY * min(2, _shared(case.what, folded, without=case.place_text))
    when = _filed_when(text, now=now)
    filed = case.received_at.astimezone(KST).date()
    return points + (_FILED if when is not None and when[0] <= filed <= when[1] else 0)


def _shared(told: str, folded: str, *, without: str = "") -> int:
    """How many words of what was told stand in the message, whatever their endings."""
    left_out = fold(without)
    found = 0
    for word in dict.fromkeys(re.findall(r"[가-힣A-Za-z0-9]+", told)):
        stems = [word[:end] for end in range(len(word), max(1, len(word) - 3), -1)]
        found += any(
            len(stem) > 1
            and not stem.isdigit()
            and _IDLE.match(stem) is None
            and stem in folded
            and stem not in left_out
            for stem in stems
        )
    return found


def _names_another(text: str, *, city: City, own: Sequence[Case]) -> bool:
    """Whether the text names a kind of matter that none of these is."""
    guesses = guess_services(city, text)
    if not guesses or guesses[0].score < CLEAR_SCORE:
        return False
    return guesses[0].code not in {case.service_code for case in own}


def _filed_when(text: str, *, now: datetime) -> tuple[date, date] | None:
    """The days in which the report was made, as the text says; None where it does not."""
    found = _WHEN.search(text)
    if found is None:
        return None
    today = now.astimezone(KST).date()
    word = found["word"].replace(" ", "")
    monday = today - timedelta(days=today.weekday())
    if found["month"]:
        try:
            day = date(today.year, int(found["month"]), int(found["day"]))
        except ValueError:
            return None
        day = day if day <= today else day.replace(year=day.year - 1, day=min(day.day, 28))
        return day, day
    if found["ago"]:
        days = {"일": 1, "주": 7, "주일": 7}.get(found["unit"], 30)
        middle = today - timedelta(days=int(found["ago"]) * days)
        slack = timedelta(days=max(1, days // 3))
        return middle - slack, middle + slack
    if word in ("지난주", "저번주"):
        return monday - timedelta(days=7), monday - timedelta(days=1)
    if word == "이번주":
        return monday, today
    if word in ("지난달", "저번달"):
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if word == "며칠전":
        return today - timedelta(days=10), today - timedelta(days=1)
    day = today - timedelta(days=_DAY_BEFORE[word])
    return day, day


def _spoken_of(session: Session, *, conversation_id: int) -> tuple[str | None, bool]:
    """The number of the case that we spoke of last, and whether that was the very last thing said.

    A list of several cases speaks of none.
    """
    said = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == conversation_id)
        .order_by(Delivery.id.desc())
        .limit(LOOKED_BACK)
    ).all()
    for index, each in enumerate(said):
        numbers = set(_NUMBER.findall(str(each.payload.get("text") or "")))
        if len(numbers) == 1:
            return numbers.pop(), index == 0 or each.turn_id == said[0].turn_id is not None
        if numbers:
            return None, False
    return None, False
