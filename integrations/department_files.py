"""Addresses of pictures and videos for a department: signed and for a time. Must not be public.

An address works only for files of cases that this department was given.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from core.attachments import StoredFile, as_stored
from core.audit import record_audit
from core.database import Database
from core.file_links import FileLinks
from core.files import FileGone, FileStore
from core.models.case import Case
from core.models.conversation import Attachment
from core.models.department import DepartmentMessage
from core.ports import Now
from core.texts import Texts
from dialogue.file_answer import file_answer

# A mail is read on Monday; a webhook is worked at once, and its files within a day.
MAIL_LASTS = timedelta(days=7)
WEBHOOK_LASTS = timedelta(days=1)
PATH = "/departments/files"


class DepartmentLinks:
    """Makes and checks the addresses; ``base_url`` is where departments reach the internal app."""

    def __init__(self, *, base_url: str, key: bytes, now: Now) -> None:
        self._base, self._links, self._now = base_url.rstrip("/"), FileLinks(key), now

    def now(self) -> datetime:
        """The present moment, by the clock that the addresses go by."""
        return self._now()

    def link(self, file_id: int, *, department_id: str, lasts: timedelta = MAIL_LASTS) -> str:
        """An address of this file for this department that works for so long."""
        query = self._links.query(
            file_id, audience=_audience(department_id), now=self._now(), lasts=lasts
        )
        return f"{self._base}{PATH}/{file_id}?{urlencode({'department': department_id})}&{query}"

    def fits(self, file_id: int, *, department_id: str, until: str, mac: str) -> bool:
        """Whether we made this address and its time is not over."""
        audience = _audience(department_id)
        verdict = self._links.check(
            file_id, audience=audience, until=until, mac=mac, now=self._now()
        )
        return verdict == "good"


def _audience(department_id: str) -> str:
    return f"department {department_id}"


def add_files(
    router: APIRouter,
    *,
    database: Database,
    store: FileStore,
    links: DepartmentLinks,
    texts: Texts,
) -> None:
    """Add ``GET /departments/files/{id}``."""

    @router.get(f"{PATH}/{{file_id}}")
    def file(request: Request, file_id: int) -> Response:
        query = request.query_params
        department_id = query.get("department", "")
        if not links.fits(
            file_id,
            department_id=department_id,
            until=query.get("until", ""),
            mac=query.get("mac", ""),
        ):
            return _problem(
                403, "this address is not ours or its time is over: the next event has new ones"
            )
        with database.transaction() as session:
            found = file_for(session, file_id=file_id, department_id=department_id)
            if found is not None:
                # As for an officer (안전성 확보조치 기준 8조): who had whose picture, and when.
                record_audit(
                    session,
                    actor=f"department:{department_id}"[:80],
                    action="attachment.read",
                    subject=f"attachment:{file_id}",
                    conversation_id=session.get_one(Attachment, file_id).conversation_id,
                    now=links.now(),
                )
        try:
            if found is None:
                raise FileGone(str(file_id))
            return file_answer(
                store,
                found,
                asked=request.headers,
                texts=texts,
                headers={"Cache-Control": "private, no-store"},
            )
        except FileGone:
            return _problem(404, "there is no such file in a case of this department")


def file_for(session: Session, *, file_id: int, department_id: str) -> StoredFile | None:
    """The picture or video if it belongs to a case that this department was given."""
    row = session.get(Attachment, file_id)
    stored = None if row is None else as_stored(row)
    if row is None or stored is None or stored.kind == "document":
        return None
    given = select(DepartmentMessage.case_id).where(
        DepartmentMessage.department_id == department_id
    )
    lists = session.scalars(
        select(Case.attachment_ids).where(
            Case.conversation_id == row.conversation_id, Case.id.in_(given)
        )
    )
    return stored if any(file_id in ids for ids in lists) else None


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status_code=status)
