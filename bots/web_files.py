"""Serves stored files to those who may see them. Must not serve a type that a browser makes a page of.

Two ways to a file: the cookie of the conversation that sent or received it, or a link signed for a
few minutes (for the look-up page, where there is no cookie).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from starlette.responses import FileResponse

from bots.web_input import CHANNEL
from bots.web_problems import Problem
from core.attachments import AttachmentStore, as_stored, visible_attachment
from core.conversations import find_conversation
from core.database import Database
from core.models.conversation import Attachment

LINK_LIFE = timedelta(minutes=10)
FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}


class SignedLinks:
    """Makes and checks links to one picture that hold for ten minutes."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"sotong web file link", hashlib.sha256).digest()

    def make(self, attachment_id: int, *, now: datetime) -> str:
        """A path with its signature."""
        until = int((now + LINK_LIFE).timestamp())
        return f"/files/{attachment_id}?until={until}&mac={self._mac(attachment_id, until)}"

    def holds(self, attachment_id: int, *, until: str, mac: str, now: datetime) -> bool:
        """Whether the link is ours and not over."""
        if not until.isascii() or not until.isdigit() or len(until) > 12:
            return False
        good = hmac.compare_digest(mac.encode(), self._mac(attachment_id, int(until)).encode())
        return good and now.timestamp() <= int(until)

    def _mac(self, attachment_id: int, until: int) -> str:
        return hmac.new(self._key, f"{attachment_id}:{until}".encode(), hashlib.sha256).hexdigest()


def find_for_address(database: Database, *, attachment_id: int, address: str) -> Attachment:
    """The picture if this address sent or received it. Raises Problem(404): no word about others'."""
    with database.reading() as session:
        conversation = find_conversation(session, channel=CHANNEL, address=address)
        if conversation is not None:
            found = visible_attachment(
                session, attachment_id=attachment_id, conversation_id=conversation.id
            )
            if found is not None:
                return found
    raise Problem(404, "not_found")


def find_signed(database: Database, *, attachment_id: int) -> Attachment:
    """The picture, for a link whose signature has been checked."""
    with database.reading() as session:
        found = session.get(Attachment, attachment_id)
    if found is None:
        raise Problem(404, "not_found")
    return found


def file_response(store: AttachmentStore, attachment: Attachment) -> FileResponse:
    """The file itself, or the range of it that was asked for. Raises Problem(404) when its type is never
    given out or it is gone.
    """
    file = as_stored(attachment)
    path = store.path(attachment.sha256)
    if file is None or not path.is_file():
        raise Problem(404, "not_found")
    return FileResponse(
        path,
        media_type=file.media_type,
        filename=file.name,
        content_disposition_type=file.disposition,
        headers=FILE_HEADERS | {"Content-Security-Policy": file.policy},
    )
