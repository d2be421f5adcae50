"""Serves stored files to those who may see them. Must not serve a type that a browser makes a page of.

Every address is signed and holds for a time: one made for the chat works only with the cookie of the
conversation that sent or received the file; one made for the look-up page, where there is no cookie,
holds for some minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from bots.web_input import CHANNEL
from bots.web_problems import Problem
from core.attachments import as_stored, visible_attachment
from core.conversations import find_conversation
from core.database import Database
from core.file_links import FileLinks
from core.files import FileGone, FileStore
from core.models.conversation import Attachment
from core.texts import Texts
from dialogue.file_answer import file_answer, over_answer

LOOKUP_LIFE = timedelta(minutes=10)
CHAT_LIFE = timedelta(hours=1)
_LOOKUP = "web lookup"
FILE_HEADERS = {"Cache-Control": "private, max-age=3600"}
UrlOf = Callable[[int], str]


class SignedLinks:
    """Makes and checks the addresses of both pages."""

    def __init__(self, secret: bytes) -> None:
        self._links = FileLinks(secret)

    def make(self, attachment_id: int, *, now: datetime) -> str:
        """An address for the look-up page."""
        query = self._links.query(attachment_id, audience=_LOOKUP, now=now, lasts=LOOKUP_LIFE)
        return f"/files/{attachment_id}?{query}"

    def for_chat(self, *, address: str, now: Callable[[], datetime]) -> UrlOf:
        """What makes the addresses for one visitor's chat."""

        def url(attachment_id: int) -> str:
            query = self._links.query(
                attachment_id,
                audience=f"web chat {address}",
                now=now(),
                lasts=CHAT_LIFE,
                step=CHAT_LIFE,
            )
            return f"/files/{attachment_id}?{query}"

        return url

    def answer(
        self,
        request: Request,
        attachment_id: int,
        *,
        address: str | None,
        database: Database,
        store: FileStore,
        texts: Texts,
        now: datetime,
    ) -> Response:
        """The file, for who holds one of our addresses (``address``: the visitor's own, by the cookie).

        Raises Problem(404): no word about what there is.
        """
        asked = {name: request.query_params.get(name, "") for name in ("until", "mac")}
        verdict = self._links.check(attachment_id, audience=_LOOKUP, now=now, **asked)
        found = None
        if verdict == "good":
            found = _find(database, attachment_id)
        elif verdict == "bad" and address is not None:
            audience = f"web chat {address}"
            verdict = self._links.check(attachment_id, audience=audience, now=now, **asked)
            if verdict == "good":
                found = find_for_address(database, attachment_id=attachment_id, address=address)
        if verdict == "over" or (verdict == "bad" and _is_past(asked["until"], now)):
            return over_answer(texts)
        file = None if found is None else as_stored(found)
        if file is None:
            raise Problem(404, "not_found")
        try:
            return file_answer(
                store, file, asked=request.headers, texts=texts, headers=FILE_HEADERS
            )
        except FileGone:
            raise Problem(404, "not_found") from None


def _is_past(until: str, now: datetime) -> bool:
    """Also in a browser without the cookie: a time that has passed is no secret."""
    return until.isascii() and until.isdigit() and len(until) <= 12 and int(until) < now.timestamp()


def _find(database: Database, attachment_id: int) -> Attachment | None:
    with database.reading() as session:
        return session.get(Attachment, attachment_id)


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
