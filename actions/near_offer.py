"""Looks for reports near the one that is being taken down, and asks whether it is the same thing.

Must not show what another citizen wrote or sent: service, rough distance, when, state; the number only of an
own one. Asked once for a place, before anything more is asked; a report is never refused (민원처리법 9조).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from actions.base import Say
from actions.report_near import NearReports, key_of
from actions.report_state import FOLLOWED, SKIPPED, ReportState
from actions.report_step import Step
from actions.turn import Turn
from core.case_follow import OWN, follow_case
from core.case_hearers import leading_case
from core.case_status import DONE, TITLES, CaseStatus
from core.city import City
from core.clock import KST
from core.database import Database
from core.geo import distance_km
from core.models.case import Case
from core.nearby import Spot, find_nearby
from core.ports import Now
from core.replies import Choice

# Nearer than this a figure would only tell whose door it is.
VERY_NEAR = 20


class NearOffer:
    """What the form asks of near reports."""

    def __init__(self, *, database: Database, city: City, now: Now) -> None:
        self._database, self._city, self._now = database, city, now

    def look(self, state: ReportState) -> ReportState:
        """The report with what is near its place; nothing is looked for twice for one place and service."""
        settled = state.service_code is not None and state.has_place and state.where != SKIPPED
        key = key_of(state)
        if not settled or (state.near is not None and state.near.key == key):
            return state
        seen = state.near.seen if state.near is not None else ()
        spot = Spot(
            service_code=str(state.service_code),
            what=state.what or "",
            place_text=state.where or "",
            lat=state.lat,
            long=state.long,
            gu=state.gu,
        )
        with self._database.reading() as session:
            found = find_nearby(
                session, city=self._city, spot=spot, now=self._now(), but=frozenset(seen)
            )
        asked = tuple(each.case_id for each in found)
        return replace(state, near=NearReports(key, asked=asked, seen=seen))

    def check(self, step: Step) -> Step:
        """The step, or the report going on where the chosen case was closed in the meantime."""
        near = step.state.near
        if step.outcome != FOLLOWED or near is None or near.chosen is None:
            return step
        with self._database.reading() as session:
            case = leading_case(session, session.get_one(Case, near.chosen))
        if CaseStatus(case.status) not in DONE:
            return step
        on = replace(step.state, near=near.declined())
        return Step(on, (Say(text=self._city.texts.render("near_closed")),))

    def question(self, turn: Turn, state: ReportState) -> Say:
        """Those near, each with a choice of its own, and the choice to file all the same."""
        asked = state.near.asked if state.near is not None else ()
        texts = self._city.texts
        with self._database.reading() as session:
            cases = [session.get_one(Case, each) for each in asked]
        lines = [
            texts.render("near_several", count=len(cases))
            if len(cases) > 1
            else texts.render("near_one")
        ]
        lines += [
            self._line(case, index, state, own=case.conversation_id == turn.conversation_id)
            for index, case in enumerate(cases, start=1)
        ]
        lines.append(texts.render("near_question"))
        return Say(text="\n".join(lines), choices=self._choices(asked))

    def follow(self, session: Session, turn: Turn, state: ReportState) -> Say:
        """Follow the chosen case, in the caller's transaction, and say what that means."""
        assert state.near is not None
        assert state.near.chosen is not None
        followed = follow_case(
            session,
            conversation_id=turn.conversation_id,
            case_id=state.near.chosen,
            now=self._now(),
        )
        case, texts = followed.case, self._city.texts
        status = TITLES[CaseStatus(case.status)]
        if followed.outcome == OWN:
            words = texts.render("near_own", number=case.number, status=status)
            if case.conversation_id == turn.conversation_id:
                words += "\n" + texts.render("near_add", number=case.number)
            return Say(text=words)
        if CaseStatus(case.status) in DONE:
            return Say(text=texts.render("near_followed_done", number=case.number, status=status))
        service = self._city.service(case.service_code).name
        return Say(
            text=texts.render("near_followed", number=case.number, service=service, status=status)
        )

    def _choices(self, asked: Sequence[int]) -> tuple[Choice, ...]:
        texts = self._city.texts
        same = [
            Choice(
                texts.render("choice_near_same_of", index=index)
                if len(asked) > 1
                else texts.render("choice_near_same"),
                f"/affirm{json.dumps({'near': str(case_id)})}",
            )
            for index, case_id in enumerate(asked, start=1)
        ]
        return (*same, Choice(texts.render("choice_near_file"), "/deny"))

    def _line(self, case: Case, index: int, state: ReportState, *, own: bool) -> str:
        texts = self._city.texts
        service = self._city.service(case.service_code).name
        status = TITLES[CaseStatus(case.status)]
        if own:
            return texts.render(
                "near_line_own", index=index, service=service, number=case.number, status=status
            )
        return texts.render(
            "near_line",
            index=index,
            service=service,
            where=self._where(case, state),
            when=self._when(case.arrived_at),
            status=status,
        )

    def _where(self, case: Case, state: ReportState) -> str:
        texts = self._city.texts
        if state.lat is None or state.long is None or case.lat is None or case.long is None:
            return texts.render("near_same_words")
        metres = 1000 * distance_km(
            lat1=state.lat, long1=state.long, lat2=case.lat, long2=case.long
        )
        if metres < VERY_NEAR:
            return texts.render("near_very")
        step = 10 if metres < 100 else 50
        return texts.render("near_away", metres=round(metres / step) * step)

    def _when(self, at: datetime) -> str:
        days = (self._now().astimezone(KST).date() - at.astimezone(KST).date()).days
        if days <= 0:
            return self._city.texts.render("near_today")
        if days == 1:
            return self._city.texts.render("near_yesterday")
        return self._city.texts.render("near_days", days=days)
