"""Officers' acts that merge a case into another and undo it. Must not decide what is allowed: core does."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from console.access import Visit, needs
from console.cases import existing_case, note_case, officer_of, show_case
from console.conversations import RowId
from console.deps import ConsoleDeps
from console.forms import LONGEST_REASON, read_line, read_number, read_text
from console.pages import Pages
from core.case_hearers import hearers, merge_of
from core.case_merges import undo_merge
from core.case_merging import merge_case
from core.errors import Refused
from core.officer_sessions import use_form
from core.put_away import in_plain_words, public_numbers

Do = Callable[[Session], object]


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /cases/{id}/merge and /cases/{id}/unmerge."""

    @router.post("/cases/{case_id}/merge")
    @needs("case.change")
    def merge(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit

        def do(session: Session) -> None:
            merge_case(
                session,
                city=deps.city,
                case_id=case_id,
                into_number=read_line(visit.form, "into", limit=20),
                actor=officer_of(visit),
                reason=_reason(deps, visit),
                expected_version=_version(visit),
                now=visit.now,
            )
            _note(session, visit, case_id, "case.merge")

        return _answer(request, case_id, act="merge", done="merged", do=do)

    @router.post("/cases/{case_id}/unmerge")
    @needs("case.change")
    def unmerge(request: Request, case_id: RowId) -> Response:
        visit: Visit = request.state.visit

        def do(session: Session) -> None:
            _note(session, visit, case_id, "case.unmerge")
            undo_merge(
                session,
                city=deps.city,
                case_id=case_id,
                actor=officer_of(visit),
                reason=_reason(deps, visit),
                expected_version=_version(visit),
                now=visit.now,
            )

        return _answer(request, case_id, act="unmerge", done="unmerged", do=do)

    def _answer(request: Request, case_id: int, *, act: str, done: str, do: Do) -> Response:
        """Do it once for one form, then show the case; a refusal shows it with what was typed."""
        visit: Visit = request.state.visit
        try:
            with deps.database.transaction() as session:
                existing_case(session, case_id)
                # Afterwards a merged case no longer tells whose talks have to hear of it.
                talks = hearers(session, case_id)
                first = use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=visit.signed_in.officer.id,
                    now=visit.now,
                )
                if first:
                    do(session)
        except Refused as refused:
            return show_case(
                request, deps=deps, pages=pages, case_id=case_id, problem=refused, act=act
            )
        for talk in sorted(talks):
            deps.kick(talk)
        query = urlencode({"done": done if first else "already"})
        return RedirectResponse(f"/cases/{case_id}?{query}", status_code=303)


def _note(session: Session, visit: Visit, case_id: int, action: str) -> None:
    """An audit line for the case and for the one that leads it."""
    case = existing_case(session, case_id)
    note_case(session, visit, action, case)
    merge = merge_of(session, case_id=case_id)
    if merge is not None:
        note_case(session, visit, action, existing_case(session, merge.into_id))


def _reason(deps: ConsoleDeps, visit: Visit) -> str:
    """Why, without personal data: it stands in both cases, so a token of one citizen has no place in it."""
    words = read_text(visit.form, "merge_reason", label="까닭", limit=LONGEST_REASON)
    return in_plain_words(words, public=public_numbers(deps.city))


def _version(visit: Visit) -> int:
    version = read_number(visit.form, "version")
    if version is None:
        raise Refused("form_malformed")
    return version
