"""The queue of outgoing messages (table delivery) and its one writer. Must not send anything itself.

States: pending → sending → sent | failed | unsure. Within a conversation messages go out in the order
in which they were decided: a later one waits for an earlier one. A long message goes out in parts, one
lease for each. Talk goes before broadcasts, and what a provider allows (core.pacing) is taken in the
same transaction as the lease, so that all processes together stay below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.consent_texts import ABROAD
from core.delivery_queue import OPEN_STATES, first_chance, first_of, oldest_due
from core.locking import insert_missing, lock_conversation, lock_existing, lock_row
from core.models.conversation import ChannelPace, Conversation, Delivery, Turn
from core.models.privacy import Consent
from core.pacing import Pace
from core.replies import Reply

# So long a message waits for a process that died while sending it. A sender that may take longer has a pace
# whose ``answers_within`` says so.
LEASE = timedelta(seconds=6)
# Between the end of the longest sending and the end of its lease: the result is recorded meanwhile.
MARGIN = timedelta(seconds=5)
BROADCAST = 1
# A chat that was silent for so long cannot be what made the provider say "too fast".
CHAT_MEMORY = timedelta(seconds=60)
# Two chats that are refused within this time mean the whole channel.
REFUSALS_TOGETHER = timedelta(seconds=10)
# Deliveries whose words an officer or a department wrote; the bot's own quote tokens and open none.
WRITTEN_BY_PEOPLE = ("officer", "status")


@dataclass(frozen=True)
class Outgoing:
    """A delivery leased for sending. ``lease_token`` proves the lease when the result is recorded.

    ``part`` is the first of its messages that is not out yet. ``in_reply_to`` is the external id of
    the message that it answers, where several people read it.
    """

    delivery_id: int
    conversation_id: int
    channel: str
    address: str
    reply: Reply
    attempts: int
    lease_token: int
    # True when an earlier try may have reached the provider (its lease ran out while sending).
    maybe_sent: bool
    kind: str = "reply"
    visibility: str = "private"
    part: int = 0
    in_reply_to: str | None = None
    # send | edit | delete; the last two change ``targets``, the provider's ids of earlier messages.
    action: str = "send"
    targets: tuple[str, ...] = ()
    created_at: datetime | None = None
    # Its place in the provider's pace; before that it must not go out.
    not_before: datetime | None = None
    # Nobody else takes it before that; whoever wakes up later must not send it any more.
    leased_until: datetime | None = None
    # The same on the clock of this machine that nobody sets (time.monotonic), where it was leased.
    send_before: float | None = None


def enqueue(
    session: Session,
    *,
    conversation: Conversation,
    reply: Reply,
    kind: str,
    dedupe_key: str,
    now: datetime,
    turn_id: int | None = None,
    case_id: int | None = None,
    speaker: str = "bot",
    priority: int = 0,
    action: str = "send",
    targets: Sequence[str] = (),
) -> Delivery:
    """Add one outgoing message in the caller's transaction; the same ``dedupe_key`` again adds nothing.

    ``kind``: reply (to a turn) | notice (ours) | officer (a person's words) | status (of a case) |
    post (for everybody). To a citizen who has closed the channel nothing goes out: it ends as failed.
    """
    # Also so that who reads on from the last id that they saw misses none: within a conversation ids
    # come in the order in which they can be seen.
    lock_conversation(session, conversation.id)
    known = session.scalars(select(Delivery).where(Delivery.dedupe_key == dedupe_key)).first()
    if known is not None:
        return known
    failure = None
    if conversation.mode == "closed":
        failure = "channel_closed"
    elif turn_id is None and kind != "post" and _went_home(session, conversation.id):
        failure = "consent_withdrawn"
    delivery = Delivery(
        conversation_id=conversation.id,
        channel=conversation.channel,
        address=conversation.address,
        turn_id=turn_id,
        case_id=case_id,
        kind=kind,
        priority=priority,
        speaker=speaker,
        payload=reply.to_data(),
        image_id=reply.images[0].attachment_id if reply.images else None,
        dedupe_key=dedupe_key,
        action=action,
        targets=list(targets),
        state="failed" if failure else "pending",
        failure=failure,
        created_at=now,
        next_attempt_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery


def _went_home(session: Session, conversation_id: int) -> bool:
    """Whether the citizen took back the consent to what goes abroad: then only answers go out there."""
    last = session.scalars(
        select(Consent)
        .where(Consent.conversation_id == conversation_id, Consent.kind == ABROAD)
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()
    return last is not None and last.withdrawn_at is not None


def lease_next(
    session: Session,
    *,
    now: datetime,
    conversation_id: int | None = None,
    channels: Mapping[str, Pace | None] | None = None,
    ahead: timedelta = timedelta(0),
    run_out_too: bool = True,
) -> Outgoing | None:
    """Take the oldest message that may go out now, talk before broadcasts, or None.

    ``channels`` are those that the caller can reach, each with its pace (None: as fast as we can).
    With ``ahead`` also one whose place in the pace comes so soon; ``Outgoing.not_before`` says when.
    ``run_out_too``: also one that somebody took and whose lease has run out; not where the clock was set
    a moment ago (core.clock_jumps), for then it may still be on its way.
    """
    used: dict[str, ChannelPace] = {}
    places: dict[str, datetime] = {}  # when each channel lets the next one go
    for channel, pace in (channels or {}).items():
        places[channel] = now
        if pace is not None:
            used[channel] = _channel_pace(session, channel)
            places[channel] = max(now, _free_at(used[channel], pace))
    row = first_of(
        [oldest_due(session, now=now, conversation_id=conversation_id, run_out_too=run_out_too)]
        if channels is None
        else [
            oldest_due(
                session,
                now=places[channel],
                conversation_id=conversation_id,
                channel=channel,
                pace=pace,
                run_out_too=run_out_too,
            )
            for channel, pace in channels.items()
            if places[channel] <= now + ahead
        ]
    )
    if row is None:
        return None
    delivery, conversation = row
    maybe_sent = delivery.state == "sending"
    delivery.state = "sending"
    delivery.attempts += 1
    delivery.lease_token += 1
    delivery.leased_until = now + LEASE
    reply = Reply.from_data(delivery.payload)
    pace = (channels or {}).get(delivery.channel)
    place = places.get(delivery.channel, now)
    if pace is not None:
        # While it is being sent, a lease that runs out would have it sent twice.
        delivery.leased_until = place + lasts(pace, reply)
        spent = used[delivery.channel]
        # An album goes out first, and each of its pictures counts.
        messages = max(1, len(reply.images)) if delivery.parts_done == 0 else 1
        spent.paced_until = pace.overall.take(spent.paced_until, now=place, messages=messages)
        conversation.paced_until = pace.of(conversation.visibility).take(
            conversation.paced_until, now=place, messages=messages
        )
    outgoing = as_outgoing(session, delivery, conversation, maybe_sent=maybe_sent)
    return replace(
        outgoing,
        not_before=place if place > now else None,
        leased_until=delivery.leased_until,
    )


def lasts(pace: Pace, reply: Reply) -> timedelta:
    """How long the lease of this message is where its provider has a pace."""
    return max(LEASE, pace.answer_to(pictures=bool(reply.images)) + MARGIN)


def as_outgoing(
    session: Session, delivery: Delivery, conversation: Conversation, *, maybe_sent: bool
) -> Outgoing:
    """A delivery as its sender needs it. Needs the row's lock, or it is nobody's to send."""
    public = conversation.visibility != "private"
    turn = session.get(Turn, delivery.turn_id) if public and delivery.turn_id else None
    return Outgoing(
        delivery_id=delivery.id,
        created_at=delivery.created_at,
        conversation_id=delivery.conversation_id,
        channel=delivery.channel,
        address=delivery.address,
        reply=Reply.from_data(delivery.payload),
        attempts=delivery.attempts,
        lease_token=delivery.lease_token,
        maybe_sent=maybe_sent,
        kind=delivery.kind,
        visibility=conversation.visibility,
        part=delivery.parts_done,
        in_reply_to=turn.external_id if turn else None,
        action=delivery.action,
        targets=tuple(delivery.targets),
    )


def next_chance(
    session: Session,
    *,
    now: datetime,
    until: datetime,
    conversation_id: int | None = None,
    channels: Mapping[str, Pace | None],
    ahead: timedelta = timedelta(0),
) -> datetime | None:
    """When ``lease_next`` may find something, if that is before ``until``; None if it is not.

    What another process is sending just now does not count: that process goes on with it.
    """
    chances = []
    for channel, pace in channels.items():
        free = now
        if pace is not None:
            used = session.get(ChannelPace, channel) or ChannelPace(channel=channel)
            free = max(now, _free_at(used, pace))
        if free >= until:
            continue
        chance = first_chance(
            session,
            free=free,
            until=until,
            conversation_id=conversation_id,
            channel=channel,
            pace=pace,
        )
        if chance is not None:
            # A place in the channel's pace is given ahead; a chat's own is not.
            chances.append(max(now, free - ahead) if chance == free else chance)
    first = min(chances, default=until)
    return first if first < until else None


def mark_sent(
    session: Session,
    *,
    outgoing: Outgoing,
    provider_id: str | None,
    now: datetime,
    parts_left: int = 0,
    provider_ids: Sequence[str] = (),
) -> bool:
    """Record success of one part, which is the messages ``provider_ids`` at the provider.

    False: the lease was lost, somebody else owns the outcome.
    """
    row = Delivery.id == outgoing.delivery_id
    values: dict[str, object] = {"parts_done": outgoing.part + 1, "failure": None}
    if parts_left:
        values |= {"state": "pending", "attempts": 0, "next_attempt_at": now}
    else:
        values |= {"state": "sent", "sent_at": now}
    if provider_id is not None:
        known = session.scalar(select(Delivery.provider_ids).where(row)) or ()
        values["provider_id"] = provider_id
        values["provider_ids"] = [*known, *(provider_ids or (provider_id,))]
    return _finish(session, outgoing, **values)


def mark_failed(session: Session, *, outgoing: Outgoing, failure: str) -> bool:
    """Record that it will never go out; ``failure`` is our own code and words, never a citizen's."""
    return _finish(session, outgoing, state="failed", failure=failure[:200])


def mark_unsure(session: Session, *, outgoing: Outgoing, failure: str) -> bool:
    """Record that nobody knows whether it arrived; it must be looked up before any other try."""
    return _finish(session, outgoing, state="unsure", failure=failure[:200])


def hold_back(
    session: Session, *, outgoing: Outgoing, until: datetime, pace: Pace, now: datetime
) -> None:
    """The provider said "too fast, not before ``until``": the chat waits, or the whole channel.

    It is the channel when this chat had nothing for a minute, so that its own allowance cannot be
    used up, or when another chat was refused a moment ago. Nobody else waits for a chat's refusal.
    """
    channel = _channel_pace(session, outgoing.channel)
    conversation = lock_existing(session, Conversation, outgoing.conversation_id)
    last = session.scalar(
        select(func.max(Delivery.sent_at)).where(
            Delivery.conversation_id == outgoing.conversation_id
        )
    )
    quiet = outgoing.part == 0 and (last is None or now - last > CHAT_MEMORY)
    another = (
        channel.refused_at is not None
        and now - channel.refused_at < REFUSALS_TOGETHER
        and channel.refused_conversation_id != outgoing.conversation_id
    )
    channel.refused_at, channel.refused_conversation_id = now, outgoing.conversation_id
    if quiet or another:
        channel.held_until = max(until, channel.held_until or until)
    else:
        conversation.paced_until = until + pace.of(conversation.visibility).ahead
    postpone(session, outgoing=outgoing, until=until, failure="too fast for the provider")


def end_deliveries(session: Session, *, conversation_id: int, failure: str) -> None:
    """What waits to go out to this conversation never will."""
    session.execute(
        update(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.state == "pending")
        .values(state="failed", failure=failure[:200])
    )


def move_deliveries(session: Session, *, conversation_id: int, address: str) -> None:
    """What waits to go out to this conversation goes to its new address."""
    session.execute(
        update(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.state.in_(OPEN_STATES))
        .values(address=address)
    )


def postpone(session: Session, *, outgoing: Outgoing, until: datetime, failure: str) -> bool:
    """Try again at ``until``."""
    return _finish(session, outgoing, state="pending", next_attempt_at=until, failure=failure[:200])


def feed(
    session: Session, *, conversation_id: int, after_id: int = 0, limit: int = 200
) -> list[Delivery]:
    """Sent messages of a conversation after ``after_id``, oldest first (what a browser may read)."""
    return list(
        session.scalars(
            select(Delivery)
            .where(
                Delivery.conversation_id == conversation_id,
                Delivery.id > after_id,
                Delivery.state == "sent",
            )
            .order_by(Delivery.id)
            .limit(limit)
        )
    )


def _channel_pace(session: Session, channel: str) -> ChannelPace:
    row = lock_row(session, ChannelPace, channel)
    if row is None:
        insert_missing(session, ChannelPace, channel=channel)
        row = lock_existing(session, ChannelPace, channel)
    return row


def _free_at(used: ChannelPace, pace: Pace) -> datetime:
    moments = [
        moment for moment in (pace.overall.free_at(used.paced_until), used.held_until) if moment
    ]
    return max(moments, default=datetime.min.replace(tzinfo=UTC))


def _finish(session: Session, outgoing: Outgoing, **values: object) -> bool:
    result = session.execute(
        update(Delivery)
        .where(Delivery.id == outgoing.delivery_id, Delivery.lease_token == outgoing.lease_token)
        .values(leased_until=None, **values)
    )
    return bool(getattr(result, "rowcount", 0))
