"""Addresses of pictures and videos for a department: signed and for a time. Must not be public.

An address works only for files of cases that this department was given.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, JSONResponse, Response

from core.attachments import AttachmentStore, StoredFile, as_stored
from core.database import Database
from core.models.case import Case
from core.models.conversation import Attachment
from core.models.department import DepartmentMessage
from core.ports import Now

LASTS = timedelta(days=7)
PATH = "/departments/files"


class FileLinks:
    """Makes and checks the addresses; ``base_url`` is where departments reach the internal app."""

    def __init__(self, *, base_url: str, key: bytes, now: Now) -> None:
        self._base, self._key, self._now = base_url.rstrip("/"), key, now

    def link(self, file_id: int, *, department_id: str) -> str:
        """An address of this file for this department that works for a week."""
        expires = int((self._now() + LASTS).timestamp())
        query = {
            "department": department_id,
            "expires": expires,
            "signature": self._signature(file_id, department_id, expires),
        }
        return f"{self._base}{PATH}/{file_id}?{urlencode(query)}"

    def fits(self, file_id: int, *, department_id: str, expires: str, signature: str) -> bool:
        """Whether we made this address and its time is not over."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            return False
        expected = self._signature(file_id, department_id, int(expires))
        given = signature.encode("utf-8", "replace")
        return hmac.compare_digest(expected.encode(), given) and self._now().timestamp() < int(
            expires
        )

    def _signature(self, file_id: int, department_id: str, expires: int) -> str:
        text = f"{department_id}\n{file_id}\n{expires}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def add_files(
    router: APIRouter, *, database: Database, store: AttachmentStore, links: FileLinks
) -> None:
    """Add ``GET /departments/files/{id}``."""

    @router.get(f"{PATH}/{{file_id}}")
    def file(request: Request, file_id: int) -> Response:
        query = request.query_params
        department_id = query.get("department", "")
        if not links.fits(
            file_id,
            department_id=department_id,
            expires=query.get("expires", ""),
            signature=query.get("signature", ""),
        ):
            return _problem(
                403, "this address is not ours or its time is over: the next event has new ones"
            )
        with database.reading() as session:
            found = file_for(session, file_id=file_id, department_id=department_id)
        if found is None or not store.path(found.sha256).exists():
            return _problem(404, "there is no such file in a case of this department")
        return FileResponse(
            store.path(found.sha256),
            media_type=found.media_type,
            headers={
                "Content-Security-Policy": found.policy,
                "Content-Disposition": f'{found.disposition}; filename="{found.name}"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


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
