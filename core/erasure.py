"""Erases what the city keeps of one conversation (table erasure). Must not drop a case or an audit line.

Every other table has one writer; this module alone reaches into all of them, because an erasure is
one transaction or none. It empties columns by their type, so a column that is added later is emptied
too unless somebody decides here that it may stay. Cases stay (공공기록물, 개인정보 보호법 21조·36조):
the person is taken out of them. Files and Rasa are not its business: ``dialogue.erasure`` calls both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, and_, delete, exists, func, null, or_, select, update
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.cases import Actor, add_note
from core.conversations import ERASED
from core.delivery_queue import OPEN_STATES as OPEN_DELIVERIES
from core.drafts import close_draft
from core.emptying import emptied, empty, numbered, settled, table_of
from core.errors import Refused
from core.locking import lock_existing, lock_row
from core.models.case import Case, CaseEvent, CaseRating
from core.models.conversation import Attachment, Conversation, Delivery, Draft, Handover, Turn
from core.models.department import DepartmentCallback
from core.models.erasure import Erasure
from core.models.nearby import CaseFollow
from core.models.policy import PolicyQuestion
from core.models.privacy import CaseLink, DataLink
from core.models.vault import VaultItem
from core.put_away import in_plain_words
from core.turn_queue import OPEN_STATES as OPEN_TURNS
from core.vault import TOKEN_NAMES, TOKEN_PATTERN

# A message that never leaves (a blocked channel) must not keep a citizen's words for ever.
WAIT_AT_MOST = timedelta(hours=24)
ERASED_CONTACT = "(지운 연락처)"
ERASED_TEXT = "(지운 글)"
ERASED_PERSONAL = "(지운 개인정보)"
# By the first two letters of a token's name; all else is personal data.
_ERASED = {TOKEN_NAMES[kind]: ERASED_CONTACT for kind in ("phone", "email")}
_ERASED[TOKEN_NAMES["unread"]] = ERASED_TEXT
CASE_NOTE = "이 민원을 낸 대화와 연락처를 지웠어요."


@dataclass(frozen=True)
class ErasedFiles:
    """Hashes of files that no row names any more; they may be removed once this is committed."""

    sha256: tuple[str, ...]


def request_erasure(
    session: Session, *, conversation_id: int, by: str, reason: str = "", now: datetime
) -> Erasure:
    """Keep the wish and close the open draft; the worker erases. Twice is once.

    ``by``: "citizen", "officer:<id>" or "cli:<account>". Raises Refused("conversation_unknown").
    """
    # The lock makes two requests at once take turns.
    conversation = lock_row(session, Conversation, conversation_id)
    if conversation is None:
        raise Refused("conversation_unknown")
    known = find_erasure(session, conversation_id=conversation_id)
    if known is not None:
        return known
    erasure = Erasure(conversation_id=conversation_id, by=by, requested_at=now, files=[])
    session.add(erasure)
    close_draft(session, conversation_id=conversation_id, state="cancelled", now=now)
    record_audit(
        session,
        actor=_actor_of(erasure),
        action="conversation.erase_requested",
        subject=f"conversation:{conversation_id}",
        purpose=in_plain_words(reason.strip())[:200],
        now=now,
    )
    return erasure


def find_erasure(session: Session, *, conversation_id: int) -> Erasure | None:
    """The wish to erase this conversation, done or not; None when nobody asked."""
    return session.scalars(
        select(Erasure).where(Erasure.conversation_id == conversation_id)
    ).first()


def list_erasures(session: Session, *, limit: int = 200) -> list[Erasure]:
    """Erasures, those that are not done first, then the latest."""
    return list(
        session.scalars(
            select(Erasure)
            .order_by(Erasure.done_at.is_not(None), Erasure.requested_at.desc(), Erasure.id.desc())
            .limit(limit)
        )
    )


def due_erasures(
    session: Session, *, now: datetime, conversation_id: int | None = None
) -> list[Erasure]:
    """Erasures whose conversation is at rest, oldest first: everything answered and sent.

    After 24 hours it need not be. A message that slipped in while its conversation was being erased
    makes the erasure due again.
    """
    busy = or_(
        exists().where(Turn.conversation_id == Erasure.conversation_id, Turn.state.in_(OPEN_TURNS)),
        exists().where(
            Delivery.conversation_id == Erasure.conversation_id,
            Delivery.state.in_(OPEN_DELIVERIES),
        ),
    )
    slipped_in = exists().where(
        Turn.conversation_id == Erasure.conversation_id,
        Turn.external_id.not_like(f"{ERASED}%"),
    )
    query = (
        select(Erasure)
        .where(
            or_(Erasure.done_at.is_(None), slipped_in),
            or_(Erasure.requested_at <= now - WAIT_AT_MOST, ~busy),
        )
        .order_by(Erasure.id)
    )
    if conversation_id is not None:
        query = query.where(Erasure.conversation_id == conversation_id)
    return list(session.scalars(query))


def erase_conversation(session: Session, *, conversation_id: int, now: datetime) -> ErasedFiles:
    """Empty everything that was said, in the caller's transaction. Twice is once.

    The files that may go are remembered with the erasure until ``finish_erasure``. Raises
    Refused("erasure_not_requested").
    """
    conversation = lock_existing(session, Conversation, conversation_id)
    erasure = find_erasure(session, conversation_id=conversation_id)
    if erasure is None:
        raise Refused("erasure_not_requested")
    gone = f"{ERASED}{conversation_id}"
    if conversation.address != gone:
        _note_in_cases(session, erasure, now)
        record_audit(
            session,
            actor=_actor_of(erasure),
            action="conversation.erase",
            subject=f"conversation:{conversation_id}",
            now=now,
        )
    held = _take_person_out_of_cases(session, conversation_id)
    session.flush()
    files = _erase_in_public(session, conversation)
    turn, delivery = table_of(Turn), table_of(Delivery)
    empty(
        session,
        Turn,
        conversation_id,
        external_id=numbered(turn),
        state=settled(turn, OPEN_TURNS, "failed"),
    )
    empty(
        session,
        Delivery,
        conversation_id,
        address=gone,
        payload={"text": ""},
        image_id=null(),
        dedupe_key=numbered(delivery),
        state=settled(delivery, OPEN_DELIVERIES, "failed"),
        # Whoever is sending it now can no longer write what the provider answered.
        lease_token=delivery.c.lease_token + 1,
        leased_until=null(),
    )
    for linked in (DataLink, CaseLink, CaseFollow, PolicyQuestion):
        session.execute(delete(linked).where(linked.conversation_id == conversation_id))
    draft, handover, item = table_of(Draft), table_of(Handover), table_of(VaultItem)
    empty(session, Draft, conversation_id, state=settled(draft, ("open",), "cancelled"))
    empty(
        session,
        Handover,
        conversation_id,
        reason="erased",
        closed_at=func.coalesce(handover.c.closed_at, now, type_=handover.c.closed_at.type),
    )
    empty(
        session,
        VaultItem,
        conversation_id,
        erased_at=func.coalesce(item.c.erased_at, now, type_=item.c.erased_at.type),
    )
    files += _drop_attachments(session, conversation_id, held=held)
    kept = table_of(Attachment)
    theirs = kept.c.conversation_id == conversation_id
    session.execute(kept.update().where(theirs).values(place_token=null()))
    talk = table_of(Conversation)
    empty(
        session,
        Conversation,
        conversation_id,
        # A new message of the same citizen finds no conversation here and begins a new one.
        address=gone,
        mode="closed",
        officer_id=null(),
        told_late_at=null(),
        # A worker that still holds it has lost it.
        lease_token=talk.c.lease_token + 1,
        leased_until=null(),
    )
    session.expire_all()
    erasure.files = sorted({*erasure.files, *files})
    session.flush()
    return ErasedFiles(unused_files(session, erasure=erasure))


def unused_files(session: Session, *, erasure: Erasure) -> tuple[str, ...]:
    """Those files of an erasure that no attachment names (a file may belong to several)."""
    named = set(
        session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(erasure.files)))
    )
    return tuple(sha256 for sha256 in erasure.files if sha256 not in named)


def finish_erasure(session: Session, *, erasure: Erasure, now: datetime) -> None:
    """Record that the files are gone too; nothing of it is left to do."""
    erasure.files = []
    erasure.done_at = erasure.done_at or now


def _take_person_out_of_cases(session: Session, conversation_id: int) -> set[int]:
    """Remove contact and tokens from the cases; returns the attachments that they hold."""
    held: set[int] = set()
    cases = session.scalars(select(Case).where(Case.conversation_id == conversation_id)).all()
    for each in cases:
        each.contact_token = None
        session.execute(update(CaseRating).where(CaseRating.case_id == each.id).values(comment=""))
        # What a department wrote and nobody has looked at yet may speak of the person.
        session.execute(
            update(DepartmentCallback)
            .where(
                DepartmentCallback.case_number == each.number,
                DepartmentCallback.state != "waiting",
            )
            .values(content={})
        )
        _clean(each)
        held.update(int(i) for i in each.attachment_ids)
        for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == each.id)):
            if event.kind == "rating":
                # The score counts; the words were the person's, not the matter's.
                event.note = ""
            _clean(event)
            held.update(int(photo["id"]) for photo in event.data.get("photos", ()))
    return held


def _erase_in_public(session: Session, conversation: Conversation) -> list[str]:
    """Empty what the same person said to the bot where others read along; hashes of photos that go."""
    turn = table_of(Turn)
    theirs = and_(turn.c.channel == conversation.channel, turn.c.author == conversation.address)
    ids = [
        each
        for attachments in session.scalars(select(turn.c.attachment_ids).where(theirs))
        for each in attachments
        if isinstance(each, int)
    ]
    session.execute(
        turn.update()
        .where(theirs)
        .values(
            emptied(Turn)
            | {"external_id": numbered(turn), "state": settled(turn, OPEN_TURNS, "failed")}
        )
    )
    rows = session.execute(
        select(Attachment.id, Attachment.sha256).where(Attachment.id.in_(ids))
    ).all()
    session.execute(delete(Attachment).where(Attachment.id.in_([row.id for row in rows])))
    return [row.sha256 for row in rows]


def _note_in_cases(session: Session, erasure: Erasure, now: datetime) -> None:
    kind, _, identity = erasure.by.partition(":")
    actor = (
        Actor("citizen", f"conversation:{erasure.conversation_id}")
        if kind == "citizen"
        else Actor("officer" if kind == "officer" else "system", identity[:60])
    )
    for case_id in session.scalars(
        select(Case.id).where(Case.conversation_id == erasure.conversation_id)
    ).all():
        add_note(session, case_id=case_id, actor=actor, reason=CASE_NOTE, now=now)


def _drop_attachments(session: Session, conversation_id: int, *, held: Iterable[int]) -> list[str]:
    """Delete the rows that neither a case nor another conversation's message needs; their hashes."""
    sent_elsewhere = exists().where(
        Delivery.image_id == Attachment.id, Delivery.conversation_id != conversation_id
    )
    rows = session.execute(
        select(Attachment.id, Attachment.sha256).where(
            Attachment.conversation_id == conversation_id,
            Attachment.id.not_in(list(held)),
            ~sent_elsewhere,
        )
    ).all()
    session.execute(delete(Attachment).where(Attachment.id.in_([row.id for row in rows])))
    return [row.sha256 for row in rows]


def _clean(row: Case | CaseEvent) -> None:
    """Put neutral words in the place of vault tokens, wherever the row can hold words."""
    for column in table_of(type(row)).columns:
        if isinstance(column.type, String | JSON):
            before = getattr(row, column.key)
            after = _without_tokens(before)
            if after != before:
                setattr(row, column.key, after)


def _without_tokens(value: Any) -> Any:
    if isinstance(value, str):
        return TOKEN_PATTERN.sub(
            lambda found: _ERASED.get(found[0][1:3], ERASED_PERSONAL),
            value,
        )
    if isinstance(value, dict):
        return {key: _without_tokens(inner) for key, inner in value.items()}
    return [_without_tokens(inner) for inner in value] if isinstance(value, list) else value


def _actor_of(erasure: Erasure) -> str:
    return f"conversation:{erasure.conversation_id}" if erasure.by == "citizen" else erasure.by
