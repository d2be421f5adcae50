"""Where a photo was taken, in the vault until its citizen has said yes or no. Must not use it by itself.

The coordinates stand nowhere but there; an attachment holds the vault's token for them. They are forgotten
at a yes (the report has the place then), at a no, when the place is known otherwise, when the report ends,
and a day after the photo came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.city import Jurisdiction
from core.errors import Refused
from core.geo import locate
from core.inbound import Photo
from core.models.conversation import Attachment, Conversation
from core.replies import Point
from core.vault import Vault

KIND = "place"
LIFETIME = timedelta(hours=24)
ASK_PURPOSE = "사진이 찍힌 곳이 맞는지 시민에게 묻기"
USE_PURPOSE = "시민이 확인한 사진 위치를 민원에 적기"


class PhotoPlaces:
    """Keeps, reads and forgets them inside the caller's transaction."""

    def __init__(self, *, vault: Vault, jurisdiction: Jurisdiction) -> None:
        self._vault, self._jurisdiction = vault, jurisdiction

    def keep(
        self,
        session: Session,
        *,
        conversation_id: int,
        photos: Sequence[Photo],
        attachment_ids: Sequence[int],
        now: datetime,
    ) -> None:
        """Seal the places of photos just recorded; what is not surely in this city is dropped at once."""
        for photo, attachment_id in zip(photos, attachment_ids, strict=True):
            at = photo.taken_at
            if at is None or not self._is_inside(Point(at.lat, at.long)):
                continue
            conversation = session.get_one(Conversation, conversation_id)
            if conversation.visibility != "private":
                continue
            session.get_one(Attachment, attachment_id).place_token = self._vault.keep(
                session,
                conversation_id=conversation_id,
                kind=KIND,
                value=f"{at.lat:.6f},{at.long:.6f}",
                now=now,
            )

    def _is_inside(self, point: Point) -> bool:
        try:
            found = locate(self._jurisdiction, lat=point.lat, long=point.long)
        except ValueError:
            return False
        return found.inside is True

    def waiting(
        self, session: Session, *, conversation_id: int, attachment_ids: Iterable[int]
    ) -> str | None:
        """The token of the first of these photos whose place waits for an answer."""
        return session.scalars(
            select(Attachment.place_token)
            .where(
                Attachment.conversation_id == conversation_id,
                Attachment.id.in_(list(attachment_ids)),
                Attachment.place_token.is_not(None),
            )
            .order_by(Attachment.id)
            .limit(1)
        ).first()

    def reveal(
        self, session: Session, *, conversation_id: int, token: str, purpose: str, now: datetime
    ) -> Point | None:
        """The place behind a token, with an audit line; None when it was erased meanwhile."""
        try:
            value = self._vault.reveal(
                session,
                conversation_id=conversation_id,
                token=token,
                purpose=purpose,
                actor="bot",
                now=now,
            )
        except Refused:
            return None
        lat, _, long = value.partition(",")
        return Point(float(lat), float(long))

    def forget(self, session: Session, *, conversation_id: int, now: datetime) -> int:
        """Erase all that waits in one conversation; returns how many photos had a place."""
        rows = session.scalars(
            select(Attachment).where(
                Attachment.conversation_id == conversation_id, Attachment.place_token.is_not(None)
            )
        ).all()
        return self._forget(session, rows, now=now)

    def forget_old(self, session: Session, *, now: datetime) -> int:
        """Silence is no yes: erase what nobody has answered for a day."""
        rows = session.scalars(
            select(Attachment)
            .where(Attachment.place_token.is_not(None), Attachment.created_at <= now - LIFETIME)
            .limit(500)
        ).all()
        return self._forget(session, rows, now=now)

    def _forget(self, session: Session, rows: Sequence[Attachment], *, now: datetime) -> int:
        for row in rows:
            if row.conversation_id is not None and row.place_token is not None:
                self._vault.forget(
                    session, conversation_id=row.conversation_id, token=row.place_token, now=now
                )
            row.place_token = None
        return len(rows)
