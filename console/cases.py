"""One case: all that is known, its history, and the change of its state. Must not decide what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console.access import Visit, needs
from console.case_near import values as near_values
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import LONGEST_REASON, read_line, read_number, read_photos, read_text, typed
from console.officers_words import put_away
from console.pages import Pages, token_chip, with_tokens
from core.attachments import stored_files
from core.audit import record_audit
from core.case_clock import SUPPLEMENT, clock_rows, history_of, since_start, supplement_by
from core.case_duties import DEMAND, PROGRESS, REMIND
from core.case_flags import flags_of
from core.case_inspection import running_inspection
from core.case_links import followers_of
from core.case_list import is_overdue
from core.case_notices import remedy
from core.case_queries import events_of
from core.case_routing import decisions_of
from core.case_status import ALLOWED, NOTE_REQUIRED, TITLES, WORKED_ON, CaseStatus
from core.cases import Actor, change_department, change_status
from core.city import City
from core.clock import IMMEDIATE_HOURS, Unit, receive_by
from core.desk import find_case_by_id
from core.errors import Refused
from core.failpoints import failpoint
from core.inbound import Photo
from core.models.case import Case, CaseEvent
from core.officer_sessions import use_form
from core.officers import allows
from core.ratings import rating_of
from core.statutory import INSPECTED_KIND, own_unit

_UNITS = {
    Unit.HOURS: "근무시간",
    Unit.DAYS: "일",
    Unit.WEEKS: "주",
    Unit.MONTHS: "개월",
    Unit.YEARS: "년",
}


@dataclass(frozen=True)
class WantedChange:
    """What an officer asked for; ``version`` is the case's version that they were looking at."""

    version: int
    to: CaseStatus
    reason: str
    note: str
    photos: tuple[tuple[Photo, str], ...]


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /cases/{id} and its change of state."""

    @router.get("/cases/{case_id}")
    @needs("case.read")
    def case_page(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit
        with deps.database.transaction() as session:
            note_case(session, visit, "case.read", existing_case(session, case_id))
        return show_case(request, deps=deps, pages=pages, case_id=case_id)

    @router.post("/cases/{case_id}/status")
    @needs("case.change")
    def change(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit
        officer = visit.signed_in.officer
        try:
            wanted = _parse_change(visit, deps=deps)
            with deps.database.transaction() as session:
                case = existing_case(session, case_id)
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=officer.id,
                    now=visit.now,
                )
                away = put_away(deps, conversation_id=case.conversation_id, now=visit.now)
                if first:
                    change_status(
                        session,
                        city=deps.city,
                        case_id=case.id,
                        to=wanted.to,
                        actor=officer_of(visit),
                        reason=away(session, wanted.reason),
                        note=away(session, wanted.note),
                        photos=[(photo, away(session, alt)) for photo, alt in wanted.photos],
                        expected_version=wanted.version,
                        now=visit.now,
                    )
                    note_case(session, visit, "case.change", case)
        except Refused as refused:
            return show_case(request, deps=deps, pages=pages, case_id=case_id, problem=refused)
        failpoint("status_changed")
        deps.kick(case.conversation_id)
        query = urlencode({"done": "changed" if first else "already"})
        return RedirectResponse(f"/cases/{case_id}?{query}", status_code=303)

    @router.post("/cases/{case_id}/department")
    @needs("case.change")
    def move(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit
        officer = visit.signed_in.officer
        try:
            reason = read_text(visit.form, "why", label="까닭", limit=LONGEST_REASON)
            with deps.database.transaction() as session:
                case = existing_case(session, case_id)
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=officer.id,
                    now=visit.now,
                )
                away = put_away(deps, conversation_id=case.conversation_id, now=visit.now)
                if first:
                    change_department(
                        session,
                        city=deps.city,
                        case_id=case_id,
                        department_id=read_line(visit.form, "department", limit=60),
                        actor=officer_of(visit),
                        reason=away(session, reason),
                        expected_version=read_number(visit.form, "version"),
                        now=visit.now,
                    )
                    note_case(session, visit, "case.move", case)
        except Refused as refused:
            return show_case(request, deps=deps, pages=pages, case_id=case_id, problem=refused)
        query = urlencode({"done": "moved" if first else "already"})
        return RedirectResponse(f"/cases/{case_id}?{query}", status_code=303)


def _parse_change(visit: Visit, *, deps: ConsoleDeps) -> WantedChange:
    """The form's values. Photos are cleaned here, before the transaction, so no writer waits for it."""
    form = visit.form
    version = read_number(form, "version")
    if version is None:
        raise Refused("form_malformed")
    to = read_line(form, "to", limit=30)
    if to not in {state.value for state in CaseStatus}:
        raise Refused("status_missing")
    if to == CaseStatus.MERGED.value:
        # Into which one? Otherwise nobody would hear anything more (console.case_merge).
        raise Refused("merge_unknown")
    return WantedChange(
        version=version,
        to=CaseStatus(to),
        reason=read_text(form, "reason", label="까닭", limit=LONGEST_REASON),
        note=read_text(form, "note", label="알릴 말"),
        photos=tuple(read_photos(form, store=deps.store)),
    )


