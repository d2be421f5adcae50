"""What the acts about an own case share: which case, what was said, how to ask. Must not change a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from actions.base import Result, Say, SotongAction
from actions.moments import in_korean
from actions.turn import Turn
from core.case_mentions import find_mentioned
from core.case_notices import WORDS, act_choice
from core.case_queries import events_of
from core.case_status import TITLES, CaseStatus
from core.case_wishes import Wish, said_in
from core.city import City
from core.clock import KST
from core.database import Database
from core.errors import Refused
from core.models.case import Case
from core.ports import Now
from core.replies import Choice
from korean.case_wishes import things_in
from korean.receipts import read_number

# The n-th of more choices than these would not be found again by its number on every channel.
MOST_CHOICES = 5
# A place on a choice; the rest of it stands in the question that follows.
PLACE_LETTERS = 14
YES, NO, UNDO, PHOTOS, ASK = "yes", "no", "undo", "photos", "ask"


@dataclass(frozen=True)
class Asked:
    """One message about a case. ``said`` is the turn whose ``words`` and ``photos`` go along.

    ``answer``: yes | no | words | photos | undo | ask, or None for a wish. ``seen``: the state of the case
    that was asked about. ``days``: how many more were chosen.
    """

    number: str | None
    answer: str | None
    said: int
    words: str
    photos: tuple[int, ...]
    seen: str | None
    days: int | None

    def wish(self, turn: Turn, case: Case, *, words: str = "") -> Wish:
        """What the citizen wants with this case, by this message."""
        return Wish(
            conversation_id=turn.conversation_id,
            number=case.number,
            turn_id=turn.turn_id,
            words=words,
            seen=self.seen,
        )


class CaseTalk(SotongAction):
    """An action about one of the citizen's own cases."""

    def __init__(self, *, database: Database, city: City, now: Now) -> None:
        self._database = database
        self._city = city
        self._now = now

    def read(self, session: Session, turn: Turn) -> Asked:
        """What the message says, with the words of an earlier one where its choice names that."""
        message = turn.message
        # What was typed was ranked against all intents; the rest is a choice, or an answer to one.
        pressed = message.kind != "text"
        answer = message.value("answer") if pressed else None
        said = message.value("said") if pressed else None
        words = message.text.strip() if not pressed or answer == WORDS else ""
        photos = message.attachment_ids
        if said is not None and said.isdigit():
            words, photos = said_in(
                session, conversation_id=turn.conversation_id, turn_id=int(said)
            )
        days = message.value("days") if pressed else None
        named = message.value("case_number")
        return Asked(
            number=(read_number(named or message.text) or message.about_case),
            answer=answer,
            said=int(said) if said is not None and said.isdigit() else turn.turn_id,
            words=words,
            photos=photos,
            seen=message.value("state") if pressed else None,
            days=int(days) if days is not None and days.isdigit() else None,
        )

    def find(
        self,
        session: Session,
        turn: Turn,
        asked: Asked,
        *,
        intent: str,
        fits: Callable[[Case], bool],
    ) -> Case | Result:
        """The case that is meant, or what to say where that is not clear or not the citizen's own."""
        found = find_mentioned(
            session,
            city=self._city,
            conversation_id=turn.conversation_id,
            text=asked.words,
            number=asked.number,
            fits=fits,
            now=self._now(),
        )
        if found.followed:
            if found.case is not None:
                return self.say("act_followed", choices=self.person(turn), number=found.case.number)
            return self.say("act_followed_many", choices=self.person(turn))
        if found.case is not None:
            return found.case
        if not found.among:
            if asked.number is not None:
                # The same words for another's case and for none: a number tells a stranger nothing.
                return self.say("case_not_yours")
            return Result((Say("utter_no_case_yet"),))
        choices = [
            self.act(self._title(case), intent, case_number=case.number, said=asked.said)
            for case in found.among[:MOST_CHOICES]
        ]
        if found.missed:
            choices += self.new_report(turn)
        return self.say("act_which_missed" if found.missed else "act_which", choices=tuple(choices))

    def refuse(
        self,
        session: Session,
        act: str,
        case: Case,
        refused: Refused,
        *,
        choices: tuple[Choice, ...],
    ) -> Result:
        """Why it is not possible and what is instead: the text ``{act}_no_{code}``."""
        keys = (f"{act}_no_{refused.code}", f"act_no_{refused.code}")
        key = next(key for key in keys if key in self._city.texts.entries)
        values = self.values(session, case)
        values |= {
            name: in_korean(value) if isinstance(value, datetime) else str(value)
            for name, value in refused.values.items()
        }
        return self.say(key, values, choices=choices)

    def changed(self, case: Case, after: Result) -> Result:
        """What the case has become since it was asked about, and then ``after``."""
        told = self._city.texts.render(
            "act_changed", number=case.number, status=TITLES[CaseStatus(case.status)]
        )
        return Result((Say(text=told), *after.says), after.slots)

    def values(self, session: Session, case: Case) -> dict[str, str]:
        """What a text about this case may name."""
        return {
            "number": case.number,
            "status": TITLES[CaseStatus(case.status)],
            "due": in_korean(case.due_at),
            "kind": case.kind,
            "agency": self._agency(session, case),
        }

    def line(self, case: Case) -> str:
        """The case in one line."""
        return self._city.texts.render(
            "act_case_line",
            number=case.number,
            service=self._service(case),
            place=case.place_text,
            date=_day(case),
            status=TITLES[CaseStatus(case.status)],
        )

    def say(
        self,
        key: str,
        about: Mapping[str, str] | None = None,
        *,
        choices: tuple[Choice, ...] = (),
        **more: str,
    ) -> Result:
        """One message with the values that its text names, of ``about`` and ``more``."""
        values = {**(about or {}), **more}
        wanted = self._city.texts.placeholders(key)
        text = self._city.texts.render(key, **{name: values[name] for name in wanted})
        return Result((Say(text=text, choices=choices),))

    def act(self, title: str, intent: str, **values: str | int) -> Choice:
        """A choice that does something about a case."""
        return act_choice(title, intent, **values)

    def titled(self, key: str, intent: str, **values: str | int) -> Choice:
        """As ``act``, with the title from the texts."""
        return act_choice(self._city.texts.render(key), intent, **values)

    def stop(self, intent: str, case: Case, *, next_: str = "", **values: str | int) -> Choice:
        """The choice that leaves it; with ``next_`` what is typed instead is the answer."""
        more: dict[str, str | int] = {"next": next_} if next_ else {}
        key = "act_choice_stop" if next_ else "act_choice_keep"
        return self.titled(key, intent, case_number=case.number, answer=NO, **values, **more)

    def person(self, turn: Turn) -> tuple[Choice, ...]:
        """A person, where no report is open that the choice would have to step over."""
        title = self._city.texts.render("act_choice_person")
        return () if turn.in_form else (Choice(title, "/talk_to_officer"),)

    def new_report(self, turn: Turn) -> tuple[Choice, ...]:
        """A new report, where none is open."""
        title = self._city.texts.render("act_choice_new")
        return () if turn.in_form else (Choice(title, "/report_complaint"),)

    def names(self, case: Case) -> tuple[str, ...]:
        """What this case is called anyway: its place, its kind and the things that it is about."""
        kinds: tuple[str, ...] = ()
        if self._city.has_service(case.service_code):
            service = self._city.service(case.service_code)
            kinds = (service.name, *(word for word in service.keywords if word.isalpha()))
        return (case.place_text, *kinds, case.gu or "", case.dong or "", *things_in(case.what))

    def _title(self, case: Case) -> str:
        place = case.place_text
        short = place if len(place) <= PLACE_LETTERS else f"{place[: PLACE_LETTERS - 1]}…"
        return self._city.texts.render(
            "act_case_title",
            number=case.number,
            service=self._service(case),
            place=short,
            date=_day(case),
        )

    def _service(self, case: Case) -> str:
        if self._city.has_service(case.service_code):
            return self._city.service(case.service_code).name
        return case.service_code

    def _agency(self, session: Session, case: Case) -> str:
        named = [
            str(event.data["agency"])
            for event in events_of(session, case_id=case.id)
            if event.data.get("agency")
        ]
        return named[-1] if named else self._city.texts.render("case_other_agency")


def _day(case: Case) -> str:
    at = case.received_at.astimezone(KST)
    return f"{at.month}월 {at.day}일"
