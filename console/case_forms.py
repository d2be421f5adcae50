"""Officers' acts that move a case's clock: extend, ask for a supplement, reject, send on, inspect.

Must not decide what is allowed: core says no with a code, and the page tells what is possible instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console.access import Visit, needs
from console.cases import existing_case, note_case, officer_of, show_case
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import read_line, read_number, read_text, read_words
from console.officers_words import put_away
from console.pages import Pages
from core.case_clock import Terms, clock_rows, history_of
from core.case_inspection import begin_inspection, end_inspection, extend_inspection
from core.case_status import CaseStatus
from core.cases import Actor, change_status
from core.city import City
from core.errors import Refused
from core.officer_sessions import use_form
from core.periods import Period
from core.statutory import own_unit


@dataclass(frozen=True)
class Act:
    """One filled form; ``words`` go to the citizen, ``number`` is a length in the form's unit."""

    case_id: int
    version: int
    actor: Actor
    words: str
    number: int | None
    agency: str
    consent: bool
    now: datetime


Do = Callable[[Session, City, Act], object]


def _change(
    session: Session, city: City, act: Act, *, to: CaseStatus, why: str, terms: Terms
) -> None:
    change_status(
        session,
        city=city,
        case_id=act.case_id,
        to=to,
        actor=act.actor,
        reason=why,
        note=act.words,
        terms=terms,
        expected_version=act.version,
        now=act.now,
    )


def _extend(session: Session, city: City, act: Act) -> None:
    case = existing_case(session, act.case_id)
    if act.number is None or act.number < 1:
        raise Refused("length_missing")
    unit = own_unit(history_of(case, clock_rows(session, case_id=case.id)).period)
    terms = Terms(extension=Period(act.number, unit), consent=act.consent)
    _change(session, city, act, to=CaseStatus.EXTENDED, why="처리 기간을 연장함", terms=terms)


def _supplement(session: Session, city: City, act: Act) -> None:
    terms = Terms(days=act.number)
    to = CaseStatus.SUPPLEMENT_REQUESTED
    _change(session, city, act, to=to, why="보완을 요청함", terms=terms)


def _reject(session: Session, city: City, act: Act) -> None:
    why = "처리할 수 없다고 알림"
    _change(session, city, act, to=CaseStatus.REJECTED, why=why, terms=Terms())


def _transfer(session: Session, city: City, act: Act) -> None:
    if not act.agency:
        raise Refused("agency_missing")
    terms = Terms(agency=act.agency)
    why = f"{act.agency}(으)로 이송함"
    _change(session, city, act, to=CaseStatus.TRANSFERRED, why=why, terms=terms)


def _inspect(session: Session, city: City, act: Act) -> None:
    begin_inspection(
        session,
        city=city,
        case_id=act.case_id,
        days=act.number or 0,
        actor=act.actor,
        reason="현장조사를 시작함",
        note=act.words,
        expected_version=act.version,
        now=act.now,
    )


def _inspect_more(session: Session, city: City, act: Act) -> None:
    extend_inspection(
        session,
        city=city,
        case_id=act.case_id,
        days=act.number or 0,
        actor=act.actor,
        reason="현장조사를 늘림",
        note=act.words,
        expected_version=act.version,
        now=act.now,
    )


def _inspect_end(session: Session, city: City, act: Act) -> None:
    end_inspection(
        session,
        city=city,
        case_id=act.case_id,
        actor=act.actor,
        reason="현장조사를 마침",
        expected_version=act.version,
        now=act.now,
    )


ACTS: Mapping[str, Do] = {
    "extend": _extend,
    "supplement": _supplement,
    "reject": _reject,
    "transfer": _transfer,
    "inspect": _inspect,
    "inspect-more": _inspect_more,
    "inspect-end": _inspect_end,
}


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /cases/{id}/clock/{act}."""

    @router.post("/cases/{case_id}/clock/{act}")
    @needs("case.change")
    def clock(request: Request, case_id: RowId, act: str) -> Response:
        visit: Visit = request.state.visit
        do = ACTS.get(act)
        if do is None:
            raise HTTPException(404)
        try:
            filled = _parse(visit, case_id=case_id)
            with deps.database.transaction() as session:
                case = existing_case(session, case_id)
                conversation_id = case.conversation_id
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=visit.signed_in.officer.id,
                    now=visit.now,
                )
                if first:
                    away = put_away(deps, conversation_id=conversation_id, now=visit.now)
                    filled = replace(
                        filled,
                        words=away(session, filled.words),
                        agency=away(session, filled.agency),
                    )
                    do(session, deps.city, filled)
                    note_case(session, visit, "case.change", case)
        except Refused as refused:
            return show_case(
                request, deps=deps, pages=pages, case_id=case_id, problem=refused, act=act
            )
        deps.kick(conversation_id)
        query = urlencode({"done": "changed" if first else "already"})
        return RedirectResponse(f"/cases/{case_id}?{query}", status_code=303)


def _parse(visit: Visit, *, case_id: int) -> Act:
    form = visit.form
    version = read_number(form, "version")
    if version is None:
        raise Refused("form_malformed")
    return Act(
        case_id=case_id,
        version=version,
        actor=officer_of(visit),
        words=read_text(form, "words", label="시민에게 알릴 말"),
        number=read_number(form, "number"),
        agency=read_words(form, "agency", limit=60),
        consent=read_line(form, "consent", limit=1) == "1",
        now=visit.now,
    )