def note_case(session: Session, visit: Visit, action: str, case: Case) -> None:
    """Write down who did what with a case and the talk that it came from."""
    record_audit(
        session,
        actor=visit.signed_in.officer.actor,
        action=action,
        subject=f"case:{case.id}",
        conversation_id=case.conversation_id,
        now=visit.now,
    )


def officer_of(visit: Visit) -> Actor:
    """Who acts, with the department of the account."""
    officer = visit.signed_in.officer
    return Actor("officer", str(officer.id), officer.name, officer.department_id)


def existing_case(session: Session, case_id: int) -> Case:
    """The case, or the page that there is none."""
    case = find_case_by_id(session, case_id)
    if case is None:
        raise HTTPException(404)
    return case


def show_case(
    request: Request,
    *,
    deps: ConsoleDeps,
    pages: Pages,
    case_id: int,
    problem: Refused | None = None,
    act: str = "",
) -> Response:
    """The case's page; after a refusal with what was typed into the form ``act``, and what is new."""
    visit: Visit = request.state.visit
    with deps.database.reading() as session:
        case = existing_case(session, case_id)
        events = events_of(session, case_id=case_id)
        rating = rating_of(session, case_id=case_id)
        files = stored_files(session, _file_ids(case, events))
        followers = [talk.id for talk in followers_of(session, case_id=case_id)]
        rows = clock_rows(session, case_id=case_id)
        inspection = running_inspection(session, case, now=visit.now)
        flags = flags_of(session, case_id=case_id)
        near = near_values(session, city=deps.city, case=case, now=visit.now)
    stale = problem is not None and problem.code == "stale"
    seen = read_number(visit.form, "version")
    may_reveal = allows(visit.signed_in.officer, "personal.reveal")
    service = (
        deps.city.service(case.service_code) if deps.city.has_service(case.service_code) else None
    )
    asked = {question.id: question.text for question in service.questions} if service else {}
    allowed = ALLOWED[CaseStatus(case.status)]
    period = history_of(case, rows).period
    requests = since_start(rows, SUPPLEMENT)
    again = bool(requests)
    duties = deps.city.duties
    return pages.render(
        request,
        "case.html",
        status_code=200 if problem is None else 409 if stale else 400,
        problem=problem,
        case=case,
        events=events,
        rating=rating,
        flags=flags,
        followers=followers,
        files=files,
        files_of=lambda ids: [files[each] for each in ids if each in files],
        newer=_newer(events, case=case, seen=seen) if stale else (),
        # After another fault the form keeps the version it was made from: a change by someone
        # else in the meantime must still be noticed.
        version=seen if problem is not None and not stale and seen is not None else case.version,
        answers=[(asked.get(key, key), value) for key, value in case.answers.items()],
        overdue=is_overdue(case, visit.now),
        # In the order of the table, so that the list always reads the same.
        next_states=[
            (s.value, TITLES[s], s in NOTE_REQUIRED)
            for s in CaseStatus
            if s in allowed and s is not CaseStatus.MERGED
        ],
        **near,
        typed=typed(
            visit.form,
            *("to", "reason", "note", "department", "why"),
            *("words", "number", "agency", "consent", "into", "merge_reason"),
        ),
        act=act,
        allowed={state.value for state in allowed},
        clock=rows,
        receive_by=_receive_by(case, deps.city),
        inspection=inspection,
        inspection_allowed=case.kind == INSPECTED_KIND and CaseStatus(case.status) in WORKED_ON,
        duties=duties,
        supplement_days=duties.supplement_again_days if again else duties.supplement_days,
        supplement_by=supplement_by(case, rows, city=deps.city),
        asked_first_at=requests[0].starts_at if requests else None,
        unit=_UNITS[own_unit(period)],
        most_extension=IMMEDIATE_HOURS if period.unit is Unit.IMMEDIATE else period.count,
        decisions=decisions_of(case, events),
        remedy_text=remedy(deps.city, kind=case.kind, refused=True),
        departments=deps.city.departments,
        contact=None
        if case.contact_token is None
        else token_chip(
            case.contact_token, conversation_id=case.conversation_id, may_reveal=may_reveal
        ),
        shown=lambda text: with_tokens(
            text, conversation_id=case.conversation_id, may_reveal=may_reveal
        ),
    )


def _file_ids(case: Case, events: list[CaseEvent]) -> Iterator[int]:
    yield from case.attachment_ids
    for event in events:
        yield from (photo["id"] for photo in event.data.get("photos", ()))
        yield from event.data.get("attachments", ())


def _receive_by(case: Case, city: City) -> datetime | None:
    """By when what arrived had to be received (시행령 6조); None where no holidays are known."""
    try:
        return receive_by(case.arrived_at, calendar=city.calendar, duties=city.duties).due
    except Refused:
        return None


def _newer(events: list[CaseEvent], *, case: Case, seen: int | None) -> list[CaseEvent]:
    """What happened since the officer's page was made: each change raises the version by one."""
    count = case.version - (seen or 0)
    changes = [event for event in events if event.kind not in (REMIND, PROGRESS, DEMAND)]
    return changes[-count:] if 0 < count < len(changes) else changes
