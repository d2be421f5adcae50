"""An officer writes down what they found about cases that belong together. Must not merge or close any."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from console.access import Visit, needs
from console.cases import existing_case, note_case, officer_of, show_case
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import LONGEST_REASON, read_line, read_number, read_text
from console.officers_words import put_away
from console.pages import Pages
from core.case_flags import settle_flag
from core.errors import Refused
from core.officer_sessions import use_form


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add the form of /cases/{id}/flag."""

    @router.post("/cases/{case_id}/flag")
    @needs("case.change")
    def settle(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit
        try:
            reason = read_text(visit.form, "found", label="살펴본 것", limit=LONGEST_REASON)
            with deps.database.transaction() as session:
                case = existing_case(session, case_id)
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=visit.signed_in.officer.id,
                    now=visit.now,
                )
                if first:
                    talk = case.conversation_id
                    away = put_away(deps, conversation_id=talk, now=visit.now)
                    settle_flag(
                        session,
                        case_id=case.id,
                        flag_id=read_number(visit.form, "flag") or 0,
                        actor=officer_of(visit),
                        reason=away(session, reason),
                        now=visit.now,
                    )
                    note_case(session, visit, "case.flag", case)
        except Refused as refused:
            return show_case(request, deps=deps, pages=pages, case_id=case_id, problem=refused)
        query = urlencode({"done": "settled_flag" if first else "already"})
        return RedirectResponse(f"/cases/{case_id}?{query}", status_code=303)
