"""A month's cases: the ledger as a file, the check as a page to print. Must not change a case."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from console.access import Visit, needs
from console.deps import ConsoleDeps
from console.forms import LONGEST_PURPOSE, read_line, read_words
from console.pages import Pages
from core.audit import record_audit
from core.case_checks import check_month
from core.case_ledger import COLUMNS, ledger_csv
from core.case_month import Month
from core.errors import Refused
from core.officer_sessions import use_form
from core.put_away import in_plain_words, public_numbers


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /checks and /ledger."""

    @router.get("/checks")
    @needs("case.read")
    def checks_page(request: Request) -> Response:
        visit: Visit = request.state.visit
        # By the 5th the month before is checked (시행규칙 7조).
        last, problem = Month.of(visit.now).before(), None
        try:
            month = Month.parse(request.query_params.get("month") or str(last))
        except Refused as refused:
            month, problem = last, refused
        with deps.database.transaction() as session:
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="case.check",
                subject=f"checks:{month}",
                now=visit.now,
            )
        with deps.database.reading() as session:
            check = check_month(session, city=deps.city, month=month, now=visit.now)
        return pages.render(
            request,
            "checks.html",
            problem=problem,
            status_code=200 if problem is None else 400,
            check=check,
            month=month,
            # In the order in which the city names its departments; one that is gone comes last.
            departments=[
                *(
                    (each.id, check.departments[each.id])
                    for each in deps.city.departments
                    if each.id in check.departments
                ),
                *(
                    (key, tally)
                    for key, tally in check.departments.items()
                    if key not in {each.id for each in deps.city.departments}
                ),
            ],
        )

    @router.get("/ledger")
    @needs("case.change")
    def ledger_page(request: Request) -> Response:
        return show_ledger(request, pages=pages)

    @router.post("/ledger")
    @needs("case.change")
    def ledger_file(request: Request) -> Response:
        visit: Visit = request.state.visit
        try:
            month = Month.parse(read_line(visit.form, "month", limit=10))
            purpose = read_words(visit.form, "purpose", limit=LONGEST_PURPOSE)
            if not purpose:
                raise Refused("export_purpose_missing")
            with deps.database.transaction() as session:
                # Each copy that leaves is a line; pressing twice is pressing once, but gives the file.
                if use_form(
                    session,
                    token=read_line(visit.form, "form_token", limit=64),
                    officer_id=visit.signed_in.officer.id,
                    now=visit.now,
                ):
                    record_audit(
                        session,
                        actor=visit.signed_in.officer.actor,
                        action="case.export",
                        subject=f"ledger:{month}",
                        purpose=in_plain_words(purpose, public=public_numbers(deps.city)),
                        now=visit.now,
                    )
        except Refused as refused:
            return show_ledger(request, pages=pages, problem=refused)
        name = f"ledger-{month}.csv"
        korean = quote(f"민원처리부-{month}.csv")
        return StreamingResponse(
            ledger_csv(deps.database, city=deps.city, month=month, now=visit.now),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename=\"{name}\"; filename*=UTF-8''{korean}"
            },
        )


def show_ledger(request: Request, *, pages: Pages, problem: Refused | None = None) -> Response:
    """The form; after a refusal with what was typed."""
    visit: Visit = request.state.visit
    return pages.render(
        request,
        "ledger.html",
        problem=problem,
        status_code=200 if problem is None else 400,
        month=read_line(visit.form, "month", limit=10) or str(Month.of(visit.now)),
        purpose=read_line(visit.form, "purpose", limit=LONGEST_PURPOSE),
        columns=COLUMNS,
    )
