"""Tells a citizen about the cases of this conversation. Never about others' cases."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy.orm import Session

from actions.base import Result, Say, SotongAction
from actions.moments import in_korean
from actions.turn import Message, Turn
from core.case_follow import followed_cases
from core.case_links import linked_cases
from core.case_mentions import find_named
from core.case_queries import cases_of, events_of, look_up
from core.case_status import TITLES, CaseStatus
from core.city import City
from core.database import Database
from core.errors import Refused
from core.lookup_codes import LookupCodes
from core.models.case import Case
from core.ports import Now
from core.replies import Choice, Point
from korean.receipts import NUMBER, read_code, read_number

# What is left of "2026-000123에 추가할게요" when number and verb are gone says nothing.
_ASK_ONLY = re.compile(
    r"(?:민원|신고|접수|한|했던|했던거|아까|제|내|거|것|건|그|에|에다|에다가|내용|사진|도|좀|더|을|를|추가|덧붙|보태|보충|수정|하고|싶|이|고|할|해|하|게"
    r"|께|래|요|어|은|는|데|려|줘|주세|수|있|나|습|니다|까|번|자료|말|말씀|드리|드릴|ㄹ|될|되|가능|한가|아까그|싶은)*"
)
MOST_CASES = 5
REPORT = Choice("신고하기", "/report_complaint")
PERSON = Choice("상담원과 이야기하기", "/talk_to_officer")


def case_number_in(message: Message) -> str | None:
    """The case number of a message, or of what it replies to, as it is kept (2026-000123), or None."""
    return read_number(message.value("case_number") or message.text) or message.about_case


class CheckCase(SotongAction):
    """ "내 민원 어떻게 됐어요?": the conversation's own cases, newest first."""

    action_name = "action_check_case"

    def __init__(self, *, database: Database, city: City, codes: LookupCodes, now: Now) -> None:
        self._database = database
        self._city = city
        self._codes = codes
        self._now = now

    def work(self, turn: Turn) -> Result:
        """One case in full when its number is named and it is the citizen's own, or the code is."""
        texts = self._city.texts
        number = case_number_in(turn.message)
        code = read_code(turn.message.text)
        if number is not None and code is not None:
            return Result((self._by_code(number, code),))
        found = True
        with self._database.reading() as session:
            cases = cases_of(
                session, conversation_id=turn.conversation_id, limit=100 if number else MOST_CASES
            )
            # Those that were linked by their codes are this citizen's as well.
            cases += linked_cases(session, conversation_id=turn.conversation_id)
            followed = followed_cases(session, conversation_id=turn.conversation_id)
            if number is not None:
                own = next((case for case in cases if case.number == number), None)
                # The same words for another's case and for none: a number tells a stranger nothing.
                found = own is not None
                say = self._one(session, own) if own else Say(text=texts.render("case_not_yours"))
                if own is None and any(case.number == number for case in followed):
                    # Only how it stands: it is somebody else's.
                    found = True
                    line = next(
                        self._follow_line(case) for case in followed if case.number == number
                    )
                    say = Say(text=texts.render("follow_list", lines=line))
            elif (meant := self._meant(session, turn)) is not None:
                say = self._one(session, meant)
            elif not cases:
                found = False
                say = Say(text=texts.render("case_none"))
            elif len(cases) == 1:
                say = self._one(session, cases[0])
            else:
                lines = [texts.render("case_list_header", count=len(cases))]
                lines += [self._line(case) for case in cases]
                say = Say(text="\n".join(lines))
            if number is None and followed:
                others = "\n".join(self._follow_line(case) for case in followed[:MOST_CASES])
                told = texts.render("follow_list", lines=others)
                say = Say(text=f"{say.text}\n{told}", location=say.location)
        choices = () if found or turn.in_form else (REPORT, PERSON)
        return Result((replace(say, choices=choices),))

    def _meant(self, session: Session, turn: Turn) -> Case | None:
        """The one case that the words name ("그때 그 가로등 어떻게 됐어요?"), where it is clear."""
        text = turn.message.text
        found = find_named(
            session,
            city=self._city,
            conversation_id=turn.conversation_id,
            text=text,
            now=self._now(),
        )
        return found[0] if turn.message.kind == "text" and len(found) == 1 else None

    def _by_code(self, number: str, code: str) -> Say:
        """The case whose receipt carries both; a wrong code is counted as on the look-up page."""
        texts = self._city.texts
        try:
            with self._database.transaction() as session:
                case = look_up(
                    session, codes=self._codes, number=number, code=code, now=self._now()
                )
                return self._one(session, case) if case else Say(text=texts.render("lookup_failed"))
        except Refused:
            return Say(text=texts.render("web_problem_lookup_locked"))

    def _line(self, case: Case) -> str:
        return self._city.texts.render(
            "case_list_line",
            number=case.number,
            service=self._service(case),
            place=case.place_text,
            status=TITLES[CaseStatus(case.status)],
            due=in_korean(case.due_at),
        )

    def _follow_line(self, case: Case) -> str:
        return self._city.texts.render(
            "follow_line",
            number=case.number,
            service=self._service(case),
            status=TITLES[CaseStatus(case.status)],
        )

    def _one(self, session: Session, case: Case) -> Say:
        """The case in full, with its place on the map where the citizen gave or we found one."""
        department = self._city.department(case.department_id)
        text = self._city.texts.render(
            "lookup_found",
            number=case.number,
            service=self._service(case),
            status=TITLES[CaseStatus(case.status)],
            department=f"{department.name} (전화 {department.phone})",
            due=in_korean(case.due_at),
        )
        notes = [
            event.note
            for event in events_of(session, case_id=case.id, public_only=True)
            if event.note and event.kind == "status" and event.actor_kind != "citizen"
        ]
        return Say(
            text=f"{text}\n· 알림: {notes[-1]}" if notes else text,
            location=None if case.lat is None or case.long is None else Point(case.lat, case.long),
        )

    def _service(self, case: Case) -> str:
        if self._city.has_service(case.service_code):
            return self._city.service(case.service_code).name
        return case.service_code


def says_something(text: str) -> bool:
    """Whether there is more than the wish to add something."""
    rest = re.sub(r"[^\w]|\d", "", NUMBER.sub("", text))
    return _ASK_ONLY.fullmatch(rest) is None
