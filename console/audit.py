"""The audit log (접속기록) for whoever must check it: filters and pages. Must change and hand out nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from console import audit_words
from console.access import Visit, needs
from console.deps import ConsoleDeps
from console.pages import Pages
from core.audit import record_audit
from core.audit_queries import AuditFilter, find_lines
from core.clock import KST
from core.officers import list_officers, names_of

LINES_PER_PAGE = 50
_LONGEST = 60


@dataclass(frozen=True)
class Asked:
    """What the address asks for, as it stands in the form again."""

    start: str
    end: str
    actor: str
    subject: str
    group: str
    before: int | None

    @property
    def narrows(self) -> bool:
        """Whether anything but the page was chosen."""
        return bool(self.start or self.end or self.actor or self.subject or self.group)

    def filter(self) -> AuditFilter:
        """For the query: days are Seoul's, the last one with its end."""
        end = _day(self.end)
        return AuditFilter(
            start=_day(self.start),
            end=None if end is None else end + timedelta(days=1),
            actor=self.actor,
            subject=self.subject,
            action=self.group,
        )

    def address(self, *, before: int | None) -> str:
        """The address of an older page of the same list, or of its first one."""
        values = {
            "from": self.start,
            "to": self.end,
            "actor": self.actor,
            "subject": self.subject,
            "group": self.group,
            "before": "" if before is None else str(before),
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/audit?{query}" if query else "/audit"


def parse_asked(query: QueryParams) -> Asked:
    """The filter in an address; what cannot be read narrows nothing."""

    def text(name: str) -> str:
        return " ".join(query.get(name, "").replace("\0", "").split())[:_LONGEST]

    def day(name: str) -> str:
        value = text(name)
        return value if _day(value) is not None else ""

    group, before = text("group"), text("before")
    return Asked(
        start=day("from"),
        end=day("to"),
        actor=text("actor"),
        subject=text("subject"),
        group=group if group in audit_words.GROUPS else "",
        before=int(before) if before.isascii() and before.isdigit() and len(before) <= 12 else None,
    )


def add_pages(router: APIRouter, *, deps: ConsoleDeps, pages: Pages) -> None:
    """Add /audit."""

    @router.get("/audit")
    @needs("audit.read")
    def audit_page(request: Request) -> Response:
        visit: Visit = request.state.visit
        asked = parse_asked(request.query_params)
        with deps.database.transaction() as session:
            found = find_lines(
                session, asked.filter(), limit=LINES_PER_PAGE + 1, before=asked.before
            )
            names, officers = names_of(session), list_officers(session)
            # Looking here is looking at what people did: it is told like any other look.
            record_audit(
                session,
                actor=visit.signed_in.officer.actor,
                action="audit.read",
                subject=f"audit:{asked.address(before=None).partition('?')[2] or 'all'}",
                now=visit.now,
            )
        return pages.render(
            request,
            "audit.html",
            lines=found[:LINES_PER_PAGE],
            older=found[LINES_PER_PAGE - 1].id if len(found) > LINES_PER_PAGE else None,
            asked=asked,
            awords=audit_words,
            names=names,
            officers=officers,
        )


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=KST)
    except ValueError:
        return None
    # Years that no database could compare after a day was added.
    return day if 2000 <= day.year <= 2200 else None
