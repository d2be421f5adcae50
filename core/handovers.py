"""Conversations that need a person (table handover) and who has them. Must not know the console's pages.

One handover is open per conversation at a time. While a person has it, ``conversation.mode`` is
``officer`` and the bot keeps silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.audit import record_audit
from core.deliveries import enqueue
from core.errors import Refused
from core.inbound import Photo
from core.locking import lock_conversation, lock_existing
from core.models.conversation import Conversation, Delivery, Handover
from core.post_queries import speaks_to_everybody
from core.replies import Image, Reply


def open_handover(
    session: Session,
    *,
    conversation_id: int,
    reason: str,
    emergency: bool = False,
    now: datetime,
) -> Handover:
    """Ask for a person. A second ask joins the first; an emergency raises it."""
    lock_conversation(session, conversation_id)
    handover = _open(session, conversation_id)
    if handover is None:
        handover = Handover(
            conversation_id=conversation_id,
            reason=reason[:200],
            emergency=emergency,
            opened_at=now,
        )
        session.add(handover)
    elif emergency and not handover.emergency:
        handover.emergency = True
        handover.reason = reason[:200]
    session.flush()
    return handover


def waiting(session: Session) -> list[Handover]:
    """Open handovers, emergencies first, then those that nobody has, then the oldest."""
    return list(
        session.scalars(
            select(Handover)
            .where(Handover.closed_at.is_(None))
            .order_by(Handover.emergency.desc(), Handover.taken_at.is_not(None), Handover.opened_at)
        )
    )


def take(
    session: Session,
    *,
    conversation_id: int,
    officer_id: int,
    notice: Reply,
    from_another: bool = False,
    now: datetime,
) -> Handover:
    """Take a conversation over; the citizen reads ``notice``.

    Raises Refused("taken") if another has it, Refused("conversation_closed") if it was erased or
    nothing reaches the citizen, Refused("public_channel") where posts go: nobody speaks there without
    another's approval, Refused("public_conversation") where others read along.

    ``from_another`` takes it all the same: an officer who is away must not leave a citizen with
    neither a person nor the bot. Who may do that is the caller's rule.
    """
    conversation = lock_existing(session, Conversation, conversation_id)
    if conversation.mode == "closed":
        raise Refused("conversation_closed")
    if speaks_to_everybody(session, channel=conversation.channel, address=conversation.address):
        raise Refused("public_channel")
    if conversation.visibility != "private":
        raise Refused("public_conversation")
    handover = _open(session, conversation_id) or open_handover(
        session, conversation_id=conversation_id, reason="officer", now=now
    )
    if handover.taken_by not in (None, officer_id) and not from_another:
        raise Refused("taken")
    if conversation.mode == "officer" and handover.taken_by == officer_id:
        return handover
    handover.taken_by = officer_id
    handover.taken_at = now
    conversation.mode = "officer"
    conversation.officer_id = officer_id
    enqueue(
        session,
        conversation=conversation,
        reply=notice,
        kind="notice",
        dedupe_key=f"taken:{handover.id}:{officer_id}:{int(now.timestamp() * 1000)}",
        now=now,
    )
    _audit(session, officer_id, "conversation.take", conversation_id, now)
    return handover


def answer(
    session: Session,
    *,
    conversation_id: int,
    officer_id: int,
    text: str,
    photos: Sequence[tuple[Photo, str]] = (),
    form_id: str,
    now: datetime,
) -> list[Delivery]:
    """A person's answer: text, then each photo with its alt text. ``form_id`` makes twice once.

    Raises Refused("conversation_closed" | "not_taken" | "taken" | "empty_answer" | "alt_missing").
    """
    conversation = lock_existing(session, Conversation, conversation_id)
    if conversation.mode == "closed":
        raise Refused("conversation_closed")
    if conversation.mode != "officer":
        raise Refused("not_taken")
    if conversation.officer_id != officer_id:
        raise Refused("taken")
    text = text.strip()
    if not text and not photos:
        raise Refused("empty_answer")
    if any(not alt.strip() for _, alt in photos):
        raise Refused("alt_missing")
    key = f"officer:{conversation_id}:{form_id}"
    keys = [f"{key}:{index}" for index in range(len(photos) + 1)]
    known = session.scalars(
        select(Delivery).where(Delivery.dedupe_key.in_(keys)).order_by(Delivery.id)
    ).all()
    if known:
        return list(known)
    ids = record_attachments(
        session,
        photos=[photo for photo, _ in photos],
        conversation_id=conversation_id,
        source="officer",
        now=now,
    )
    replies = [Reply(text)] if text else []
    replies += [
        Reply(alt.strip(), images=(Image(attachment_id, alt.strip()),))
        for attachment_id, (_, alt) in zip(ids, photos, strict=True)
    ]
    _audit(session, officer_id, "conversation.answer", conversation_id, now)
    return [
        enqueue(
            session,
            conversation=conversation,
            reply=reply,
            kind="officer",
            dedupe_key=f"{key}:{index}",
            speaker=f"officer:{officer_id}",
            now=now,
        )
        for index, reply in enumerate(replies)
    ]


def hand_back(
    session: Session, *, conversation_id: int, officer_id: int, notice: Reply, now: datetime
) -> None:
    """Give the conversation back to the bot; the citizen reads ``notice``. Twice is once.

    One that nobody can take (closed, or read by everybody) only leaves the list of those who wait:
    where the bot was never silent, nobody is told that it speaks again.
    """
    conversation = lock_existing(session, Conversation, conversation_id)
    handover = _open(session, conversation_id)
    if handover is None and conversation.mode in ("bot", "closed"):
        return
    if handover is not None:
        if handover.taken_by not in (None, officer_id):
            raise Refused("taken")
        handover.closed_at = now
    conversation.officer_id = None
    if conversation.mode == "officer":
        conversation.mode = "bot"
        enqueue(
            session,
            conversation=conversation,
            reply=notice,
            kind="notice",
            dedupe_key=f"back:{conversation_id}:{handover.id if handover else 0}",
            now=now,
        )
    _audit(session, officer_id, "conversation.hand_back", conversation_id, now)


def _open(session: Session, conversation_id: int) -> Handover | None:
    return session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation_id, Handover.closed_at.is_(None))
        .limit(1)
    ).first()


def _audit(
    session: Session, officer_id: int, action: str, conversation_id: int, now: datetime
) -> None:
    record_audit(
        session,
        actor=f"officer:{officer_id}",
        action=action,
        subject=f"conversation:{conversation_id}",
        now=now,
    )
