"""The queue of inbound turns (tables conversation and turn) and its one writer. Must not talk to Rasa.

Redact, then commit, then acknowledge: ``record_turn`` takes text that is already redacted. One
conversation is worked by one worker at a time, oldest turn first; the lease's token fences a worker
that slept past its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.attachments import record_attachments
from core.deliveries import end_deliveries, enqueue, move_deliveries
from core.errors import LeaseLost
from core.inbound import InboundMessage
from core.locking import insert_missing, lock_conversation, lock_existing
from core.models.conversation import Conversation, Turn
from core.replies import Reply
from core.turn_queue import OPEN_STATES, due_turn

# So long a conversation waits for a worker that died. A living one renews it meanwhile, however long its
# calls take (dialogue.leases; docs/adr/0008).
LEASE = timedelta(seconds=6)
# No turn is put off for longer: one that is due later than that is due by a clock that was set back since.
LONGEST_WAIT = timedelta(seconds=60)
# The address of a conversation whose citizen had everything erased (core.erasure).
ERASED = "erased:"


@dataclass(frozen=True)
class RecordedTurn:
    """What ``record_turn`` did. ``duplicate``: the same message had arrived before."""

    turn_id: int
    conversation_id: int
    duplicate: bool


@dataclass(frozen=True)
class Lease:
    """The right to work one conversation until ``until``; each renewal gives it another ``lasts``."""

    conversation_id: int
    token: int
    until: datetime
    lasts: timedelta = LEASE


def find_conversation(
    session: Session, *, channel: str, address: str, visibility: str = "private"
) -> Conversation | None:
    """The conversation of this address, or None."""
    return session.scalars(
        select(Conversation).where(
            Conversation.channel == channel,
            Conversation.address == address,
            Conversation.visibility == visibility,
        )
    ).first()


def ensure_conversation(
    session: Session, *, channel: str, address: str, visibility: str = "private", now: datetime
) -> Conversation:
    """The conversation of this address, locked; made now if it is the first message."""
    while True:
        found = find_conversation(session, channel=channel, address=address, visibility=visibility)
        if found is not None:
            lock_conversation(session, found.id)
            if found.address == address:
                return found
            continue  # It was erased while we waited: the citizen begins anew.
        insert_missing(
            session,
            Conversation,
            channel=channel,
            address=address,
            visibility=visibility,
            created_at=now,
            last_turn_at=now,
        )


def close_conversation(session: Session, *, conversation_id: int, reason: str) -> None:
    """The citizen cannot be reached here any more: what waits to go out ends, their cases stay."""
    conversation = lock_existing(session, Conversation, conversation_id)
    conversation.mode = "closed"
    end_deliveries(session, conversation_id=conversation_id, failure=reason)


def reopen_conversation(session: Session, conversation: Conversation) -> None:
    """The citizen is back: with the person who had the conversation, else with the bot."""
    if conversation.mode == "closed":
        conversation.mode = "officer" if conversation.officer_id is not None else "bot"


def move_conversations(session: Session, *, channel: str, old: str, new: str) -> None:
    """A chat goes on under another address (a group that became a supergroup). Twice is once."""
    for conversation in session.scalars(
        select(Conversation).where(Conversation.channel == channel, Conversation.address == old)
    ).all():
        lock_conversation(session, conversation.id)
        taken = find_conversation(
            session, channel=channel, address=new, visibility=conversation.visibility
        )
        if taken is None:
            conversation.address = new
        move_deliveries(session, conversation_id=conversation.id, address=new)


def find_turn(session: Session, *, channel: str, external_id: str) -> Turn | None:
    """The turn that this message became, or None."""
    return session.scalars(
        select(Turn).where(Turn.channel == channel, Turn.external_id == external_id)
    ).first()


def record_turn(
    session: Session,
    *,
    conversation: Conversation,
    message: InboundMessage,
    text: str,
    now: datetime,
    refused: Sequence[str] = (),
    unread_token: str | None = None,
    emergency: str | None = None,
    not_before: datetime | None = None,
) -> RecordedTurn:
    """Keep one message, whose ``text`` is already redacted. Twice is once (channel, external id).

    ``not_before`` holds it back for what may belong to it or before it.
    """
    # Turns of a conversation get their ids in the order in which they can be seen.
    lock_conversation(session, conversation.id)
    known = find_turn(session, channel=message.channel, external_id=message.external_id)
    if known is not None:
        return RecordedTurn(known.id, known.conversation_id, duplicate=True)
    try:
        # Around the attachments too: what came twice leaves nothing behind.
        with session.begin_nested():
            turn = _make_turn(
                session,
                conversation=conversation,
                message=message,
                text=text,
                now=now,
            )
            turn.refused, turn.unread_token, turn.emergency = list(refused), unread_token, emergency
            turn.next_attempt_at = now if not_before is None else not_before
            session.add(turn)
            session.flush()
    except IntegrityError:
        # At the same time under another address.
        known = find_turn(session, channel=message.channel, external_id=message.external_id)
        if known is None:
            raise
        return RecordedTurn(known.id, known.conversation_id, duplicate=True)
    conversation.last_turn_at = now
    session.flush()
    return RecordedTurn(turn.id, conversation.id, duplicate=False)


def _make_turn(
    session: Session,
    *,
    conversation: Conversation,
    message: InboundMessage,
    text: str,
    now: datetime,
) -> Turn:
    location = message.location
    turn = Turn(
        conversation_id=conversation.id,
        channel=message.channel,
        external_id=message.external_id,
        kind=message.kind.value,
        text=text,
        choice=message.choice,
        location=(
            {"lat": location.lat, "long": location.long, "accuracy_m": location.accuracy_m}
            if location
            else None
        ),
        attachment_ids=record_attachments(
            session,
            photos=message.photos,
            conversation_id=conversation.id,
            source="citizen",
            now=now,
        ),
        problems=list(message.problems),
        files=[file.to_data() for file in message.files],
        sequence=message.sequence,
        parts=[] if message.part is None else [message.part],
        edited_at=message.edited_at,
        reply_to=message.reply_to,
        context=message.context,
        author=message.author,
        arrived_at=now,
        sent_at=message.sent_at,
        next_attempt_at=now,
    )
    if message.flood:
        # Kept, so that nothing a citizen wrote is lost, but not worked: it would hold up everybody.
        turn.state, turn.failure = "answered", "flood"
    return turn


def lease_conversation(
    session: Session,
    *,
    conversation_id: int,
    now: datetime,
    lasts: timedelta = LEASE,
    run_out_too: bool = True,
) -> Lease | None:
    """Take the lease of this conversation unless somebody holds it.

    Without ``run_out_too`` only one that was given back: for a moment after the clock was set nobody can
    tell whether a lease has run out.
    """
    until = now + lasts
    free = Conversation.leased_until.is_(None)
    result = session.execute(
        update(Conversation)
        .where(
            Conversation.id == conversation_id,
            or_(free, Conversation.leased_until < now) if run_out_too else free,
        )
        .values(lease_token=Conversation.lease_token + 1, leased_until=until)
    )
    if not getattr(result, "rowcount", 0):
        return None
    token = session.scalars(
        select(Conversation.lease_token).where(Conversation.id == conversation_id)
    ).one()
    return Lease(conversation_id, token, until, lasts)


def next_turn(session: Session, *, lease: Lease, now: datetime) -> Turn | None:
    """The oldest open turn of a leased conversation, marked in work; None when none is due.

    A turn that waits for its next attempt holds back the ones behind it: order is kept.
    """
    renew_lease(session, lease, now)
    turn = due_turn(session, conversation_id=lease.conversation_id, now=now)
    if turn is None:
        return None
    turn.state = "in_work"
    turn.attempts += 1
    return turn


def answer_turn(
    session: Session,
    *,
    lease: Lease,
    turn_id: int,
    replies: Sequence[Reply],
    now: datetime,
    kind: str = "reply",
    revision: int = 0,
    heard: dict[str, Any] | None = None,
) -> None:
    """Record the replies as deliveries together with the turn's end, or nothing at all.

    ``kind`` is "notice" for what is said beside the question at hand. ``revision`` is the one that
    was worked: a turn that was edited meanwhile stays open, and ``heard`` ("text", "attachments") is
    what was there when it was read.
    """
    renew_lease(session, lease, now)
    turn = session.get_one(Turn, turn_id)
    if turn.state not in OPEN_STATES:
        return
    conversation = session.get_one(Conversation, turn.conversation_id)
    name = f"turn:{turn.id}" if revision == 0 else f"turn:{turn.id}r{revision}"
    for index, reply in enumerate(replies):
        enqueue(
            session,
            conversation=conversation,
            reply=reply,
            kind=kind,
            dedupe_key=f"{name}:{index}",
            turn_id=turn.id,
            now=now,
        )
    if turn.revision == revision:
        turn.state, turn.revised = "answered", None
    else:
        turn.state, turn.attempts, turn.next_attempt_at = "received", 0, now
        turn.revised = heard or turn.revised
    turn.answered_at = now
    turn.failure = None
    conversation.last_answered_at = now
    conversation.told_late_at = None


def postpone_turn(
    session: Session,
    *,
    lease: Lease,
    turn_id: int,
    until: datetime,
    failure: str,
    late_notice: Reply | None,
    now: datetime,
) -> None:
    """Keep the turn for later; the citizen hears so once (``late_notice``), however often it is tried."""
    renew_lease(session, lease, now)
    turn = session.get_one(Turn, turn_id)
    conversation = session.get_one(Conversation, turn.conversation_id)
    turn.state = "received"
    turn.next_attempt_at = min(until, now + LONGEST_WAIT)
    turn.failure = failure[:200]
    if late_notice is not None and conversation.told_late_at is None:
        conversation.told_late_at = now
        enqueue(
            session,
            conversation=conversation,
            reply=late_notice,
            kind="notice",
            dedupe_key=f"late:{turn.id}",
            turn_id=turn.id,
            now=now,
        )


def fail_turn(
    session: Session, *, lease: Lease, turn_id: int, failure: str, notice: Reply, now: datetime
) -> None:
    """Give up on a turn: it is kept and shown to officers, and the citizen is told."""
    renew_lease(session, lease, now)
    turn = session.get_one(Turn, turn_id)
    conversation = session.get_one(Conversation, turn.conversation_id)
    turn.state = "failed"
    turn.failure = failure[:200]
    conversation.told_late_at = None
    enqueue(
        session,
        conversation=conversation,
        reply=notice,
        kind="notice",
        dedupe_key=f"failed:{turn.id}",
        turn_id=turn.id,
        now=now,
    )


def release_lease(session: Session, *, lease: Lease) -> None:
    """Give the conversation back; nothing happens when the lease was already lost."""
    session.execute(
        update(Conversation)
        .where(Conversation.id == lease.conversation_id, Conversation.lease_token == lease.token)
        .values(leased_until=None)
    )


def renew_lease(session: Session, lease: Lease, now: datetime) -> None:
    """Extend the lease. Raises LeaseLost when it was given back or another worker has taken it."""
    result = session.execute(
        update(Conversation)
        .where(
            Conversation.id == lease.conversation_id,
            Conversation.lease_token == lease.token,
            Conversation.leased_until.is_not(None),
        )
        .values(leased_until=now + lease.lasts)
    )
    if not getattr(result, "rowcount", 0):
        raise LeaseLost("another worker has taken over this conversation")
